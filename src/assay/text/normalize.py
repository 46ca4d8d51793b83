"""What is compared in place of a text or URL: DCLM's normalisers, under its names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import md5
from importlib import import_module
from typing import Literal

from assay.base.errors import missing_package

Normalizer = Literal[
    "normalize_url",
    "normalize_whitespace_and_lowercase",
    "normalize_timestamps",
    "hash_text",
    "ccnet_dedup_normalizer",
]

_SCHEME = re.compile(r"https?://(www\.)?")
_TRACKING = re.compile(r"\?(utm_|ref|feed).*")
_DIGIT = re.compile(r"\d")
# CCNet's punctuation (UNICODE_PUNCT of its text_normalizer.py) and control characters.
_PUNCTUATION = "，。、„”“«»１」「《》´∶：？！（）；–—．～’…━〈〉【】％►"
_REMOVED = re.compile(f"[{_PUNCTUATION}\x00-\x1f\x7f-\x9f]")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_NO_TIME = -1.0


def normalize_url(url: str) -> str:
    """The URL without scheme, ``www.``, a query that begins with utm_, ref or feed, and slashes at the end (C4)."""
    return _TRACKING.sub("", _SCHEME.sub("", url)).rstrip("/")


def normalize_whitespace_and_lowercase(text: str) -> str:
    """The text stripped and lower-cased."""
    return text.strip().lower()


def normalize_timestamps(timestamp: str) -> float:
    """Seconds since 1970 of a time such as ``2022-11-26T10:00:00Z``, -1 for anything else.

    DCLM's takes the time for a local one, so that its numbers depend on the machine.
    """
    try:
        return datetime.strptime(timestamp, _TIME).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return _NO_TIME


def hash_text(text: str) -> str:
    """The MD5 of the text in UTF-8, in hexadecimal."""
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def ccnet_dedup_normalizer(text: str) -> str:
    """CCNet's key of a line: lower case, digits as 0, without punctuation beyond ASCII, in ASCII letters."""
    try:
        unidecode = import_module("unidecode").unidecode
    except ImportError as error:
        raise missing_package("unidecode", "ccnet", "ccnet_dedup_normalizer") from error
    return unidecode(_REMOVED.sub("", _DIGIT.sub("0", text.strip().lower())))


NORMALIZERS: dict[Normalizer, Callable[[str], str | float]] = {
    "normalize_url": normalize_url,
    "normalize_whitespace_and_lowercase": normalize_whitespace_and_lowercase,
    "normalize_timestamps": normalize_timestamps,
    "hash_text": hash_text,
    "ccnet_dedup_normalizer": ccnet_dedup_normalizer,
}
