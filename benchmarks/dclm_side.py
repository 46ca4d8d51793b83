"""DCLM's side of ``curation.py``: its mappers for Gopher's rules, with the parameters of its baseline.

    git clone https://github.com/mlfoundations/dclm    # the second argument is this checkout
    pip install uniseg fasttext-numpy2-wheel nltk unidecode    # and what else its requirements name

kenlm and transformers, which its modules import and these mappers do not use, are replaced when they are missing. The
two files that these mappers are made of are told by their hashes, so that a result says which DCLM it ran.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

from peer_side import Verdict, run, tell

MAPPERS = "baselines.mappers.filters.content_filters"
UNUSED = ("kenlm", "transformers")
QUALITY = (
    (
        "page_length_filter",
        {"length_type": "word", "min_length": 50, "max_length": 100000, "ignore_punctuation": True},
    ),
    ("word_length_filter", {"min_length": 3, "max_length": 10}),
    ("symbol_ratio_filter", {"max_symbol_to_word_ratio": 0.1}),
    ("bullet_count_filter", {"max_bullet_start_ratio": 0.9}),
    ("ellipsis_count_filter", {"max_ellipsis_end_ratio": 0.3}),
    ("alphabetic_word_ratio_filter", {"max_ratio": 0.2}),
    ("stop_word_filter", {"min_stop_word": 2}),
)
REPETITION = (("massive_web_repetition_filters", {}),)


def load_mappers(checkout: Path) -> ModuleType:
    sys.path[:0] = [str(checkout), str(checkout / "baselines")]
    for name in UNUSED:
        if find_spec(name) is None:
            sys.modules[name] = MagicMock()
    return import_module(MAPPERS)


def rule_set(mappers: ModuleType, steps: Sequence[tuple[str, dict]]) -> Callable[[str], Verdict]:
    functions = [(name, getattr(mappers, name), parameters) for name, parameters in steps]

    def decide(text: str) -> Verdict:
        for name, function, parameters in functions:
            try:
                if not function({"text": text}, **parameters):
                    return Verdict(name)
            except ArithmeticError:  # its runner drops pages that fail
                return Verdict(f"{name} fails")
        return Verdict(None)

    return decide


def main() -> None:
    checkout = Path(sys.argv[2])
    mappers = load_mappers(checkout)
    ran = run({"gopher repetition": rule_set(mappers, REPETITION), "gopher quality": rule_set(mappers, QUALITY)})
    files = [f"baselines/mappers/{name}.py" for name in ("filters/content_filters", "core_utils")]
    sources = {name: hashlib.sha256((checkout / name).read_bytes()).hexdigest() for name in files}
    tell(ran, ran.results, ("uniseg", "nltk"), sha256=sources)


if __name__ == "__main__":
    main()
