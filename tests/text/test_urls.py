from __future__ import annotations

import gzip
import json
import re
from typing import Any
from urllib.parse import urlparse

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.base.registry import look_up
from assay.base.settings import validate
from assay.curation.apply import Outcome, apply
from text.plain import documents, many

CASES = 13


def judge(urls: list[str | None], **parameters: Any) -> Outcome:
    step = validate(look_up("steps", "url_substring_filter"), parameters, "test")
    return apply(step, documents(*("" for _ in urls), url=pa.array(urls, pa.string())))


def test_every_decision_is_that_of_dclm(shared_data, tmp_path):
    with gzip.open(shared_data / "dclm_url_struct_golden.json.gz") as file:
        golden = json.load(file)
    (tmp_path / "doms2.txt").write_text("\n".join(golden["domain_banlist"]) + "\n", encoding="utf-8")
    rows = golden["urls"]
    for case, parameters in golden["url_cases"]:
        name = parameters.get("banlist_from_fname")
        if name:
            folder = tmp_path if name == "doms2.txt" else shared_data / "dclm_lists"
            parameters["banlist_from_fname"] = str(folder / name)
        kept = judge([row["url"] for row in rows], **parameters).kept
        wrong = [row["url"] for row, k in zip(rows, kept, strict=True) if k != row["kept"][case]]
        assert not wrong, case
    assert len(golden["url_cases"]) == CASES


def plain(url: str, banlist: list[str], ignored: list[str], case_sensitive: bool, whole_words: bool) -> int:
    """How many different banned strings the reference finds in the URL."""
    if not case_sensitive:
        url, banlist = url.lower(), [entry.lower() for entry in banlist]
    for string in ignored:
        url = url.replace(string, "")
    trie: dict[str, Any] = {}
    for entry in banlist:
        node = trie
        for character in entry:
            node = node.setdefault(character, {})
        node[""] = {}
    pattern = rf"\b{expression(trie)}\b" if whole_words else expression(trie)
    return len(set(re.findall(pattern, url, 0 if case_sensitive else re.IGNORECASE)))


def expression(node: dict[str, Any]) -> str:
    """The regular expression of a trie, as the package retrie makes it for the reference."""
    inner, single = [], []
    for character in sorted(set(node) - {""}):
        rest = expression(node[character])
        (inner if rest else single).append(re.escape(character) + rest)
    parts = inner + (single if len(single) < 2 else [f"[{''.join(single)}]"])
    if not parts:
        return ""
    joined = parts[0] if len(parts) == 1 else f"(?:{'|'.join(sorted(parts))})"
    return joined if "" not in node else f"(?:{joined})?" if inner else f"{joined}?"


PIECES = [
    *"aAbBsSkKiI_1.-/:?#@[] \t\n",
    "\u212a",
    "İ",
    "ı",
    "ſ",
    "é",
    "É",
    "ς",
    "Σ",
    "🖕",
    "٣",
    "\u0307",
    "www.",
    "http://",
]
urls = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
entries = st.text([*"aAbBsSkKiI_1.-/", "é", "Σ", "🖕", "\u212a", "ſ", "ı"], min_size=1, max_size=4)


@many
@given(
    found=st.lists(urls, min_size=1, max_size=4),
    banlist=st.lists(entries, min_size=1, max_size=6),
    ignored=st.lists(st.sampled_from(["www", ".", "-", "é", ""]), max_size=2),
    flags=st.tuples(st.booleans(), st.booleans()),
    enough=st.integers(1, 3),
)
def test_banned_strings_are_those_of_regular_expressions(found, banlist, ignored, flags, enough):
    case_sensitive, substrings = flags
    outcome = judge(
        found,
        banlist=banlist,
        ignore_chars=ignored,
        num_banned_substrs=enough,
        match_substrings=substrings,
        case_sensitive=case_sensitive,
    )
    counts = [plain(url, banlist, ignored, case_sensitive, not substrings) for url in found]
    assert outcome.kept.tolist() == [count < enough for count in counts]


