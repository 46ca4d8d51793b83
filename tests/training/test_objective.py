from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from assay.models.language import new_language_model
from assay.models.scales import LanguageShape
from assay.tokens.loader import Loader
from assay.tokens.tokenizer import load_tokenizer
from assay.training.language import train
from assay.training.objective import LanguageLoss
from training.conftest import CONTEXT, make_scale
from training.test_language import metrics

END = 0
DOCUMENTS = [[5, 3, 9, END], [7, END], [4, 4, 8, 11, 2, 6]]


def test_with_document_masks_the_loss_is_that_of_documents_alone():
    """But for the first token of a document, which the end of the one before it predicts."""
    model = new_language_model(LanguageShape(width=32, layers=3, heads=4, vocab_size=20), 0)
    packed = torch.tensor([[token for document in DOCUMENTS for token in document]])
    alone = [(torch.tensor([document[:-1]]), torch.tensor([document[1:]])) for document in DOCUMENTS]
    first = [(torch.tensor([document]), torch.tensor([after[0]])) for document, after in pairwise(DOCUMENTS)]
    with torch.no_grad():
        masked = LanguageLoss(model, 0.0, END).eval()(packed[:, :-1], packed[:, 1:])
        across = LanguageLoss(model, 0.0).eval()(packed[:, :-1], packed[:, 1:])
        wanted = sum(LanguageLoss(model, 0.0).eval()(*each) for each in alone)
        wanted += sum(torch.nn.functional.cross_entropy(model(tokens)[0, -1:], target) for tokens, target in first)
    assert masked.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert masked.item() != pytest.approx(across.item(), rel=1e-3)


def test_a_run_with_document_masks_is_another_run(tokens, tmp_path):
    loader = Loader(tokens, 1, 0)
    assert loader.end_of_text == load_tokenizer(tokens).end_of_text
    whole = {"batch_sequences": loader.sequences, "tokens": 2 * loader.sequences * CONTEXT}  # some hold two documents
    plain = train(tokens, make_scale(**whole, optimizer={"warmup_steps": 1}), 0, tmp_path / "plain")
    scale = make_scale(**whole, optimizer={"warmup_steps": 1}, document_masking=True)
    masked = train(tokens, scale, 0, tmp_path / "masked")
    assert plain.id != masked.id
    losses = [[row["loss"] for row in metrics(tmp_path / name)] for name in ("plain", "masked")]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
