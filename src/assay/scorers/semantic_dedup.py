"""Documents that mean nearly the same: SemDeDup (Abbas et al. 2023).

Documents are embedded and clustered; within a cluster one goes when its cosine to one that stays is at least 1 − ε.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.step import Decision, PoolStep
from assay.scorers.encoders import load_encoder
from assay.text.semantic import assign, nearest_preferred, normalised, spherical_kmeans

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS = 256
"""Texts that the encoder gets at a time."""


class SemanticDedup(PoolStep):
    """Drops documents whose embedding is within ``epsilon`` of one that stays."""

    encoder: str
    """``package.module:function``, or the folder of a model; see ``encoders.py``."""
    epsilon: float = Field(default=0.05, gt=0, lt=2)
    """1 − the cosine from which on one of two documents goes."""
    clusters: int | None = Field(default=None, ge=1)
    """By default the square root of the number of documents."""
    rounds: int = Field(default=10, ge=1)
    """Of k-means."""
    keep: Literal["far", "near"] = "far"
    """Which one stays: the one far from the centre of its cluster, as in the paper, or the one near it."""
    seed: int = Field(default=1, ge=0)

    def observe(self, documents: Documents) -> pa.RecordBatch:
        """The embedding of each document, and hashes of its text and id."""
        import pyarrow as pa

        from assay.text.dedup import id_hashes
        from assay.text.kernels.fingerprint import fingerprints

        encode, texts = load_encoder(self.encoder), documents.texts()
        parts = [np.asarray(encode(texts[i : i + _TEXTS])) for i in range(0, len(texts), _TEXTS)]
        embeddings = np.concatenate(parts).astype(np.float32)
        if embeddings.ndim != 2 or len(embeddings) != len(texts) or not np.isfinite(embeddings).all():
            raise InputError(
                f"gave {embeddings.shape} for {len(texts)} texts, or numbers that are none", where=self.encoder
            )
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(normalised(embeddings).reshape(-1)), embeddings.shape[1])
        text, _ = fingerprints(*documents.text_bytes())
        columns = [vectors, pa.array(text), pa.array(id_hashes(documents))]
        return pa.RecordBatch.from_arrays(columns, ["embedding", "text", "id"])

    def decide(self, observations: pa.Table) -> Decision:
        """Cluster, and compare within clusters."""
        import pyarrow as pa

        vectors = observations["embedding"].combine_chunks()
        count = len(vectors)
        # In an order that does not depend on that of the files, since k-means adds numbers up.
        order = np.lexsort((observations["id"].to_numpy(), observations["text"].to_numpy()))
        embeddings = vectors.flatten().to_numpy().reshape(count, -1)[order]
        centroids = spherical_kmeans(embeddings, self.clusters or math.isqrt(count), self.rounds, self.seed)
        cluster, cosine = assign(embeddings, centroids)
        rows = np.lexsort((np.arange(count), cosine if self.keep == "far" else -cosine, cluster))
        twins, alike = np.full(count, -1, np.int64), np.zeros(count)
        for members in np.split(rows, np.flatnonzero(np.diff(cluster[rows])) + 1):
            found, cosines = nearest_preferred(embeddings[members], 1 - self.epsilon)
            twins[members], alike[members] = np.where(found < 0, -1, members[found]), cosines
        gone = np.flatnonzero(twins >= 0)
        codes = np.full(count, -1, np.int16)
        codes[order[gone]] = 0
        pairs = pa.table({"row": order[gone], "twin": order[twins[gone]], "cosine": alike[gone]})
        notes = {"clusters": len(centroids), "largest_cluster": int(np.bincount(cluster).max())}
        return Decision(
            codes, ("means nearly what another document does",), twins=pairs if len(gone) else None, notes=notes
        )
