"""The work on a Ray cluster: the same bytes as here, whatever dies, and no waiting for a cluster that is not there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from assay.base.errors import InputError
from assay.curation import on_ray
from assay.curation.engine import curate
from assay.curation.measure import measure
from assay.curation.on_ray import RayCluster
from assay.curation.recipe import load_recipe
from assay.pools.columns import Columns
from assay.pools.pool import describe_pool
from assay.records.record import read_record
from curation.curation_pools import contents, make_pool

pytest.importorskip("ray")

SCRIPT = """
import os, sys, threading, time
from pathlib import Path
import ray
from ray.cluster_utils import Cluster
from assay.curation.engine import curate
from assay.curation.measure import measure
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
measure(pool, recipe, root / "ray-statistics", ray=RayCluster(cluster.address))
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
    statistics = measure(pool, load_recipe("heuristics-dedup"), tmp_path / "statistics", workers=2)
    assert contents(tmp_path / "ray-statistics") == contents(tmp_path / "statistics")
    assert read_record(tmp_path / "ray-statistics").id == statistics.id


# A command is stopped in the middle, and started again on the local engine; the result is that of an undisturbed run.

MAKERS = {"curate": curate, "measure": measure}
DONE = {"curate": "work/phase-0/*.json", "measure": "counts/*.json"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("ray")
    pool = make_pool(root / "pool", files=16, documents=1000)
    for verb, make in MAKERS.items():
        make(pool, load_recipe("heuristics"), root / verb, workers=2)
    return root


def start(verb: str, pool: Path, out: Path, engine: str) -> subprocess.Popen:
    """Start a command; returns when it has done a few files."""
    code = "import assay.cli, sys; sys.exit(assay.cli.invoke(sys.argv[1:]))"
    command = [verb, "--pool", str(pool), "--recipe", "heuristics", "--out", str(out), "--engine", engine]
    run = [sys.executable, "-c", code, *command, "--workers", "2"]
    process = subprocess.Popen(
        run, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while len(list(out.parent.glob(f"{out.name}.partial-*/{DONE[verb]}"))) < 3:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return process


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "engine", "blow"),
    [
        ("curate", "ray", signal.SIGINT),
        ("measure", "ray", signal.SIGKILL),
        ("measure", "local", signal.SIGINT),
    ],
)
def test_a_command_that_is_stopped_goes_on_where_it_was(undisturbed, tmp_path, verb, engine, blow):
    process = start(verb, undisturbed / "pool", tmp_path / "out", engine)
    stop = os.kill if blow == signal.SIGKILL else os.killpg  # Ctrl-C reaches the whole group
    stop(process.pid, blow)
    _, shown = process.communicate(timeout=60)
    assert not (tmp_path / "out").exists()
    if blow == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted; run the same command again" in shown
        assert "Traceback" not in shown
    (partial,) = tmp_path.glob("out.partial-*")
    done = {path: path.stat().st_mtime_ns for path in partial.glob("values/[!.]*")}  # not what a dying worker had begun
    pool = describe_pool([str(undisturbed / "pool")], Columns())
    MAKERS[verb](pool, load_recipe("heuristics"), tmp_path / "out", workers=2)
    assert contents(tmp_path / "out") == contents(undisturbed / verb)
    assert all((tmp_path / "out" / "values" / path.name).stat().st_mtime_ns == time for path, time in done.items())


@pytest.fixture
def refused(tmp_path):
    """What a run on the cluster at an address fails with."""
    pool = make_pool(tmp_path / "pool", files=1, documents=1)

    def refused(address: str | None) -> str:
        with pytest.raises(InputError) as caught:
            curate(pool, load_recipe("heuristics"), tmp_path / "out", ray=RayCluster(address))
        assert "ray start --head" in caught.value.hint
        return caught.value.message

    return refused


def test_no_cluster_at_the_address(refused, monkeypatch):
    assert "no Ray cluster answers at 127.0.0.1:1: " in refused("127.0.0.1:1")
    assert refused("auto") == "'auto' is not of the form host:port"
    assert refused("ray://127.0.0.1:1") == "'ray://127.0.0.1:1' is not of the form host:port"
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert "no Ray cluster answers at 127.0.0.1:1: " in refused(None)


def test_something_else_at_the_address(refused, monkeypatch):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as web, ThreadPoolExecutor() as thread:
        thread.submit(web.handle_request)
        address = f"127.0.0.1:{web.server_port}"
        assert refused(address) == f"what answers at {address} is not a Ray cluster"
    monkeypatch.setattr(on_ray, "_PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        assert refused(address) == f"no Ray cluster answers at {address}: timed out"
