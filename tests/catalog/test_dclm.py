"""DCLM's mappers and config files: each is known under its name, and a config gives what it gives there.

The configs below ``dclm_configs`` are in DCLM's form; with the real ones at hand, they are held to be the same recipes.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.cli import invoke
from assay.curation.engine import curate
from assay.curation.recipe import Recipe, load_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.records.record import Record
from assay.text import sentences
from curation.curation_pools import prose, read_dataset, write_jsonl

HERE = Path(__file__).parent
CONFIGS = sorted(path.stem for path in (HERE / "dclm_configs").glob("*.yaml"))
MAPPERS = yaml.safe_load((HERE / "dclm_mappers.yaml").read_text(encoding="utf-8"))
LISTS = {
    "refinedweb_banned_domains_curated.txt": "bad.example.org",
    "refinedweb_banned_words_strict_reverse_engineered.txt": "casino",
    "refinedweb_banned_words_hard_reverse_engineered.txt": "poker",
    "refinedweb_banned_words_soft_reverse_engineered.txt": "webcam\nchat",
    "ldnoobw.txt": "dammit",
}
WITHOUT_LANGUAGE = ["detect_lang_whole_page_enricher=off", "language_filter=off"]


@pytest.mark.parametrize("name", MAPPERS)
def test_a_mapper_is_known_with_its_parameters_and_defaults(name):
    fields = {key: field for key, field in look_up("steps", name).model_fields.items() if key in MAPPERS[name]}
    found = {key: "needed" if field.is_required() else field.default for key, field in fields.items()}
    assert found == MAPPERS[name]


@pytest.fixture
def lists(tmp_path) -> Path:
    """A folder of small lists, and of what stands for the model of good text, under DCLM's names."""
    folder = tmp_path / "lists"
    folder.mkdir()
    for name, entries in LISTS.items():
        (folder / name).write_text(f"{entries}\n", encoding="utf-8")
    (folder / "fasttext_oh_eli5.bin").touch()
    return folder


def config_file(name: str) -> Path:
    return HERE / "dclm_configs" / f"{name}.yaml"


