import pytest

from assay import step
from assay.base.errors import InputError
from assay.curation.compare import Drop, compare_recipes, wilson
from assay.curation.recipe import Recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from curation.curation_pools import write_jsonl


@step
def number(text: str) -> int:
    return int(text.split(maxsplit=1)[0])


@step
def doubled(text: str) -> str:
    return text * 2


@step
def doubled_evens(text: str) -> str | None:
    return text * 2 if number(text) % 2 == 0 else text


def between(low: int, high: int) -> Recipe:
    steps = (("at_least", number.step(minimum=low)), ("at_most", number.step(maximum=high)))
    return Recipe("between", steps)


@pytest.fixture
def pool(tmp_path):
    """Documents whose texts begin with 0 … 99, in two files."""
    rows = [{"id": str(k), "text": f"{k} ", "url": f"https://example.org/{k}"} for k in range(100)]
    write_jsonl(tmp_path / "pool" / "0.jsonl", rows[:60])
    write_jsonl(tmp_path / "pool" / "1.jsonl", rows[60:])
    return describe_pool([str(tmp_path / "pool")], Columns())


def test_the_four_fates_add_up(pool):
    found = compare_recipes(between(10, 49), between(20, 79), pool)
    assert (found.both, found.only_a, found.only_b, found.neither) == (30, 10, 30, 30)
    assert (found.documents, found.agreement, found.jaccard) == (100, 0.6, 30 / 70)
    assert found.drops == {
        ("b", Drop("at_least", "number < 20")): 10,
        ("a", Drop("at_most", "number > 49")): 30,
    }


def test_examples_are_those_on_which_they_disagree(pool):
    found = compare_recipes(between(0, 99), between(98, 99), pool, examples=200)
    assert sorted(int(example.id) for example in found.examples) == list(range(98))
    example = next(example for example in found.examples if example.id == "7")
    assert (example.url, example.text, example.a) == ("https://example.org/7", "7 ", None)
    assert example.b == Drop("at_least", "number < 98")
    few = compare_recipes(between(0, 99), between(98, 99), pool, examples=3)
    assert few.examples == found.examples[:3]


def test_a_recipe_agrees_with_itself(pool):
    found = compare_recipes(between(10, 49), between(10, 49), pool)
    assert (found.both, found.neither, found.agreement, found.jaccard) == (40, 60, 1, 1)
    assert not found.drops
    assert not found.examples


def test_what_they_begin_with_is_done_once(pool):
    calls = []

    @step
    def counted(text: str) -> int:
        calls.append(text)
        return 1

    same = ("counted", counted.step(minimum=1))
    found = compare_recipes(Recipe("a", (same, *between(10, 49).steps)), Recipe("b", (same,)), pool)
    assert (found.both, found.only_b) == (40, 60)
    assert len(calls) == 100


def test_texts_that_differ_are_counted(pool):
    a = Recipe("a", (*between(0, 49).steps, ("doubled", doubled.step())))
    b = Recipe("b", (*between(10, 89).steps, ("doubled", doubled_evens.step())))
    found = compare_recipes(a, b, pool)
    assert (found.both, found.differing_texts) == (40, 20)


def test_a_step_named_twice_has_its_number(pool):
    twice = (("number", number.step(minimum=10)), ("number", number.step(minimum=20)))
    found = compare_recipes(Recipe("a", twice), Recipe("b", ()), pool)
    assert {drop.step: count for (_, drop), count in found.drops.items()} == {"number#1": 10, "number#2": 10}


def test_recipes_that_keep_nothing_agree(pool):
    found = compare_recipes(between(200, 0), between(300, 0), pool)
    assert (found.agreement, found.jaccard, found.differing_texts) == (1, 1, 0)


@pytest.mark.parametrize(("limit", "read"), [(1, 1), (60, 60), (61, 61), (1000, 100)])
def test_a_limit_reads_the_first(pool, limit, read):
    assert compare_recipes(between(0, 99), between(0, 99), pool, limit=limit).both == read


def test_unreadable_rows_are_counted(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": "1"}])
    path.write_bytes(path.read_bytes() + b"[1]\n")
    found = compare_recipes(between(0, 9), between(0, 9), describe_pool([str(path)], Columns()))
    assert (found.documents, found.unreadable) == (1, 1)


def test_what_cannot_be_compared_is_said(pool, tmp_path):
    from assay.base.registry import look_up

    dedup = Recipe("dedup", (("exact_dedup", look_up("steps", "exact_dedup")()),))
    with pytest.raises(InputError, match=r"dedup: the step exact_dedup \(sweep step\) cannot be compared"):
        compare_recipes(between(0, 9), dedup, pool)
    (tmp_path / "empty.jsonl").write_text("\n")
    empty = describe_pool([str(tmp_path / "empty.jsonl")], Columns())
    with pytest.raises(InputError, match="holds no document"):
        compare_recipes(between(0, 9), between(0, 9), empty)


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611)), (1, 29, (0.0061, 0.1718))],
)
def test_the_interval_is_wilsons(successes, trials, interval):
    assert wilson(successes, trials) == pytest.approx(interval, abs=5e-5)
