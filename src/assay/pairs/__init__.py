"""Image–text pairs: which of them make a dataset, and how their images and captions reach a model.

A dataset of pairs is a subset file: the uids to train on. It is made by the engine of ``curation`` from the metadata of
a pool, by the steps here and any step on text (the caption is the text).

- ``pool.py``         which files make a pool of pairs
- ``metadata.py``     DataComp's and img2dataset's metadata, in batches of columns
- ``embeddings.py``   the embeddings beside it, and the steps that use them
- ``curate.py``       a recipe over a pool of pairs
- ``subset.py``       the subset file, and uids
- ``columns.py``      the numbers that a pool knows of its pairs
- ``captions.py``     rules on length and language of captions
- ``sizes.py``        rules on the size of images
- ``scores.py``       rules on CLIP scores, by threshold and by fraction
- ``entities.py``     captions with words for what ImageNet has pictures of, by ``wordnet.py``
- ``clusters.py``     images in clusters near a reference set
- ``similarity.py``   similarity to target images, for NormSim and for decontamination
- ``semantic_dedup.py``  of images that mean the same, one
- ``contrast.py``     negCLIPLoss
- ``balance.py``      no concept too often, as MetaCLIP
- ``shards.py``       the samples of a shard, and what a tar should not hold
- ``reshard.py``      a subset's shards out of the pool's
- ``images.py``       bytes → image, whatever they claim to be
- ``faces.py``        faces blurred
- ``transforms.py``   image → array, as CLIP is trained and evaluated
- ``tokenizer.py``    CLIP's tokenizer
- ``index.py``        where the pairs lie in the shards
- ``loader.py``       shards → batches for a model, decoded by worker processes
- ``fetch.py``        a DataComp pool from the hub: metadata, then images by ``download.py``
- ``write_shards.py`` shards as img2dataset writes them
- ``emoji.py``        a small real pool that needs no hub
- ``kernels/``        the compiled passes over captions and uids
"""
