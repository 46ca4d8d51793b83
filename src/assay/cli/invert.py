"""assay invert"""

from __future__ import annotations

from pathlib import Path

from assay.cli.output import Json, Set, print_json, print_rich, table


def invert(
    *,
    encoder: str,
    images: Path,
    operator: str,
    out: Path,
    epochs: float = 3,
    seed: int = 0,
    threads: int | None = None,
    set_: Set = None,
    json_: Json = False,
) -> None:
    """Train a student that sees corrupted images as the encoder sees clean ones, without labels.

    Parameters
    ----------
    encoder
        A folder (of ``assay invert``, or a CLIP of assay, open_clip or transformers), mobilenet-v2, or MODULE:FUNCTION.
    images
        Folder of clean images: image files, shards of pairs, or Fashion-MNIST's files.
    operator
        What happens to images, such as mask:0.5..0.95, noise:0.1..0.3, blur:1..5, jpeg:10..50, multi:3.
    out
        Folder of the student to make. It can be given as an encoder to other commands.
    epochs
        Passes over the images.
    seed
        Of the order of the images and of what happens to them.
    threads
        Computing threads; by default one a core.
    set_
        clean=0.25 (share of clean images), batch, learning_rate, ema=0.999, objective.infonce=0.2, ...

    """
    from assay.base.settings import override, validate
    from assay.inversion.invert import invert as run
    from assay.inversion.student import DEFAULT, StudentSettings

    values = {"operator": operator, "epochs": epochs, "seed": seed, "objective": dict(DEFAULT)}
    settings = validate(StudentSettings, override(values, set_ or []), "assay invert")
    record = run(encoder, images, settings, out, threads)
    if json_:
        print_json({"id": record.id, "folder": str(out), **record.metrics})
        return
    print_rich(table(None, list(record.metrics), [list(record.metrics.values())]))
    print(out)
