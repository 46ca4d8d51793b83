"""Sentences of documents, as DCLM's split_sentences finds them.

| tokenizer   | sentences are                                                                            |
|-------------|------------------------------------------------------------------------------------------|
| `blingfire` | what the package blingfire finds                                                         |
| `nltk`      | what NLTK's Punkt finds (Kiss and Strunk 2006), which breaks only after ``.``, ``?``, ``!`` |

Punkt has learnt English; in every other language it is used untrained, without abbreviations, as DCLM does. White
space at the ends of a sentence is removed; what is then empty does not count.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from assay.base.errors import InputError
from assay.base.optional import optional
from assay.curation.documents import Documents

SentenceTokenizer = Literal["blingfire", "nltk"]

_ENGLISH = ("en", "english")
_EXTRA, _PURPOSE = "sentences", "finding sentences"


def split_sentences(text: str, tokenizer: SentenceTokenizer, language: str | None = None) -> list[str]:
    """The sentences of one text; see above.

    MachineError when the tokenizer's package is not installed, InputError when Punkt's data are not there.
    """
    if not text:
        return []
    spans = _span_finder(tokenizer, language in _ENGLISH)(text)
    return [sentence for start, end in spans if (sentence := text[start:end].strip())]


@dataclass(frozen=True)
class SentenceCount:
    """A measurement: how many sentences a document has."""

    tokenizer: SentenceTokenizer
    language: str | None = None

    def __call__(self, documents: Documents) -> np.ndarray:
        """Count the sentences."""
        texts = documents.text.to_pylist()
        return np.array([len(split_sentences(text, self.tokenizer, self.language)) for text in texts], np.int64)


@cache
def _span_finder(tokenizer: SentenceTokenizer, is_english: bool) -> Callable[[str], Iterable[tuple[int, int]]]:
    """A function from a text to the places of its sentences, in characters."""
    if tokenizer == "blingfire":
        blingfire = optional("blingfire", _EXTRA, _PURPOSE)
        return lambda text: blingfire.text_to_sentences_and_offsets(text)[1]
    punkt = optional("nltk.tokenize.punkt", _EXTRA, _PURPOSE)
    parameters = punkt.PunktParameters()
    if is_english:
        _learn_english(parameters)
    return punkt.PunktSentenceTokenizer(parameters).span_tokenize


def _learn_english(parameters: Any) -> None:
    """Fill in what Punkt has learnt of English, from the tables of NLTK's data package punkt_tab."""
    folder = _find_data() / "english"

    def lines(name: str) -> list[str]:
        with open(folder / name, encoding="utf-8") as file:
            return [line.rstrip("\n") for line in file]

    parameters.abbrev_types = set(lines("abbrev_types.txt"))
    parameters.sent_starters = set(lines("sent_starters.txt"))
    parameters.collocations = {tuple(line.split("\t")) for line in lines("collocations.tab")}
    for line in lines("ortho_context.tab"):
        word, flags = line.split("\t")
        parameters.ortho_context[word] = int(flags)


def _find_data() -> Path:
    """The folder punkt_tab, where NLTK looks for it or in the package llama-index-core, which brings it along."""
    folders = [Path(folder) for folder in optional("nltk.data", _EXTRA, _PURPOSE).path]
    llama_index = importlib.util.find_spec("llama_index")
    if llama_index:
        places = llama_index.submodule_search_locations or []
        folders += [Path(place, "core", "_static", "nltk_cache") for place in places]
    for folder in folders:
        if (folder / "tokenizers" / "punkt_tab" / "english").is_dir():
            return folder / "tokenizers" / "punkt_tab"
    raise InputError("NLTK's data for finding sentences are not there", hint="python -m nltk.downloader punkt_tab")
