from __future__ import annotations

import ipaddress
import re
import time
from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.text import pii
from text.plain import many
from text.plain_lines import line_texts, make, modified

PARTS = ["a", "B", ".", "@", "-", "x.org", "example.COM", " ", "\n", "8.8.8.8", "10.0.0.1", "256.1", "1", "12", "555"]
PARTS += [
    "234",
    "5678",
    "+49",
    "+1",
    "(",
    ")",
    "(202) ",
    "2001:4860:4860::8888",
    "2a00",
    ":",
    "::1",
    "é",
    "[1.2.3.4]",
    "_",
]

pii_texts = st.one_of(line_texts, st.lists(st.sampled_from(PARTS), max_size=12).map("".join))


def plain(text: str) -> str:
    """All patterns over all of the text, as datatrove does it."""
    step = make("mask_pii")

    def address(stand_ins):
        def replace(match: re.Match[str]) -> str:
            try:
                return next(stand_ins) if ipaddress.ip_address(match[0]).is_global else match[0]
            except ValueError:
                return match[0]

        return replace

    emails, phones = cycle(step.email_replacement), cycle(step.phone_replacement)
    lines = []
    ipv4, ipv6 = address(cycle(step.ipv4_replacement)), address(cycle(step.ipv6_replacement))
    for line in text.split("\n"):
        masked = pii._EMAIL.sub(lambda _: next(emails), line)
        masked = pii._IPV6.sub(ipv6, pii._IPV4.sub(ipv4, masked))
        lines.append(pii._PHONE.sub(lambda _: next(phones), masked))
    return "\n".join(lines)


@many
@given(text=pii_texts)
def test_nothing_is_overlooked(text):
    given = ["me@x.org 8.8.8.8\n8.8.4.4", text, "", text + "\n" + text]
    assert modified(make("mask_pii"), *given) == [plain(each) for each in given]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "Write to John.Doe@Example.com, or me+tag@sub.x.org.",
            "Write to email@example.com, or firstname.lastname@example.org.",
        ),
        ("me@localhost, a @ b, @user, x@.org", "me@localhost, a @ b, @user, x@.org"),
        ("8.8.8.8 192.168.0.1 127.0.0.1 300.1.1.1", "22.214.171.124 192.168.0.1 127.0.0.1 300.1.1.1"),
        ("v1.2.3 and 1.2.3", "v1.2.3 and 1.2.3"),
        ("2001:4860:4860::8888. std::dec, fe80::1, 2023:12:30", "2001:db8::1. std::dec, fe80::1, 2023:12:30"),
        ("(212) 555-2345, 212-555-2345 or +49 (0)30 1234-5678.", "202-555-0100, 202-555-0100 or 202-555-0100."),
        ("+1 212 555 2345", "202-555-0100"),
        (
            "1234567890 ISBN 978-3-16-148410-0 2023-03-22 10:15:30",
            "1234567890 ISBN 978-3-16-148410-0 2023-03-22 10:15:30",
        ),
        ("112-555-2345 212-155-2345 C++11", "112-555-2345 212-155-2345 C++11"),
    ],
)
def test_what_is_masked(text, masked):
    assert modified(make("mask_pii"), text) == [masked]


def test_each_kind_can_be_left_alone_and_stand_ins_chosen():
    text = "me@x.org 8.8.8.8 212-555-2345"
    assert modified(make("mask_pii", emails=False, ips=False), text) == ["me@x.org 8.8.8.8 202-555-0100"]
    assert modified(make("mask_pii", phones=False, ips=False, email_replacement=["<e>"]), text) == [
        "<e> 8.8.8.8 212-555-2345"
    ]
    private = make("mask_pii", only_public_ips=False, ipv4_replacement=["<ip>"])
    assert modified(private, "10.0.0.1 8.8.8.8") == ["<ip> <ip>"]


def test_stand_ins_begin_anew_in_each_document():
    assert modified(make("mask_pii"), "a@x.org\nb@x.org c@x.org", "d@x.org") == [
        "email@example.com\nfirstname.lastname@example.org email@example.com",
        "email@example.com",
    ]


def test_a_document_of_nothing_but_a_stand_in_that_is_empty_stays():
    assert modified(make("mask_pii", email_replacement=[""]), "me@x.org") == [""]


@pytest.mark.parametrize(
    "text", ["a.a" * 100_000 + "@", "@" * 100_000, "1.1." * 50_000, "+1 2" * 50_000, "a@" * 50_000]
)
def test_long_lines_do_not_take_long(text):
    started = time.process_time()
    assert modified(make("mask_pii"), text) != [None]
    assert time.process_time() - started < 20
