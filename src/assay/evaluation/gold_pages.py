"""Web pages with their main text as people marked it, from the folders of two public sets.

- WCXB (Murrough-Foley/web-content-extraction-benchmark): a folder, or one folder a split, with ``html/ID.html.gz`` and
  ``ground-truth/ID.json``, or all of the latter as lines of ``ground_truth.jsonl.gz``; seven types of pages;
- article-extraction-benchmark (scrapinghub): ``ground-truth.json`` and ``html/ID.html.gz``; all pages are articles.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.base.errors import InputError
from assay.tokens.jsonl import read_jsonl

_WCXB_LINES = "ground_truth.jsonl.gz"
_WCXB_FILES = "ground-truth"
_ARTICLES = "ground-truth.json"


@dataclass(frozen=True)
class GoldPage:
    """A page and the text that an extractor should give."""

    file: Path
    """Its HTML, gzip."""
    type: str
    text: str
    """Empty where people found no main text."""

    def html(self) -> bytes | None:
        """The HTML; None when the file is not there, empty or damaged."""
        try:
            return gzip.decompress(self.file.read_bytes()) or None
        except (OSError, EOFError, zlib.error):
            return None


def read_gold(folder: Path) -> list[GoldPage]:
    """The pages of a gold set, sorted by type and file. InputError when the folder is neither of the two sets."""
    pages = list(_articles(folder)) if (folder / _ARTICLES).is_file() else list(_wcxb(folder))
    if not pages:
        raise InputError(
            "is not a gold set for extraction",
            where=folder,
            hint=f"name the folder of WCXB ({_WCXB_FILES}/ and html/) or of article-extraction-benchmark ({_ARTICLES})",
        )
    return sorted(pages, key=lambda page: (page.type, page.file))


def _articles(folder: Path) -> Iterator[GoldPage]:
    for name, row in _read_json(folder / _ARTICLES).items():
        yield _page(folder, name, row, "articleBody", "article")


def _wcxb(folder: Path) -> Iterator[GoldPage]:
    for split in [folder, *sorted(path for path in folder.glob("*") if path.is_dir())]:
        for row in _wcxb_rows(split):
            types = row.get("_internal", {}).get("page_type", {})
            yield _page(
                split, row.get("file_id", ""), row.get("ground_truth", {}), "main_content", types.get("primary")
            )


def _wcxb_rows(split: Path) -> Iterator[dict[str, Any]]:
    if (split / _WCXB_LINES).is_file():
        yield from (row for _, row in read_jsonl(split / _WCXB_LINES))
    for path in sorted((split / _WCXB_FILES).glob("*.json")):
        yield _read_json(path)


def _page(folder: Path, name: str, row: dict[str, Any], key: str, type_: str | None) -> GoldPage:
    return GoldPage(folder / "html" / f"{name}.html.gz", type_ or "unknown", row.get(key) or "")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"not JSON: {error}", where=path) from error
    if not isinstance(value, dict):
        raise InputError(f"must be a JSON object, not {type(value).__name__}", where=path)
    return value
