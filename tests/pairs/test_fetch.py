"""Fetching a pool: from a hub and web servers of our own, and from packages of our own."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import tarfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from assay.base.errors import InputError, MachineError
from assay.cli import invoke
from assay.pairs import emoji
from assay.pairs.download import Fetching, download_images, resize
from assay.pairs.fetch import fetch_datacomp, fetch_metadata
from assay.pairs.images import decode
from pairs.pair_pools import write_pairs

QUICK = Fetching(threads=4, timeout=3, retries=1, wait=0.01)


def picture(width: int = 600, height: int = 300, mode: str = "RGB") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (width, height), 0).save(buffer, "PNG")
    return buffer.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    """What the server's ``answers`` say: path → status, headers and body."""

    def do_GET(self) -> None:
        self.server.seen.append(self.path)
        status, headers, body = self.server.answers.get(self.path.partition("?")[0], (404, {}, b"none"))
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *arguments: Any) -> None:
        return


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        found.answers, found.seen = {}, []
        found.address = f"http://127.0.0.1:{found.server_port}"
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def serve_hub(server, name: str, metadata: bytes) -> None:
    """The part of the hub's interface that a download needs."""
    commit = "c" * 40
    about = {"id": name, "sha": commit, "siblings": [{"rfilename": "0.parquet"}, {"rfilename": "README.md"}]}
    for revision in ("main", commit):
        body = json.dumps(about).encode()
        server.answers[f"/api/datasets/{name}/revision/{revision}"] = (200, {"Content-Type": "application/json"}, body)
        tree = [{"type": "file", "path": "0.parquet", "size": len(metadata), "oid": "a" * 40}]
        server.answers[f"/api/datasets/{name}/tree/{revision}"] = (
            *(200, {"Content-Type": "application/json"}),
            json.dumps(tree).encode(),
        )
        headers = {"ETag": '"abc"', "X-Repo-Commit": commit, "X-Linked-Size": str(len(metadata))}
        server.answers[f"/datasets/{name}/resolve/{revision}/0.parquet"] = (200, headers, metadata)