def seen(value: Any) -> Any:
    """A parameter, of a file only its name."""
    return Path(value).name if isinstance(value, str) and value.endswith((".txt", ".bin")) else value


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_is_read_as_it_stands(name, lists):
    ((source,),) = [yaml.safe_load(config_file(name).read_text(encoding="utf-8"))]
    recipe = load_recipe(config_file(name), files=[lists])
    assert [step for step, _ in recipe.steps] == [entry["func"] for entry in source["steps"]]
    for (_, step), entry in zip(recipe.steps, source["steps"], strict=True):
        given = {key: value for key, value in entry.items() if key != "func" and not key.startswith("_")}
        assert {key: seen(getattr(step, key)) for key in given} == {key: seen(value) for key, value in given.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_these_are_the_configs_of_dclm(name, lists, shared_data):
    real = load_recipe(shared_data / "dclm_configs" / f"{name}.yaml", files=[lists])
    assert real == load_recipe(config_file(name), files=[lists])


def test_recipes_of_the_catalog_are_these_configs(lists):
    def steps(source: str | Path) -> list:
        return list(load_recipe(source, ["bloom_dedup=off"] if source == "dclm-baseline" else (), [lists]).steps)

    heuristics = steps(config_file("dclm_baseline_refinedweb"))
    assert steps("dclm-baseline-heuristics") == heuristics
    assert steps("refinedweb") == steps(config_file("refinedweb"))
    assert steps("dclm-baseline") == heuristics + steps(config_file("fasttext_filter"))


@pytest.fixture
def golden_pool(golden, tmp_path) -> Record:
    """The documents of the goldens as DCLM's files have them."""
    rows = [{"id": row["id"], "text": row["text"], "metadata": {"WARC-Target-URI": row["url"]}} for row in golden]
    return describe_pool([str(write_jsonl(tmp_path / "pool.jsonl", rows))], Columns())


@pytest.fixture
def golden_lists(lists, shared_data, monkeypatch) -> Path:
    """The lists with which the goldens were made, and their model of languages."""
    shutil.copytree(shared_data / "dclm_lists", lists, dirs_exist_ok=True, copy_function=shutil.copyfile)
    cases = json.loads((shared_data / "dclm_mappers_cases.json").read_text(encoding="utf-8"))
    domains = "\n".join(cases["curated_domain_banlist_used"])
    (lists / "refinedweb_banned_domains_curated.txt").write_text(domains, encoding="utf-8")
    monkeypatch.setenv("ASSAY_LID_MODEL", str(shared_data / "fasttext" / "lid.176.ftz"))
    return lists


def needs_punkt() -> None:
    pytest.importorskip("nltk")
    pytest.importorskip("langdetect")
    try:
        sentences._find_data()
    except InputError:
        pytest.skip("NLTK's data for finding sentences are not installed")


def expected_text(row: dict[str, Any], outcome: dict[str, Any]) -> str | None:
    if outcome["dropped_at"]:
        return None
    return row["text"] if outcome["text"] == "=" else outcome["text"]


def check_dataset(recipe: Recipe, folder: Path, golden: list[dict[str, Any]], pipeline: str) -> None:
    """The dataset has the texts of the golden pipeline, and every step dropped as many as there."""
    outcomes = [row["pipelines"][pipeline] for row in golden]
    texts = {row["id"]: row["text"] for row in read_dataset(folder)}
    wanted = {row["id"]: expected_text(row, outcome) for row, outcome in zip(golden, outcomes, strict=True)}
    assert texts == {id_: text for id_, text in wanted.items() if text is not None}
    funnel = json.loads((folder / "funnel.json").read_text(encoding="utf-8"))
    dropped = Counter(outcome["dropped_at"][0] for outcome in outcomes if outcome["dropped_at"])
    at = [place for place, step in enumerate(funnel["steps"]) if step["reasons"]]
    assert [sum(funnel["steps"][place]["reasons"].values()) for place in at] == [dropped[k] for k in sorted(dropped)]
    names = [dict(outcome["dropped_at"] for outcome in outcomes if outcome["dropped_at"])[k] for k in sorted(dropped)]
    assert [recipe.steps[place][0] for place in at] == names


@pytest.mark.parametrize(
    ("config", "pipeline", "changes"),
    [
        ("dclm_baseline_refinedweb", "dclm_baseline_refinedweb", []),
        ("dclm_baseline_refinedweb", "dclm_baseline_refinedweb_nolid", WITHOUT_LANGUAGE),
        ("refinedweb", "refinedweb", []),
        ("c4", "c4", ["exact_dedup=off"]),  # each document of the goldens went through alone
    ],
)
def test_the_dataset_of_a_config_is_that_of_dclm(
    config, pipeline, changes, golden, golden_pool, golden_lists, tmp_path
):
    if config == "c4":
        needs_punkt()
    recipe = load_recipe(config_file(config), changes, [golden_lists])
    curate(golden_pool, recipe, tmp_path / "out")
    check_dataset(recipe, tmp_path / "out", golden, pipeline)


def test_a_config_on_the_command_line(golden, golden_pool, golden_lists, tmp_path, capsys):
    pool, config = str(tmp_path / "pool.jsonl"), str(config_file("dclm_baseline_refinedweb"))
    out = tmp_path / "out"
    arguments = ["--files", str(golden_lists), "--out", str(out), "--workers", "1", "--json"]
    assert invoke(["curate", "--pool", pool, "--recipe", config, *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["documents_in"] == len(golden)
    check_dataset(load_recipe(config, files=[golden_lists]), out, golden, "dclm_baseline_refinedweb")


def curated(rows: list[dict[str, Any]], config: str, folder: Path, files: list[Path]) -> list[dict[str, Any]]:
    pool = describe_pool([str(write_jsonl(folder / "pool.jsonl", rows))], Columns())
    curate(pool, load_recipe(config_file(config), files=files), folder / "out")
    return read_dataset(folder / "out")


def test_c4_drops_repeated_lines_and_addresses(lists, tmp_path):
    needs_punkt()
    shared = "This line is the same on two pages, and only one of them shall keep it."
    addresses = [f"https://example.org/{number}?ref" for number in (0, 0, 1, 1)]
    texts = [f"{shared}\n{prose(number)}" for number in range(4)]
    rows = [{"text": text, "metadata": {"WARC-Target-URI": url}} for text, url in zip(texts, addresses, strict=True)]
    left = [row["text"].split("\n") for row in curated(rows, "c4", tmp_path, [lists])]
    assert len(left) == 2
    assert sum(shared in lines for lines in left) == 1
    assert {len(lines) for lines in left} == {4, 5}


def test_content_becomes_text(tmp_path):
    rows = [{"content": "one"}, {"content": "two"}]
    assert [row["text"] for row in curated(rows, "content_to_text", tmp_path, [])] == ["one", "two"]


def test_half_of_the_documents(tmp_path):
    rows = [{"id": str(number), "text": "x"} for number in range(1000)]
    assert 400 < len(curated(rows, "cc_v3_refinedweb_75b", tmp_path, [])) < 600


def test_good_text_by_a_classifier(lists, model, tmp_path):
    shutil.copyfile(model, lists / "fasttext_oh_eli5.bin")
    texts = ["theory evidence measured because explains", "buy cheap click offer login cart"]
    (row,) = curated([{"text": f"{text} " * 40} for text in texts], "fasttext_filter", tmp_path, [lists])
    assert row["text"].startswith("theory")
    assert row["fasttext_oh_eli5_vs_rw_v2_prob"] > 0.5
