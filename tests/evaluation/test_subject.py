from __future__ import annotations

import shutil

import pytest
import torch

from assay.base.errors import InputError
from assay.cli import invoke
from assay.evaluation.evaluate import evaluate
from assay.evaluation.predictions import read_predictions
from assay.evaluation.subject import checkpoint_subject, huggingface_subject, run_subject
from assay.evaluation.suite import load_suite
from assay.models.checkpoints import load_model
from evaluation.conftest import write_rows

transformers = pytest.importorskip("transformers")


@pytest.fixture
def suite(tmp_path):
    rows = [{"query": f"{n} is", "choices": ["a metal", "bread"], "gold": n % 2} for n in range(6)]
    write_rows(tmp_path / "choice.jsonl", rows)
    task = "{name: choice, type: multiple_choice, data: choice.jsonl, proxies: [margin, bits_per_byte]}"
    (tmp_path / "suite.yaml").write_text(f"tasks: [{task}]\n")
    return tmp_path / "suite.yaml"


@pytest.fixture
def folder(tmp_path, run):
    """A model of an architecture that only transformers knows, with the run's tokenizer."""
    torch.manual_seed(0)
    config = transformers.GPTNeoXConfig(
        vocab_size=400, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "neox")
    shutil.copy(run / "tokenizer.json", tmp_path / "neox")
    return tmp_path / "neox"


def test_a_model_of_transformers_is_evaluated(tmp_path, folder, suite, capsys):
    out = tmp_path / "out"
    assert invoke(["evaluate", "--hf", str(folder), "--suite", str(suite), "--out", str(out), "--threads", "1"]) == 0
    assert "choice" in capsys.readouterr().out
    assert len(read_predictions(out)["choice"]) == 6
    again = evaluate(huggingface_subject(folder), load_suite(suite), out)
    assert again.name == "neox-suite"


def test_a_model_is_known_by_its_files(tmp_path, folder, suite):
    evaluate(huggingface_subject(folder), load_suite(suite), tmp_path / "out", threads=1)
    (folder / "config.json").write_text((folder / "config.json").read_text() + "\n")
    with pytest.raises(InputError, match="holds another evaluation"):
        evaluate(huggingface_subject(folder), load_suite(suite), tmp_path / "out", threads=1)


def test_a_checkpoint_scores_as_the_run_it_was_saved_from(tmp_path, run, suite):
    model, _ = load_model(run)
    state = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
    state["module.layers.0.attention.pos_embed.inv_freq"] = torch.zeros(4)  # as open_lm keeps it
    torch.save({"state_dict": state}, tmp_path / "epoch_1.pt")
    shutil.copy(run / "tokenizer.json", tmp_path)
    evaluate(checkpoint_subject(tmp_path / "epoch_1.pt"), load_suite(suite), tmp_path / "a", threads=1)
    evaluate(run_subject(run), load_suite(suite), tmp_path / "b", threads=1)
    assert read_predictions(tmp_path / "a") == read_predictions(tmp_path / "b")
    assert (tmp_path / "a" / "results.json").read_bytes() == (tmp_path / "b" / "results.json").read_bytes()
    assert '"bits_per_byte"' in (tmp_path / "a" / "results.json").read_text()


def test_what_is_no_model_is_refused(tmp_path, run, suite, capsys):
    with pytest.raises(InputError, match="is not a folder of a Hugging Face model"):
        huggingface_subject(tmp_path)
    with pytest.raises(InputError, match="no tokenizer.json beside the checkpoint"):
        checkpoint_subject(suite)
    for models in ([], ["--run", str(run), "--hf", str(run)]):
        assert invoke(["evaluate", *models, "--suite", str(suite), "--out", str(tmp_path / "x")]) == 2
        assert "name either a run or a model" in capsys.readouterr().err
