"""A small real pool of image–text pairs that needs no hub: emoji, as several vendors draw them.

Each emoji of a vendor is there four times: once with its English label or labels and tags, otherwise with noise that
webs have: a label in another language, the label of another emoji, the name of a file. Some images are tiny, stretched,
or there twice. Another vendor's drawings, cleanly labelled, are held out: a shift of the distribution to evaluate on.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from assay.base.errors import InputError, MachineError
from assay.base.files import cache_folder, write_bytes
from assay.base.fingerprint import file_sha256
from assay.base.progress import log
from assay.base.settings import read_yaml
from assay.catalog import catalog_path
from assay.pairs.images import decode, pillow
from assay.pairs.pool import METADATA
from assay.pairs.write_shards import ShardRow, write_shard

_A_SHARD = 2_000
_SIDE = 64
_NOISE = ("clean", "language", "shuffled", "file name or shuffled")
"""The four captions of each emoji; of the last, a third are names of files."""
_ODD = (("tiny", 0.02), ("stretched", 0.02), ("twice", 0.02))
"""Shares of images that are odd."""


@dataclass(frozen=True)
class _Emoji:
    image: str
    """``1f600``: the name of its file."""
    label: str
    tags: list[str]
    group: str
    subgroup: str
    others: list[str]
    """Its label in other languages."""


def make_emoji_pool(out: Path, packages: Path | None = None, seed: int = 0) -> dict[str, Any]:
    """Make the pool in ``out``; returns the counts and the licences.

    ``shards`` and ``metadata`` are the pool, ``heldout`` the shards of the vendor that is not in it,
    ``planted.parquet`` says of each uid what it shows and what its noise is: for judging filters, never for filtering.
    InputError when ``out`` is not empty, or a package is not the one whose checksum the catalog has.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError("is not empty", where=out, hint="choose another --out, or remove it")
    source = _Packages(packages or cache_folder() / "emoji")
    held_out = source.about["held_out"]
    pool = [row for vendor in source.vendors if vendor not in held_out for row in _noisy(source, vendor, seed)]
    order = np.random.default_rng(seed).permutation(len(pool))
    pool = [pool[place] for place in order]
    clean = _clean(source, held_out)
    _write_shards(out / "shards", [row for row, _ in pool])
    _write_shards(out / "heldout", clean)
    _write_metadata(out, pool)
    licences = {name: about["licence"] for name, about in source.packages.items()}
    write_bytes(out / "licences.json", json.dumps(licences, indent=1).encode())
    return {"pairs": len(pool), "held_out": len(clean), "emoji": len(source.emoji), "licences": licences}


