"""NeMo Curator's side of ``curation.py``: its filters after Gopher's rules, called as its stages call them.

    pip install --no-deps nemo-curator cosmos-xenna==0.2.0
    pip install 'ray[data]' pandas loguru regex

Its filters of repeated n-grams do not decide the same in every process: of n-grams that are equally frequent they take
one by Python's hash, which is seeded anew, so no dialect of ours can claim their decisions. On 600 documents, two seeds
differed on 23. ``curation.py`` sets the seed.

The bounds of its n-gram filters are Gopher's; everything else is as it is set by default. The stages around the
filters, which make data frames and move them between processes, are left out, in its favour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nemo_curator.stages.text.filters import DocumentFilter
from nemo_curator.stages.text.filters.heuristic import (
    BulletsFilter,
    CommonEnglishWordsFilter,
    EllipsisFilter,
    MeanWordLengthFilter,
    SymbolsToWordsFilter,
    WordCountFilter,
    WordsWithoutAlphabetsFilter,
)
from nemo_curator.stages.text.filters.heuristic.repetition import (
    RepeatedLinesByCharFilter,
    RepeatedLinesFilter,
    RepeatedParagraphsByCharFilter,
    RepeatedParagraphsFilter,
    RepeatingDuplicateNGramsFilter,
    RepeatingTopNGramsFilter,
)
from peer_side import Verdict, run, tell

QUALITY = (
    WordCountFilter(),
    MeanWordLengthFilter(),
    SymbolsToWordsFilter(),
    BulletsFilter(),
    EllipsisFilter(),
    WordsWithoutAlphabetsFilter(),
    CommonEnglishWordsFilter(),
)
REPETITION = (
    RepeatedLinesFilter(),
    RepeatedParagraphsFilter(),
    RepeatedLinesByCharFilter(),
    RepeatedParagraphsByCharFilter(),
    *(RepeatingTopNGramsFilter(n, maximum) for n, maximum in ((2, 0.2), (3, 0.18), (4, 0.16))),
    *(RepeatingDuplicateNGramsFilter(n, round(0.2 - n / 100, 2)) for n in range(5, 11)),
)


def rule_set(filters: Sequence[DocumentFilter]) -> Callable[[str], Verdict]:
    def decide(text: str) -> Verdict:
        for step in filters:
            try:
                if not step.keep_document(step.score_document(text)):
                    return Verdict(step.name)
            except ZeroDivisionError:  # of an empty document
                return Verdict(f"{step.name} fails")
        return Verdict(None)

    return decide


def main() -> None:
    ran = run({"gopher repetition": rule_set(REPETITION), "gopher quality": rule_set(QUALITY)})
    tell(ran, ran.results, ("nemo-curator",))


if __name__ == "__main__":
    main()
