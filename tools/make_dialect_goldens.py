"""Write tests/text/golden/dialects.json.gz: documents, and what datatrove and dolma do with each.

python tools/make_dialect_goldens.py       (in an environment with datatrove and spacy, then in one with dolma)

The two do not install into one environment: each run adds what the installed one says, and keeps what the other said.
The documents are made from a seed; they lie on both sides of the bounds of the rules.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

TARGET = Path(__file__).parents[1] / "tests" / "text" / "golden" / "dialects.json.gz"
PER_FAMILY = 27
LISTS = {
    "short": "a an as at be by do go he if in is it me my no of on or so to up us we",
    "stop": "the be to of and that have with",
    "long": """water people history number picture question mountain together children between important example
        different government development information environment understanding international responsibility""",
    "odd": 'don\'t Mr. U.S. e.g. (maybe) "quoted" well-known 3.14 $5 10km a/b foo_bar :-) C++ x=1 café naïve [1] ’tis',
    "foreign": "日本 語 Москва Ελλάδα שלום مرحبا ½ Ⅷ ٣ 🇦🇧 👩\u200d🔬 é e\u0301 İ \u212a ß",
}
SHORT, STOP, LONG, ODD, FOREIGN = (text.split() for text in LISTS.values())
MARKS = [".", ".", ".", "!", "?", '"', "'", "...", "…", "。", ";", ""]
BLANKS = [" ", " ", " ", "  ", "\t", "\u00a0", "\u3000", "\x0b", "\x1c", "\u2028", "\u200b"]


class Writer:
    """Makes documents of random words."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)

    def pick(self, some: Sequence[str]) -> str:
        """One of these."""
        return some[self.between(0, len(some) - 1)]

    def between(self, low: int, high: int) -> int:
        """An integer between two, inclusive."""
        return int(self.random.integers(low, high + 1))

    def words(self, count: int, *lists: list[str]) -> list[str]:
        """So many words of these lists (or of the usual ones)."""
        some = lists or (SHORT, SHORT, STOP, LONG, LONG)
        return [self.pick(some[self.between(0, len(some) - 1)]) for _ in range(count)]

    def line(self, low: int, high: int) -> str:
        """So many words."""
        return " ".join(self.words(self.between(low, high)))

    def sentences(self, count: int) -> list[str]:
        """Lines with a mark at the end."""
        return [self.line(6, 12) + self.pick(MARKS[:4]) for _ in range(count)]

    def mixed(self, some: list[str]) -> list[str]:
        """The same in random order."""
        return [some[i] for i in self.random.permutation(len(some))]

    def repeated(self, items: list[str], share: float) -> list[str]:
        """The items and copies of a few of them, so that about this share are copies."""
        copies = round(len(items) * share / (1 - share))
        few = items[: self.between(1, 3)]
        return self.mixed(items + [self.pick(few) for _ in range(copies)])

    def marked(self, lines: list[str], share: float, marks: list[str]) -> list[str]:
        """The lines, about this share of them with one of the marks at the end."""
        return [line + self.pick(marks) if self.random.random() < share else line for line in lines]


def repeated_lines(writer: Writer) -> str:
    """Around the bounds of repeated lines."""
    lines = writer.repeated(writer.sentences(writer.between(8, 20)), writer.random.uniform(0.1, 0.4))
    return writer.pick(["\n", "\n\n", "\n \n"]).join(lines)


def repeated_paragraphs(writer: Writer) -> str:
    """Around the bounds of repeated paragraphs."""
    paragraphs = ["\n".join(writer.sentences(2)) for _ in range(writer.between(6, 12))]
    return writer.pick(["\n\n", "\n\n\n"]).join(writer.repeated(paragraphs, writer.random.uniform(0.05, 0.4)))


def a_little_repeated(writer: Writer) -> str:
    """Around 1 % of the characters, FineWeb's bound."""
    return "\n".join(writer.mixed(writer.sentences(writer.between(20, 30)) + [writer.line(1, 4)] * 2))


def frequent_ngram(writer: Writer) -> str:
    """Around the bounds of the most frequent n-grams."""
    phrase = " ".join(writer.words(writer.between(2, 4), LONG))
    return " ".join(
        writer.mixed(with_copies(writer.words(writer.between(60, 150)), phrase, writer.random.uniform(0.08, 0.26)))
    )


def repeated_passages(writer: Writer) -> str:
    """Around the bounds of the n-grams of 5 to 10 words."""
    rest = [writer.line(7, 7) for _ in range(writer.between(10, 25))]
    return " ".join(writer.mixed(with_copies(rest, writer.line(5, 14), writer.random.uniform(0.05, 0.25))))


def with_copies(rest: list[str], phrase: str, share: float) -> list[str]:
    """Copies of a phrase beside the rest, to be about this share of the characters."""
    return rest + [phrase] * max(round(share / (1 - share) * len(" ".join(rest)) / len(phrase)), 1)


