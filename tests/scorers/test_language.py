from __future__ import annotations

import string
import sys

import pytest
from hypothesis import given

from assay.base.errors import InputError, MachineError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import apply
from assay.scorers import language
from assay.scorers.language import MODEL_VARIABLE
from text.plain import documents, many, texts

GREETINGS = ["This is a text in English.", "Dies ist ein Text auf Deutsch.", "Ceci est un texte en français."]


@pytest.fixture(scope="session")
def lid(shared_data):
    return str(shared_data / "fasttext" / "lid.176.ftz")


def make(step: str, **parameters):
    return validate(look_up("steps", f"detect_lang_{step}_enricher"), parameters, "test")


def detect(step, *texts: str):
    outcome = apply(step, documents(*texts))
    return outcome.documents.values(f"{step.key_prefix}_{step.model}")


def by_fasttext(model, text: str) -> dict[str, float]:
    """One line, as DCLM's get_fasttext_lang_prob has it."""
    ((probability, label),) = model.f.predict(text + "\n", 1, 0.0, "strict")
    return {label.replace("__label__", ""): probability}


def is_blank(text: str) -> bool:
    return set(text) <= {*string.punctuation, " "}


def test_every_page_has_the_language_that_dclm_found(golden, lid):
    found = detect(make("whole_page", model="fasttext", model_path=lid), *(page["text"] for page in golden))
    assert found == [page["enrichers"]["lid_fasttext_ftz"] for page in golden]


def test_langdetect_finds_what_dclm_found(golden):
    pytest.importorskip("langdetect")
    found = detect(make("whole_page", model="langdetect", seed=0), *(page["text"] for page in golden))
    expected = [page["enrichers"]["lid_langdetect_seed0"] for page in golden]
    assert found == [some if isinstance(some, dict) else None for some in expected]


def test_pages_of_any_text(lid):
    import fasttext

    model = fasttext.load_model(lid)

    @many
    @given(texts)
    def agree(text):
        expected = {} if is_blank(text) else by_fasttext(model, text.replace("\n", ""))
        assert detect(make("whole_page", model="fasttext", model_path=lid), text) == [expected]

    agree()


def test_sentences(lid, monkeypatch):
    import fasttext

    model = fasttext.load_model(lid)
    monkeypatch.setattr(language, "split_sentences", lambda text, tokenizer: text.split("|"))
    step = make("paragraph", model="fasttext", tokenizer="blingfire", model_path=lid)
    found = detect(step, "|".join([*GREETINGS, "...", GREETINGS[0]]), "two\nlines|x", "", "!")
    en, de, fr = (by_fasttext(model, text) for text in GREETINGS)
    once = {"de": (de["de"], 1), "fr": (fr["fr"], 1), "en": (en["en"], 2)}
    assert found[0] == {
        name: {"average_probability": pytest.approx(mean), "number_of_sentences": count}
        for name, (mean, count) in once.items()
    }
    assert found[1:] == [None, {}, {}]
    joined = make("paragraph", model="fasttext", tokenizer="blingfire", model_path=lid, join_lines=True)
    ((name, probability),) = by_fasttext(model, "two lines").items()
    assert detect(joined, "two\nlines")[0] == {name: {"average_probability": probability, "number_of_sentences": 1}}


def test_sentences_by_langdetect(monkeypatch):
    pytest.importorskip("langdetect")
    monkeypatch.setattr(language, "split_sentences", lambda text, tokenizer: text.split("|"))
    step = make("paragraph", model="langdetect", tokenizer="nltk")
    found = detect(step, "|".join(GREETINGS), "12 34", GREETINGS[1] + "\n" + GREETINGS[1])
    assert {name: value["number_of_sentences"] for name, value in found[0].items()} == {"en": 1, "de": 1, "fr": 1}
    assert found[1] is None
    assert list(found[2]) == ["de"]


def test_langdetect_gives_the_same_twice():
    pytest.importorskip("langdetect")
    step = make("whole_page", model="langdetect")
    assert detect(step, "ja da er", "x y") == detect(step, "ja da er", "x y")


def test_the_model_is_looked_for(lid, tmp_path, monkeypatch):
    step = make("whole_page", model="fasttext")
    monkeypatch.setenv(MODEL_VARIABLE, lid)
    assert list(detect(step, GREETINGS[0])[0]) == ["en"]
    named = make("whole_page", model="fasttext", model_path=lid)
    assert step.identity() == named.identity()
    monkeypatch.delenv(MODEL_VARIABLE)
    monkeypatch.setattr(language.importlib.util, "find_spec", lambda name: None)
    for act in (step.identity, lambda: detect(step, "x")):
        with pytest.raises(InputError, match=r"no fastText model.*\nhint: download https://.*lid\.176\.bin"):
            act()


def test_a_column_is_replaced_only_when_asked(lid):
    step = make("whole_page", model="fasttext", model_path=lid)
    once = apply(step, documents("x")).documents
    with pytest.raises(InputError, match="have a column 'language_id_whole_page_fasttext' already"):
        apply(step, once)
    apply(make("whole_page", model="fasttext", model_path=lid, overwrite=True), once)


def test_parameters_that_do_not_go_together():
    with pytest.raises(InputError, match="only langdetect takes one"):
        make("whole_page", model="fasttext", seed=0)
    with pytest.raises(InputError, match="tokenizer"):
        make("paragraph", model="fasttext")


def test_langdetect_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "langdetect", None)
    with pytest.raises(MachineError, match=r"pip install 'assay\[langdetect\]'"):
        detect(make("whole_page", model="langdetect"), "text")