@pytest.mark.parametrize(
    ("banlist", "url", "count"),
    [
        (["sa", "ſab", "b"], "sab", 2),  # s comes before ſ: not the longest
        (["ſa", "sab", "b"], "sab", 1),
        (["s", "ſb", "b"], "sb", 2),  # so does the set of s and b
        (["sa", "ſa"], "sa ſa", 2),
        (["\u212a", "k"], "k \u212a", 1),
    ],
)
def test_entries_that_are_the_same_in_any_case(banlist, url, count):
    assert plain(url, banlist, [], False, False) == count
    for enough in (1, 2, 3):
        assert judge([url], banlist=banlist, num_banned_substrs=enough).kept.tolist() == [count < enough]


@many
@given(
    found=st.lists(st.one_of(urls, urls.map("//{}".format), urls.map("hTtp+s://{}/x".format)), min_size=1, max_size=4),
    banlist=st.lists(urls, min_size=1, max_size=4),
    case_sensitive=st.booleans(),
)
def test_domains_are_those_of_urllib(found, banlist, case_sensitive):
    def lowered(text: str) -> str:
        return text if case_sensitive else text.lower()

    def domain(url: str) -> str | None:
        try:
            return lowered(urlparse(url).netloc)
        except ValueError:
            return None

    banlist = [*banlist, *filter(None, map(domain, found[:1]))]
    kept = judge(found, banlist=banlist, exact_domain_match=True, case_sensitive=case_sensitive).kept
    banned = {None, *map(lowered, banlist)}
    assert kept.tolist() == [domain(url) not in banned for url in found]


def test_www_is_letters_for_dclm_and_a_prefix_when_asked_for():
    hosts = ["site.org", "www.site.org", "wwwsite.org", "WWW.Site.org", "www.www.site.org", "a.site.org"]
    pages = [f"https://{host}/page" for host in hosts]
    step = {"banlist": ["site.org"], "exact_domain_match": True}
    assert judge(pages, ignore_chars=["www"], **step).kept.tolist() == [False, True, False, True, True, True]
    assert judge(pages, strip_www=True, **step).kept.tolist() == [False, False, True, False, True, True]


def test_documents_without_a_url_are_dropped():
    for parameters in ({"banlist": ["x"]}, {"banlist": ["x"], "exact_domain_match": True}):
        outcome = judge([None, "http://a.org", "http://[a"], **parameters)
        assert [outcome.reasons[code] if code >= 0 else "" for code in outcome.codes[:2]] == ["URL is not defined", ""]
        refused = "banned domains is not defined" if len(parameters) == 2 else ""
        assert ("" if outcome.codes[2] < 0 else outcome.reasons[outcome.codes[2]]) == refused


def test_a_large_list_of_domains(tmp_path):
    names = [f"site{number}.example.org" for number in range(100_000)]
    (tmp_path / "domains.txt").write_text("\n".join(names), encoding="utf-8")
    pages = [f"http://site{number}.example.org/" for number in (0, 99_999, 100_000)]
    step = {"banlist_from_fname": str(tmp_path / "domains.txt"), "exact_domain_match": True}
    assert judge(pages, **step).kept.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"banlist": ["a", ""]}, "empty entry"),
        ({"banlist": ["a"], "strip_www": True}, "exact_domain_match"),
        ({"banlist": ["a"], "num_banned_substrs": 0}, "num_banned_substrs"),
        ({"banlist_from_fname": "banlist.pickle"}, "pickle"),
    ],
)
def test_settings_that_make_no_sense(parameters, message):
    with pytest.raises(InputError, match=message):
        judge(["http://a.org"], **parameters)


def test_a_pool_without_urls():
    with pytest.raises(InputError, match="no URL"):
        apply(look_up("steps", "url_substring_filter")(banlist=["a"]), documents("text"))
