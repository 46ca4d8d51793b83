from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pytest

from assay.base.errors import InputError
from assay.base.registry import look_up, names
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.curation.page import PageModifier, documents_of, pages_of, process


def make(name: str, **parameters):
    return validate(look_up("steps", name), parameters, "test")


def test_every_structural_mapper_does_what_dclm_does(shared_data):
    golden = json.loads(gzip.decompress((shared_data / "dclm_url_struct_golden.json.gz").read_bytes()))["structural"]
    known = set(names("steps"))
    for case in golden:
        if case["func"] not in known:
            continue
        if str(case["out"]).startswith("ERR"):
            with pytest.raises(InputError):
                process(make(case["func"], **case["params"]), case["page"])
        else:
            assert process(make(case["func"], **case["params"]), case["page"]) == case["out"], case


def test_pages_come_back_as_they_went():
    pages = [
        {"id": "a", "text": "x\u2028", "url": "u", "metadata": {"deep": [1, None, "é"]}},
        {"id": "b", "text": ["one", "", "two"], "url": None},
        {"id": "c", "text": None, "url": None, "files": []},
    ]
    assert list(pages_of(documents_of(pages))) == pages


class Doubled(PageModifier):
    def change(self, page):
        page["score"] *= 2
        page["languages"]["de"] = 0.5
        return page


def test_keys_that_are_columns_can_be_changed():
    languages = pa.array([[("en", 1.0)]], pa.map_(pa.string(), pa.float64()))
    scored = documents_of([{"text": "x"}]).with_columns({"score": pa.array([0.5]), "languages": languages})
    (page,) = pages_of(apply(Doubled(), scored).documents)
    assert (page["score"], page["languages"]) == (1.0, {"en": 1.0, "de": 0.5})


class Inverse(PageModifier):
    def change(self, page):
        page["inverse"] = 1 / page["n"]
        return page if page["n"] > 0 else None


def test_a_page_on_which_a_step_fails_is_dropped_and_a_batch_is_an_error():
    pages = [{"id": str(n), "text": "x", "n": n} for n in (0, 2, -1)]
    modified = Inverse().modify(documents_of(pages))
    assert modified.dropped.tolist() == [True, False, True]
    assert modified.reasons == ["error: ZeroDivisionError: division by zero", "nothing left", "nothing left"]
    with pytest.raises(InputError, match="Inverse fails for every document of a batch: ZeroDivisionError"):
        Inverse().modify(documents_of(pages[:1] * 10))
    with pytest.raises(InputError, match="a string or a list of lines, not int"):
        documents_of([{"text": 5}])
