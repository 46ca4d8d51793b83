"""Source code by repository, as StarCoder2 is trained on it: pages with ``repo_name`` and ``files``.

``files`` is a list of ``{"filename": …, "text": …}``. There is no text until ``starcoder_v2_format_modifier`` makes it
(give such a pool ``--columns text=-``). The rules are those of DCLM's mappers; what is random there is drawn here from
the seed and the name of the repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from assay.base.errors import InputError
from assay.curation.documents import Documents
from assay.curation.page import PageModifier, documents_of, pages_of
from assay.curation.step import Splitter

if TYPE_CHECKING:
    import pyarrow as pa

_REPOSITORY, _FILE = "<repo_name>", "<file_sep>"


class StarcoderV2RepoSplitter(Splitter):
    """Makes pages of at most ``max_files`` files each of a repository; the second is called ``id/1`` and so on."""

    max_files: int = Field(default=1000, ge=1)
    delete_content: bool = True
    """The pages of a repository that is divided have no text, even where it has one."""

    def split(self, documents: Documents) -> tuple[pa.RecordBatch, np.ndarray]:
        """The pages, each with its files and what else the repository has, and which repository each is of."""
        pages, origins = [], []
        for row, page in enumerate(pages_of(documents)):
            if not isinstance(page.get("files"), list):
                raise InputError(f"the page {page['id']} has no list under the key 'files'")
            for number, start in enumerate(range(0, max(len(page["files"]), 1), self.max_files)):
                pages.append(self._piece(page, number, start))
                origins.append(row)
        return documents_of(pages).batch, np.array(origins, np.int64)

    def _piece(self, page: dict[str, Any], number: int, start: int) -> dict[str, Any]:
        if len(page["files"]) <= self.max_files:
            return page
        id_ = page["id"] if not number or page["id"] is None else f"{page['id']}/{number}"
        text = {"text": None} if self.delete_content else {}
        return page | {"id": id_, "files": page["files"][start : start + self.max_files]} | text


class StarcoderV2FormatModifier(PageModifier):
    """Makes the text of a repository: its files one after the other, with or without their names."""

    add_metadata_prob: float = Field(default=0.5, ge=0, le=1)
    """With this probability the text has the names of the repository and of the files."""
    add_sentinels: bool = True
    """Mark where the repository and the files begin; otherwise an empty line divides them."""
    seed: int = 0

    def change(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page with a text."""
        repository, file = (_REPOSITORY, _FILE) if self.add_sentinels else ("", "\n\n")
        if self._with_names(page):
            files = (f"{file}{entry['filename']}\n{entry['text']}" for entry in page["files"])
            text = f"{repository}{page['repo_name']}{''.join(files)}"
        else:
            text = "".join(f"{file}{entry['text']}" for entry in page["files"])
        page["text"] = text if self.add_sentinels else text.strip()
        return page

    def _with_names(self, page: dict[str, Any]) -> bool:
        key = f"{page.get('repo_name')} {page.get('id')}".encode()
        return np.random.default_rng([self.seed, *key]).random() < self.add_metadata_prob
