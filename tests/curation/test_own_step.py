from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay import step
from assay.base.errors import InputError
from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.curation.engine import curate
from assay.curation.page import documents_of, pages_of, process
from assay.curation.recipe import Recipe, load_recipe
from curation.curation_pools import contents, make_pool, prose, read_dataset

STEPS = '''
from __future__ import annotations

from typing import Dict, List

from assay import step


@step
def shouting(text: str, max_share: float = 0.5) -> bool:
    """Drops documents in capitals."""
    return sum(map(str.isupper, text)) <= max_share * len(text)


@step
def long_enough(text: str, characters: int) -> tuple[bool, str]:
    return len(text) >= characters, f"shorter than {characters}"


@step
def share_of_capitals(text: str) -> float:
    return sum(map(str.isupper, text)) / len(text)


@step
def strip_ads(text: str) -> str | None:
    return "\\n".join(line for line in text.split("\\n") if not line.startswith("AD ")) or None


@step
def add_length(page: dict) -> dict:
    page["length"] = len(page["text"])
    return page


@step
def english(page: dict) -> bool:
    return page["language"] == "en"


def of_dclm(page: Dict[str, Dict], least: int = 3) -> List[Dict]:
    return [page] if len(page["text"]) >= least else []


def helper(text: str) -> bool:
    return True
'''


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "my_steps.py").write_text(STEPS)
    return tmp_path


def recipe_of(folder: Path, *steps: str) -> Recipe:
    path = folder / "r.yaml"
    path.write_text("steps:\n" + "".join(f"  - {step}\n" for step in steps))
    return load_recipe(path)


def fate(step, *texts: str) -> list[str | None]:
    """The reason why each text is dropped."""
    outcome = apply(step, documents_of([{"id": str(k), "text": text} for k, text in enumerate(texts)]))
    return [None if code == -1 else outcome.reasons[code] for code in outcome.codes]


def test_what_a_function_returns_says_what_kind_of_step_it_is(folder):
    recipe = recipe_of(
        folder,
        "my_steps.shouting: {max_share: 0.3}",
        "my_steps.long_enough: {characters: 3}",
        "my_steps.share_of_capitals: {maximum: 0.25}",
        "my_steps.strip_ads",
        "my_steps.add_length",
        "my_steps.of_dclm",
        "{func: my_steps.of_dclm, least: 2}",
    )
    shouting, long_enough, capitals, strip, add, dclm, two = (step for _, step in recipe.steps)
    kinds = [step.kind for _, step in recipe.steps]
    assert kinds == ["filter", "filter", "filter", "modifier", "modifier", "modifier", "modifier"]
    assert fate(shouting, "hello", "HELlo") == [None, "not shouting"]
    assert fate(long_enough, "ab", "abc") == ["shorter than 3", None]
    assert fate(capitals, "Hello", "HEl") == [None, "share of capitals > 0.25"]
    assert process(strip, {"text": "a\nAD b"}) == [{"text": "a"}]
    assert fate(strip, "AD b") == ["nothing left"]
    assert process(add, {"text": "abc", "more": 1}) == [{"text": "abc", "more": 1, "length": 3}]
    assert fate(dclm, "abc", "ab", "a") == [None, "nothing left", "nothing left"]
    assert fate(two, "abc", "ab", "a") == [None, None, "nothing left"]


def test_a_filter_may_look_at_the_page(folder):
    ((_, english),) = recipe_of(folder, "my_steps.english").steps
    assert process(english, {"text": "a", "language": "en"})
    assert not process(english, {"text": "a", "language": "de"})


