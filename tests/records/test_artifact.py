import json
import shutil

import pytest

from assay.base.errors import InputError
from assay.records.artifact import Identity, build, finished, partial_folder
from assay.records.record import content_id, read_record, read_record_of
from assay.records.store import find_records, query
from assay.records.verify import verify


def make(out, text="hello", inputs=None, kind="thing"):
    identity = Identity(kind, out.name, {"text": text}, inputs or {})
    with build(out, identity) as draft:
        (draft.folder / "part.txt").write_text(text)
        (draft.work / "scratch").write_text("gone later")
        draft.rows["part.txt"] = 1
        draft.metrics["seconds"] = 0.5
    return identity


def test_a_record_says_what_it_was_made_from(tmp_path):
    first = make(tmp_path / "a")
    second = make(tmp_path / "b", "more", {first.id: tmp_path / "a"})
    record = read_record(tmp_path / "b")
    assert record.id == second.id == content_id("thing", {"text": "more"}, [first.id])
    assert record.sources == {first.id: "../a"}
    assert [(output.path, output.bytes, output.rows) for output in record.outputs] == [("part.txt", 4, 1)]
    assert {"python", "platform", "cpus", "packages"} <= set(record.environment)
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["part.txt", "record.json"]


def test_the_id_ignores_place_and_time(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    assert make(tmp_path / "a").id == make(tmp_path / "elsewhere" / "z").id


def test_an_interrupted_build_continues_where_it_was(tmp_path):
    identity = Identity("thing", "a", {})
    with pytest.raises(KeyboardInterrupt), build(tmp_path / "a", identity) as draft:
        (draft.work / "half").write_text("done")
        raise KeyboardInterrupt
    assert not (tmp_path / "a").exists()
    assert finished(tmp_path / "a", identity) is None
    with build(tmp_path / "a", identity) as draft:
        assert (draft.work / "half").read_text() == "done"
    assert finished(tmp_path / "a", identity)
    assert not partial_folder(tmp_path / "a", identity).exists()


def test_two_commands_do_not_make_the_same_artifact_at_once(tmp_path):
    identity = Identity("thing", "a", {})
    taken = pytest.raises(InputError, match="is being made by another command")
    with build(tmp_path / "a", identity), taken, build(tmp_path / "a", identity):
        pass
    assert finished(tmp_path / "a", identity)


def test_nothing_is_overwritten(tmp_path):
    make(tmp_path / "a")
    with pytest.raises(InputError, match="holds another thing"):
        finished(tmp_path / "a", Identity("thing", "a", {"text": "other"}))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    with pytest.raises(InputError, match="not an artifact of assay"):
        finished(tmp_path / "mine", Identity("thing", "a", {}))


def test_the_wrong_kind_is_refused(tmp_path):
    make(tmp_path / "a")
    with pytest.raises(InputError, match="holds a thing, where a dataset is needed"):
        read_record_of(tmp_path / "a", "dataset")
    with pytest.raises(InputError, match=r"holds no record\.json"):
        read_record(tmp_path)


def test_verify_walks_to_the_first_input(tmp_path):
    first = make(tmp_path / "a")
    make(tmp_path / "b", "more", {first.id: tmp_path / "a"})
    findings = list(verify([tmp_path / "b"]))
    assert {finding.artifact for finding in findings} == {str(tmp_path / "b"), str(tmp_path / "a")}
    assert all(finding.holds for finding in findings)


@pytest.mark.parametrize(
    ("damage", "state"),
    [
        (lambda root: (root / "a" / "part.txt").write_text("HELLO"), "changed"),
        (lambda root: (root / "a" / "part.txt").unlink(), "missing"),
        (lambda root: (root / "a" / "extra").touch(), "unlisted"),
        (lambda root: shutil.rmtree(root / "a"), "missing"),
        (lambda root: _edit_config(root / "a" / "record.json"), "changed"),
    ],
)
def test_verify_finds_damage_upstream(tmp_path, damage, state):
    first = make(tmp_path / "a")
    make(tmp_path / "b", "more", {first.id: tmp_path / "a"})
    damage(tmp_path)
    assert state in {finding.state for finding in verify([tmp_path / "b"]) if not finding.holds}


def _edit_config(path):
    record = json.loads(path.read_text())
    record["config"]["text"] = "forged"
    path.write_text(json.dumps(record))


def test_a_moved_experiment_still_verifies(tmp_path):
    (tmp_path / "exp").mkdir()
    first = make(tmp_path / "exp" / "a")
    make(tmp_path / "exp" / "b", "more", {first.id: tmp_path / "exp" / "a"})
    shutil.move(tmp_path / "exp", tmp_path / "moved")
    assert all(finding.holds for finding in verify([tmp_path / "moved" / "b"]))


def test_artifacts_nested_in_others_answer_for_themselves(tmp_path):
    identity = Identity("outer", "o", {})
    with build(tmp_path / "o", identity) as draft:
        make(draft.folder / "inner")
        (draft.folder / "own.txt").touch()
    assert [output.path for output in read_record(tmp_path / "o").outputs] == ["own.txt"]
    assert all(finding.holds for finding in verify([tmp_path / "o"]))


def test_records_are_found_and_queried(tmp_path):
    make(tmp_path / "x" / "a")
    make(tmp_path / "x" / "b", "more", kind="run")
    with pytest.raises(KeyboardInterrupt), build(tmp_path / "x" / "c", Identity("thing", "c", {})):
        raise KeyboardInterrupt
    assert [folder.name for folder, _ in find_records([tmp_path])] == ["a", "b"]
    rows = query([tmp_path], "kind = 'run' AND config->>'$.text' = 'more'")
    assert [(row["name"], row["config"], row["metrics"]) for row in rows] == [("b", {"text": "more"}, {"seconds": 0.5})]


def test_a_bad_condition_is_the_users_error(tmp_path):
    make(tmp_path / "a")
    with pytest.raises(InputError, match="--where"):
        query([tmp_path], "nokind = 1")
