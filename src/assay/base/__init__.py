"""What every room stands on.

- ``errors.py``       the errors a user can meet, and their exit codes
- ``units.py``        numbers with units: "28.8B" tokens
- ``settings.py``     YAML into validated settings; ``--set``
- ``registry.py``     names of steps and tasks
- ``files.py``        local and remote files, written whole or not at all
- ``fingerprint.py``  identity by content
- ``parallel.py``     worker processes
- ``compile.py``      kernels by numba, compiled once a machine, not once a process
- ``optional.py``     packages that only some steps need
- ``progress.py``     progress on stderr
"""
