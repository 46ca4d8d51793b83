"""assay robustness"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from assay.cli.output import Json, print_json, print_rich


def robustness(
    *,
    encoder: str,
    data: Path,
    operator: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    seed: int = 0,
    json_: Json = False,
) -> None:
    """The curve of an encoder over operators and levels: what a probe on clean images and zero-shot still get right.

    Parameters
    ----------
    encoder
        Any encoder: a folder, mobilenet-v2, or MODULE:FUNCTION.
    data
        Labelled images: a folder with one folder for each class, or Fashion-MNIST's files.
    operator
        Only these, such as mask:0.5 mask:0.9 jpeg:10; by default seven operators at four to eight levels.
    seed
        Of what happens to the images.

    """
    from dataclasses import asdict

    from assay.cli.probe import wide
    from assay.inversion.encoders import load_encoder
    from assay.inversion.images import read_images
    from assay.inversion.robustness import robustness as run

    loaded = load_encoder(encoder)
    train, test = (read_images(data, loaded.size, split) for split in ("train", "test"))
    rows = run(loaded, train, test, operator or (), seed)
    if json_:
        print_json([asdict(row) for row in rows])
    else:
        print_rich(wide(rows))
