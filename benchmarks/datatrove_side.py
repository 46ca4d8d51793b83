"""datatrove's side of ``curation.py``: its Gopher, C4 and FineWeb filters as they are set by default.

pip install 'datatrove[processing]' spacy
"""

from __future__ import annotations

from collections.abc import Callable

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.base_filter import BaseFilter, get_filter_result
from peer_side import Verdict, run, tell


def rule_set(step: BaseFilter) -> Callable[[str], Verdict]:
    def decide(text: str) -> Verdict:
        document = Document(text=text, id="")
        kept, reason = get_filter_result(step.filter(document))
        if not kept:
            return Verdict(reason or "dropped")
        return Verdict(None, document.text if isinstance(step, C4QualityFilter) else None)

    return decide


def main() -> None:
    steps = {
        "gopher repetition": GopherRepetitionFilter(),
        "gopher quality": GopherQualityFilter(),
        "fineweb": FineWebQualityFilter(),
        "c4": C4QualityFilter(),
        "c4, any end of a line": C4QualityFilter(filter_no_terminal_punct=False),
    }
    ran = run({name: rule_set(step) for name, step in steps.items()})
    tell(ran, ran.results, ("datatrove", "spacy", "numpy"))


if __name__ == "__main__":
    main()
