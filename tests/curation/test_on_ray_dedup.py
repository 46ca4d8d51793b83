"""Deduplicators on a Ray cluster of two nodes: the same bytes as here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assay.curation.engine import curate
from assay.curation.recipe import parse_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from curation.curation_pools import contents, write_jsonl
from text.planted import planted

pytest.importorskip("ray")

STEPS = [
    {"minhash_dedup": {"bands": 20, "rows": 5}},
    {"bloom_dedup": {"partitions": 4, "min_ngram_size": 3, "max_ngram_size": 5, "save_bloom_filter": True}},
    {"substring_dedup": {"min_bytes": 40, "memory_mb": 1}},
]

SCRIPT = """
import os, sys
from pathlib import Path
from ray.cluster_utils import Cluster
from assay.curation.engine import curate
from assay.curation.on_ray import RayCluster
from assay.curation.recipe import load_recipe
from assay.records.record import read_record

root = Path(sys.argv[1])
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
cluster.add_node(num_cpus=1)
curate(read_record(root / "pool-record"), load_recipe(str(root / "dedup.yaml")), root / "ray",
       ray=RayCluster(cluster.address))
print("made", flush=True)
os._exit(0)
"""


@pytest.mark.slow
def test_two_nodes_keep_what_one_machine_keeps(tmp_path):
    import yaml

    texts, _ = planted(0.85, 120, seed=11)
    for file in range(3):
        rows = [{"id": f"{file}-{n}", "text": text.replace("w1", "\n")} for n, text in enumerate(texts[file::3])]
        write_jsonl(tmp_path / "pool" / f"{file}.jsonl", rows)
    (tmp_path / "dedup.yaml").write_text(yaml.safe_dump({"name": "dedup", "steps": STEPS}))
    pool = describe_pool([str(tmp_path / "pool")], Columns())
    (tmp_path / "pool-record").mkdir()
    pool.write(tmp_path / "pool-record")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=400)
    assert "made" in shown.stdout, shown.stdout + shown.stderr
    recipe = parse_recipe({"name": "dedup", "steps": STEPS}, "dedup.yaml", tmp_path)
    curate(pool, recipe, tmp_path / "local", workers=2)
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
    names = {path.name for path in (tmp_path / "local" / "deduplication").rglob("*") if path.is_file()}
    assert names == {"twins.parquet", *(f"bloom-{number:03d}.safetensors" for number in range(4))}
