"""assay pool fetch datacomp:SCALE, assay pool fetch emoji"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from assay.cli.output import Json, print_json

SCALES = ("small", "medium", "large", "xlarge", "1b")


def _of_scale(scale: str) -> Callable:
    def datacomp(
        *,
        out: Path,
        metadata_only: Annotated[bool, Parameter(negative="")] = False,
        embeddings: Annotated[bool, Parameter(negative="")] = False,
        threads: Annotated[int, Parameter(validator=validators.Number(gte=1))] = 64,
        source: str | None = None,
        json_: Json = False,
    ) -> None:
        """Download the metadata of a DataComp pool from the hub, then its images.

        What is there already is not fetched again; after a failure, a kill or Ctrl-C the same command goes on.

        Parameters
        ----------
        out
            Folder of the pool.
        metadata_only
            No images: enough for every filter, and for img2dataset to fetch them.
        embeddings
            Also the embeddings of OpenAI's CLIP, which image-based filters need: 25 times the metadata.
        threads
            Images that are fetched at the same time.
        source
            Another address of the hub.

        """
        from assay.pairs.download import Fetching
        from assay.pairs.fetch import fetch_datacomp

        counts = fetch_datacomp(
            scale,
            out,
            images=not metadata_only,
            embeddings=embeddings,
            endpoint=source,
            fetching=Fetching(threads=threads),
        )
        if json_:
            print_json({"folder": str(out), **counts})
        else:
            print(out)

    return datacomp


datacomp_small, datacomp_medium, datacomp_large, datacomp_xlarge, datacomp_1b = map(_of_scale, SCALES)


def emoji(*, out: Path, packages: Path | None = None, seed: int = 0, json_: Json = False) -> None:
    """Make a small real pool that needs no hub: emoji as two vendors draw them, with noise of known kinds.

    A third vendor's drawings are held out. Packages come from npm, which must be installed, unless they are there.

    Parameters
    ----------
    out
        Folder of the pool.
    packages
        Folder with the packages (npm pack); by default in the cache, fetched once.
    seed
        Which captions are shuffled, translated, or names of files.

    """
    from assay.pairs.emoji import make_emoji_pool

    counts = make_emoji_pool(out, packages, seed)
    if json_:
        print_json({"folder": str(out), **counts})
    else:
        print(out)
