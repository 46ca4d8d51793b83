"""The compiled passes of the scorers: fastText's inference, with the arithmetic of the C++ program.

- ``dictionary.py``  the words of a model
- ``rows.py``        the rows of its input matrix that a line of text has, and their sum
- ``output.py``      from the mean of these rows to a label
- ``predict.py``     the label of every text
- ``one_line.py``    texts as one line each
"""