def equal_without_spaces(writer: Writer) -> str:
    """N-grams of the same letters, differently cut."""
    return "".join(writer.pick("abc") + writer.pick(["", " ", " "]) for _ in range(writer.between(60, 200)))


def number_of_words(writer: Writer) -> str:
    """Around 50 words."""
    return " ".join(writer.words(writer.between(44, 56), SHORT, STOP, LONG, MARKS[:4]))


def length_of_words(writer: Writer) -> str:
    """Around 3 and 10 characters."""
    lists = [(SHORT, SHORT, SHORT, STOP), (SHORT, STOP, ["cat", "dogs"]), (LONG[8:],), (LONG[12:],)]
    return " ".join(writer.words(70, *lists[writer.between(0, 3)]) + STOP[: writer.between(0, 4)])


def symbols(writer: Writer) -> str:
    """Around one symbol for ten words."""
    symbol = writer.pick(["#", "...", "…", ". . .", "#a", "b…", "...."])
    return " ".join(writer.mixed(writer.words(80) + [symbol] * writer.between(4, 14)))


def bullets(writer: Writer) -> str:
    """Around 90 % of the lines."""
    share = (0.5, 0.85, 0.9, 0.95, 1)[writer.between(0, 4)]
    bullet = writer.pick(["- ", "• ", "* ", " - ", "● ", "-", "‣ "])
    lines = writer.sentences(writer.between(8, 20))
    return "\n".join(bullet + line if writer.random.random() < share else line for line in lines)


def ellipses(writer: Writer) -> str:
    """Around 30 % of the lines."""
    ends = ["...", "…", "... ", ". . .", "…\t"]
    return "\n".join(writer.marked(writer.sentences(12), writer.random.uniform(0.1, 0.45), ends))


def letters(writer: Writer) -> str:
    """Around 80 % of the words."""
    numbers = [str(writer.between(1, 9999)) for _ in range(writer.between(9, 27))]
    return " ".join(writer.mixed(numbers + writer.words(90 - len(numbers))))


def stop_words(writer: Writer) -> str:
    """Around two stop words."""
    some = [writer.pick([word, word, word.upper(), f"{word},"]) for word in writer.words(writer.between(0, 3), STOP)]
    return " ".join(writer.mixed(some + writer.words(60, LONG)))


def punctuated_lines(writer: Writer) -> str:
    """Around 12 % of the lines."""
    lines = [writer.line(5, 12) for _ in range(25)]
    return "\n".join(writer.marked(lines, writer.random.uniform(0.02, 0.25), MARKS))


def short_lines(writer: Writer) -> str:
    """Around 67 % of the lines, and around 30 characters."""
    lines = [writer.line(10, 14) for _ in range(24)]
    share = writer.random.uniform(0.5, 0.8)
    cut = (line[: writer.between(26, 32)] if writer.random.random() < share else line for line in lines)
    return "\n".join(f"{line}." for line in cut)


def many_newlines(writer: Writer) -> str:
    """Around three newlines for ten words."""
    return "\n".join(" ".join(writer.words(writer.between(2, 4), LONG[8:], LONG)) + "." for _ in range(30))


C4_LINES = """Please enable JavaScript to go on. | javaSCRIPT is of use here. | We use cookies to be with you. | [] a b.
 | Our PRIVACY policy. | See the terms of use now. | A line [1] with [citation needed] a note.[2] | Only [edit] two.
 | [3] A note at the beginning. | [٣] a digit of others. | Two words. | Now three words. | It ends so... | It ends so…
 | He said "yes" | They said 'no' | No mark at the end | One. Two. Three. Four! Five? | Mr. Smith of the U.S. is here.
 | An uses coo\u212aies line is here. |  | e.g. this. i.e. that. | Hello!  World. Yes. | What?! No... Yes.
 | It is. "Quoted." (Is it?) Yes."""
C4_DROPS = (
    f"Lorem IPSUM is here now. | a {{ is here now. | lorem ipsum without end | {{ x | {'w' * 1001} is a long word."
)


def c4_lines(writer: Writer) -> str:
    """Lines that C4's rules are about."""
    lines = [writer.pick(C4_LINES.split(" | ")) for _ in range(writer.between(1, 9))]
    lines += writer.sentences(writer.between(0, 3))
    if writer.random.random() < 0.3:
        lines.append(writer.pick(C4_DROPS.split(" | ")))
    ends = ["\n", "\n", "\r\n", "\n\n", " \n", "\r", "\u2028", "\x0c"]
    return "".join(line + writer.pick(ends) for line in writer.mixed(lines))


def nasty(writer: Writer) -> str:
    """Words, marks and blanks of every kind."""
    words = writer.words(writer.between(40, 120), SHORT, ODD, FOREIGN, STOP, MARKS)
    return "".join(word + writer.pick([*BLANKS, "\n", "\n\n", ""]) for word in words)


