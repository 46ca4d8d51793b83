import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from assay.base.units import Bytes, Flops, Tokens, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [("28.8B", 28_800_000_000), ("1e9", 10**9), ("4M", 4_000_000), ("1_000", 1000), (7, 7), ("2.5 k", 2500)],
)
def test_quantities_parse(text, value):
    assert Tokens.parse(text) == value


@pytest.mark.parametrize("text", ["", "many", "1.5", "-3", "4 apples", True])
def test_what_is_not_a_quantity_is_refused(text):
    with pytest.raises(ValueError, match="not a"):
        Tokens.parse(text)


def test_printing_has_units():
    assert [str(Tokens(28_800_000_000)), str(Flops(2.4e20)), str(Bytes(5_200_000))] == [
        "28.8B tokens",
        "2.4e+20 FLOPs",
        "5.2 MB",
    ]


def test_pydantic_reads_what_yaml_leaves_as_text():
    class Scale(BaseModel):
        tokens: Tokens

    assert Scale(tokens="1e9").tokens == 10**9
    assert Scale(tokens="1e9").model_dump(mode="json") == {"tokens": 10**9}
    with pytest.raises(ValidationError, match="quantity"):
        Scale(tokens="soon")


@given(st.integers(0, 10**15))
def test_whole_numbers_survive(number):
    assert Tokens.parse(str(number)) == number
    assert parse_number(f"{number}") == number
