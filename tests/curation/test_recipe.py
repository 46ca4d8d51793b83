import pytest
import yaml

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.curation.recipe import labels_of, load_recipe, parse_recipe


def write(folder, text, name="r.yaml"):
    path = folder / name
    path.write_text(text)
    return path


def test_steps_keep_their_order_and_defaults_are_filled_in(tmp_path):
    path = write(tmp_path, "steps:\n  - word_length_filter: {max_length: 10}\n  - exact_dedup\n")
    recipe = load_recipe(path)
    assert [name for name, _ in recipe.steps] == ["word_length_filter", "exact_dedup"]
    assert recipe.name == "r"
    first = recipe.identity()[0]
    assert (first["step"], first["max_length"]) == ("word_length_filter", 10)
    assert "min_length" in first


def test_writing_a_default_out_changes_nothing(tmp_path):
    short = load_recipe(write(tmp_path, "steps: [symbol_ratio_filter]"))
    default = look_up("steps", "symbol_ratio_filter")().model_dump()
    long = parse_recipe({"steps": [{"symbol_ratio_filter": default}]}, "r.yaml", tmp_path)
    assert short.identity() == long.identity()


def test_dclm_configs_are_read(tmp_path):
    text = "- source: cc\n  steps:\n    - func: word_length_filter\n      min_length: 3\n"
    recipe = load_recipe(write(tmp_path, text, "dclm.yaml"))
    assert (recipe.name, recipe.steps[0][1].min_length) == ("dclm", 3)


def test_extends_puts_the_other_recipe_first(tmp_path):
    write(tmp_path, "steps: [symbol_ratio_filter]", "base.yaml")
    recipe = load_recipe(write(tmp_path, "extends: base.yaml\nsteps: [exact_dedup]"))
    assert [name for name, _ in recipe.steps] == ["symbol_ratio_filter", "exact_dedup"]
    ladder = load_recipe("heuristics-dedup")
    assert [name for name, _ in ladder.steps][-1] == "exact_dedup"
    assert ladder.steps[:-1] == load_recipe("heuristics").steps


def test_set_reaches_a_parameter_also_of_the_recipe_that_is_extended(tmp_path):
    path = write(tmp_path, "extends: heuristics\nsteps: [exact_dedup]")
    recipe = load_recipe(
        path, ["word_length_filter.max_length=12", "massive_web_repetition_filters.skip_paragraph=true"]
    )
    steps = dict(recipe.steps)
    assert steps["word_length_filter"].max_length == 12
    assert steps["massive_web_repetition_filters"].skip_paragraph


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("word_lenght_filter.max_length=1", "did you mean word_length_filter"),
        ("exact_dedup.x=1", "the recipe has 2 steps exact_dedup"),
        ("word_length_filter.max_length", "not of the form key=value"),
        ("word_length_filter.max_length=[", "not YAML"),
    ],
)
def test_set_that_leads_nowhere_is_an_error(tmp_path, assignment, message):
    path = write(tmp_path, "extends: heuristics-dedup\nsteps: [exact_dedup]")
    with pytest.raises(InputError, match=message):
        load_recipe(path, [assignment])


def test_the_bounds_of_rules_are_a_part_of_the_identity():
    (step,) = load_recipe("heuristics").identity()[1:2]
    assert step["rules"] == [["mean word length", "3.0", "10.0"]]
    assert step["version"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps: [word_lenght_filter]", r"step 1: unknown step 'word_lenght_filter'\nhint: did you mean word_length_f"),
        (
            "steps:\n  - word_length_filter: {max_lenght: 3}",
            r"step 1 \(word_length_filter\): unknown key 'max_lenght'\n.*max_length",
        ),
        ("steps:\n  - word_length_filter: {max_length: long}", "max_length: Input should be a valid number"),
        ("steps:\n  - word_length_filter: {max_length: .nan}", "max_length: NaN is not a bound"),
        ("steps: 3", "needs a list under the key 'steps'"),
        ("steps: [[1]]", "step 1: a step is a name"),
        ("stepz: []\nsteps: []", "unknown key 'stepz'"),
        ("extends: nothing\nsteps: []", "r.yaml: unknown recipe 'nothing'"),
        ("extends: [heuristics]\nsteps: []", "unknown recipe"),
        ("extends: r.yaml\nsteps: []", "extends itself: r → r"),
        ("steps:\n  - word_length_filter:\n    max_length: 3", "found the keys word_length_filter, max_length; write"),
        ("steps:\n  - fasttext_scorer: {model: m.bin}", r"step 1 \(fasttext_scorer\): model: there is no file 'm.bin'"),
    ],
)
def test_mistakes_name_file_step_and_parameter(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        load_recipe(write(tmp_path, text))
    assert "r.yaml" in str(caught.value)


def test_an_unknown_recipe_lists_the_catalog():
    with pytest.raises(InputError, match="did you mean heuristics"):
        load_recipe("heuristic")


def test_a_file_that_a_step_names_by_default_is_looked_for(tmp_path):
    recipe = write(tmp_path, "steps: [ken_lm_perplexity_enricher]")
    with pytest.raises(InputError, match="there is no file 'en.arpa.bin'"):
        load_recipe(recipe)
    models = tmp_path / "models"
    models.mkdir()
    for name in ("en.arpa.bin", "en.sp.model"):
        (models / name).write_text(name)
    ((_, step),) = load_recipe(recipe, files=[models]).steps
    assert (step.model_path, step.tokenizer_path) == (str(models / "en.arpa.bin"), str(models / "en.sp.model"))


def test_as_written_is_the_same_recipe_again(tmp_path):
    held_out = tmp_path / "held-out.jsonl"
    held_out.write_text('{"text": "a b c"}\n')
    steps = [
        {"decontamination": {"against": "held-out.jsonl"}},
        "url_removal_modifier",
        "massive_web_repetition_filters",
    ]
    value = {
        "name": "own",
        "steps": [*steps, {"page_length_filter": {"length_type": "word", "max_length": float("inf")}}],
    }
    recipe = parse_recipe(value | {"output": {"format": "parquet"}}, "own.yaml", tmp_path)
    again = tmp_path / "other" / "again.yaml"
    again.parent.mkdir()
    again.write_text(yaml.safe_dump(recipe.as_written()))
    assert load_recipe(again) == recipe
    assert load_recipe(again).identity() == recipe.identity()


def test_steps_of_one_name_are_numbered():
    assert labels_of(["a", "b", "a"]) == ["a#1", "b", "a#2"]