def test_a_function_stays_a_function():
    @step
    def doubled(text: str, times: int = 2) -> str:
        """Says it twice."""
        return text * times

    assert doubled("ab", times=3) == "ababab"
    assert doubled.step(times=2).modify(documents_of([{"text": "ab"}])).text.to_pylist() == ["abab"]
    assert doubled.step.__doc__ == "Says it twice."
    with pytest.raises(InputError, match="inside a function cannot be sent to another process"):
        pickle.dumps(doubled.step())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("my_steps.shooting", r"step 1: .*my_steps.py: unknown step 'shooting'\nhint: did you mean shouting"),
        ("my_steps.helper", r"my_steps.py: helper: is no step\nhint: write @step above it"),
        (
            "my_steps.shouting: {max_sare: 1}",
            r"r.yaml: step 1 \(my_steps.shouting\): unknown key 'max_sare'\n.*max_share",
        ),
        ("my_steps.shouting: {max_share: much}", "max_share: Input should be a valid number"),
        ("my_steps.long_enough", r"characters: Field required"),
        ("my_stepz.shouting", r"r.yaml: step 1: there is no module 'my_stepz'\nhint: looked for /.*my_stepz.py, "),
        ("..shouting", "names neither a step nor a function of a file"),
        ("os.path.join", "join: is no step"),
    ],
)
def test_mistakes_in_the_recipe(folder, text, message):
    with pytest.raises(InputError, match=message):
        recipe_of(folder, text)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "def f(text: str): return True",
            "own.py: f: what it returns does not say what kind of step it is\nhint: -> bool",
        ),
        ("def f(text: str) -> bool | None: return True", "what it returns"),
        ("def f(text: str) -> dict: return {}", "what it returns"),
        ("def f(text: str) -> None: pass", "what it returns"),
        ("def f(text: str) -> Bool: return True", "annotation cannot be read: name 'Bool'"),
        ("def f(document: str) -> bool: return True", "first parameter must be called text or page"),
        ("def f() -> bool: return True", "first parameter must be called text or page"),
        ("def f(text: str, most=3) -> bool: return True", "the parameter most has no type"),
        ("def f(text: str, *most: int) -> bool: return True", "the parameter most cannot be set"),
        ("def f(text: str, version: int = 1) -> bool: return True", "cannot be called version"),
        ("def f(text: str, maximum: int = 1) -> float: return 1", "cannot be called maximum"),
    ],
)
def test_mistakes_in_the_signature(tmp_path, code, message):
    (tmp_path / "own.py").write_text(f"from __future__ import annotations\nfrom assay import step\n@step\n{code}\n")
    with pytest.raises(InputError, match=message):
        recipe_of(tmp_path, "own.f")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("from words import x", r"own.py: cannot be run: ModuleNotFoundError.*\nhint: .*from .words import"),
        ("def f(", r"own.py: cannot be run: SyntaxError"),
        ("1 / 0", r"own.py: cannot be run: ZeroDivisionError"),
    ],
)
def test_a_file_that_cannot_be_run(tmp_path, code, message):
    (tmp_path / "own.py").write_text(code)
    with pytest.raises(InputError, match=message):
        recipe_of(tmp_path, "own.f")


def test_set_reaches_own_steps(folder):
    recipe_of(folder, "my_steps.shouting", "my_steps.shouting", "exact_dedup", "my_steps.strip_ads")
    changes = ["my_steps.shouting#2.max_share=0.1", "my_steps.strip_ads=off"]
    steps = load_recipe(folder / "r.yaml", changes).steps
    assert [name for name, _ in steps] == ["my_steps.shouting", "my_steps.shouting", "exact_dedup"]
    assert [step.max_share for _, step in steps[:2]] == [0.5, 0.1]
    with pytest.raises(InputError, match=r"say which: my_steps.shouting#1.max_share=0.1"):
        load_recipe(folder / "r.yaml", ["my_steps.shouting.max_share=0.1"])


def test_packages_and_what_lies_beside_the_file(tmp_path):
    (tmp_path / "mappers" / "custom").mkdir(parents=True)
    (tmp_path / "mappers" / "custom" / "lists.py").write_text("WORDS = {'spam'}")
    code = "from assay import step\nfrom .lists import WORDS\n\n@step\ndef clean(text: str) -> bool:\n"
    (tmp_path / "mappers" / "custom" / "own.py").write_text(code + "    return text not in WORDS\n")
    ((_, clean),) = recipe_of(tmp_path, "{func: mappers.custom.own.clean}").steps
    assert fate(clean, "spam", "ham") == ["not clean", None]


