from __future__ import annotations

import gzip
import json
import re
from typing import Any
from urllib.parse import urlparse

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import Outcome, apply
from text.plain import agrees, documents, many

CASES = 13


def judge(urls: list[str | None], **parameters: Any) -> Outcome:
    step = validate(look_up("steps", "url_substring_filter"), parameters, "test")
    return apply(step, documents(*("" for _ in urls), url=pa.array(urls, pa.string())))


def test_every_decision_is_that_of_dclm(shared_data, tmp_path):
    with gzip.open(shared_data / "dclm_url_struct_golden.json.gz") as file:
        golden = json.load(file)
    (tmp_path / "doms2.txt").write_text("\n".join(golden["domain_banlist"]) + "\n", encoding="utf-8")
    rows = golden["urls"]
    for case, parameters in golden["url_cases"]:
        name = parameters.get("banlist_from_fname")
        if name:
            folder = tmp_path if name == "doms2.txt" else shared_data / "dclm_lists"
            parameters["banlist_from_fname"] = str(folder / name)
        kept = judge([row["url"] for row in rows], **parameters).kept
        wrong = [row["url"] for row, k in zip(rows, kept, strict=True) if k != row["kept"][case]]
        assert not wrong, case
    assert len(golden["url_cases"]) == CASES
