"""Pool × recipes × scales × seeds → verdict: what to make, in which order, and what the results say.

- ``spec.py``       experiment.yaml
- ``plan.py``       the stages it asks for, each with the id of what it makes
- ``make.py``       how each stage is made: by the room that owns it
- ``execute.py``    make what is not there yet
- ``status.py``     how far it is: stages, losses, the time that is left
- ``trial.py``      one run of one recipe, and where its artifacts lie
- ``verdict.py``    which recipe is better, by how much, and how sure
- ``bootstrap.py``  intervals of paired differences over seeds and documents
- ``mix_runs.py``   the small runs of a search for a mix
- ``mix_search.py`` the mix that a mixing law of small runs proposes
- ``ablate.py``     a recipe minus each of its steps: what each costs and brings
"""
