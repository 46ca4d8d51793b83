"""Statistics as an artifact: what is in it, whoever made it, and that it is made once."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from assay.base.errors import InputError
from assay.curation.measure import measure
from assay.curation.recipe import Recipe, load_recipe
from assay.records.verify import verify
from curation.curation_pools import contents, make_pool, prose
from curation.test_refilter import AFTER, EveryThird, Length, Marks, WithoutFirstLine, recipe


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return make_pool(tmp_path_factory.mktemp("pool"), files=4)


def test_every_rule_has_a_column_with_a_value_for_every_document(pool, tmp_path):
    measure(pool, load_recipe("heuristics"), tmp_path / "out")
    values = pq.read_table(tmp_path / "out" / "values" / "00000.parquet").to_pylist()
    assert [row["id"] for row in values] == [f"d{number}" for number in range(40)]
    assert len(values[0]) == 5 + 5 + 13
    words = [len(word) for word in prose(0).split()]
    assert values[0]["word_length_filter: mean word length"] == pytest.approx(sum(words) / len(words))
    short = values[1]  # dropped by the first filter, and measured all the same
    assert (short["bytes"], short["stop_word_filter: stop words"]) == (9, 0)
    assert short["word_length_filter: mean word length"] == 4


def test_a_modifier_drops_and_what_it_was_given_is_kept(pool, tmp_path):
    measure(pool, recipe(*AFTER), tmp_path / "out")
    rows = pq.read_table(tmp_path / "out" / "values" / "00000.parquet").to_pylist()
    assert (rows[1]["dropped"], rows[1]["reason"]) == ("before withoutfirstline", "only one line")
    assert rows[1]["before withoutfirstline"]["text"] == "too short"
    assert rows[0]["length#1: characters"] == len(prose(0))
    assert rows[0]["length#2: characters"] == len(prose(0).partition("\n")[2])
    assert rows[0]["before withoutfirstline"]["bytes"] == len(prose(0))


def test_the_bytes_do_not_depend_on_the_workers_and_it_is_made_once(pool, tmp_path):
    first = measure(pool, recipe(*AFTER), tmp_path / "1", workers=1)
    measure(pool, recipe(*AFTER), tmp_path / "3", workers=3)
    assert contents(tmp_path / "1") == contents(tmp_path / "3")
    assert all(finding.holds for finding in verify([tmp_path / "1"]))
    assert measure(pool, recipe(*AFTER), tmp_path / "1") == first


def test_it_goes_on_where_it_was(pool, tmp_path, monkeypatch):
    measure(pool, recipe(*AFTER), tmp_path / "whole")

    modify = WithoutFirstLine.modify

    def interrupted(self, documents):
        if "d80" in documents.ids.to_pylist():  # in the third file
            raise KeyboardInterrupt
        return modify(self, documents)

    with monkeypatch.context() as patched:
        patched.setattr(WithoutFirstLine, "modify", interrupted)
        with pytest.raises(KeyboardInterrupt):
            measure(pool, recipe(*AFTER), tmp_path / "out")
    (partial,) = tmp_path.glob("out.partial-*")
    assert len(list((partial / "counts").iterdir())) == 2
    done = {path.name: path.stat().st_mtime_ns for path in (partial / "values").iterdir()}
    measure(pool, recipe(*AFTER), tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert all((tmp_path / "out" / "values" / name).stat().st_mtime_ns == time for name, time in done.items())


@pytest.mark.parametrize("steps", [(), (Marks(),), (EveryThird(), Length())])
def test_nothing_to_measure_is_an_error(pool, tmp_path, steps):
    with pytest.raises(InputError, match="there is nothing to measure"):
        measure(pool, Recipe("empty", recipe(*steps).steps), tmp_path / "out")
