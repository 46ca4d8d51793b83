"""Recipes for image–text pairs: equal to DataComp's reference on its golden table, and honest about bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from assay.base.errors import InputError
from assay.cli import invoke
from assay.curation.recipe import load_recipe, parse_recipe
from assay.pairs.curate import curate_pairs
from assay.pairs.pool import describe_pairs
from assay.pairs.subset import parse_uids, read_subset, sorted_words
from assay.pairs.wordnet import find_wordnet
from pairs.pair_pools import write_golden, write_pairs

GOLDEN = {
    "no_filter": ("no-filter", ()),
    "basic_filter": ("basic", ()),
    "clip_score_b32_thr0.28": ([{"clip_score_filter": {"threshold": 0.28, "score": "clip_b32_similarity_score"}}], ()),
    "clip_score_l14_thr0.28": ([{"clip_score_filter": {"threshold": 0.28}}], ()),
    "clip_score_b32_frac0.25": ("clip-score-b32-30", ("clip_score_top_fraction.fraction=0.25",)),
    "clip_score_l14_frac0.3": ("clip-score-l14-30", ()),
    "laion2b": ("laion-2b", ("caption_language=off", "caption_language_filter.key=gcld3_lang")),
    "text_based": ("text-based", ()),
    "image_based": ("image-based", ()),
}


def golden_recipe(name: str, shared: Path, folder: Path):
    recipe, overrides = GOLDEN[name]
    if isinstance(recipe, list):
        return parse_recipe({"steps": recipe}, name, Path())
    if name in ("basic_filter", "text_based", "image_based"):
        overrides = (*overrides, f"caption_language.model_path={shared}/fasttext/lid.176.ftz")
    if name == "image_based":
        given = np.load(shared / "datacomp_golden_embed.npz")
        np.save(folder / "reference.npy", given["target"])
        np.save(folder / "centroids.npy", given["centroids"])
        files = (f"reference=[{folder}/reference.npy]", f"centroids={folder}/centroids.npy")
        overrides = (*overrides, *(f"image_clusters.{file}" for file in files))
    return load_recipe(recipe, overrides)


@pytest.mark.parametrize("pool", ["main", "edge"])
@pytest.mark.parametrize("name", GOLDEN)
def test_every_golden_decision(name, pool, shared_data, tmp_path):
    if name == "text_based":
        try:
            find_wordnet(None)
        except InputError:
            pytest.skip("no WordNet 3.0 on this machine (wordnet-base)")
    rows = write_golden(shared_data, tmp_path / "pool", pool)
    recipe = golden_recipe(name, shared_data, tmp_path)
    curate_pairs(describe_pairs([str(tmp_path / "pool")], recipe), recipe, tmp_path / "out")
    wanted = rows.filter(rows[f"keep__{name}"])["uid"].combine_chunks()
    assert np.array_equal(read_subset(tmp_path / "out"), sorted_words(parse_uids(wanted)[0]))
    if (name, pool) == ("basic_filter", "main"):
        golden = shared_data / "datacomp_golden_subset_basic_filter.npy"
        assert (tmp_path / "out" / "subset.npy").read_bytes() == golden.read_bytes()


def test_the_clusters_of_the_golden_table(shared_data):
    from assay.pairs.clusters import nearest_centroids

    given = np.load(shared_data / "datacomp_golden_embed.npz")
    nearest = nearest_centroids(given["l14_img"].astype(np.float32), given["centroids"])
    wanted = np.unique(nearest_centroids(given["target"], given["centroids"]))
    assert np.array_equal(wanted, given["target_centroid_ids"])
    assert len(np.unique(nearest)) > len(wanted)


def test_bad_rows_are_quarantined_and_counted(tmp_path):
    folder = tmp_path / "pool"
    write_pairs(folder, [{"uid": "12"}, {"uid": "g" * 32}, {"text": None}, {"text": ""}, {"text": "é " * 500_000}])
    write_pairs(folder, [{"text": b"\xff\xfe not UTF-8"}], "00000001")  # binary, as a broken writer leaves it
    (folder / "00000002.parquet").write_bytes(b"PAR1 and nothing else")
    out = tmp_path / "out"
    recipe = load_recipe("no-filter")
    curate_pairs(describe_pairs([str(folder)], recipe), recipe, out, max_bad=1)
    funnel = json.loads((out / "funnel.json").read_text())
    assert funnel["documents_in"] == funnel["documents_out"] == len(read_subset(out)) == 2
    assert funnel["quarantine_reasons"] == {
        "caption is not UTF-8": 1,
        "no caption": 1,
        "not a readable Parquet file": 1,
        "uid is not 32 hex digits": 2,
    }
    with pytest.raises(InputError, match="cannot be read"):
        curate_pairs(describe_pairs([str(folder)], recipe), recipe, tmp_path / "strict")


def test_scores_that_are_not_numbers_are_dropped_with_a_reason(tmp_path):
    rows = [{"clip_l14_similarity_score": score} for score in (0.5, float("nan"), None, 0.1)]
    write_pairs(tmp_path / "pool", rows)
    recipe = parse_recipe({"steps": [{"clip_score_top_fraction": {"fraction": 0.25}}]}, "x", Path())
    curate_pairs(describe_pairs([str(tmp_path / "pool")], recipe), recipe, tmp_path / "out")
    (step,) = json.loads((tmp_path / "out" / "funnel.json").read_text())["steps"]
    assert step["documents_out"] == 2
    assert step["reasons"] == {"clip_l14_similarity_score is not defined": 2}


def test_the_subset_does_not_depend_on_the_workers(tmp_path):
    for number in range(3):
        rows = [{"uid": f"{(number * 7 + row) * 977 % 1009:032x}", "text": f"words {row}"} for row in range(7)]
        write_pairs(tmp_path / "pool", rows, f"{number:08d}")
    pool, recipe = [str(tmp_path / "pool")], load_recipe("random-50")
    for workers in (1, 2):
        curate_pairs(describe_pairs(pool, recipe), recipe, tmp_path / f"out{workers}", workers=workers)
    one, two = ((tmp_path / f"out{workers}" / "subset.npy").read_bytes() for workers in (1, 2))
    assert one == two
    assert 0 < len(read_subset(tmp_path / "out1")) < 21


def test_rows_that_img2dataset_could_not_download_are_skipped(tmp_path):
    rows = [{"status": "success"}, {"status": "failed_to_download"}, {"status": "failed_to_resize"}]
    write_pairs(tmp_path / "pool", rows)
    recipe = load_recipe("no-filter")
    curate_pairs(describe_pairs([str(tmp_path / "pool")], recipe), recipe, tmp_path / "out")
    funnel = json.loads((tmp_path / "out" / "funnel.json").read_text())
    assert funnel["documents_in"] == 1
    assert funnel["skipped"] == {"failed_to_download": 1, "failed_to_resize": 1}


def test_missing_columns_are_named(tmp_path):
    recipe = load_recipe("no-filter")
    pa.parquet.write_table(pa.table({"uid": ["0" * 32], "width": [3]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no column 'text'"):
        curate_pairs(describe_pairs([str(tmp_path / "a.parquet")], recipe), recipe, tmp_path / "out")
    write_pairs(tmp_path / "pool", [{}])
    other = parse_recipe({"steps": [{"clip_score_filter": {"threshold": 0, "score": "dfn"}}]}, "x", Path())
    with pytest.raises(InputError, match="no 'dfn'"):
        curate_pairs(describe_pairs([str(tmp_path / "pool")], other), other, tmp_path / "out2")


def test_the_command(tmp_path, capsys):
    write_pairs(tmp_path / "pool" / "metadata", [{"clip_l14_similarity_score": place / 10} for place in range(10)])
    command = ["curate", "--pool", str(tmp_path / "pool"), "--recipe", "clip-score-l14-30", "--workers", "1"]
    assert invoke([*command, "--out", str(tmp_path / "out"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["documents_in"], shown["documents_out"]) == (10, 4)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert {output["path"]: output["rows"] for output in record["outputs"]}["subset.npy"] == 4


def test_one_pair_explained(tmp_path, capsys):
    write_pairs(tmp_path / "pool", [{"text": "short"}, {"text": "a caption that is long enough", "original_width": 10}])
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("track: image-text\nsteps: [caption_length_filter, image_size_filter]\n")
    command = ["curate", "--pool", str(tmp_path / "pool"), "--recipe", str(recipe), "--explain"]
    for number, reason in ((0, "words < 3"), (1, "shorter side < 200")):
        assert invoke([*command, f"{number:032x}"]) == 0
        assert reason in capsys.readouterr().out


def test_reasons_are_words(tmp_path):
    write_pairs(tmp_path / "pool", [{"lang": "en"}, {"lang": "de"}])
    steps = [{"caption_language_filter": {"key": "lang"}}]
    recipe = parse_recipe({"steps": steps}, "x", Path())
    curate_pairs(describe_pairs([str(tmp_path / "pool")], recipe), recipe, tmp_path / "out")
    (step,) = json.loads((tmp_path / "out" / "funnel.json").read_text())["steps"]
    assert step["reasons"] == {"language is not en": 1}


def test_a_recipe_says_its_track():
    assert load_recipe("basic").track == "image-text"
    assert load_recipe("basic").as_written()["track"] == "image-text"
    assert load_recipe("no-filter").track is None
    with pytest.raises(InputError, match="unknown track 'images'"):
        parse_recipe({"track": "images", "steps": []}, "x", Path())