def test_what_is_imported_from_beside_the_file_is_a_part_of_the_step(tmp_path):
    (tmp_path / "own.py").write_text(
        "from assay import step\nfrom .lists import WORDS\n\n@step\ndef clean(text: str) -> bool:\n"
        "    from . import late\n    return text not in WORDS and text != late.WORD\n"
    )
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "__init__.py").write_text("from .bad import WORDS\n")
    (tmp_path / "lists" / "bad.py").write_text("from ..more import MORE\nWORDS = {'spam', MORE}\n")
    (tmp_path / "more.py").write_text("MORE = 'eggs'\n")
    (tmp_path / "late.py").write_text("WORD = 'late'\n")
    (tmp_path / "other.py").write_text("1 / 0\n")
    before = recipe_of(tmp_path, "own.clean")
    identities = {json.dumps(before.identity())}
    for name, code in (("more.py", "MORE = 'ham'\n"), ("late.py", "WORD = 'soon'\n"), ("lists/bad.py", "WORDS = ()")):
        (tmp_path / name).write_text(code)
        identities.add(json.dumps(recipe_of(tmp_path, "own.clean").identity()))
    assert len(identities) == 4
    assert json.dumps(before.identity()) in identities
    (tmp_path / "other.py").write_text("")
    assert json.dumps(recipe_of(tmp_path, "own.clean").identity()) in identities
    after = recipe_of(tmp_path, "own.clean").steps[0][1]
    assert fate(after, "spam", "eggs", "ham", "late", "soon") == [None, None, None, None, "not clean"]
    old = pickle.loads(pickle.dumps(before)).steps[0][1]  # what was read is what runs, also for what is imported later
    assert fate(old, "spam", "eggs", "ham", "late", "soon") == ["not clean", "not clean", None, "not clean", None]


@pytest.mark.parametrize("place", ["own.py", "inner.py"])
def test_another_process_runs_what_was_read(tmp_path, place):
    (tmp_path / "own.py").write_text("from .inner import clean\n")
    (tmp_path / place).write_text(
        "from assay import step\nfrom .words import WORD\n\n@step\ndef clean(text: str) -> bool:\n"
        "    return text != WORD\n"
    )
    (tmp_path / "words.py").write_text("WORD = 'spam'\n")
    made = pickle.dumps(recipe_of(tmp_path, "own.clean").steps[0][1])
    (tmp_path / "words.py").write_text("WORD = 'ham'\n")
    code = (
        "import pickle, sys; from assay.curation.apply import apply; from assay.curation.page import documents_of\n"
        "step = pickle.load(sys.stdin.buffer); pages = [{'text': 'spam'}, {'text': 'ham'}]\n"
        "print(apply(step, documents_of(pages)).kept.tolist())"
    )
    shown = subprocess.run([sys.executable, "-c", code], input=made, capture_output=True, check=True)
    assert shown.stdout.strip() == b"[False, True]"


def test_files_of_one_name_do_not_mix_and_changes_are_seen(tmp_path):
    code = "from assay import step\n@step\ndef size(text: str) -> int:\n    return {}\n"
    measured, identities = [], []
    for folder, size in (("a", 1), ("b", 2), ("a", 3)):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "own.py").write_text(code.format(size))
        recipe = recipe_of(tmp_path / folder, "own.size: {minimum: 2}")
        measured.append(fate(recipe.steps[0][1], ""))
        identities.append(json.dumps(recipe.identity()))
    assert measured == [["size < 2"], [None], [None]]
    assert len(set(identities)) == 3


def test_files_among_the_parameters_are_known_by_content(tmp_path):
    code = """
from pathlib import Path
from assay import step

@step
def clean(text: str, words: Path) -> bool:
    return text not in words.read_text().split()
"""
    (tmp_path / "own.py").write_text(code)
    (tmp_path / "words.txt").write_text("spam")
    recipe = recipe_of(tmp_path, "own.clean: {words: words.txt}")
    assert list(recipe.identity()[0]["words"]) == ["sha256"]
    assert fate(recipe.steps[0][1], "spam", "ham") == ["not clean", None]


def test_a_document_that_fails_is_dropped_with_the_error(folder):
    steps = recipe_of(folder, "my_steps.share_of_capitals", "my_steps.english", "my_steps.add_length").steps
    assert fate(steps[0][1], "", "a") == ["error: ZeroDivisionError: division by zero", None]
    assert fate(steps[1][1], "a") == ["error: KeyError: 'language'"]