def _write_shards(folder: Path, rows: list[ShardRow]) -> None:
    folder.mkdir(parents=True)
    for number in range(-(-len(rows) // _A_SHARD)):
        write_shard(folder / f"{number:08d}.tar", rows[number * _A_SHARD : (number + 1) * _A_SHARD])


def _write_metadata(out: Path, pool: list[tuple[ShardRow, dict[str, str]]]) -> None:
    (out / METADATA).mkdir()
    columns = ("uid", "url", "caption", "original_width", "original_height", "sha256")
    rows = [{name: row.about[name] for name in columns} for row, _ in pool]
    table = pa.Table.from_pylist(rows).rename_columns(["text" if name == "caption" else name for name in columns])
    pq.write_table(table, out / METADATA / "00000000.parquet")
    planted = [{"uid": row.about["uid"], **truth} for row, truth in pool]
    pq.write_table(pa.Table.from_pylist(planted), out / "planted.parquet")


def _noisy(source: _Packages, vendor: str, seed: int) -> Iterator[tuple[ShardRow, dict[str, str]]]:
    """All pairs of a vendor, each with what is true of it."""
    draws = np.random.default_rng([seed, *vendor.encode()])
    images = source.images(vendor)
    known = [emoji for emoji in source.emoji if emoji.image in images]
    for emoji in known:
        place = f"npm:{source.vendors[vendor]['package']}/{emoji.image}"
        numbers = iter(draws.permutation(2 * len(_NOISE)).tolist())  # so that the address does not tell the noise
        for kind in _NOISE:
            noise, caption = _caption(kind, emoji, known, draws)
            odd = _odd(draws)
            for _ in range(2 if odd == "twice" else 1):
                row = _row(f"{place}#{next(numbers)}", caption, images[emoji.image], odd)
                yield row, {"noise": noise, "odd": odd, "label": emoji.label, "group": emoji.group}


def _caption(kind: str, emoji: _Emoji, known: list[_Emoji], draws: np.random.Generator) -> tuple[str, str]:
    """The kind of noise and the caption."""
    if kind == "language" and emoji.others:
        return kind, str(draws.choice(emoji.others))
    if kind.startswith("file name") and draws.random() < 1 / 3:
        return "file name", f"IMG_{draws.integers(10**4):04d}.{draws.choice(['JPG', 'png', 'jpeg'])}"
    if kind in {"clean", "language"}:
        return "clean", _label(emoji, draws)
    return "shuffled", _label(known[int(draws.integers(len(known)))], draws)


def _label(emoji: _Emoji, draws: np.random.Generator) -> str:
    """The label alone, or with some of its tags."""
    if not emoji.tags or draws.random() < 0.5:
        return emoji.label
    return f"{emoji.label}, {', '.join(draws.permutation(emoji.tags)[:3])}"


def _odd(draws: np.random.Generator) -> str:
    return str(draws.choice([*(name for name, _ in _ODD), ""], p=[*(share for _, share in _ODD), 0.94]))


def _clean(source: _Packages, vendors: list[str]) -> list[ShardRow]:
    rows = []
    for vendor in vendors:
        images = source.images(vendor)
        for emoji in source.emoji:
            if emoji.image in images:
                place = f"npm:{source.vendors[vendor]['package']}/{emoji.image}"
                row = _row(place, emoji.label, images[emoji.image], "")
                truth = {"label": emoji.label, "group": emoji.group, "subgroup": emoji.subgroup}
                rows.append(replace(row, about=row.about | truth))
    return rows


def _row(url: str, caption: str, data: bytes, odd: str) -> ShardRow:
    sides = {"tiny": (8, 8), "stretched": (_SIDE, _SIDE // 5)}.get(odd, (_SIDE, _SIDE))
    image = _picture(data, sides)
    about = {
        "uid": hashlib.md5(f"{url}\0{caption}".encode(), usedforsecurity=False).hexdigest(),
        "url": url,
        "caption": caption,
        "width": sides[0],
        "height": sides[1],
        "original_width": sides[0],
        "original_height": sides[1],
        "sha256": hashlib.sha256(image).hexdigest(),
    }
    return ShardRow(about, image, "png")


@lru_cache(maxsize=16)
def _picture(data: bytes, sides: tuple[int, int]) -> bytes:
    """A PNG on white, of this size."""
    layer = decode(data, rgb=False).convert("RGBA")
    ground = pillow().new("RGBA", layer.size, "white")
    image = pillow().alpha_composite(ground, layer).convert("RGB").resize(sides, pillow().Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class _Packages:
    """The packages of the catalog's table, in a folder, fetched by npm where they are not there."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.about: dict[str, Any] = read_yaml(catalog_path("pools", "emoji.yaml"))
        self.vendors: dict[str, dict[str, Any]] = self.about["vendors"]
        self.packages = {entry["package"]: entry for entry in (*self.vendors.values(), self.about["labels"])}
        folder.mkdir(parents=True, exist_ok=True)
        for name, about in self.packages.items():
            self._bring(name, about)

    def _file(self, name: str) -> Path:
        """What ``npm pack`` calls it."""
        return self.folder / f"{name.lstrip('@').replace('/', '-')}-{self.packages[name]['version']}.tgz"

    def _bring(self, name: str, about: dict[str, Any]) -> None:
        file = self._file(name)
        if not file.exists():
            npm = shutil.which("npm")
            if npm is None:
                hint = f"install npm, or put {file.name} (npm pack {name}@{about['version']}) into a folder: --packages"
                raise MachineError("the emoji come from npm, which is not here", hint=hint)
            log(f"npm pack {name}@{about['version']} ({about['licence']})")
            command = [npm, "pack", "--silent", f"{name}@{about['version']}"]
            done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
            if done.returncode or not file.exists():
                raise MachineError(f"npm could not fetch {name}: {done.stderr.strip()[-500:]}", where=self.folder)
        if file_sha256(str(file)) != about["sha256"]:
            raise InputError("is not the package whose checksum assay knows", where=file, hint="remove it")

    def images(self, vendor: str) -> dict[str, bytes]:
        """Every image of a vendor by its name."""
        about = self.vendors[vendor]
        prefix, ending = f"package/{about['images']}/", f".{about['ending']}"
        with tarfile.open(self._file(about["package"])) as tar:
            members = (member for member in tar if member.name.startswith(prefix) and member.name.endswith(ending))
            return {member.name.removeprefix(prefix).removesuffix(ending): _content(tar, member) for member in members}

    def _json(self, package: str, name: str) -> Any:
        with tarfile.open(self._file(package)) as tar:
            return json.loads(_content(tar, tar.getmember(f"package/{name}")))

    @cached_property
    def emoji(self) -> list[_Emoji]:
        """All that have an English label."""
        labels = self.about["labels"]
        english = _by_code(self._json(labels["package"], "en/compact.json"))
        others = [_by_code(self._json(labels["package"], f"{name}/compact.json")) for name in labels["languages"]]
        table = self._json(self.vendors["google"]["package"], "emoji.json")
        found = ((_code(entry["unified"]), entry) for entry in table)
        return [
            _Emoji(
                entry["image"].removesuffix(".png"),
                english[code]["label"],
                english[code].get("tags", []),
                entry["category"],
                entry["subcategory"],
                [names[code]["label"] for names in others if code in names],
            )
            for code, entry in found
            if code in english
        ]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file else b""


def _by_code(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {_code(entry["hexcode"]): entry for entry in entries}


def _code(points: str) -> str:
    """The code points without the selector that only asks for a coloured picture."""
    return "-".join(point for point in points.upper().split("-") if point != "FE0F")
