from __future__ import annotations

import json

import pytest
import torch

from assay.cli import invoke
from assay.models.export import export_hf
from assay.models.loading import load_language_model
from assay.records.record import read_record
from assay.tokens.tokenizer import load_tokenizer
from models.runs import make_run

FORMS = {
    "open_lm": ["model.form=open_lm"],
    "llama": ["model.form=llama"],
    "grouped": ["model.form=llama", "model.key_value_heads=2", "model.hidden=80", "model.rotary_base=500"],
    "grouped open_lm": ["model.key_value_heads=2", "model.rotary_base=500"],
}


@pytest.fixture(params=FORMS)
def exported(request, tmp_path):
    model = make_run(tmp_path / "run", *FORMS[request.param])
    export_hf(tmp_path / "run", tmp_path / "hf")
    return model, tmp_path / "hf"


def test_transformers_gives_the_same_logits_and_needs_no_code(exported):
    transformers = pytest.importorskip("transformers")
    model, folder = exported
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=False)
    tokens = torch.randint(0, 300, (2, 32), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = model(tokens)
        assert wanted.std() > 0.5
        torch.testing.assert_close(theirs(tokens).logits, wanted, atol=1e-4, rtol=0)
    assert theirs.config.max_position_embeddings == 32


def test_the_tokenizer_is_there_with_its_end_of_text(exported):
    transformers = pytest.importorskip("transformers")
    _, folder = exported
    tokenizer, ours = transformers.AutoTokenizer.from_pretrained(folder), load_tokenizer(folder)
    assert tokenizer.eos_token_id == ours.end_of_text
    text = "the cat sat  on , a Hat\n\nünd"
    ids = tokenizer(text).input_ids
    assert ids == ours.encode(text)
    assert tokenizer.decode(ids) == text
    assert tokenizer.model_max_length == 32


def test_it_is_an_artifact_and_made_once(tmp_path, capsys):
    make_run(tmp_path / "run")
    arguments = ["export", str(tmp_path / "run"), "--format", "hf", "--out", str(tmp_path / "hf"), "--json"]
    assert invoke(arguments) == invoke(arguments) == 0
    record = read_record(tmp_path / "hf")
    assert record.kind == "export"
    assert record.inputs == [read_record(tmp_path / "run").id]
    assert {output.path for output in record.outputs} >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert json.loads(capsys.readouterr().out.split("}\n")[0] + "}")["id"] == record.id


def test_a_llama_comes_back_as_it_was(tmp_path):
    model = make_run(tmp_path / "run", *FORMS["grouped"])
    export_hf(tmp_path / "run", tmp_path / "hf")
    back, context = load_language_model(tmp_path / "hf")
    assert context == 32
    assert all(torch.equal(weight, back.get_parameter(name)) for name, weight in model.named_parameters())