@pytest.mark.parametrize("kind", ["bool", "float", "str", "dict"])
def test_a_step_that_returns_something_else_fails(tmp_path, kind):
    (tmp_path / "own.py").write_text(f"from assay import step\n@step\ndef f(page: dict) -> {kind}:\n    return []\n")
    ((_, own),) = recipe_of(tmp_path, "own.f").steps
    assert [reason and reason[:16] for reason in fate(own, "a")] == [
        "error: TypeError" if kind != "dict" else "nothing left"
    ]


def test_text_that_is_no_unicode_is_an_error():
    @step
    def halved(text: str) -> str:
        return "\ud83d" if text else text

    reason, kept = fate(halved.step(), "a", "")
    assert reason.startswith("error: UnicodeEncodeError")
    assert kept is None


def test_a_step_that_always_fails_stops_the_run(folder):
    ((_, english),) = recipe_of(folder, "my_steps.english").steps
    with pytest.raises(InputError, match="english fails for every document of a batch: KeyError: 'language'"):
        fate(english, *"abcdefghij")
    assert len(fate(english, *"abc")) == 3  # a few can be the documents' fault


def test_a_step_before_extraction_says_so(folder):
    ((_, shouting),) = recipe_of(folder, "my_steps.shouting").steps
    with pytest.raises(InputError, match="has no text yet"):
        apply(shouting, documents_of([{"text": None}]))


def capitals(documents: Documents) -> np.ndarray:
    return np.array([sum(map(str.isupper, text)) for text in documents.texts()])


def test_a_compiled_form_takes_over():
    calls = []

    @step
    def quiet(text: str, most: int = 1) -> bool:
        calls.append(text)
        return sum(map(str.isupper, text)) <= most

    @quiet.compiled
    def fast(documents: Documents, most: int = 1) -> np.ndarray:
        return capitals(documents) <= most

    @step
    def number_of_capitals(text: str) -> int:
        return sum(map(str.isupper, text))

    number_of_capitals.compiled(capitals)

    @step
    def lowered(text: str) -> str | None:
        return text.lower() or None

    @lowered.compiled
    def _(documents: Documents):
        return pa.array([text.lower() or None for text in documents.texts()], pa.large_string())

    texts = ["ab", "Ab", "AB", ""]
    assert fate(quiet.step(most=1), *texts) == [None, None, "not quiet", None]
    assert fate(number_of_capitals.step(maximum=1), *texts) == [None, None, "number of capitals > 1", None]
    after = apply(lowered.step(), documents_of([{"text": text} for text in texts])).documents
    assert [page["text"] for page in pages_of(after)] == ["ab", "ab", "ab"]
    assert not calls


def test_pages_have_no_compiled_form():
    @step
    def same(page: dict) -> dict:
        return page

    with pytest.raises(InputError, match="no compiled form"):
        same.compiled(capitals)


def test_a_measurement_is_made_once_and_seen_by_later_steps():
    calls = []

    @step
    def size(text: str) -> int:
        calls.append(text)
        return len(text)

    own = size.step(minimum=1)
    documents = documents_of([{"text": "a"}, {"text": "bc"}])
    assert apply(own, apply(own, documents).documents).kept.all()
    assert calls == ["a", "bc"]


def test_the_same_bytes_with_several_workers(folder):
    pool = make_pool(folder / "pool")
    recipe = recipe_of(
        folder,
        "my_steps.long_enough: {characters: 20}",
        "my_steps.strip_ads",
        "my_steps.add_length",
        "exact_dedup",
        "my_steps.share_of_capitals: {maximum: 0.5}",
    )
    assert [step for _, step in pickle.loads(pickle.dumps(recipe)).steps] == [step for _, step in recipe.steps]
    for workers in (1, 2):
        curate(pool, recipe, folder / f"out{workers}", workers=workers)
    assert contents(folder / "out1") == contents(folder / "out2")
    funnel = json.loads((folder / "out2" / "funnel.json").read_text())
    assert funnel["steps"][0]["reasons"] == {"shorter than 20": 30}
    rows = read_dataset(folder / "out2")
    assert prose(0) in {row["text"] for row in rows}  # once, whichever of its copies stays
    assert all(row["length"] == len(row["text"]) for row in rows)
