"""Each paper's experiment told as code, from the parts of the rooms below, at any size.

- ``dclm.py``      DataComp-LM: each stage of curation in turn, the same training for each
- ``scaling.py``   over-training and downstream tasks: the published models, predicted from the small ones
- ``tropical.py``  tropical division: a network made smaller by every method, at every size
"""
