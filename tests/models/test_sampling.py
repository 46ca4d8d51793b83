from __future__ import annotations

from collections import Counter

import pytest
import torch

from assay.models.language import new_language_model
from assay.models.sampling import Sampling, draw, sample
from assay.models.scales import LanguageShape

LOGITS = torch.tensor([0.5, 0.1, 0.25, 0.15]).log()
DRAWS = 4000


def shares(**settings) -> list[float]:
    generator = torch.Generator().manual_seed(0)
    counts = Counter(draw(LOGITS, Sampling(**settings), generator).item() for _ in range(DRAWS))
    return [counts[token] / DRAWS for token in range(4)]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, [0.5, 0.1, 0.25, 0.15]),
        ({"temperature": 0}, [1, 0, 0, 0]),
        ({"temperature": 0.5}, [0.725, 0.029, 0.181, 0.065]),
        ({"top_k": 2}, [2 / 3, 0, 1 / 3, 0]),
        ({"top_k": 9}, [0.5, 0.1, 0.25, 0.15]),
        ({"top_p": 0.5}, [1, 0, 0, 0]),
        ({"top_p": 0.51}, [2 / 3, 0, 1 / 3, 0]),
        ({"top_p": 1.0}, [0.5, 0.1, 0.25, 0.15]),
        ({"top_k": 3, "top_p": 0.6}, [2 / 3, 0, 1 / 3, 0]),
    ],
)
def test_tokens_are_drawn_as_often_as_they_should(settings, wanted):
    assert shares(**settings) == pytest.approx(wanted, abs=0.03)


@pytest.mark.parametrize("form", ["open_lm", "llama"])
def test_with_a_cache_the_likeliest_tokens_are_those_of_whole_passes(form):
    model = new_language_model(LanguageShape(width=32, layers=2, heads=2, vocab_size=60, form=form), 0)
    prompt = [3, 1, 4]
    found = list(sample(model, prompt, 12, Sampling(temperature=0), torch.Generator()))
    with torch.no_grad():
        for token in found:
            assert token == model(torch.tensor([prompt]))[0, -1].argmax().item()
            prompt.append(token)
    assert len(set(found)) > 1


def test_the_seed_decides():
    model = new_language_model(LanguageShape(width=32, layers=2, heads=2, vocab_size=60), 0)

    def text(seed):
        return list(sample(model, [1], 20, Sampling(), torch.Generator().manual_seed(seed)))

    assert text(1) == text(1) != text(2)
