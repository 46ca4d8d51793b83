"""From a dataset to token shards that a training run can read at any step.

- ``tokenizer.py``  train a byte-level BPE, or load any ``tokenizer.json``
- ``ranks.py``      a ``tokenizer.json`` from a file of ranks in tiktoken's format
- ``fast.py``       a faster encoder, where it proves the same ids
- ``source.py``     the documents of a dataset, shard by shard
- ``jsonl.py``     lines of JSON, each with its number
- ``identity.py``  what tokenizers and token shards are, before they are made
- ``encode.py``    one shard of text → token ids
- ``stream.py``    files of tokens as one stream of sequences
- ``mix.py``       how much of each of several datasets
- ``shuffle.py``   a global shuffle on disk, in little memory
- ``pack.py``      pack into sequences, mix, shuffle, write shards
- ``format.py``     what the tokens folder holds
- ``webdataset.py`` the form that open_lm trains on, written and read
- ``loader.py``     the batch of any step, read from memory-mapped shards
- ``prefetch.py``   the same, read ahead by a thread, with the seconds waited
"""
