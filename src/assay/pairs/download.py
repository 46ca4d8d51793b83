"""Download the images of a metadata file into shards, as DataComp's script has img2dataset do.

Polite: few connections to a host at a time, a name to be known by, the opt-outs of ``X-Robots-Tag`` honoured. Robust:
every image has a deadline and a limit of bytes; a shard that is finished is not fetched again.
"""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow.parquet as pq

from assay import __version__
from assay.base.optional import optional
from assay.pairs.faces import blur_faces
from assay.pairs.images import BadImageError, decode, pillow, to_rgb
from assay.pairs.metadata import CAPTIONS
from assay.pairs.shards import stats_of
from assay.pairs.write_shards import ShardRow, write_shard

SAMPLES_A_SHARD = 10_000
_SIDE, _QUALITY = 512, 95
_TIMEOUT = 10.0
_RETRIES = 2
"""Longest side, JPEG quality, seconds and retries: DataComp's download_upstream.py."""
_MAX_BYTES = 32 << 20
_PER_HOST = 4
_PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Answers after which it is worth asking again."""
_OPT_OUT = {"noai", "noimageai", "noindex", "noimageindex"}
"""The directives that img2dataset honours unless told otherwise."""
_AGENT = f"Mozilla/5.0 (compatible; assay/{__version__}; image-text pools)"
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Fetching:
    """How images are fetched."""

    threads: int = 64
    timeout: float = _TIMEOUT
    """Seconds for all of an image, not only until its next byte."""
    retries: int = _RETRIES
    wait: float = 1.0
    """Seconds before the first retry; twice as long each time."""
    check_sha256: bool = True
    """Refuse an image that is not the one that the metadata describe."""


class _FailedError(Exception):
    """An image did not come."""

    def __init__(self, message: str, again: bool):
        super().__init__(message)
        self.again = again


def download_images(metadata: list[Path], shards: Path, fetching: Fetching, samples: int = SAMPLES_A_SHARD) -> int:
    """Fetch the images of all rows into ``shards``; returns how many came. Finished shards are left as they are."""
    shards.mkdir(parents=True, exist_ok=True)
    client = _Client(fetching)
    came = 0
    for number, rows in enumerate(_groups(metadata, samples)):
        tar = shards / f"{number:08d}.tar"
        if stats_of(tar).exists():
            continue
        with ThreadPoolExecutor(fetching.threads) as threads:
            came += write_shard(tar, threads.map(client.row, rows))
    return came


def _groups(metadata: list[Path], samples: int) -> Iterator[list[dict[str, Any]]]:
    """The rows of all files, so many at a time."""
    waiting: list[dict[str, Any]] = []
    for path in metadata:
        for batch in pq.ParquetFile(path).iter_batches(samples):
            waiting += batch.to_pylist()
            while len(waiting) >= samples:
                yield waiting[:samples]
                waiting = waiting[samples:]
    if waiting:
        yield waiting


class _Client:
    """Fetches images, not many from one host at a time."""

    def __init__(self, fetching: Fetching):
        self.fetching = fetching
        requests = optional("requests", "remote", "fetching images")
        self._session = requests.Session()
        self._session.headers["User-Agent"] = _AGENT
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, requests.adapters.HTTPAdapter(pool_maxsize=fetching.threads))
        self._hosts: defaultdict[str, threading.Semaphore] = defaultdict(partial(threading.Semaphore, _PER_HOST))

    def row(self, row: dict[str, Any]) -> ShardRow:
        """A row of a shard, whatever happens."""
        about: dict[str, Any] = {
            "uid": row.get("uid"),
            "face_bboxes": row.get("face_bboxes") or [],
            "caption": next((row[name] for name in CAPTIONS if row.get(name) is not None), None),
            "url": row.get("url"),
            "width": None,
            "height": None,
            "original_width": None,
            "original_height": None,
            "sha256": None,
        }
        try:
            data = self._insist(str(row.get("url") or ""))
        except _FailedError as error:
            return ShardRow(about, None, status="failed_to_download", error=str(error))
        about["sha256"] = hashlib.sha256(data).hexdigest()
        if self.fetching.check_sha256 and row.get("sha256") not in {None, "", about["sha256"]}:
            return ShardRow(about, None, status="failed_to_download", error="hash mismatch")
        try:
            image, sizes = resize(data, about["face_bboxes"])
        except BadImageError as error:
            return ShardRow(about, None, status="failed_to_resize", error=error.message)
        return ShardRow(about | sizes, image)

    def _insist(self, url: str) -> bytes:
        for attempt in range(self.fetching.retries + 1):
            try:
                return self._get(url)
            except _FailedError as error:
                if not error.again or attempt == self.fetching.retries:
                    raise
                time.sleep(self.fetching.wait * 2**attempt)
        raise AssertionError("unreachable")

    def _get(self, url: str) -> bytes:
        address = urlsplit(url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise _FailedError("not an address of the web", again=False)
        deadline = time.monotonic() + self.fetching.timeout
        try:
            with (
                self._hosts[address.hostname],
                self._session.get(url, stream=True, timeout=self.fetching.timeout) as answer,
            ):
                if answer.status_code != 200:
                    raise _FailedError(f"HTTP {answer.status_code}", again=answer.status_code in _PASSING)
                _check_opt_out(answer.headers.get("X-Robots-Tag", ""))
                return _read(answer.iter_content(_BLOCK), deadline)
        except (OSError, ValueError) as error:  # requests' own are OSErrors
            raise _FailedError(str(error) or type(error).__name__, again=True) from error


def _check_opt_out(tags: str) -> None:
    """Refuse an image whose server says that it is not to be used so, to all or by a name (``bot: noai``)."""
    directives = {tag.rpartition(":")[2].strip().lower() for tag in tags.split(",")}
    if directives & _OPT_OUT:
        raise _FailedError("use of image disallowed by X-Robots-Tag directive", again=False)


def _read(blocks: Iterable[bytes], deadline: float) -> bytes:
    parts, size = [], 0
    for block in blocks:
        size += len(block)
        if size > _MAX_BYTES:
            raise _FailedError(f"larger than {_MAX_BYTES >> 20} MiB", again=False)
        if time.monotonic() > deadline:
            raise _FailedError("timed out", again=True)
        parts.append(block)
    return b"".join(parts)


def resize(data: bytes, boxes: list[list[float]]) -> tuple[bytes, dict[str, int]]:
    """A JPEG of at most 512 pixels a side, transparency on white, faces blurred; and its sizes. BadImageError."""
    image = _on_white(decode(data, rgb=False))
    width, height = image.size
    scale = _SIDE / max(width, height)
    if scale < 1:
        smaller = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = image.resize(smaller, pillow().Resampling.BOX)
    if boxes:
        image = pillow().fromarray(blur_faces(np.asarray(image), boxes))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    sizes = {"width": image.width, "height": image.height, "original_width": width, "original_height": height}
    return buffer.getvalue(), sizes


def _on_white(image: Any) -> Any:
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = pillow().new("RGBA", layer.size, "white")
        return pillow().alpha_composite(ground, layer).convert("RGB")
    return to_rgb(image)
