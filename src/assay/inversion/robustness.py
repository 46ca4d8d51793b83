"""The curve of an encoder: how its embeddings hold up over operators and levels."""

from __future__ import annotations

from collections.abc import Sequence

from assay.base.settings import read_yaml
from assay.catalog import catalog_path
from assay.inversion.encoders import ImageEncoder, class_vectors
from assay.inversion.images import Images
from assay.inversion.judge import GALLERY, Row
from assay.inversion.objectives import similarities
from assay.inversion.probes import fit_probe, mean_cosine, retrieval_at_1
from assay.inversion.student import embed


def default_operators() -> list[str]:
    """Every operator of the catalog's table at each of its levels, clean first."""
    levels = read_yaml(catalog_path("inversion", "robustness.yaml"))
    return ["clean", *(f"{name}:{level}" for name, values in levels.items() for level in values)]


def robustness(
    encoder: ImageEncoder, train: Images, test: Images, operators: Sequence[str] = (), seed: int = 0
) -> list[Row]:
    """For each operator: accuracy of a probe on clean embeddings, zero-shot, cosine to clean, and retrieval@1.

    The random numbers have keys, so one pass is exact for the seed.
    """
    clean = embed(encoder, test)
    labels = test.need_labels()
    probe = fit_probe(embed(encoder, train), train.need_labels(), seed=seed)
    vectors = class_vectors(encoder, test.classes).to(clean) if encoder.knows_classes else None
    rows = []
    for operator in operators or default_operators():
        found = embed(encoder, test, operator, seed=seed)
        values = {
            "accuracy": probe.accuracy(found, labels),
            "cosine": mean_cosine(found, clean),
            "retrieval@1": retrieval_at_1(found[:GALLERY], clean[:GALLERY]),
        }
        if vectors is not None:
            values["zero-shot"] = float((similarities(found, vectors).argmax(1) == labels).double().mean())
        rows += [Row(operator, "encoder", None, measure, value, None) for measure, value in values.items()]
    return rows
