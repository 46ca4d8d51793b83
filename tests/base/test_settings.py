import pytest
from pydantic import Field

from assay.base.errors import InputError
from assay.base.settings import Settings, override, read_yaml, validate


class Inner(Settings):
    width: int = 1


class Outer(Settings):
    depth: int = 2
    inner: Inner = Inner()


def test_unknown_key_names_place_and_near_miss():
    with pytest.raises(InputError, match=r"x\.yaml: unknown key 'inner\.widht'\nhint: did you mean width\?"):
        validate(Outer, {"inner": {"widht": 3}}, "x.yaml")


def test_wrong_value_names_the_key():
    with pytest.raises(InputError, match="depth: Input should be a valid integer"):
        validate(Outer, {"depth": "deep"}, "x.yaml")


def test_a_list_is_not_settings():
    with pytest.raises(InputError, match="must be a mapping"):
        validate(Outer, [1], "x.yaml")


def test_broken_yaml_names_line_and_column(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: [1, 2\nb: 3\n")
    with pytest.raises(InputError, match=r"a\.yaml:2:2: not valid YAML"):
        read_yaml(path)


def test_yaml_cannot_run_code(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(InputError, match="not valid YAML"):
        read_yaml(path)


def test_override_reaches_into_mappings_and_lists():
    value = {"steps": [{"a": {"max": 1}}], "name": "x"}
    assert override(value, ["steps.0.a.max=9", "new.key=[1, 2]"]) == {
        "steps": [{"a": {"max": 9}}],
        "name": "x",
        "new": {"key": [1, 2]},
    }
    assert value["steps"][0]["a"]["max"] == 1


@pytest.mark.parametrize("assignment", ["steps", "steps.7.a=1", "steps.x=1", "name.deeper=1"])
def test_override_that_leads_nowhere_is_an_error(assignment):
    with pytest.raises(InputError):
        override({"steps": [1], "name": "x"}, [assignment])


def test_a_default_that_follows_from_a_wrong_key_is_not_blamed():
    class Box(Settings):
        width: int
        height: int = Field(default_factory=lambda known: known["width"])

    with pytest.raises(InputError) as error:
        validate(Box, {"width": "wide"}, "box.yaml")
    assert "width" in str(error.value)
    assert "height" not in str(error.value)
