"""uniseg's side of ``curation.py``: the word splitting in which DCLM's repetition filter spends 96 % of its time.

pip install uniseg
"""

from __future__ import annotations

from peer_side import run, tell
from uniseg.wordbreak import words

DOCUMENTS = 40
"""It is slow."""


def main() -> None:
    ran = run({"words": lambda text: sum(1 for _ in words(text))}, DOCUMENTS)
    tell(ran, {}, ("uniseg",))


if __name__ == "__main__":
    main()
