from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.units import Tokens
from assay.models.language import LanguageModel
from assay.models.scales import LanguageShape, load_scale, scale_names

DCLM = [name for name in scale_names() if name.startswith("dclm-")]


def count(shape: LanguageShape) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in LanguageModel(shape).parameters())


def test_the_catalog_has_the_scales_of_dclm_and_small_ones():
    assert set(scale_names()) >= {
        "dclm-411m-1x", "dclm-1b-1x", "dclm-3b-1x", "dclm-7b-1x", "dclm-7b-2x", "lm-demo", "lm-1m", "lm-4m"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "published", "true", "body_and_output"),
    [
        ("dclm-411m-1x", 411_616_256, 411_665_408, 359_973_888),
        ("dclm-1b-1x", 1_439_795_200, 1_439_893_504, 1_336_510_464),
        ("dclm-3b-1x", 2_795_932_160, 2_796_096_000, 2_666_826_240),
        ("dclm-7b-1x", 6_889_410_560, 6_889_672_704, 6_682_841_088),
        ("dclm-7b-2x", 6_889_410_560, 6_889_672_704, 6_682_841_088),
    ],
)
def test_parameters_of_dclm_as_published_and_as_they_are(name, published, true, body_and_output):
    scale = load_scale(name)
    shape = scale.model
    assert shape.parameters_without_gains == scale.published.parameters == published
    assert shape.parameters == scale.published.parameters_with_gains == true
    assert shape.parameters_without_gains - shape.vocab_size * shape.width == body_and_output


@pytest.mark.parametrize(
    ("width", "layers", "heads", "published"),
    [(96, 8, 4, 10_569_312), (512, 8, 4, 78_914_048), (576, 24, 8, 153_677_376), (768, 12, 12, 162_417_408)],
)
def test_parameters_of_small_open_lm_configurations(width, layers, heads, published):
    shape = LanguageShape(width=width, layers=layers, heads=heads, vocab_size=50_432)
    assert shape.parameters_without_gains == published


@pytest.mark.parametrize("name", scale_names())
def test_the_module_has_as_many_parameters_as_the_formula(name):
    shape = load_scale(name).model
    assert count(shape) == shape.parameters


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 4), st.integers(1, 8), st.integers(1, 40), st.integers(1, 999), st.data())
def test_the_formula_holds_for_any_shape(layers, heads, half_head, vocabulary, data):
    options = {
        "form": data.draw(st.sampled_from(["open_lm", "llama"])),
        "key_value_heads": data.draw(st.sampled_from([n for n in range(1, heads + 1) if heads % n == 0])),
        "hidden": data.draw(st.integers(1, 300)),
    }
    shape = LanguageShape(width=2 * half_head * heads, layers=layers, heads=heads, vocab_size=vocabulary, **options)
    assert count(shape) == shape.parameters


@pytest.mark.parametrize("name", DCLM)
def test_steps_and_flops_of_dclm(name):
    scale = load_scale(name)
    assert scale.steps == scale.published.steps
    assert float(scale.flops) == pytest.approx(scale.published.flops, rel=5e-3)
    assert scale.tokens == 20 * scale.published.parameters * (2 if name.endswith("2x") else 1)


@pytest.mark.parametrize(("name", "millions"), [("lm-1m", 1), ("lm-4m", 4)])
def test_small_scales_are_what_their_names_say(name, millions):
    scale = load_scale(name)
    assert scale.model.body_parameters == pytest.approx(millions * 1e6, rel=0.1)
    assert scale.tokens / scale.model.body_parameters == pytest.approx(20, rel=0.01)
    assert scale.trained_tokens == scale.tokens


def test_a_scale_from_a_file_and_overrides(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(load_scale("lm-demo").resolved() | {"name": "mine"}))
    scale = load_scale(path, ["tokens=2M", "optimizer.learning_rate=1e-3", "model.layers=3"])
    assert scale.name == "mine"
    assert (scale.tokens, scale.optimizer.learning_rate, scale.model.layers) == (Tokens(2_000_000), 1e-3, 3)
    assert load_scale("lm-demo").model.layers != 3


def test_an_override_takes_away_what_is_published():
    assert load_scale("dclm-411m-1x", ["model.layers=2"]).published is None


def test_the_resolved_scale_gives_the_same_scale(tmp_path):
    path = tmp_path / "scale.json"
    for name in scale_names():
        scale = load_scale(name)
        path.write_text(json.dumps(scale.resolved()))
        assert load_scale(path).resolved() == scale.resolved()


@pytest.mark.parametrize(
    ("source", "overrides", "message"),
    [
        ("dclm-411m", [], "did you mean dclm-411m-1x"),
        ("absent.yaml", [], "no such file"),
        ("lm-1m", ["optimizer.learning_rat=1"], "did you mean learning_rate"),
        ("lm-1m", ["tokens=many"], "tokens: 'many' is not a quantity"),
        ("lm-1m", ["tokens=10"], "10 tokens are less than one batch of 4.1K tokens"),
        ("lm-1m", ["model.heads=5"], "width 128 does not split into 5 heads"),
        ("lm-1m", ["model.heads=4", "model.key_value_heads=3"], "4 heads do not share 3 heads of keys and values"),
        ("lm-1m", ["micro_batch_sequences=3"], "micro_batch_sequences 3 does not divide batch_sequences 8"),
        ("lm-1m", ["optimizer.warmup_steps=99999"], "warmup_steps 99999 is not below the 5130 steps"),
        ("lm-1m", ["optimizer.clip_norm=0"], "optimizer.clip_norm"),
    ],
)
def test_mistakes_are_explained(source, overrides, message):
    with pytest.raises(InputError) as error:
        load_scale(source, overrides)
    assert message in str(error.value)
    assert source in str(error.value)


def test_planning_needs_no_torch():
    program = (
        "import sys; from assay.models.scales import load_scale; from assay.training.identity import run_identity;"
        "load_scale('lm-demo').flops; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
