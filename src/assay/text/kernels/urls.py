r"""Find URLs and IPv4 addresses in text, as the two regular expressions of DCLM's URL removal match them.

    URL      \s{0,10} (scheme://)? [HEAD]{1,256} \. TLD \b [TAIL]*
    address  \s{0,10} \b (scheme://)? (number\.){3} number [TAIL]*

with the schemes http, https and ftp. The characters of HEAD, schemes and addresses are all in TAIL too, so that a match
reaches to the end of the run of TAIL characters that it lies in, whichever dot and domain the expression takes. Only
when a domain is not of HEAD characters (``.рф``) it matters which: there, the last dot of the run wins.
"""

from __future__ import annotations

import numpy as np

from assay.base.compile import helper, kernel
from assay.text.characters import SPACE
from assay.text.kernels.block import count_byte, find_byte
from assay.text.kernels.boundary import is_boundary, previous
from assay.text.kernels.trie import Search, longest_entry, may_begin
from assay.text.kernels.utf8 import decode

_DOT, _ZERO, _NINE = ord("."), ord("0"), ord("9")
_LARGEST_HUNDRED = ord("2")
_LONGEST_HEAD = 256
_MOST_SPACE = 10
_IN_HEAD, _IN_TAIL, _DIGIT = 1, 2, 4


def _roles() -> np.ndarray:
    """What each byte can be part of: uint8 (256,), flags."""
    roles = np.zeros(256, np.uint8)
    letters_and_digits = [byte for byte in range(128) if chr(byte).isalnum()]
    roles[letters_and_digits] = _IN_HEAD | _IN_TAIL
    roles[[ord(character) for character in "-@:%._+~#="]] = _IN_HEAD | _IN_TAIL
    roles[[ord(character) for character in "()?&/"]] = _IN_TAIL
    roles[_ZERO : _NINE + 1] |= _DIGIT
    return roles


_ROLES = _roles()
_HTTPS, _HTTP, _FTP = (np.frombuffer(scheme, np.uint8) for scheme in (b"https://", b"http://", b"ftp://"))


@kernel
def find_urls(data: np.ndarray, offsets: np.ndarray, table: np.ndarray, tlds: Search, wanted: np.ndarray) -> np.ndarray:
    """Where URLs lie in the documents that are wanted (bool): int64 (URLs, 2), where each starts and ends.

    ``tlds`` are the top-level domains, as whole words.
    """
    spans = np.empty((count_byte(data, offsets[0], offsets[-1], _DOT), 2), np.int64)
    count = 0
    for document in range(len(wanted)):
        done, stop = offsets[document], offsets[document + 1] if wanted[document] else offsets[document]
        dot = find_byte(data, done, stop, _DOT)
        while dot < stop:
            if dot > done and _ROLES[data[dot - 1]] & _IN_HEAD and _domain_end(data, dot, stop, table, tlds):
                head = _head_start(data, dot, done)
                spans[count, 0] = _skip_spaces(data, _scheme_start(data, head, done), done, table)
                spans[count, 1] = dot = done = _url_end(data, dot, head, stop, table, tlds)
                count += 1
            dot = find_byte(data, dot + 1, stop, _DOT)
    return spans[:count].copy()


@kernel
def find_addresses(data: np.ndarray, offsets: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Where IPv4 addresses lie, with what follows them like the rest of a URL: int64 (addresses, 2)."""
    spans = np.empty((count_byte(data, offsets[0], offsets[-1], _DOT), 2), np.int64)
    count = 0
    for document in range(len(offsets) - 1):
        start, stop = offsets[document], offsets[document + 1]
        done = start
        dot = find_byte(data, start, stop, _DOT)
        while dot < stop:
            number = _number_start(data, dot, done)
            if number < dot and is_boundary(data, number, start, stop, table) and _is_address(data, number, stop):
                scheme = _scheme_start(data, number, done)
                first = scheme if is_boundary(data, scheme, start, stop, table) else number
                spans[count, 0] = _skip_spaces(data, first, done, table)
                spans[count, 1] = dot = done = _tail_end(data, dot, stop)
                count += 1
            dot = find_byte(data, dot + 1, stop, _DOT)
    return spans[:count].copy()


@helper
def _domain_end(data, dot, stop, table, tlds):
    """Where the top-level domain behind a dot ends, which must be the end of a word; 0 when there is none."""
    return longest_entry(data, dot + 1, dot, stop, table, tlds) if may_begin(data, dot + 1, tlds) else 0


@helper
def _head_start(data, dot, done):
    """How far the characters before a dot reach back, up to 256 of them."""
    i = dot
    while i > max(done, dot - _LONGEST_HEAD) and _ROLES[data[i - 1]] & _IN_HEAD:
        i -= 1
    return i


@helper
def _url_end(data, dot, head, stop, table, tlds):
    """Where a URL ends: the expression takes the last dot that it can, at most 256 characters behind the head."""
    end = _domain_end(data, dot, stop, table, tlds)
    i = dot + 1
    while i < min(stop, head + _LONGEST_HEAD + 1) and _ROLES[data[i]] & _IN_HEAD:
        if data[i] == _DOT:
            end = max(end, _domain_end(data, i, stop, table, tlds))
        i += 1
    return _tail_end(data, end, stop)


@helper
def _tail_end(data, i, stop):
    while i < stop and _ROLES[data[i]] & _IN_TAIL:
        i += 1
    return i


@helper
def _scheme_start(data, i, done):
    """Where the scheme begins that ends before byte i; i itself without one."""
    if i - 3 > done and data[i - 1] == _HTTP[6] and data[i - 2] == _HTTP[5] and data[i - 3] == _HTTP[4]:
        for scheme in (_HTTPS, _HTTP, _FTP):
            if _ends_with(data, i, done, scheme):
                return i - len(scheme)
    return i


@helper
def _ends_with(data, i, done, scheme):
    k = len(scheme)
    if i - k < done:
        return False
    while k and data[i - 1] == scheme[k - 1]:
        i -= 1
        k -= 1
    return k == 0


@helper
def _skip_spaces(data, i, done, table):
    """Back over at most ten characters of white space."""
    for _ in range(_MOST_SPACE):
        if i == done:
            break
        before = previous(data, i)
        code, _ = decode(data, before)
        if not table[code] & SPACE:
            break
        i = before
    return i


@helper
def _number_start(data, dot, start):
    i = dot
    while i > start and _ROLES[data[i - 1]] & _DIGIT:
        i -= 1
    return i


@helper
def _is_address(data, i, stop):
    """Whether three numbers of one to three digits, each with a dot, and one more digit begin at byte i."""
    for _ in range(3):
        first = i
        while i < stop and _ROLES[data[i]] & _DIGIT:
            i += 1
        size = i - first
        if i == stop or data[i] != _DOT or not 1 <= size <= 3 or (size == 3 and data[first] > _LARGEST_HUNDRED):
            return False
        i += 1
    return i < stop and _ROLES[data[i]] & _DIGIT != 0
