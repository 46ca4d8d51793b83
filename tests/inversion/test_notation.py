from __future__ import annotations

import pytest

from assay.base.errors import InputError
from assay.inversion.notation import parse_operator


@pytest.mark.parametrize(
    "text",
    [
        "mask:0.5..0.95",
        "noise:0.1,0.3,0.5",
        "blur:5@21",
        "square:50",
        "square:50@anywhere",
        "downsample:4",
        "jpeg:10..50",
        "pixelate:0.25",
        "impulse:0.1",
        "imagenet-c/contrast:3",
        "clean",
        "blur:5@21+noise:0.1+mask:0.5",
    ],
)
def test_operators_say_how_they_are_written(text):
    assert str(parse_operator(text)) == text


def test_mixtures_are_those_of_the_papers_code():
    assert [str(part) for part in parse_operator("multi:1").operators] == [
        "one of 0.5 jitter:0.4,0.4,0.2,0.1",
        "one of 0.4 blur:1..5@23",
        "one of 0.4 noise:0.1..0.5",
        "one of 0.1 mask:0.25..0.5",
    ]
    second = [chance for chance, _ in parse_operator("multi:2").operators]
    assert second == pytest.approx([0.6 * part / 14 for part in (5, 4, 4, 1)])
    assert str(parse_operator("multi:4")) == "one of 0.3 blur:1..5@23, 0.3 noise:0.05..0.5"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("masks:0.5", "did you mean mask"),
        ("mask", "has no level"),
        ("mask:", "has no level"),
        ("mask:x", "not a level"),
        ("mask:1.5", "level 1.5 of mask is out of range"),
        ("mask:-0.1", "out of range"),
        ("mask:0.5..1.01", "out of range"),
        ("noise:-1", "out of range"),
        ("blur:0", "out of range"),
        ("blur:5@20", "no middle"),
        ("blur:5@x", "not a number of taps"),
        ("noise:0.1@3", "no option"),
        ("square:1.5", "not a whole number"),
        ("downsample:1..4", "not a whole number"),
        ("jpeg:0", "out of range"),
        ("multi:5", "no mixture"),
        ("imagenet-c/frosty:1", "unknown corruption"),
        ("", "unknown operator"),
        ("blur:5+", "unknown operator"),
    ],
)
def test_mistakes_are_explained(text, complaint):
    with pytest.raises(InputError, match=complaint):
        parse_operator(text)
