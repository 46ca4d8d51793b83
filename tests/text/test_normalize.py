from __future__ import annotations

import gzip
import json

import pytest

from assay.text.normalize import NORMALIZERS, ccnet_dedup_normalizer, normalize_timestamps


@pytest.fixture(scope="module")
def normalized(shared_data) -> list[dict[str, str]]:
    """One dict a text: the text, and what each normaliser makes of it."""
    with gzip.open(shared_data / "dclm_url_struct_golden.json.gz") as file:
        return json.load(file)["dedup_normalizers"]


@pytest.mark.parametrize("name", ["normalize_url", "normalize_whitespace_and_lowercase", "hash_text"])
def test_every_key_is_that_of_dclm(name, normalized):
    assert normalized
    for entry in normalized:
        assert NORMALIZERS[name](entry["text"]) == entry[name]


def test_every_key_is_that_of_ccnet(normalized):
    pytest.importorskip("unidecode", reason="an optional package")
    for entry in normalized:
        assert ccnet_dedup_normalizer(entry["text"]) == entry["ccnet_dedup_normalizer"]


def test_times_are_in_utc_and_anything_else_is_before_them():
    assert normalize_timestamps("1970-01-02T00:00:01Z") == 86401
    assert normalize_timestamps("yesterday") == -1
