"""assay pool fetch"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter, validators

from assay.cli.output import Json, print_json

if TYPE_CHECKING:
    from assay.pools.commoncrawl import Selection

_AtLeastOne = Parameter(validator=validators.Number(gte=1))


def commoncrawl(
    *,
    crawl: Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")] = None,
    scale: str | None = None,
    files: Annotated[int | None, _AtLeastOne] = None,
    seed: int = 0,
    kind: Literal["warc", "wet"] = "warc",
    paths: str | None = None,
    manifest: str | None = None,
    out: Path | None = None,
    source: str = "https://data.commoncrawl.org/",
    connections: Annotated[int, _AtLeastOne] = 4,
    list_only: Annotated[bool, Parameter(negative="")] = False,
    json_: Json = False,
) -> None:
    """Download files of Common Crawl into a pool.

    What is there already is not fetched again; after a failure, a kill or Ctrl-C the same command goes on.

    Parameters
    ----------
    crawl
        Names such as CC-MAIN-2022-49; all for those of DCLM-Pool, 2013 to 2022; or a file: names, or collinfo.json.
    scale
        As many WARC files, of all crawls unless some are named, as make a pool of the size that a scale of DCLM asks
        for, such as dclm-411m-1x.
    files
        How many files to take; a smaller sample with the same seed lies in the larger.
    seed
        Which files: the same seed takes the same.
    kind
        warc for the pages, wet for the text that Common Crawl extracted.
    paths
        Instead of --crawl, a file with the paths or addresses to fetch, one a line; with --files a sample of them.
    manifest
        Instead of --crawl, the manifest.jsonl of another pool: exactly its files, checked against its checksums.
    out
        Folder of the pool to make.
    source
        Where the files are: an address (https://…, s3://commoncrawl/), or a folder.
    connections
        Files that are fetched at the same time.
    list_only
        Print the paths, and how many bytes they are, instead of fetching them.

    """
    from assay.base.errors import InputError
    from assay.pools.fetch import fetch

    selection = _selection(crawl, scale, files, seed, kind) if paths is manifest is None else None
    selection = selection or _listed(paths, manifest, files, seed, bool(crawl or scale))
    if list_only:
        _show(selection, source, connections, json_)
        return
    if out is None:
        raise InputError("name the folder to make", where="assay pool fetch", hint="--out POOL, or --list-only")
    record = fetch(selection, out, source, connections)
    if json_:
        print_json({"id": record.id, "folder": str(out), "files": len(record.config["files"]), **record.metrics})
    else:
        print(out)


def _selection(
    crawl: list[str] | None, scale: str | None, files: int | None, seed: int, kind: Literal["warc", "wet"]
) -> Selection:
    from assay.base.errors import InputError
    from assay.pools.commoncrawl import Sample, crawl_names, files_of_scale

    if scale and files:
        raise InputError("both --scale and --files say how many files", where="assay pool fetch")
    if not crawl and not scale:
        raise InputError(
            "says nothing to fetch", where="assay pool fetch", hint="--crawl, --scale, --paths or --manifest"
        )
    count = files_of_scale(scale) if scale else files
    if count is None:
        hint = "--files N, or --scale NAME; a whole crawl has about 80,000 files, 80 TB"
        raise InputError("does not say how many files", where="assay pool fetch", hint=hint)
    return Sample(crawl_names(crawl or ["all"]), count, seed, kind)


def _listed(paths: str | None, manifest: str | None, files: int | None, seed: int, more: bool) -> Selection:
    from assay.base.errors import InputError
    from assay.pools.commoncrawl import Listed, read_manifest, read_paths

    if more or (paths and manifest):
        raise InputError("only one of --crawl or --scale, --paths, --manifest goes", where="assay pool fetch")
    if manifest:
        return Listed(f"the files of {Path(manifest).name}", read_manifest(manifest), files, seed)
    return Listed(f"the files of {Path(paths or '').name}", read_paths(paths or ""), files, seed)


def _show(selection: Selection, source: str, connections: int, as_json: bool) -> None:
    from assay.base.progress import log
    from assay.base.units import Bytes
    from assay.pools.fetch import preview

    found = preview(selection, source, connections)
    if as_json:
        print_json({"name": selection.name, "bytes": found.bytes, "paths": found.paths})
        return
    for path in found.paths:
        print(path)
    log(f"{selection.name}: {len(found.paths)} files, {Bytes(found.bytes)}")
