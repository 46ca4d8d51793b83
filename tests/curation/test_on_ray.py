from __future__ import annotations

import subprocess
import sys

import pytest

from assay.base.errors import InputError
from assay.curation.engine import curate
from assay.curation.on_ray import RayCluster
from assay.curation.recipe import load_recipe
from assay.records.record import read_record
from curation.curation_pools import contents, make_pool

pytest.importorskip("ray")

SCRIPT = """
import os, sys, threading, time
from pathlib import Path
import ray
from ray.cluster_utils import Cluster
from assay.curation.engine import curate
from assay.curation.on_ray import RayCluster
from assay.curation.recipe import load_recipe
from assay.records.record import read_record

root = Path(sys.argv[1])
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
lost = cluster.add_node(num_cpus=1)

def kill_in_the_middle():
    while len(list(root.glob("ray.partial-*/work/phase-0/*.json"))) < 4:
        time.sleep(0.01)
    cluster.remove_node(lost, allow_graceful=False)
    print("killed", flush=True)

threading.Thread(target=kill_in_the_middle, daemon=True).start()
pool, recipe = read_record(root / "pool-record"), load_recipe("heuristics-dedup")
curate(pool, recipe, root / "ray", ray=RayCluster(cluster.address))
print(sum(node["Alive"] for node in ray.nodes()), "alive", flush=True)
os._exit(0)  # Ray takes the lost node for a reason to fail at the end
"""


@pytest.mark.slow
def test_two_nodes_one_of_which_dies_make_what_one_machine_makes(tmp_path):
    pool = make_pool(tmp_path / "pool", files=24, documents=1000)
    (tmp_path / "pool-record").mkdir()
    pool.write(tmp_path / "pool-record")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    assert "1 alive" in shown.stdout, shown.stdout + shown.stderr
    assert "killed" in shown.stdout
    local = curate(pool, load_recipe("heuristics-dedup"), tmp_path / "local", workers=2)
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
    assert read_record(tmp_path / "ray").id == local.id


def test_no_cluster_at_the_address(tmp_path):
    pool = make_pool(tmp_path / "pool", files=1, documents=1)
    with pytest.raises(InputError, match="no Ray cluster answers at 127.0.0.1:1.*\nhint: start one with: ray start"):
        curate(pool, load_recipe("heuristics"), tmp_path / "out", ray=RayCluster("127.0.0.1:1"))
