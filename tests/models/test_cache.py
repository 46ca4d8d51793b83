from __future__ import annotations

import pytest
import torch

from assay.models.language import LanguageModel, new_language_model
from assay.models.scales import LanguageShape

SHAPES = {
    "open_lm": LanguageShape(width=32, layers=2, heads=4, vocab_size=99),
    "grouped queries": LanguageShape(width=32, layers=2, heads=4, vocab_size=99, form="llama", key_value_heads=2),
}


@pytest.fixture(params=SHAPES)
def model(request) -> LanguageModel:
    return new_language_model(SHAPES[request.param], 0).eval()


@torch.inference_mode()
def test_tokens_read_piece_by_piece_give_what_one_pass_gives(model):
    tokens = torch.randint(99, (3, 20), generator=torch.Generator().manual_seed(0))
    cache = model.new_cache()
    pieces = [model.hidden(piece, cache=cache) for piece in tokens.split([7, 1, 1, 11], dim=1)]
    torch.testing.assert_close(torch.cat(pieces, 1), model.hidden(tokens))
    assert cache.length == 20


@torch.inference_mode()
def test_a_fork_goes_on_and_leaves_the_cache_as_it_is(model):
    prompt, after = torch.arange(9)[None], torch.tensor([[3, 5], [90, 7], [1, 1]])
    cache = model.new_cache()
    model.hidden(prompt, cache=cache)
    for _ in range(2):
        found = model.hidden(after, cache=cache.fork(3))
        torch.testing.assert_close(found, model.hidden(torch.cat((prompt.expand(3, -1), after), 1))[:, 9:])
        assert cache.length == 9


@torch.inference_mode()
def test_selected_sequences_go_on(model):
    tokens = torch.randint(99, (4, 6), generator=torch.Generator().manual_seed(1))
    cache = model.new_cache()
    model.hidden(tokens[:, :4], cache=cache)
    cache.select(torch.tensor([3, 1]))
    torch.testing.assert_close(model.hidden(tokens[[3, 1], 4:], cache=cache), model.hidden(tokens[[3, 1]])[:, 4:])


@torch.inference_mode()
def test_positions_and_a_mask_put_two_sequences_into_one_row(model):
    first, second = torch.arange(5)[None], torch.arange(40, 47)[None]
    mask = torch.block_diag(torch.ones(5, 5).tril(), torch.ones(7, 7).tril()).bool()[None, None]
    positions = torch.tensor([[*range(5), *range(7)]])
    found = model.hidden(torch.cat((first, second), 1), mask, positions=positions)
    torch.testing.assert_close(found, torch.cat((model.hidden(first), model.hidden(second)), 1))
