from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.catalog import catalog_path
from assay.curation.apply import apply
from text.plain import agrees, documents, many


def removed(texts: list[str], **parameters: object) -> list[str | None]:
    """The new texts; None where the document is dropped."""
    step = validate(look_up("steps", "url_removal_modifier"), parameters, "test")
    outcome = apply(step, documents(*texts))
    left = iter(outcome.documents.text.to_pylist())
    return [next(left) if kept else None for kept in outcome.kept]


def test_every_text_is_that_of_dclm(golden):
    texts = removed([document["text"] for document in golden])
    expected = [document["modifiers"]["url_removal_modifier"] for document in golden]
    for document, text, reference in zip(golden, texts, expected, strict=True):
        wanted = document["text"] if reference == "=" else reference and reference["text"]
        assert text == wanted, document["id"]
