from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.curation.apply import apply
from text.plain import documents, many, segments, texts
from text.plain_lines import make


def column(name: str, *given: str, key: str, **parameters) -> list[int]:
    return apply(make(name, key=key, **parameters), documents(*given)).documents.batch.column(key).to_pylist()


def test_counts_are_those_of_dclm(golden):
    given = [document["text"] for document in golden]
    for name, key in {"line_counter_enricher": "num_lines", "word_counter_enricher": "word_count"}.items():
        assert column(name, *given, key=key) == [document["enrichers"][key] for document in golden]


@many
@given(text=texts, separator=st.sampled_from(["\n", "\n\n"]), remove_empty=st.booleans())
def test_lines_are_those_of_plain_python(text, separator, remove_empty):
    text = text.replace(" ", "\n")
    expected = len(segments(text, separator) if remove_empty else text.split(separator))
    parameters = {"paragraph_end": separator, "remove_empty": remove_empty}
    assert column("line_counter_enricher", text, key="n", **parameters) == [expected]


@pytest.mark.parametrize("name", ["line_counter_enricher", "word_counter_enricher"])
def test_a_column_is_replaced_only_when_told_to(name):
    batch = documents("a b", x=pa.array([9]))
    with pytest.raises(InputError, match="a column 'x' already"):
        apply(make(name, key="x"), batch)
    assert apply(make(name, key="x", overwrite=True), batch).documents.batch.column("x").to_pylist() != [9]


def test_the_share_of_words_removed():
    step = make("word_removal_ratio_filter", prev_word_count_key="before", max_removed_ratio=0.5)
    batch = documents("a b", "a", "a -- b c", "", before=pa.array([4, 3, 1, 0]))
    outcome = apply(step, batch)
    assert outcome.kept.tolist() == [True, False, True, False]
    assert [outcome.reasons[code] for code in outcome.codes[[1, 3]]] == [
        "share of words removed > 0.5",
        "share of words removed is not defined",
    ]


def test_words_counted_before_and_after_the_modifiers():
    batch = documents("good words stay here\nSHOUTING", "GONE\nno more than this")
    steps = [
        make("word_counter_enricher", key="before"),
        make("uppercase_ratio_line_modifier"),
        make("word_removal_ratio_filter", prev_word_count_key="before", max_removed_ratio=0.2),
    ]
    for step in steps:
        batch = apply(step, batch).documents
    assert batch.text.to_pylist() == ["good words stay here", "no more than this"]
    last = make("word_removal_ratio_filter", prev_word_count_key="before", max_removed_ratio=0.19)
    assert not apply(last, batch).kept.any()


def test_a_count_of_the_words_now_is_taken_where_there_is_one():
    step = make("word_removal_ratio_filter", prev_word_count_key="before", new_word_count_key="now")
    batch = documents("a", "a", before=pa.array([10, 10]), now=pa.array([10, None], pa.int64()))
    assert apply(step, batch).kept.tolist() == [True, False]
    assert apply(step, documents("a", before=pa.array([1]))).kept.tolist() == [True]


def test_without_a_count_before():
    with pytest.raises(InputError, match="'before'"):
        apply(make("word_removal_ratio_filter", prev_word_count_key="before"), documents("a"))
