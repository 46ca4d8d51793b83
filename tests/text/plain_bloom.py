"""The modes of DCLM's ``bff`` in plain Python, with a set in place of the Bloom filter."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from assay.text.bloom import BloomDedup
from text.plain import words

RUST_WHITE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
)
RUST_WHITE += "\u202f\u205f\u3000"

Grams = list[tuple[str, ...]]


def tokens(text: str) -> list[tuple[int, str]]:
    """Words that are not blank, with where they start."""
    found, at = [], 0
    for word in words(text, "uniseg"):
        if word.strip(RUST_WHITE):
            found.append((at, word))
        at += len(word)
    return found


def grams(text: str, step: BloomDedup) -> Grams:
    found = [word for _, word in tokens(text)]
    most = step.max_ngram_size
    windows = [tuple(found[i : i + most]) for i in range(len(found) - most + 1)]
    return windows or ([tuple(found)] if found and len(found) >= step.sizes[0] else [])


def bounds(text: str) -> list[int]:
    return [0, *(i for i, character in enumerate(text) if character == "\n"), len(text)]


def paragraphs(text: str) -> list[str]:
    edges = bounds(text)
    return [text[a:b] for a, b in pairwise(edges)]


def over(known: int, total: int, threshold: float) -> bool:
    return total > 0 and known / total > threshold


def sweep_plainly(step: BloomDedup, texts: tuple[str, ...]) -> list[str | None]:
    """What is left of each text; None where nothing is."""
    seen: set = set()
    mode = MODES[step.remove_type]
    left = [mode(step, text, seen) for text in texts]
    return [None if text is None or not text.strip(RUST_WHITE) else text for text in left]


def by_paragraph(step: BloomDedup, text: str, seen: set) -> str:
    return "".join(kept for kept, _, _ in _paragraph_by_paragraph(step, text, seen))


def _paragraph_by_paragraph(step: BloomDedup, text: str, seen: set) -> Iterator[tuple[str, int, int]]:
    for paragraph in paragraphs(text):
        found = grams(paragraph, step)
        known = sum(gram in seen for gram in found)
        if over(known, len(found), step.filtering_threshold):
            yield "", known, len(found)
        else:
            seen.update(found)
            yield paragraph, known, len(found)


def old_both(step: BloomDedup, text: str, seen: set) -> str | None:
    kept = list(_paragraph_by_paragraph(step, text, seen))
    known, total = sum(known for _, known, _ in kept), sum(total for _, _, total in kept)
    return None if over(known, total, step.filtering_threshold) else "".join(part for part, _, _ in kept)


def by_document(step: BloomDedup, text: str, seen: set, told: bool = True) -> str | None:
    found = grams(text, step)
    if over(sum(gram in seen for gram in found), len(found), step.filtering_threshold):
        return None
    seen.update(found if told else ())
    return text


def naive_both(step: BloomDedup, text: str, seen: set) -> str | None:
    return None if by_document(step, text, seen) is None else by_paragraph(step, text, seen)


def naive_both_mended(step: BloomDedup, text: str, seen: set) -> str | None:
    return None if by_document(step, text, seen, told=False) is None else by_paragraph(step, text, seen)


def both(step: BloomDedup, text: str, seen: set) -> str | None:
    found, places = grams(text, step), [at for at, _ in tokens(text)]
    if not found:
        return text
    known = [gram in seen for gram in found]
    if sum(known) / len(known) >= step.filtering_threshold:
        return None
    end = bounds(text)[1]
    own = [k for k, place in zip(known, places[step.max_ngram_size - 1 :], strict=False) if place < end]
    if own and sum(own) / len(own) >= step.filtering_threshold:
        return text[end:].rstrip(RUST_WHITE)
    seen.update(found)
    return text.rstrip(RUST_WHITE)


def both_mended(step: BloomDedup, text: str, seen: set) -> str | None:
    found, places = grams(text, step), [at for at, _ in tokens(text)]
    known = [gram in seen for gram in found]
    if over(sum(known), len(known), step.filtering_threshold):
        return None
    parts = paragraphs(text)
    edges = bounds(text)[1:-1]
    owner = [sum(place >= edge for edge in edges) for place in places]
    spans = [(owner[k], owner[k + len(gram) - 1]) for k, gram in enumerate(found)]
    gone = set()
    for number in range(len(parts)):
        own = [k for k, span in zip(known, spans, strict=True) if span == (number, number)]
        if over(sum(own), len(own), step.filtering_threshold):
            gone.add(number)
    seen.update(gram for gram, (a, b) in zip(found, spans, strict=True) if not gone & set(range(a, b + 1)))
    return "".join(part for number, part in enumerate(parts) if number not in gone)


def substring(step: BloomDedup, text: str, seen: set) -> str:
    found, most = tokens(text), step.max_ngram_size
    windows = grams(text, step)
    if not windows:
        return text
    runs: list[tuple[int, int]] = []
    for k, gram in enumerate(windows):
        if gram in seen:
            joins = runs and runs[-1][1] == k
            runs[-1:] = [(runs[-1][0], k + 1)] if joins else [*runs[-1:], (k, k + 1)]
    runs = merged([(a, b + most - 1) for a, b in runs])
    if step.filtering_threshold < 1:
        forward, backward = (sandwich(order, step.filtering_threshold) for order in (runs, runs[::-1]))
        both_ways: list[tuple[int, int]] = []
        while forward and backward:
            first = forward if forward[0] <= backward[0] else backward
            both_ways.append(first.pop(0))
        runs = merged(both_ways + forward + backward)
    runs = [(a, b) for a, b in runs if b - a >= step.substr_seqlen]
    starts = [at for at, _ in found] + [len(text)]
    edges = [0, *(edge for run in runs for edge in run), len(found)]
    left = ""
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        left += text[starts[a] : starts[b]]
        seen.update(windows[k] for k in range(a, b - most + 1))
    return left.rstrip(RUST_WHITE)


def merged(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for a, b in runs:
        if out and out[-1][1] >= a:
            out[-1] = (out[-1][0], max(b, out[-1][1]))
        else:
            out.append((a, b))
    return out


def sandwich(runs: list[tuple[int, int]], threshold: float) -> list[tuple[int, int]]:
    out: list[tuple[int, int, int]] = []
    for a, b in runs:
        if out:
            first, last, filled = min(a, out[-1][0]), max(b, out[-1][1]), out[-1][2] + b - a
            if filled >= (last - first) * threshold:
                out[-1] = (first, last, filled)
                continue
        out.append((a, b, b - a))
    return [(a, b) for a, b, _ in out]


def exact(step: BloomDedup, text: str, seen: set) -> str | None:
    if text in seen:
        return None
    seen.add(text)
    return text


MODES = {
    "old-both": old_both,
    "paragraph": by_paragraph,
    "document": by_document,
    "both": both,
    "both-mended": both_mended,
    "naive-both": naive_both,
    "naive-both-mended": naive_both_mended,
    "substring": substring,
    "exact": exact,
}
