"""A DataComp pool: its metadata from the hub, then its images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.base.errors import InputError, MachineError, unknown_name
from assay.base.optional import optional
from assay.base.progress import log
from assay.pairs.download import SAMPLES_A_SHARD, Fetching, download_images
from assay.pairs.pool import METADATA

_REPOSITORIES = {
    "small": "mlfoundations/datacomp_small",
    "medium": "mlfoundations/datacomp_medium",
    "large": "mlfoundations/datacomp_large",
    "xlarge": "mlfoundations/datacomp_xlarge",
    "1b": "mlfoundations/datacomp_1b",
}
"""DataComp's download_upstream.py."""


def fetch_metadata(scale: str, out: Path, embeddings: bool = False, endpoint: str | None = None) -> list[Path]:
    """The metadata of a scale, in ``out/metadata``; with the ``.npz`` of embeddings beside them if asked for.

    What is there already is not fetched again. InputError for an unknown scale, MachineError when the hub fails.
    """
    if scale not in _REPOSITORIES:
        raise unknown_name("scale of DataComp", scale, _REPOSITORIES)
    hub: Any = optional("huggingface_hub", "hf", "fetching from the hub")
    folder = out / METADATA
    patterns = ["*.parquet", "*.npz"] if embeddings else ["*.parquet"]
    try:
        hub.snapshot_download(
            _REPOSITORIES[scale], repo_type="dataset", allow_patterns=patterns, local_dir=folder, endpoint=endpoint
        )
    except Exception as error:  # whatever its HTTP client raises
        hint = "check the network, then run the same command again: it goes on with what is missing"
        raise MachineError(f"the metadata did not come: {error}", where=_REPOSITORIES[scale], hint=hint) from error
    found = sorted(folder.rglob("*.parquet"))
    if not found:
        raise InputError("holds no metadata", where=_REPOSITORIES[scale])
    return found


def fetch_datacomp(
    scale: str,
    out: Path,
    *,
    images: bool = True,
    embeddings: bool = False,
    endpoint: str | None = None,
    fetching: Fetching | None = None,
    samples: int = SAMPLES_A_SHARD,
) -> dict[str, int]:
    """A pool in ``out``: ``metadata/`` and, unless only that is wanted, ``shards/``; returns the counts.

    Run again, it goes on where it was. Images that no longer exist are counted in each shard's statistics.
    """
    metadata = fetch_metadata(scale, out, embeddings, endpoint)
    counts = {"metadata_files": len(metadata)}
    if images:
        log(f"{len(metadata)} metadata files are here; fetching images into {out / 'shards'}")
        counts["images"] = download_images(metadata, out / "shards", fetching or Fetching(), samples)
    return counts
