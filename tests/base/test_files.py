import errno

import pytest

from assay.base.errors import InputError, MachineError
from assay.base.files import atomic_write, expand, open_bytes, remove_unfinished, write_bytes


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
