"""Which parameter is which bound."""

from __future__ import annotations

from assay.base.registry import look_up
from assay.curation.bounds import Setting, settings_of


def settings(name: str, **parameters):
    return settings_of(look_up("steps", name)(**parameters))


def test_bounds_are_found_whatever_their_value():
    assert settings("word_length_filter") == {
        (0, "minimum"): Setting("min_length"),
        (0, "maximum"): Setting("max_length"),
    }
    assert settings("stop_word_filter", min_stop_word=5) == {(0, "minimum"): Setting("min_stop_word")}
    assert settings("quality_filter", key="q", threshold=0.5, lower_better=True) == {
        (0, "maximum"): Setting("threshold")
    }


def test_parameters_that_are_no_bounds_are_left_out():
    assert settings("repetition_filter", granularity=10, max_fraction=0.1) == {(0, "maximum"): Setting("max_fraction")}


def test_a_table_of_bounds_is_found_by_its_keys_and_a_parameter_of_several_bounds_is_none():
    found = settings("massive_web_repetition_filters")
    assert found[(12, "maximum")] == Setting("max_ngram_fractions", 10)
    assert {place for place, _ in found} == set(range(4, 13))  # one fraction bounds lines and paragraphs
    alone = settings("massive_web_repetition_filters", skip_paragraph=True)
    assert alone[(0, "maximum")] == Setting("max_segment_fraction")
