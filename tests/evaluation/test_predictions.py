from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.evaluation.predictions import PREDICTIONS_NAME, SCHEMA, read_predictions, write_predictions

CHOICE = {
    "task": "copa",
    "index": 3,
    "category": "cause",
    "prompt_hash": "ab",
    "gold": 1,
    "chosen": 0,
    "correct": False,
    "log_likelihoods": [-1.5, -2.25],
    "tokens": [1, 2],
    "characters": [4, 9],
    "bytes": [4, 10],
}


def test_rows_come_back_as_they_were(tmp_path):
    generated = {"task": "gsm8k", "index": 0, "prompt_hash": "cd", "correct": True, "generated": "4\u2028\n"}
    write_predictions(tmp_path / PREDICTIONS_NAME, [CHOICE, generated, CHOICE | {"index": 4}])
    found = read_predictions(tmp_path)
    assert list(found) == ["copa", "gsm8k"]
    assert found["copa"] == [CHOICE | {"generated": None}, CHOICE | {"index": 4, "generated": None}]
    assert found["gsm8k"] == [dict.fromkeys(SCHEMA.names) | generated]


def test_what_is_no_parquet_is_refused(tmp_path):
    (tmp_path / PREDICTIONS_NAME).write_text("no")
    with pytest.raises(InputError, match="not a Parquet file"):
        read_predictions(tmp_path)
    with pytest.raises(InputError, match=r"predictions\.parquet"):
        read_predictions(tmp_path / "absent")
