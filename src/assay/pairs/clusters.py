"""DataComp's image-based filter: images whose cluster is the nearest one to an image of a reference set.

The images of the pool are clustered by their embeddings; a cluster is wanted when some reference image lies nearest to
its centroid. Nearness is the inner product with the centroid as it is, not normalised, as in the reference.
"""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from assay.base.errors import InputError
from assay.base.optional import optional
from assay.curation.documents import Documents
from assay.curation.funnel import priorities_of
from assay.curation.step import Filter, Rule, TrainedScorer
from assay.pairs.captions import same_reason
from assay.pairs.columns import Number
from assay.pairs.embeddings import matrix_of, vectors_of

_CENTROIDS = "centroids.npy"
_ROWS = 1 << 14
_VECTOR, _PRIORITY, _ID = "vector", "priority", "id"
_SHUFFLED = pc.SortOptions([(_PRIORITY, "ascending"), (_ID, "ascending")])


class ImageClusters(TrainedScorer):
    """Clusters the images that reach this step by k-means; adds the cluster, and whether a reference image is in it."""

    file_parameters: ClassVar[tuple[str, ...]] = ("reference", "centroids")

    reference: list[str]
    """Files (.npy, .npz) with the embeddings of the reference images: DataComp's are ImageNet's training images."""
    centroids: str | None = None
    """Centroids made earlier (.npy); nothing is trained."""
    embedding: str = "l14_img"
    clusters: int = 100_000
    iterations: int = 20
    seed: int = 0
    max_images: int = 10_000_000
    """Train on so many at most, those whose uids come first when shuffled: each takes 2 bytes a dimension of memory."""

    def embeddings(self) -> tuple[str, ...]:
        """The images' own."""
        return (self.embedding,)

    def sample(self, documents: Documents) -> pa.Table:
        """Embedding, uid and its place in the shuffle."""
        if self.centroids:
            return pa.table({_ID: documents.ids.slice(0, 0)})
        ids = documents.ids
        columns = {_ID: ids, _PRIORITY: priorities_of(ids), _VECTOR: documents.batch.column(self.embedding)}
        return pa.table(columns)

    def reduce(self, samples: pa.Table) -> pa.Table:
        """The first of the shuffle, in the order in which they came."""
        if len(samples) <= self.max_images:
            return samples
        order = pc.call_function("sort_indices", [samples.select([_PRIORITY, _ID])], _SHUFFLED).to_numpy()
        return samples.take(np.sort(order[: self.max_images]))

    def train(self, samples: pa.Table, folder: Path) -> None:
        """k-means by faiss: L2, every image, the settings of DataComp's script."""
        if self.centroids:
            found = read_vectors(self.centroids)
        else:
            found = k_means(matrix_of(samples.column(_VECTOR)), self.clusters, self.iterations, self.seed)
        np.save(folder / _CENTROIDS, found, allow_pickle=False)

    def score(self, documents: Documents, folder: Path) -> dict[str, pa.Array]:
        """``image_cluster`` (int32), and ``near_reference``: 1 where a reference image is nearest to it, or 0."""
        centroids, wanted = _model(folder / _CENTROIDS, tuple(self.reference))
        nearest = nearest_centroids(vectors_of(documents, self.embedding), centroids)
        return {"image_cluster": pa.array(nearest), "near_reference": pa.array(wanted[nearest])}


class NearReferenceFilter(Filter):
    """Keeps images in the clusters of reference images, as ``image_clusters`` found them."""

    def rules(self) -> tuple[Rule, ...]:
        """One rule."""
        why = partial(same_reason, "no reference image in its cluster")
        return (Rule("near a reference image", Number(("near_reference",)), minimum=1, why=why),)


def k_means(vectors: np.ndarray, clusters: int, iterations: int, seed: int) -> np.ndarray:
    """float32 (clusters, d): centroids by faiss. InputError with fewer vectors than clusters."""
    faiss = optional("faiss", "pairs", "clustering images")
    if len(vectors) < clusters:
        raise InputError(
            f"{len(vectors)} images cannot make {clusters} clusters", hint="--set image_clusters.clusters=N"
        )
    kmeans = faiss.Kmeans(
        *(vectors.shape[1], clusters), niter=iterations, seed=seed, max_points_per_centroid=10**7, verbose=False
    )
    kmeans.train(np.ascontiguousarray(vectors, np.float32))
    return kmeans.centroids


def nearest_centroids(vectors: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """int32: the centroid with the largest inner product, for each of float32 (n, d)."""
    nearest = np.empty(len(vectors), np.int32)
    for start in range(0, len(vectors), _ROWS):
        part = vectors[start : start + _ROWS]
        best = np.full(len(part), -np.inf, np.float32)
        for first in range(0, len(centroids), _ROWS):
            products = part @ centroids[first : first + _ROWS].T
            places = products.argmax(axis=1)
            values = products[np.arange(len(part)), places]
            better = values > best
            nearest[start : start + len(part)][better] = places[better] + first
            best[better] = values[better]
    return nearest


@lru_cache(maxsize=2)
def _model(path: Path, reference: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The centroids, and for each whether a reference image is nearest to it (int8)."""
    centroids = np.load(path, allow_pickle=False).astype(np.float32)
    wanted = np.zeros(len(centroids), np.int8)
    for file in reference:
        wanted[nearest_centroids(read_vectors(file), centroids)] = 1
    return centroids, wanted


def read_vectors(path: str) -> np.ndarray:
    """float32 (n, d) from an .npy, or from the only array of an .npz."""
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.lib.npyio.NpzFile):
            (name,) = found.files
            found = found[name]
    except (OSError, ValueError) as error:
        raise InputError(f"is not a file of embeddings, one array in .npy or .npz: {error}", where=path) from error
    return np.asarray(found, np.float32)
