"""Operators as text: what a command line and a recipe write.

``mask:0.9``, ``noise:0.1..0.3``, ``blur:5``, ``blur:1..5@23`` (23 taps), ``square:50@anywhere``, ``downsample:4``,
``jpeg:10..50``, ``pixelate:0.25``, ``impulse:0.1``, ``imagenet-c/contrast:3``, ``clean``, ``multi:1``; ``+`` joins
operators that follow one another.
"""

from __future__ import annotations

from assay.base.errors import InputError, unknown_name
from assay.inversion.color import ColorJitter
from assay.inversion.compose import Compose, Maybe, OneOf
from assay.inversion.eight_bit import Jpeg, Pixelate
from assay.inversion.imagenet_c import ImageNetC
from assay.inversion.operators import Blur, Downsample, Identity, Impulse, Leveled, Mask, Noise, Operator, Square

_PLAIN: dict[str, type[Leveled]] = {each.name: each for each in (Noise, Mask, Impulse, Downsample, Pixelate, Jpeg)}
_NAMES = [*_PLAIN, "blur", "square", "imagenet-c/CORRUPTION", "multi", "clean"]


def parse_operator(text: str) -> Operator:
    """The operator that ``text`` means; InputError for unknown names and levels that are missing or out of range."""
    parts = [_one(part.strip()) for part in text.split("+")]
    return parts[0] if len(parts) == 1 else Compose(parts)


def _one(text: str) -> Operator:
    if text == "clean":
        return Identity()
    name, _, level = text.partition(":")
    if name not in _NAMES and not name.startswith("imagenet-c/"):
        raise unknown_name("operator", name, _NAMES)
    if not level:
        raise InputError(
            f"the operator {text!r} has no level", hint=f"write for example {name}:LEVEL or {name}:LOW..HIGH"
        )
    if name == "multi":
        return multi(level)
    level, _, option = level.partition("@")
    if name == "blur":
        return Blur(level, _taps(option) if option else None)
    if option and (name, option) != ("square", "anywhere"):
        raise InputError(f"{name} has no option {option!r}", hint="options: blur:5@23 (taps), square:50@anywhere")
    if name == "square":
        return Square(level, anywhere=bool(option))
    if name.startswith("imagenet-c/"):
        return ImageNetC(name.removeprefix("imagenet-c/"), level)
    return _PLAIN[name](level)


def _taps(option: str) -> int:
    if not option.isdecimal():
        raise InputError(f"{option!r} is not a number of taps", hint="write for example blur:1..5@23")
    return int(option)


def multi(mode: str) -> Operator:
    """The paper's mixtures of distortions, modes 1 to 4 as its code runs them (its docstrings give other numbers).

    Modes 1 and 3 draw each distortion for itself; 2 and 4 apply at most one, to 60 % of the images. The reference draws
    the distortion of modes 2 and 4 once a run, which is an error: here each image draws its own.
    """
    jitter = ColorJitter(0.4, 0.4, 0.2, 0.1)
    blur = Blur("1..5", taps=23)
    if mode == "1":
        chances = (0.5, jitter), (0.4, blur), (0.4, Noise("0.1..0.5")), (0.1, Mask("0.25..0.5"))
        return Compose([Maybe(chance, operator) for chance, operator in chances])
    if mode == "2":
        shares = (5, jitter), (4, blur), (4, Noise("0.1..0.5")), (1, Mask("0.25..0.5"))
        return OneOf([(0.6 * share / 14, operator) for share, operator in shares])
    if mode == "3":
        return Compose([Maybe(0.8, blur), Maybe(0.8, Noise("0.05..0.5"))])
    if mode == "4":
        return OneOf([(0.3, blur), (0.3, Noise("0.05..0.5"))])
    raise InputError(f"there is no mixture {mode!r}", hint="mixtures are multi:1, multi:2, multi:3 and multi:4")
