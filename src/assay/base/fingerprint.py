"""Identity by content: the sha256 of a value's canonical JSON, and of a file's bytes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_BLOCK = 1 << 20


def canonical(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: the same value always gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fingerprint(value: Any) -> str:
    """sha256, in hex, of a JSON-like value."""
    return hashlib.sha256(canonical(value)).hexdigest()


def file_sha256(path: str) -> str:
    """sha256, in hex, of a local or remote file, read in blocks of 1 MiB."""
    from assay.base.files import open_bytes

    digest = hashlib.sha256()
    with open_bytes(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
