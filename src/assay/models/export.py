"""A run as a folder that transformers loads without code of ours, and so do lm-evaluation-harness and vLLM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tokenizers

from assay.base.files import write_bytes
from assay.models.checkpoints import MODEL_NAME, load_model, write_tensors
from assay.models.llama import llama_config, to_llama
from assay.models.olmoe import olmoe_config, to_olmoe
from assay.records.artifact import Identity, build, finished
from assay.records.record import Record, read_record, read_record_of
from assay.tokens.format import TOKENIZER_NAME
from assay.tokens.tokenizer import Tokenizer, load_tokenizer

_FORMS = {"open_lm": (olmoe_config, to_olmoe), "llama": (llama_config, to_llama)}


def export_hf(run: Path, out: Path) -> Record:
    """Write config, weights (float32 safetensors) and tokenizer of a run in transformers' layout.

    The Llama form becomes ``LlamaForCausalLM``, the open_lm form ``OlmoeForCausalLM`` with one expert (``olmoe.py``).
    """
    source = read_record_of(run, "run")
    identity = Identity("export", f"{source.name}-hf", {"format": "hf"}, {source.id: run})
    record = finished(out, identity)
    if record is None:
        model, scale = load_model(run)
        tokenizer = load_tokenizer(run)
        config, weights = _FORMS[scale.model.form]
        with build(out, identity) as draft:
            write_tensors(draft.folder / MODEL_NAME, weights(model.state_dict(), scale.model), {"format": "pt"})
            ends = {"eos_token_id": tokenizer.end_of_text, "bos_token_id": None, "pad_token_id": None}
            _write_json(draft.folder / "config.json", config(scale.model, scale.sequence_length) | ends)
            _write_json(draft.folder / "generation_config.json", ends)
            _write_tokenizer(draft.folder, tokenizer, scale.sequence_length)
        record = read_record(out)
    return record


def _write_tokenizer(folder: Path, tokenizer: Tokenizer, context: int) -> None:
    write_bytes(folder / TOKENIZER_NAME, tokenizer.definition.encode())
    end = tokenizers.Tokenizer.from_str(tokenizer.definition).id_to_token(tokenizer.end_of_text)
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": end,
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
    }
    _write_json(folder / "tokenizer_config.json", settings)


def _write_json(path: Path, value: dict[str, Any]) -> None:
    write_bytes(path, (json.dumps(value, indent=1) + "\n").encode())
