"""Artifacts at remote addresses: whole or not at all, nothing sent twice, nothing overwritten."""

from __future__ import annotations

import json

import fsspec
import pytest

from assay.base.errors import InputError, MachineError
from assay.records import publish
from assay.records.artifact import Identity, build, existing, finished, partial_folder
from assay.records.record import read_record
from assay.records.store import find_records
from assay.records.verify import verify
from s3_server import s3_server


@pytest.fixture(params=["memory", "s3"])
def place(request):
    """An address at which there is nothing yet."""
    if request.param == "s3":
        with s3_server("bucket"):
            yield "s3://bucket/deep/thing"
    else:
        yield "memory://bucket/deep/thing"


@pytest.fixture(autouse=True)
def _nothing_in_memory():
    yield
    fsspec.filesystem("memory").store.clear()


def identity(text="hello", inputs=None) -> Identity:
    return Identity("thing", "a", {"text": text}, inputs or {})


def make(out, work, text="hello", inputs=None, files=3) -> None:
    with build(out, identity(text, inputs), work) as draft:
        for number in range(files):
            (draft.folder / f"{number}.txt").write_text(f"{text} {number}")
        (draft.work / "scratch").write_text("stays here")


def names(address: str) -> list[str]:
    files, inner = fsspec.core.url_to_fs(address)
    files.invalidate_cache()
    return sorted(name.rpartition("/thing/")[2] for name in files.find(inner))


def write(address: str, data: bytes) -> None:
    files, inner = fsspec.core.url_to_fs(address)
    files.pipe_file(inner, data)


def test_it_arrives_whole_and_the_draft_is_gone(place, tmp_path):
    make(place, tmp_path)
    assert names(place) == ["0.txt", "1.txt", "2.txt", "record.json"]
    assert list(tmp_path.iterdir()) == []
    assert finished(place, identity()) == read_record(place)
    assert [finding.state for finding in verify([place])] == ["same"] * 4
    assert [(folder, record.kind) for folder, record in find_records([place])] == [(place, "thing")]
    with pytest.raises(InputError, match="holds another thing"):
        finished(place, identity("other"))


def test_an_artifact_in_it_and_one_beside_it_are_found_from_the_record(place, tmp_path):
    other = f"{place}-first"
    make(other, tmp_path)
    inside = identity("inside")
    with build(place, identity("more", {inside.id: f"{place}/inside", identity().id: other}), tmp_path) as draft:
        make(draft.folder / "inside", tmp_path, "inside")
    assert read_record(place).sources == {inside.id: "inside", identity().id: other}
    findings = list(verify([place]))
    assert {finding.artifact for finding in findings} == {place, f"{place}/inside", other}
    assert all(finding.holds for finding in findings)


def test_damage_there_is_found(place, tmp_path):
    make(place, tmp_path)
    write(f"{place}/0.txt", b"changed")
    write(f"{place}/more.txt", b"")
    states = {finding.path: finding.state for finding in verify([place])}
    same = dict.fromkeys(("record.json", "1.txt", "2.txt"), "same")
    assert states == same | {"0.txt": "changed", "more.txt": "unlisted"}


def cut_off(monkeypatch, after: int) -> list[str]:
    """Let the connection break after so many files; the list of what is sent."""
    sent, put = [], publish._put

    def counted(path, address):
        if len(sent) == after:
            raise KeyboardInterrupt
        sent.append(address.rpartition("/")[2])
        return put(path, address)

    monkeypatch.setattr(publish, "_put", counted)
    return sent


def test_what_was_sent_is_not_sent_again(place, tmp_path, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        cut_off(patched, after=3)
        make(place, tmp_path)
    assert names(place) == ["0.txt", "1.txt", "unfinished.json"]
    assert finished(place, identity()) is None
    with pytest.raises(InputError, match=r"holds no record\.json"):
        read_record(place)
    sent = cut_off(monkeypatch, after=-1)
    make(place, tmp_path)
    assert sent == ["2.txt", "record.json"]
    assert all(finding.holds for finding in verify([place]))


@pytest.mark.parametrize("change", ["other bytes", "removed", "another draft", "a line cut off"])
def test_it_is_sent_again_when_it_may_be_another(place, tmp_path, monkeypatch, change):
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        cut_off(patched, after=3)
        make(place, tmp_path)
    files, inner = fsspec.core.url_to_fs(place)
    draft = partial_folder(place, identity(), tmp_path)
    if change == "other bytes":
        write(f"{place}/0.txt", b"HELLO 0")
    elif change == "removed":
        files.rm_file(f"{inner}/0.txt")
    elif change == "another draft":
        (draft / "work" / "sent.jsonl").unlink()
    else:
        journal = draft / "work" / "sent.jsonl"
        journal.write_text(journal.read_text()[:-20])
    sent = cut_off(monkeypatch, after=-1)
    make(place, tmp_path)
    again = {"another draft": ["0.txt", "1.txt"], "a line cut off": ["1.txt"]}
    assert sent == [*again.get(change, ["0.txt"]), "2.txt", "record.json"]
    assert all(finding.holds for finding in verify([place]))


def test_nothing_is_mixed_or_overwritten(place, tmp_path, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        cut_off(patched, after=2)
        make(place, tmp_path)
    with pytest.raises(InputError, match=r"holds a part of something else, as its unfinished\.json says: thing a"):
        make(place, tmp_path, "other")
    write(f"{place}-mine/thesis.tex", b"mine")
    with pytest.raises(InputError, match="exists and is not an artifact of assay"):
        existing(f"{place}-mine")


def test_addresses_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="can only be read"):
        existing("https://example.org/thing")
    with pytest.raises(MachineError, match="needs the package 'gcsfs'\nhint: pip install gcsfs"):
        existing("gs://bucket/thing")
    with s3_server("bucket"), pytest.raises(InputError, match="no such place.*\nhint: make the bucket first"):
        make("s3://another-bucket/thing", tmp_path)


def test_a_file_that_arrives_cut_is_an_error(tmp_path, monkeypatch):
    def half(self, lpath, rpath, **_):
        self.pipe_file(rpath, b"{")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "put_file", half)
    with pytest.raises(MachineError, match="arrived with 1 bytes of"):
        make("memory://bucket/thing", tmp_path)


def test_the_marker_says_what_is_coming(tmp_path):
    marker = fsspec.open("memory://bucket/thing/unfinished.json")
    with build("memory://bucket/thing", identity(), tmp_path), marker as file:
        assert json.load(file) == {"kind": "thing", "name": "a", "id": identity().id}
    write("memory://bucket/cut/unfinished.json", b'{"kind":')
    make("memory://bucket/cut", tmp_path)
    assert finished("memory://bucket/cut", identity())
