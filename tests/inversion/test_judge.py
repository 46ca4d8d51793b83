from __future__ import annotations

import pytest
import torch

from assay.base.errors import InputError
from assay.inversion.encoders import ImageEncoder
from assay.inversion.images import Images
from assay.inversion.judge import BASELINES, Judge, Protocol, baseline_names, label_shares
from assay.inversion.robustness import default_operators, robustness
from assay.inversion.small import SmallEncoder, train_small
from assay.inversion.student import StudentSettings


def images(seed: int, count: int = 200) -> Images:
    """Four classes: which quarter of the rows is bright."""
    draws = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 4
    pixels = torch.randint(0, 80, (count, 1, 28, 28), generator=draws, dtype=torch.uint8)
    for number, label in enumerate(labels.tolist()):
        pixels[number, 0, 7 * label : 7 * label + 7] += 100
    return Images(pixels, labels, ("a", "b", "c", "d"))


@pytest.fixture(scope="module")
def teacher():
    with torch.random.fork_rng():
        # enough steps for the statistics of BatchNorm
        return ImageEncoder(train_small(images(0, 1024), epochs=8), 28, (0.5,), (0.5,), source="small-cnn").eval()


def test_the_small_encoder_learns_its_classes(teacher):
    assert isinstance(teacher.body, SmallEncoder)
    rows = robustness(teacher, images(1), images(2), ["clean", "noise:3"])
    found = {(row.operator, row.measure): row.value for row in rows}
    assert found["clean", "zero-shot"] > 0.9
    assert found["clean", "accuracy"] > 0.9
    assert found["clean", "cosine"] == pytest.approx(1)
    assert found["clean", "retrieval@1"] == 1
    assert found["noise:3", "cosine"] < 0.9


def test_every_baseline_has_its_rows(teacher):
    settings = StudentSettings(operator="noise:0.5", epochs=2, batch=32)
    protocol = Protocol((1.0, 0.1), 2, BASELINES)
    rows = Judge(teacher, (images(1), images(2, 20)), protocol, settings).rows(teacher, "noise:0.2")
    assert {row.method for row in rows} == {"student", *BASELINES}
    for name in BASELINES:
        probes = {row.labels: row for row in rows if row.method == name and row.measure == "accuracy"}
        assert set(probes) == {1.0, 0.1}, name
        assert all(0 <= row.value <= 1 and row.stderr >= 0 for row in probes.values())
    by_method = {row.method: row.value for row in rows if row.measure == "cosine"}
    assert by_method["student"] == by_method["clean encoder"]  # the student here is the teacher


def test_test_images_get_numbers_of_their_own(teacher):
    same = images(1)
    judge = Judge(teacher, (same, same), Protocol((1.0,), 2), StudentSettings(operator="noise:0.5"))
    rows = judge.of_encoder("student", teacher, "noise:0.5")
    assert next(row for row in rows if row.measure == "cosine").stderr > 0


@pytest.mark.parametrize("text", ["", "x", "0", "1.0,2", "0.1,-1"])
def test_shares_must_be_shares(text):
    with pytest.raises(InputError, match="not shares of the labels"):
        label_shares(text)


def test_baselines_have_names():
    assert baseline_names(["clean-head", "mse"]) == ("clean head", "mse")
    assert baseline_names(["all"]) == BASELINES
    with pytest.raises(InputError, match="did you mean end-to-end"):
        baseline_names(["end-to-and"])


def test_the_levels_of_the_catalog_are_operators():
    from assay.inversion.notation import parse_operator

    assert [str(parse_operator(each)).partition("@")[0] for each in default_operators()] == default_operators()


def test_images_need_labels(teacher):
    bare = Images(images(1).pixels)
    with pytest.raises(InputError, match="no classes"):
        robustness(teacher, bare, bare, ["clean"])
