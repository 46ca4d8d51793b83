"""What was made from what: every artifact is a folder with a ``record.json`` that says so.

- ``record.py``    the record and its identity
- ``artifact.py``  making an artifact folder: whole or not at all, resumable
- ``publish.py``   sending one to a remote address
- ``verify.py``    re-hash the outputs and walk back to the raw files
- ``diff.py``      what differs between two artifacts, back to the cause
- ``store.py``     find and query the records below a folder
"""
