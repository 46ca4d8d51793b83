import errno
from pathlib import Path

import fsspec
import pytest

from assay.base.errors import InputError, MachineError
from assay.base.files import (
    atomic_write,
    below,
    exists,
    expand,
    find_remote,
    is_vacant,
    open_bytes,
    place,
    remove_unfinished,
    write_bytes,
)
from s3_server import s3_server


def test_expand_takes_files_globs_and_folders(tmp_path):
    for name in ("b.txt", "a.txt", "c.md", "sub/d.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [path.removeprefix(f"{tmp_path}/") for path in expand([tmp_path / "c.md", tmp_path], (".txt",))]
    assert names == ["c.md", "a.txt", "b.txt", "sub/d.txt"]
    assert len(expand([str(tmp_path / "*.txt")])) == 2


def test_expand_says_which_pattern_names_nothing(tmp_path):
    with pytest.raises(InputError, match=r"no\*\.txt: names no file"):
        expand([str(tmp_path / "no*.txt")])


@pytest.mark.parametrize(("name", "message"), [("absent", "no such file"), (".", "is a folder")])
def test_opening_what_is_no_file(tmp_path, name, message):
    with pytest.raises(InputError, match=message), open_bytes(tmp_path / name):
        pass


def test_atomic_write_leaves_nothing_after_an_error(tmp_path):
    write_bytes(tmp_path / "a", b"old")
    with pytest.raises(RuntimeError), atomic_write(tmp_path / "a") as file:
        file.write(b"new")
        raise RuntimeError
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_full_disk_says_what_to_do(tmp_path):
    with pytest.raises(MachineError, match="No space left.*\nhint: free some space"), atomic_write(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_killed_writers_left_is_removed(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / ".a.jsonl.77.partial").touch()
    (tmp_path / "s" / "a.jsonl").touch()
    remove_unfinished(tmp_path)
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["a.jsonl"]


@pytest.mark.parametrize(
    ("folder", "name", "expected"),
    [
        ("s3://b/x", "shards/0", "s3://b/x/shards/0"),
        ("s3://b/x/", "", "s3://b/x"),
        ("s3://b/x", "../y", "s3://b/y"),
        ("s3://b/x", "gs://c/y", "gs://c/y"),
        ("s3://b/x", "/data/y", Path("/data/y")),
        ("/data/x", "gs://c/y", "gs://c/y"),
        (Path("x"), "y", Path("x/y")),
    ],
)
def test_below(folder, name, expected):
    assert below(folder, name) == expected


def test_place():
    assert place("s3://b/x/") == "s3://b/x"
    assert place("file:///data/x") == Path("/data/x")
    assert place("x/") == Path("x")


def test_what_is_there_remotely(tmp_path):
    with s3_server("bucket") as s3:
        assert is_vacant("s3://bucket/x")
        assert is_vacant("s3://no-bucket/x")
        s3.call_s3("put_object", Bucket="bucket", Key="x/", Body=b"")  # as the web console makes a folder
        assert is_vacant("s3://bucket/x")
        s3.pipe_file("bucket/x/deep/y.txt", b"1")
        assert not is_vacant("s3://bucket/x")
        assert exists("s3://bucket/x/deep/y.txt")
        assert not exists("s3://bucket/x/z.txt")
        assert find_remote("s3://bucket/x") == ["deep/y.txt"]
        assert find_remote("s3://no-bucket/x") == []
        for absent in ("s3://no-bucket/x", "s3://no-bucket/*.txt"):
            with pytest.raises(InputError, match="names no file"):
                expand([absent])


def test_failures_of_a_remote_store_are_told(monkeypatch):
    def denied(self, path, **_):
        raise OSError("access denied")

    for method in ("ls", "find", "exists", "isdir"):
        monkeypatch.setattr(type(fsspec.filesystem("memory")), method, denied)
    for look in (is_vacant, find_remote, exists, lambda address: expand([address])):
        with pytest.raises(MachineError, match="memory://x: could not be .*: access denied\nhint: check the address"):
            look("memory://x")
