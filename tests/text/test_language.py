from __future__ import annotations

import pyarrow as pa
import pytest

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import apply
from text.plain import documents

KEY = "language_id_whole_page_langdetect"
MAP = pa.map_(pa.string(), pa.float64())


def make(**parameters):
    return validate(look_up("steps", "language_filter"), parameters, "test")


def batch(*languages: dict[str, float] | None, key: str = KEY):
    pairs = [None if some is None else list(some.items()) for some in languages]
    return documents(*["x"] * len(languages), **{key: pa.array(pairs, MAP)})


def test_a_wanted_language_must_exceed_the_threshold():
    found = batch({"en": 0.65}, {"en": 0.6500000000000001}, {"en": 0.3, "de": 0.7}, {"fr": 0.99}, {}, None)
    outcome = apply(make(keep_languages=["en", "de"], threshold=0.65), found)
    assert outcome.kept.tolist() == [False, True, True, False, False, False]
    assert [outcome.reasons[code] for code in outcome.codes[[0, 3]]] == [
        "probability of en or de < 0.65",
        "probability of en or de is not defined",
    ]


def test_a_language_of_no_probability_does_not_exceed_nothing():
    kept = apply(make(keep_languages=["en"]), batch({"en": 0.0}, {"en": 1e-9}, {"de": 1.0})).kept
    assert kept.tolist() == [False, True, False]


def test_columns_that_are_not_there_or_hold_something_else():
    with pytest.raises(InputError, match="have no 'language_id_whole_page_langdetect'"):
        apply(make(keep_languages=["en"]), documents("x"))
    with pytest.raises(InputError, match="'lang' does not map languages to probabilities"):
        apply(make(keep_languages=["en"], key="lang"), documents("x", lang=pa.array([1.0])))


def test_languages_are_a_list():
    with pytest.raises(InputError, match="keep_languages"):
        make(keep_languages="en")
