from __future__ import annotations

import pyarrow as pa

from assay.base.registry import look_up
from assay.curation.apply import apply
from text.plain import documents

NAMES = ["a.py", "b/Makefile", "c.PY", "d.txt", "", None, ".h++", "Dockerfile", "notes.md.bak"]


def test_the_suffixes_of_redpajama():
    batch = documents(*map(str, NAMES), filename=pa.array(NAMES))
    step = look_up("steps", "github_extension_filter")()
    assert apply(step, batch).kept.tolist() == [True, True, False, False, False, False, True, True, False]


def test_own_suffixes_under_an_own_key():
    batch = documents(*map(str, NAMES), path=pa.array(NAMES))
    step = look_up("steps", "github_extension_filter")(filename_key="path", allowed_extensions=[".txt", ".PY"])
    assert apply(step, batch).kept.tolist() == [False, False, True, True, False, False, False, False, False]


def test_documents_without_names_are_dropped():
    outcome = apply(look_up("steps", "github_extension_filter")(), documents("a"))
    assert outcome.reasons[outcome.codes[0]] == "allowed file extensions is not defined"
