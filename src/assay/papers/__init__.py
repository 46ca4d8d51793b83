"""Each paper's experiment told as code, from the parts of the rooms below, at any size.

- ``dclm.py``      DataComp-LM: each stage of curation in turn, the same training for each
- ``tropical.py``  tropical division: a network made smaller by every method, at every size
"""
