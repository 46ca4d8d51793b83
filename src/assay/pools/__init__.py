"""Raw candidates in files, read as Arrow batches with bounded memory; what cannot be read is quarantined, not lost.

- ``pool.py``        which files make the pool: the record of a pool
- ``reader.py``      one file → batches; picks the reader
- ``formats.py``      which format a file has
- ``jsonl.py`` ``parquet.py`` ``warc.py`` (with ``warc_records.py`` and ``page.py``)  the readers: each gives rows
- ``source.py``       the stored bytes of a file, local or remote
- ``unpack.py``       what they hold, decompressed, and whether it is whole
- ``parts.py``        a large file in parts, so that several workers can read it
- ``columns.py``     what the wild calls text, id and url
- ``batch.py``       rows → batches
- ``quarantine.py``  rows that cannot be used, and why
- ``stats.py``       what is in a pool
- ``find.py``        one document of it
- ``installed.py``    the pool every installation has, from the files of its packages (``installation.py``) and the
                      ``docstrings.py`` in them, and beside it the text ``heldout.py`` to evaluate on
- ``idx.py``         arrays of images and labels in MNIST's format
- ``write.py``        documents out to files
- ``fetch.py``        a pool from elsewhere: ``commoncrawl.py`` says which files, ``remote.py`` reads them,
                      ``download.py`` brings one to the disk, ``members.py`` sees whether it is whole
"""
