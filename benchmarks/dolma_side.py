"""dolma's side of ``curation.py``: its taggers, and the decisions of its mixer.

    pip install dolma boto3==1.26.76    # without the pin, pip searches for hours

The taggers are timed. The mixer, which is told to drop what is beyond the bounds of the Dolma paper (Soldaini et al.
2024) and to cut the lines that its replication of C4 cuts, is not, in its favour; it decides on the five digits that
dolma writes.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peer_side import Verdict, run, tell

Tags = dict[str, list[tuple[int, int, float]]]

MINIMA = {
    "word_count": 50,
    "median_word_length": 3,
    "fraction_of_words_with_alpha_character": 0.8,
    "required_word_count": 2,
}
MAXIMA = {
    "word_count": 100_000,
    "median_word_length": 10,
    "symbol_to_word_ratio": 0.1,
    "fraction_of_lines_starting_with_bullet_point": 0.9,
    "fraction_of_lines_ending_with_ellipsis": 0.3,
    "fraction_of_duplicate_lines": 0.3,
    "fraction_of_characters_in_duplicate_lines": 0.3,
    **{f"fraction_of_characters_in_most_common_{n}grams": bound for n, bound in ((2, 0.2), (3, 0.18), (4, 0.16))},
    **{f"fraction_of_characters_in_duplicate_{n}grams": round(0.2 - n / 100, 2) for n in range(5, 11)},
}
FLAGS = ("has_curly_brace", "has_lorem_ipsum", "has_javascript")
CUT_LINES = ("lines_with_no_ending_punctuation", "lines_with_too_few_words")
BEYOND = [(name, "<", bound) for name, bound in MINIMA.items()] + [(name, ">", bound) for name, bound in MAXIMA.items()]
GOPHER = {f"{name} {sign} {bound}": f"@.{name} && @.{name}[0][2] {sign} {bound}" for name, sign, bound in BEYOND}
C4 = {name: f"@.{name} && @.{name}[0]" for name in FLAGS}


def mix(texts: list[str], tags: list[Tags], conditions: dict[str, str], cut: tuple[str, ...] = ()) -> dict[int, str]:
    """The texts that the mixer keeps, as it leaves them, by their number."""
    from dolma import mixer

    with tempfile.TemporaryDirectory() as folder:
        documents, attributes, out = (Path(folder, name) for name in ("documents", "attributes/tags", "out"))
        write(documents, [{"text": text, "source": "", "added": "", "created": ""} for text in texts])
        write(attributes, [{"attributes": each} for each in tags])
        stream = {
            "name": "mixed",
            "documents": [str(documents / "*.gz")],
            "attributes": ["tags"],
            "output": {"path": str(out), "max_size_in_bytes": 1 << 40},
            "filter": {"include": [], "exclude": [f"$.attributes[?({each})]" for each in conditions.values()]},
            "span_replacement": [{"span": f"$.attributes.{name}", "min_score": 0.5, "replacement": ""} for name in cut],
        }
        work = {"input": str(Path(folder, "in")), "output": str(Path(folder, "work"))}
        mixer({"streams": [stream], "work_dir": work, "processes": 1})
        return {int(row["id"]): row["text"] for file in out.glob("*.gz") for row in read(file)}


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True)
    with gzip.open(folder / "all.jsonl.gz", "wt", encoding="utf-8") as file:
        for number, row in enumerate(rows):
            file.write(json.dumps({"id": str(number)} | row) + "\n")


def read(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def gopher_verdicts(texts: list[str], tags: list[Tags]) -> list[Verdict]:
    """By the mixer; with each attribute that is beyond a bound of those it drops."""
    kept = mix(texts, tags, GOPHER)
    return [Verdict(None if number in kept else beyond_bounds(each)) for number, each in enumerate(tags)]


def beyond_bounds(tags: Tags) -> str:
    values = {name: spans[0][2] for name, spans in tags.items()}
    low = [f"{name} {values[name]} < {bound}" for name, bound in MINIMA.items() if values.get(name, bound) < bound]
    high = [f"{name} {values[name]} > {bound}" for name, bound in MAXIMA.items() if values.get(name, bound) > bound]
    return ", ".join(low + high)


def c4_verdicts(texts: list[str], tags: list[Tags]) -> list[Verdict]:
    kept = mix(texts, tags, C4, CUT_LINES)
    flags = [" ".join(name for name in FLAGS if name in each) for each in tags]
    return [Verdict(None, kept[number]) if number in kept else Verdict(flag) for number, flag in enumerate(flags)]


def tagger(name: str) -> Callable[[str], Tags]:
    from dolma.core.data_types import InputSpec
    from dolma.core.registry import TaggerRegistry

    tag = TaggerRegistry.get(name)().tag
    return lambda text: tag(InputSpec(id="", text=text))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        # dolma fetches NLTK's data when it is imported and finds no folder of this name; the taggers do without.
        Path(folder, "tokenizers", "punkt").mkdir(parents=True)
        os.environ["NLTK_DATA"] = folder
        ran = run({name: tagger(name) for name in ("gopher_v1", "gopher_v2", "c4_v2")})
    verdicts = {name: gopher_verdicts(ran.texts, ran.results[name]) for name in ("gopher_v1", "gopher_v2")}
    verdicts["c4_v2"] = c4_verdicts(ran.texts, ran.results["c4_v2"])
    tell(ran, verdicts, ("dolma", "numpy"))


if __name__ == "__main__":
    main()
