from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.curation.apply import apply
from assay.curation.documents import Documents
from assay.scorers.fasttext import GOOD, ClassifyFasttextHqProbEnricher, FasttextScorer, prepare
from scorers.conftest import make_texts
from text.plain import many, texts

PIECES = [
    "theory",
    "buy",
    "page",
    "\u00a0",
    "\u3000",
    "\n",
    "\r\n",
    "\x1c",
    "\x1f",
    "\x85",
    "\u2028",
    " ",
    "\0",
    "</s>",
    "x",
]


def documents(*texts: str, **columns: pa.Array) -> Documents:
    ids = pa.array([str(number) for number in range(len(texts))])
    return Documents(pa.RecordBatch.from_pydict({"id": ids, "text": pa.array(texts, pa.large_string()), **columns}))


def scores(step: FasttextScorer | ClassifyFasttextHqProbEnricher, *texts: str) -> np.ndarray:
    outcome = apply(step, documents(*texts))
    assert outcome.kept.all()
    return outcome.documents.batch.column(step.key).to_numpy()


def test_good_text_scores_higher(model):
    step = FasttextScorer(model=str(model))
    assert scores(step, *make_texts("good", 40)).mean() > 0.8
    assert scores(step, *make_texts("other", 40)).mean() < 0.2


def test_the_two_probabilities_add_up(model):
    texts = [*make_texts("good", 10), *make_texts("other", 10), "", "unknown wörds", "a\0b \u2028 c"]
    total = scores(FasttextScorer(model=str(model)), *texts)
    total = total + scores(FasttextScorer(model=str(model), label="__label__cc"), *texts)
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_the_score_is_what_fasttext_says_of_the_prepared_text(model):
    import fasttext

    text = "\n\n the theory\r\nexplains  evidence\u2028because \n"
    assert prepare(text) == "the theory explains  evidence because"
    labels, probabilities = fasttext.load_model(str(model)).predict(prepare(text))
    assert labels == ("__label__hq",)
    assert scores(FasttextScorer(model=str(model)), text)[0] == probabilities[0]


@given(st.lists(st.one_of(texts, st.lists(st.sampled_from(PIECES)).map("".join)), max_size=8))
@many
def test_the_score_of_any_text(model, some):
    import fasttext

    classifier = fasttext.load_model(str(model))
    expected = []
    for text in some:
        ((probability, label),) = classifier.f.predict(prepare(text) + "\n", 1, 0.0, "strict")
        expected.append(probability if label == GOOD else 1 - probability)
    assert scores(FasttextScorer(model=str(model)), *some).tolist() == expected


def test_dclm_has_the_same_score_under_its_own_names(model):
    texts = make_texts("good", 5)
    step = ClassifyFasttextHqProbEnricher(model_filename=str(model), key="prob")
    assert scores(step, *texts).tolist() == scores(FasttextScorer(model=str(model)), *texts).tolist()
    assert step.identity()["model_filename"] == FasttextScorer(model=str(model)).identity()["model"]


def test_models_that_cannot_be_used(model, tmp_path):
    def fails(path, match, **parameters):
        with pytest.raises(InputError, match=match):
            apply(FasttextScorer(model=str(path), **parameters), documents("x"))

    (tmp_path / "broken.bin").write_bytes(b"not a model")
    fails(tmp_path / "nowhere.bin", "no such file")
    fails(tmp_path / "broken.bin", "is not a model file of fastText")
    fails("s3://bucket/model.bin", "must be a local file")
    fails(model, "does not know the label __label__x\nhint: its labels: __label__", label="__label__x")


def test_a_column_is_not_overwritten(model):
    with pytest.raises(InputError, match="have a column 'quality' already"):
        apply(FasttextScorer(model=str(model)), documents("x", quality=pa.array([1.0])))


def test_dclm_can_overwrite_a_column(model):
    step = ClassifyFasttextHqProbEnricher(model_filename=str(model), key="prob")
    batch = documents("a", prob=pa.array([9.0]))
    with pytest.raises(InputError, match="a column 'prob' already"):
        apply(step, batch)
    replaced = apply(step.model_copy(update={"overwrite": True}), batch).documents
    assert replaced.batch.column("prob").to_pylist() == scores(FasttextScorer(model=str(model)), "a").tolist()
