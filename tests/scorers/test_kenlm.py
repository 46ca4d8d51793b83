from __future__ import annotations

import re
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import MachineError
from assay.base.registry import look_up
from assay.curation.apply import apply
from assay.scorers import kenlm
from assay.scorers.kenlm import normalize
from scorers.conftest import make_texts
from text.plain import documents, many, texts

FROM = "，。、„”“«»１」「《》´∶：？！（）；–—．～’…━〈〉【】％►"
TO = [*',.,""""""""""\'::?!();-', " - ", ". ", "~", "'", "...", *"-<>[]%-"]


def plainly_normalized(text: str) -> str:
    """CCNet's text_normalizer.py, step by step."""
    text = text.strip()
    text = re.sub(r"\d", "0", text)
    text = "".join(dict(zip(FROM, TO, strict=True)).get(character, character) for character in text)
    return re.sub("[\x00-\x1f\x7f-\x9f]", "", text)


@many
@given(st.one_of(texts, st.text(st.sampled_from(FROM + "a1\n\x7f\x80\x9f\xa0 "))))
def test_normalisation_is_that_of_ccnet(text):
    assert normalize(text) == plainly_normalized(text)


def enricher(model, tokenizer, **parameters):
    return look_up("steps", "ken_lm_perplexity_enricher")(model_path=model, tokenizer_path=tokenizer, **parameters)


@pytest.fixture
def fakes(monkeypatch):
    """A model that gives every piece 0.01, and the end of the line 0.1; a tokenizer that splits at blanks."""
    score = SimpleNamespace(score=lambda line: -2.0 * len(line.split()) - 1.0)
    encode = SimpleNamespace(encode=lambda text, out_type: text.split(" "))
    monkeypatch.setitem(sys.modules, "kenlm", SimpleNamespace(Model=lambda path: score))
    fake = SimpleNamespace(SentencePieceProcessor=lambda model_file: encode)
    monkeypatch.setitem(sys.modules, "sentencepiece", fake)
    kenlm._load.cache_clear()
    yield
    kenlm._load.cache_clear()


def test_the_perplexity_of_pieces_and_the_end_of_the_line(fakes):
    outcome = apply(enricher("m", "t", key="p"), documents("a", "a b c", "\x01", ""))
    expected = [10 ** (3 / 2), 10 ** (7 / 4), 10.0, 10.0]
    assert outcome.documents.values("p") == [round(value, 1) for value in expected]


def test_the_packages_are_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "kenlm", None)
    kenlm._load.cache_clear()
    with pytest.raises(MachineError, match=r"pip install 'assay\[kenlm\]'"):
        apply(enricher("m", "t"), documents("x"))


def test_real_models(tmp_path):
    pytest.importorskip("kenlm")
    sentencepiece = pytest.importorskip("sentencepiece")
    good = make_texts("good", 100)
    (tmp_path / "text").write_text("\n".join(good).lower(), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text"), model_prefix=str(tmp_path / "t"), vocab_size=60, hard_vocab_limit=False
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "t.model"))
    counts: dict[str, int] = {}
    for text in good:
        for piece in pieces.encode(text, out_type=str):
            counts[piece] = counts.get(piece, 0) + 1
    arpa = ["\\data\\", f"ngram 1={len(counts) + 3}", "ngram 2=1", ""]
    arpa += ["\\1-grams:", "-3\t<unk>\t0", "-99\t<s>\t0", "-1.5\t</s>\t0"]
    total = sum(counts.values())
    arpa += [f"{-len(str(total // count)):.1f}\t{piece}\t0" for piece, count in counts.items()]
    arpa += ["", "\\2-grams:", "-0.5\t<s> </s>"]
    (tmp_path / "m.arpa").write_text("\n".join([*arpa, "", "\\end\\", ""]), encoding="utf-8")
    step = enricher(str(tmp_path / "m.arpa"), str(tmp_path / "t.model"))
    outcome = apply(step, documents(*make_texts("good", 5), "¿qué? ЖЖЖ", ""))
    values = outcome.documents.values("kenlm_perplexity")
    assert max(values[:5]) < values[5]
    assert values[6] == round(10**0.5, 1)
