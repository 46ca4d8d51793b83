from __future__ import annotations

import pytest

from assay.tokens.tokenizer import train_bpe
from tokens.datasets import make_dataset, prose


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    return make_dataset(
        tmp_path_factory.mktemp("data") / "dataset", [[prose(s * 20 + n) for n in range(20)] for s in range(3)]
    )


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory):
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(train_bpe([prose(n) for n in range(60)], 400).definition)
    return path
