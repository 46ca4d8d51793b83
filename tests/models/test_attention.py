from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.models.attention import Attention, attend, document_mask, rotary_angles, rotate
from assay.models.language import new_language_model
from assay.models.scales import LanguageShape

END = 0


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def plain_attention(queries, keys, values, allowed):
    """The definition, head by head: softmax of scaled products where allowed."""
    share = queries.shape[1] // keys.shape[1]
    keys, values = keys.repeat_interleave(share, 1), values.repeat_interleave(share, 1)
    scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5
    return scores.masked_fill(~allowed, -torch.inf).softmax(-1) @ values


def plain_document_mask(row: list[int]) -> list[list[bool]]:
    return [[j <= i and END not in row[j:i] for j in range(len(row))] for i in range(len(row))]


@pytest.mark.parametrize("key_value_heads", [6, 3, 1])
@pytest.mark.parametrize("kind", ["causal", "full", "mask"])
def test_attention_is_what_its_definition_says(key_value_heads, kind):
    queries = random(2, 6, 5, 4)
    keys, values = random(2, key_value_heads, 5, 4, seed=1), random(2, key_value_heads, 5, 4, seed=2)
    mask = torch.eye(5, dtype=torch.bool) | (random(2, 1, 5, 5, seed=3) > 0) if kind == "mask" else None
    allowed = {"causal": torch.ones(5, 5).tril().bool(), "full": torch.ones(5, 5).bool(), "mask": mask}[kind]
    mixed = attend(queries, keys, values, mask, causal=kind != "full")
    torch.testing.assert_close(mixed, plain_attention(queries, keys, values, allowed))


def test_without_causal_every_position_sees_every_other():
    attention, x = Attention(8, 2, bias=True, causal=False), random(1, 5, 8)
    order = torch.tensor([3, 0, 4, 1, 2])
    with torch.no_grad():
        torch.testing.assert_close(attention(x)[:, order], attention(x[:, order]))
    assert {name for name, _ in attention.named_parameters()} == {
        f"{part}.{kind}" for part in ("in_proj", "out_proj") for kind in ("weight", "bias")
    }


def test_it_equals_the_attention_of_torch_that_clip_is_built_from():
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    ours = Attention(8, 2, bias=True, causal=False)
    with torch.no_grad():
        theirs.in_proj_bias.copy_(random(24))
        ours.load_state_dict(
            {name.replace("in_proj_", "in_proj."): weight for name, weight in theirs.state_dict().items()}
        )
        x = random(3, 7, 8)
        torch.testing.assert_close(ours(x), theirs(x, x, x, need_weights=False)[0])


def test_grouped_queries_equal_repeated_keys_and_values():
    grouped, full = Attention(8, 4, key_value_heads=2), Attention(8, 4)
    with torch.no_grad():
        queries, keys, values = grouped.in_proj.weight.split([8, 4, 4])
        repeated = [part.unflatten(0, (2, 2)).repeat_interleave(2, 0).flatten(0, 1) for part in (keys, values)]
        full.in_proj.weight.copy_(torch.cat([queries, *repeated]))
        full.out_proj.weight.copy_(grouped.out_proj.weight)
        x, angles = random(2, 5, 8), rotary_angles(torch.arange(5), 2)
        torch.testing.assert_close(grouped(x, angles), full(x, angles))


def test_rotary_scores_depend_on_distance_only():
    query, key = random(2, 16)
    angles = rotary_angles(torch.arange(10), 16)
    queries, keys = rotate(query.expand(10, 16), angles), rotate(key.expand(10, 16), angles)
    scores = queries @ keys.T
    assert scores[3, 1].item() == pytest.approx(scores[9, 7].item(), abs=1e-5)
    assert scores[3, 1].item() != pytest.approx(scores[3, 2].item(), abs=1e-3)


def test_the_base_decides_how_slowly_the_last_channels_turn():
    cosine, sine = rotary_angles(torch.arange(2), 8, base=10.0)
    angles = torch.atan2(sine, cosine)[1]
    torch.testing.assert_close(angles, 10.0 ** -(torch.arange(4) / 4))


@given(st.lists(st.lists(st.integers(END, 2), min_size=9, max_size=9), min_size=1, max_size=3))
def test_the_document_mask_is_its_definition(rows):
    mask = document_mask(torch.tensor(rows), END)
    assert mask[:, 0].tolist() == [plain_document_mask(row) for row in rows]


@pytest.mark.parametrize("form", ["open_lm", "llama"])
def test_packed_documents_have_the_logits_of_documents_alone(form):
    model = new_language_model(LanguageShape(width=32, layers=3, heads=4, vocab_size=20, form=form), 0)
    documents = [[5, 3, 9, END], [END], [7, END], [4, 4, 8, 11, 2, 6]]
    packed = torch.tensor([[token for document in documents for token in document]])
    with torch.no_grad():
        together = model.output(model.hidden(packed, document_mask(packed, END)))
        alone = torch.cat([model(torch.tensor([document])) for document in documents], dim=1)
        across = model(packed)
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    assert not torch.allclose(across[:, 4:], alone[:, 4:], atol=1e-2)
    torch.testing.assert_close(across[:, :4], alone[:, :4], atol=1e-5, rtol=0)