def test_a_pool_from_the_hub_and_the_web(server, tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    good = picture()
    server.answers |= {
        "/good.png": (200, {}, good),
        "/optout.png": (200, {"X-Robots-Tag": "otherbot: noai, noindex"}, good),
        "/broken.png": (200, {}, b"no image"),
        "/busy.png": (503, {}, b""),
        "/other.png": (200, {}, picture(10, 10)),
    }
    address = server.address
    rows = [
        {"url": f"{address}/good.png", "sha256": hashlib.sha256(good).hexdigest()},
        *({"url": f"{address}/{name}"} for name in ("optout.png", "broken.png", "busy.png", "gone.png")),
        {"url": f"{address}/other.png", "sha256": "0" * 64},
        {"url": "file:///etc/passwd"},
    ]
    write_pairs(tmp_path / "made", [{"sha256": "", **row} for row in rows])
    serve_hub(server, "mlfoundations/datacomp_small", (tmp_path / "made" / "00000000.parquet").read_bytes())
    counts = fetch_datacomp("small", tmp_path / "pool", endpoint=address, fetching=QUICK, samples=4)
    assert counts == {"metadata_files": 1, "images": 1}
    table = [
        row for path in sorted((tmp_path / "pool/shards").glob("*.parquet")) for row in pq.read_table(path).to_pylist()
    ]
    assert [row["status"] for row in table] == [
        "success",
        "failed_to_download",
        "failed_to_resize",
        *["failed_to_download"] * 4,
    ]
    messages = [row["error_message"] for row in table]
    assert "X-Robots-Tag" in messages[1]
    assert messages[3:6] == ["HTTP 503", "HTTP 404", "hash mismatch"]
    assert server.seen.count("/busy.png") == 2
    assert server.seen.count("/gone.png") == 1
    with tarfile.open(tmp_path / "pool/shards/00000000.tar") as tar:
        assert tar.getnames() == ["000000000000.jpg", "000000000000.json", "000000000000.txt"]
        assert decode(tar.extractfile("000000000000.jpg").read()).size == (512, 256)
    stats = json.loads((tmp_path / "pool/shards/00000000_stats.json").read_text())
    assert stats == {"count": 4, "successes": 1, "failed_to_download": 2, "failed_to_resize": 1}
    before = len(server.seen)
    assert (
        download_images(sorted((tmp_path / "pool/metadata").glob("*.parquet")), tmp_path / "pool/shards", QUICK, 4) == 0
    )
    assert len(server.seen) == before
    command = ["curate", "--pool", str(tmp_path / "pool"), "--recipe", "clip-score-l14-30", "--workers", "1"]
    assert invoke([*command, "--out", str(tmp_path / "out")]) == 0


def test_a_hub_that_fails_is_told(server, tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    with pytest.raises(MachineError, match="did not come"):
        fetch_metadata("small", tmp_path / "pool", endpoint=server.address)
    with pytest.raises(InputError, match="unknown scale"):
        fetch_metadata("smal", tmp_path / "pool")


def test_images_are_made_smaller_never_larger_and_laid_on_white():
    _, sizes = resize(picture(1024, 256), [])
    assert (sizes["width"], sizes["height"], sizes["original_width"]) == (512, 128, 1024)
    clear = Image.new("RGBA", (4, 4), (9, 9, 9, 0))
    buffer = io.BytesIO()
    clear.save(buffer, "PNG")
    data, sizes = resize(buffer.getvalue(), [[0, 0, 1, 1]])
    assert sizes["width"] == 4
    assert np.asarray(decode(data)).min() > 250


def write_package(folder: Path, name: str, files: dict[str, bytes]) -> str:
    with tarfile.open(folder / name, "w:gz") as tar:
        for path, content in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


def small_packages(folder: Path) -> dict[str, Any]:
    """Packages of the form that the catalog's have, with forty emoji, and the table that describes them."""
    folder.mkdir()
    names = [f"1f6{number:02x}" for number in range(40)]
    unified = [
        {"unified": name.upper(), "image": f"{name}.png", "category": "Faces", "subcategory": "all"} for name in names
    ]
    drawings = {f"img/{name}.png": picture(16, 16, "RGBA") for name in names}
    table = {"vendors": {}, "held_out": ["twitter"]}
    for vendor in ("google", "fluent", "twitter"):
        files = drawings | {"emoji.json": json.dumps(unified).encode()}
        sha256 = write_package(folder, f"{vendor}-1.0.tgz", files)
        about = {
            "package": vendor,
            "version": "1.0",
            "images": "img",
            "ending": "png",
            "sha256": sha256,
            "licence": "MIT",
        }
        table["vendors"][vendor] = about
    labels = {
        f"{language}/compact.json": json.dumps(
            [{"hexcode": name.upper(), "label": f"{word} {name}", "tags": ["a", "b"]} for name in names]
        ).encode()
        for language, word in (("en", "face"), ("de", "Gesicht"))
    }
    sha256 = write_package(folder, "labels-1.0.tgz", labels)
    table["labels"] = {"package": "labels", "version": "1.0", "languages": ["de"], "sha256": sha256, "licence": "MIT"}
    return table


def test_the_emoji_pool(tmp_path, monkeypatch, capsys):
    table = small_packages(tmp_path / "packages")
    monkeypatch.setattr(emoji, "read_yaml", lambda path: table)
    command = ["pool", "fetch", "emoji", "--packages", str(tmp_path / "packages"), "--json"]
    assert invoke([*command, "--out", str(tmp_path / "pool")]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["held_out"] == 40
    planted = pq.read_table(tmp_path / "pool/planted.parquet").to_pylist()
    metadata = pq.read_table(tmp_path / "pool/metadata/00000000.parquet").to_pylist()
    assert shown["pairs"] == len(planted) == len(metadata) >= 2 * 4 * 40
    assert {row["noise"] for row in planted} == {"clean", "language", "shuffled", "file name"}
    assert len({row["uid"] for row in planted}) == len(planted)
    assert not any(word in str(row) for row in metadata for word in ("shuffled", "clean", "language"))
    assert invoke([*command, "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again/shards/00000000.tar").read_bytes() == (tmp_path / "pool/shards/00000000.tar").read_bytes()
    assert invoke([*command, "--out", str(tmp_path / "pool")]) == 2
    table["vendors"]["google"]["sha256"] = "0" * 64
    assert invoke([*command, "--out", str(tmp_path / "third")]) == 2
