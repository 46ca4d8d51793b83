from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.curation.apply import apply
from text.plain import documents
from text.plain_lines import make

NAME = "random_sampling_filter"
MANY = documents(*["x"] * 4000)


def kept(**parameters) -> set[str]:
    return set(apply(make(NAME, **parameters), MANY).documents.ids.to_pylist())


def test_about_as_many_are_kept_as_were_asked_for():
    assert 330 < len(kept()) < 470  # 3.7 standard deviations
    assert not kept(keep_probability=0)
    assert len(kept(keep_probability=1)) == len(MANY)


def test_a_choice_depends_on_seed_and_id_alone():
    assert kept(seed=1) == kept(seed=1) != kept(seed=2)
    some = apply(make(NAME, keep_probability=0.5), type(MANY)(MANY.batch.slice(1000, 500))).documents.ids.to_pylist()
    assert set(some) == kept(keep_probability=0.5) & {str(number) for number in range(1000, 1500)}


def test_a_higher_probability_keeps_more_of_the_same():
    assert kept(keep_probability=0.2) < kept(keep_probability=0.4)


def test_probabilities():
    with pytest.raises(InputError, match="keep_probability"):
        make(NAME, keep_probability=1.1)
