"""The tags of an HTML page, in passes that make no tree: what may the parser have to do again and again?

It opens the formatting elements in its list anew when what held them is closed (HTML standard, 13.2.4.3): of
``<font a><p><font b><p>`` the second paragraph has both fonts in it. The bound on that holds whatever the page: every
``<`` may begin a tag, and an element leaves the list only where nothing since it was opened can have stopped that.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.curation.documents import SLACK
from assay.text.kernels.block import find_byte
from assay.text.kernels.utf8 import hash_span

_LESS, _GREATER, _SLASH, _EQUALS, _QUOTE, _APOSTROPHE = (np.uint8(ord(character)) for character in "<>/=\"'")
_ALIKE = 3  # elements that are alike and in the list at a time (the Noah's Ark clause)
_LONG = 512  # bytes of attributes that are read again and again, where tags stand in the attributes of others

_BINS, _FACTOR = 1024, 131  # with which none of the names below share a bin
_FORMATTING, _LINK, _BARRIER = 1, 2, 3
# Formatting elements; those of which a new one takes the place of the old; and what begins a list of its own, hides
# elements from end tags, or holds what is no tag.
_NAMES = {
    _FORMATTING: "b big code em font i s small strike strong tt u",
    _LINK: "a nobr",
    _BARRIER: "applet caption frameset html iframe marquee math noembed noframes noscript object plaintext script "
    "select style svg table td template textarea th title xmp",
}


def _hash(name: str) -> int:
    value = 0
    for byte in name.encode():
        value = (value * _FACTOR + byte) & 0xFFFFFFFFFFFF
    return value


_KINDS, _HASHES = np.zeros(_BINS, np.uint8), np.zeros(_BINS, np.int64)
for _kind, _names in _NAMES.items():
    for _name in _names.split():
        _KINDS[_hash(_name) % _BINS], _HASHES[_hash(_name) % _BINS] = _kind, _hash(_name)

_MASK = np.int64(0xFFFFFFFFFFFF)
_SIZE, _FIXED = range(2)


@kernel
def count_tags(page: np.ndarray) -> tuple[int, int, int, int]:
    """How many tags may begin in a page (uint8, and slack): opening, closing, opening of formatting elements.

    And the most bytes from an opening tag to the next ``<``.
    """
    stop = len(page) - SLACK
    opening = closing = formatting = longest = 0
    at = find_byte(page, 0, stop, _LESS)
    while at < stop:
        kind, _, end = _read_name(page, at + 1, stop)
        closing += page[at + 1] == _SLASH
        formatting += kind == _FORMATTING
        following = find_byte(page, at + 1, stop, _LESS)
        if end > at + 1:
            opening += 1
            longest = max(longest, following - at)
        at = following
    return opening, closing, formatting, longest


@kernel
def most_attributes(page: np.ndarray) -> int:
    """The most attributes of a tag; those that a tag has twice count twice."""
    stop = len(page) - SLACK
    most, clear = 0, 0
    at = find_byte(page, 0, stop, _LESS)
    while at < stop:
        _, _, end = _read_name(page, at + 1, stop)
        if end > at + 1 and at >= clear:
            clear, attributes = _find_end(page, end, stop)
            most = max(most, attributes)
        at = find_byte(page, at + 1, stop, _LESS)
    return most


@kernel
def follow_formatting(page: np.ndarray, enough: int) -> tuple[int, int]:
    """At most so many elements are opened anew when a page is parsed, and so many of their end tags fit none.

    Counting stops when the first number reaches ``enough``.
    """
    stop = len(page) - SLACK
    room = int(np.sqrt(2 * enough)) + 2  # a list of so many has brought the count to enough
    names, tags = np.empty(room, np.int64), np.empty(room, np.uint64)
    state = np.zeros(2, np.int64)  # elements in the list, and the first of them, which may stay whatever comes
    reopened, unfit, clear = 0, 0, 0
    at = find_byte(page, 0, stop, _LESS)
    while at < stop and reopened < enough:
        ends = page[at + 1] == _SLASH
        start = at + 1 + ends
        kind, name, end = _read_name(page, start, stop)
        within = at < clear  # the attributes of another tag, as far as one can tell
        if end > start and not within:
            clear, _ = _find_end(page, end, stop)
        if kind in (_FORMATTING, _LINK) and not ends:
            _open(name, np.uint64(name) if kind == _LINK else _hash_tag(page, start, end, stop), names, tags, state)
        elif kind in (_FORMATTING, _LINK):
            unfit += within or not _close(name, names, tags, state)
        if _is_hidden(page, start, ends) if end == start else not ends and (kind == _BARRIER or (kind and within)):
            state[_FIXED] = state[_SIZE]
        reopened += state[_SIZE] if end > start else 0
        at = find_byte(page, at + 1, stop, _LESS)
    return reopened, unfit


@helper
def _is_hidden(page, i, ends):
    """Whether what begins here is a comment, a declaration or the like; everything but a letter is so behind ``</``."""
    return ends or page[i] == ord("!") or page[i] == ord("?")


@helper
def _is_letter(byte):
    return ord("a") <= (byte | 0x20) <= ord("z")


@helper
def _is_blank(byte):
    return byte == ord(" ") or (ord("\t") <= byte <= ord("\r") and byte != ord("\v"))


@helper
def _read_name(page, i, stop):
    """What kind of element the name is of that begins here, its hash, and where it ends: here, when there is none."""
    name = np.int64(0)
    if i < stop and _is_letter(page[i]):
        while i < stop and page[i] != _GREATER and page[i] != _SLASH and not _is_blank(page[i]):
            byte = page[i] | 0x20 if _is_letter(page[i]) else page[i]
            name = (name * _FACTOR + byte) & _MASK
            i += 1
    place = name % _BINS
    return _KINDS[place] if _HASHES[place] == name else np.uint8(0), name, i


@helper
def _find_end(page, i, stop):
    """Where a tag ends whose name ends here: behind its ``>``, which may also stand in a value; and its attributes."""
    attributes, between, named = 0, True, False
    while i < stop and page[i] != _GREATER:
        byte = page[i]
        i += 1
        if byte == _SLASH or _is_blank(byte):
            between, named = True, named and byte != _SLASH
        elif byte == _EQUALS and named:
            i = _find_value_end(page, i, stop)
            between, named = True, False
        else:  # a name, also one that begins with an equals sign
            attributes += between
            between, named = False, True
    return min(i + 1, stop), attributes


@helper
def _find_value_end(page, i, stop):
    while i < stop and _is_blank(page[i]):
        i += 1
    if page[i] == _QUOTE or page[i] == _APOSTROPHE:
        return min(find_byte(page, i + 1, stop, page[i]) + 1, stop)
    while i < stop and page[i] != _GREATER and not _is_blank(page[i]):
        i += 1
    return i


@helper
def _hash_tag(page, start, end, stop):
    """A hash by which tags that differ in their attributes differ; a long one differs from all others."""
    far = min(end + _LONG, stop)
    behind, _ = _find_end(page, end, far)
    return hash_span(page, start, behind) if behind < far else np.uint64(start)


@helper
def _open(name, tag, names, tags, state):
    """Put an element into the list, in the place of the first of those that are alike when there are enough."""
    alike, first = 0, state[_SIZE]
    for k in range(state[_SIZE] - 1, -1, -1):
        if tags[k] == tag:
            alike += 1
            if k >= state[_FIXED]:
                first = k
    if alike == _ALIKE:
        if first == state[_SIZE]:
            return
        _remove(first, names, tags, state)
    names[state[_SIZE]], tags[state[_SIZE]] = name, tag
    state[_SIZE] += 1


@helper
def _close(name, names, tags, state):
    """Take the last element of that name off the list, when it is sure that the parser does so too; whether it is."""
    k = state[_SIZE] - 1
    while k >= state[_FIXED] and names[k] != name:
        k -= 1
    if k < state[_FIXED]:
        return False
    _remove(k, names, tags, state)
    return True


@helper
def _remove(k, names, tags, state):
    state[_SIZE] -= 1
    for later in range(k, state[_SIZE]):
        names[later], tags[later] = names[later + 1], tags[later + 1]
