"""Mask personal data: e-mail addresses, public IP addresses, phone numbers.

E-mail and IPv4 addresses are recognised as by datatrove's PIIFormatter, which FineWeb used, and replaced by the same
stand-ins; but capitals in e-mail addresses are recognised as well, and the stand-ins take turns within a document, so
that a document's text does not depend on those before it. IPv6 addresses and phone numbers are additions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Annotated

import numpy as np
from pydantic import Field

from assay.curation.documents import Documents
from assay.curation.step import Modified, Modifier
from assay.text.rewriting import keep_lines, line_columns, lines_of, texts_of

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_BYTE = r"25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?"
_EMAIL = re.compile(
    rf"\b{_ATOM}(?:\.{_ATOM})*@(?:(?:{_LABEL}\.)+{_LABEL}|\[(?:(?:{_BYTE})\.){{3}}(?:{_BYTE}|[A-Za-z0-9-]*[A-Za-z0-9]:)])"
)
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 255  # RFC 5321, 4.5.3.1
_IPV4 = re.compile(rf"(?:(?:{_BYTE})\.){{3}}(?:{_BYTE})")
# All public IPv6 addresses begin with the bits 001 (IANA's IPv6 Global Unicast Address Assignments).
_IPV6 = re.compile(r"(?<![\w:.])[23][0-9A-Fa-f]{3}(?:::?[0-9A-Fa-f]{1,4}){0,7}(?:::)?(?!\w)")
# A plus and the country, perhaps an area in parentheses, 6 to 13 digits more (E.164 allows 15 in all); or a number of
# the North American plan as people write it, 3-3-4 with marks between, where neither 3 begin with 0 or 1.
_PHONE = re.compile(
    r"(?<![\w+.-])(?:\+[1-9][0-9]{0,2}[ .-]?(?:\([0-9]{1,4}\)[ .-]?)?[0-9](?:[ .-]?[0-9]){5,12}"
    r"|(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4})(?!\w)"
)

StandIns = Annotated[tuple[str, ...], Field(min_length=1)]


class MaskPii(Modifier):
    """Puts stand-ins in the place of e-mail addresses, IP addresses and phone numbers."""

    emails: bool = True
    ips: bool = True
    phones: bool = True
    only_public_ips: bool = True
    """Leave addresses of private networks, of the machine itself and the like alone."""
    email_replacement: StandIns = ("email@example.com", "firstname.lastname@example.org")
    """Stand-ins, which take turns; these are names that nobody can own (RFC 2606)."""
    ipv4_replacement: StandIns = (
        "22.214.171.124",
        "126.96.36.199",
        "188.8.131.52",
        "184.108.40.206",
        "220.127.116.11",
        "18.104.22.168",
    )
    """datatrove's: random addresses that did not answer."""
    ipv6_replacement: StandIns = ("2001:db8::1",)
    """Of the range for documentation (RFC 3849)."""
    phone_replacement: StandIns = ("202-555-0100",)
    """Of the numbers for fiction."""

    def modify(self, documents: Documents) -> Modified:
        """The documents with the stand-ins."""
        from assay.text.kernels.pii import may_hold_pii

        lines, digits = documents.derived(lines_of), line_columns(documents)["digits"]
        found = may_hold_pii(*documents.text_bytes(), lines.arrays, digits)
        candidates = np.flatnonzero(found & self._wanted())
        owners = lines.owners(candidates).tolist()
        edits, mask, current = [], self._masker(), -1
        for line, owner, text in zip(candidates.tolist(), owners, texts_of(documents, lines, candidates), strict=True):
            if owner != current:
                mask, current = self._masker(), owner
            masked = mask(text, int(found[line]))
            if masked != text:
                edits.append((line, masked))
        return keep_lines(documents, np.ones(len(digits), np.bool_), edits=edits, drop_empty=False)

    def _wanted(self) -> int:
        from assay.text.kernels.pii import EMAIL, IPV4, IPV6, PHONE

        return EMAIL * self.emails | (IPV4 | IPV6) * self.ips | PHONE * self.phones

    def _masker(self) -> Callable[[str, int], str]:
        """Masks one line of a document after the other, given what it may hold."""
        from assay.text.kernels.pii import EMAIL, IPV4, IPV6, PHONE

        emails, ipv4, ipv6, phones = map(
            cycle, (self.email_replacement, self.ipv4_replacement, self.ipv6_replacement, self.phone_replacement)
        )
        wanted = self._wanted()

        def mask(line: str, may_hold: int) -> str:
            may_hold &= wanted
            if may_hold & EMAIL:
                line = _mask_emails(line, emails)
            if may_hold & IPV4:
                line = _IPV4.sub(lambda match: self._address(match[0], ipv4), line)
            if may_hold & IPV6:
                line = _IPV6.sub(lambda match: self._address(match[0], ipv6), line)
            return _PHONE.sub(lambda _: next(phones), line) if may_hold & PHONE else line

        return mask

    def _address(self, found: str, stand_ins: Iterator[str]) -> str:
        try:
            public = ipaddress.ip_address(found).is_global
        except ValueError:
            return found
        return next(stand_ins) if public or not self.only_public_ips else found


def _mask_emails(line: str, stand_ins: Iterator[str]) -> str:
    """The line with stand-ins for e-mail addresses.

    The pattern is tried around each @, as far as an address can reach: over a whole long line it could take very long.
    """
    pieces = []
    done, at = 0, line.find("@")
    while at >= 0:
        match = _EMAIL.search(line, max(done, at - _LONGEST_LOCAL), at + 1 + _LONGEST_DOMAIN)
        if match and match.start() < at < match.end():
            pieces += [line[done : match.start()], next(stand_ins)]
            done = match.end()
        at = line.find("@", max(done, at + 1))
    return "".join(pieces) + line[done:]
