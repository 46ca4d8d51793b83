from __future__ import annotations

from assay.curation.engine import curate
from assay.curation.page import process
from assay.curation.recipe import parse_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.text.starcoder import StarcoderV2FormatModifier, StarcoderV2RepoSplitter
from curation.curation_pools import read_dataset, write_jsonl


def repository(name: str, files: int) -> dict:
    return {"id": name, "repo_name": name, "files": [{"filename": f"f{n}", "text": f"t{n}"} for n in range(files)]}


def test_repositories_become_texts(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [repository("r", 5), repository("s", 1)])
    steps = [
        {"starcoder_v2_repo_splitter": {"max_files": 2}},
        {"starcoder_v2_format_modifier": {"add_metadata_prob": 0}},
    ]
    recipe = parse_recipe({"steps": steps}, "code.yaml", tmp_path)
    curate(describe_pool([str(path)], Columns(text="-")), recipe, tmp_path / "out")
    texts = {row["id"]: row["text"] for row in read_dataset(tmp_path / "out")}
    assert texts == {
        "r": "<file_sep>t0<file_sep>t1",
        "r/1": "<file_sep>t2<file_sep>t3",
        "r/2": "<file_sep>t4",
        "s": "<file_sep>t0",
    }


def test_names_are_drawn_by_seed_and_repository():
    def named(seed: int) -> list[bool]:
        step = StarcoderV2FormatModifier(seed=seed)
        return ["<repo_name>" in process(step, repository(f"r{n}", 1))[0]["text"] for n in range(200)]

    assert named(0) == named(0) != named(1)
    assert 70 < sum(named(0)) < 130


def test_a_text_of_a_repository_stays_where_it_is_not_divided():
    whole = StarcoderV2RepoSplitter(max_files=3)
    page = repository("r", 3) | {"text": "t"}
    assert process(whole, page) == [page]
    divided = StarcoderV2RepoSplitter(max_files=2)
    assert [piece.get("text") for piece in process(divided, page)] == [None, None]
    kept = divided.model_copy(update={"delete_content": False})
    assert [piece["text"] for piece in process(kept, page)] == ["t", "t"]