DEGENERATE = ["", " ", "\n", "\n\n\n", "a", "the", ".", "a\n", "\n a \n\n", "…", "#", "\x00", "a b", "日本"]
FAMILIES: list[Callable[[Writer], str]] = [
    *(repeated_lines, repeated_paragraphs, a_little_repeated, frequent_ngram, repeated_passages, equal_without_spaces),
    *(number_of_words, length_of_words, symbols, bullets, ellipses, letters, stop_words),
    *(punctuated_lines, short_lines, many_newlines, c4_lines, nasty),
]


def make_documents() -> list[str]:
    """The documents."""
    return DEGENERATE + [family(Writer(seed)) for family in FAMILIES for seed in range(PER_FAMILY)]


def ask_datatrove(texts: list[str]) -> dict[str, Any]:
    """The first rule that drops each document (null when it is kept); of C4, its text too; and spaCy's words."""
    from datatrove.data import Document
    from datatrove.pipeline.filters import (
        C4QualityFilter,
        FineWebQualityFilter,
        GopherQualityFilter,
        GopherRepetitionFilter,
    )
    from datatrove.utils.text import split_into_words

    filters = {
        "gopher_repetition": GopherRepetitionFilter(),
        "gopher_quality": GopherQualityFilter(),
        "fineweb_quality": FineWebQualityFilter(),
        "c4_quality": C4QualityFilter(),
        "c4_quality_any_end": C4QualityFilter(filter_no_terminal_punct=False),
    }
    said: dict[str, Any] = {name: [] for name in filters}
    for text in texts:
        for name, step in filters.items():
            document = Document(text=text, id="0")
            result = step.filter(document)
            if name.startswith("c4"):
                said[name].append([document.text, None] if result is True else [None, result[1]])
            else:
                said[name].append(None if result is True else result[1])
    said["words_in"] = words_in_runs(texts, split_into_words)
    return {"versions": {name: version(name) for name in ("datatrove", "spacy")}, **said}


def words_in_runs(texts: list[str], split: Callable[[str], list[str]]) -> dict[str, list[str]]:
    """The words of every run without white space that holds several; the words of a text are those of its runs."""
    found: dict[str, list[str]] = {}
    for text in texts:
        words = iter(split(text))
        for run in text.split():
            inside: list[str] = []
            while sum(map(len, inside)) < len(run):
                inside.append(next(words))
            if "".join(inside) != run or found.setdefault(run, inside) != inside:
                raise AssertionError(f"words cross white space, or a run has different words: {run!r}")
        if next(words, None) is not None:
            raise AssertionError(f"words beyond the last run: {text!r}")
    return {run: words for run, words in found.items() if len(words) > 1}


def ask_dolma(texts: list[str]) -> dict[str, Any]:
    """The attributes of both Gopher taggers, and the text that C4's tagger leaves (null: the page is dropped)."""
    from dolma.core.data_types import Document
    from dolma.taggers.c4 import FasterC4Tagger
    from dolma.taggers.gopher import GopherTagger, GopherTaggerV2

    said: dict[str, Any] = {"gopher_v1": [], "gopher_v2": [], "c4_text": []}
    for text in texts:
        document = Document(source="", version="", id="", text=text)
        for name, tagger in (("gopher_v1", GopherTagger()), ("gopher_v2", GopherTaggerV2())):
            said[name].append({span.type: span.score for span in tagger.predict(document).spans})
        said["c4_text"].append(without_spans(text, FasterC4Tagger().predict(document).spans))
    return {"versions": {"dolma": version("dolma")}, **said}


def without_spans(text: str, spans: list[Any]) -> str | None:
    """What dolma's mixer leaves by the configuration of its C4 replication, but for bad words."""
    kinds = {span.type for span in spans}
    if kinds & {"has_curly_brace", "has_lorem_ipsum", "has_javascript"}:
        return None
    gone = {i for span in spans if span.type.startswith("lines_with") for i in range(span.start, span.end)}
    return "".join(character for i, character in enumerate(text) if i not in gone)


def main() -> None:
    """Write the file."""
    golden: dict[str, Any] = {}
    if TARGET.exists():
        golden = json.loads(gzip.decompress(TARGET.read_bytes()))
    texts = make_documents()
    if golden.get("texts") != texts:
        golden = {"texts": texts}
    for name, ask in (("datatrove", ask_datatrove), ("dolma", ask_dolma)):
        try:
            version(name)
        except PackageNotFoundError:
            continue
        golden[name] = ask(texts)
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_bytes(
        gzip.compress(json.dumps(golden, ensure_ascii=False, separators=(",", ":")).encode(), 9, mtime=0)
    )


if __name__ == "__main__":
    main()
