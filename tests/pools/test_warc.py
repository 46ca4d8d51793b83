"""WARC and WET: real odd files, and records broken on purpose."""

from __future__ import annotations

import gzip
import itertools
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assay.base.errors import InputError
from assay.pools.batch import TOO_LARGE
from pools.warc_files import PAGE, http, record

PAGES = [record(http(), number=number) for number in range(1, 6)]


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "pool.warc"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def ids(found) -> list[str]:
    return [row["id"] for row in found.rows]


def test_pages(file, read):
    found = read(file(PAGES[0] + record(b"text \xc3\xa9", "conversion", 2) + record(b"", "request", 3)))
    assert found.rows == [
        {"id": "1", "text": None, "url": "http://host/1", "html": PAGE},
        {"id": "2", "text": "text é", "url": "http://host/2", "html": None},
    ]
    assert found.skipped == {"request": 1}
    assert found.bad == []
    assert [rest["metadata"]["WARC-Type"] for rest in found.rests] == ["response", "conversion"]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)),
        ("deflate", zlib.compress(PAGE)),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE, mtime=0), mtime=0)),
        ("br", bytes.fromhex("8b058068656c6c6f2068656c6c6f2003")),
        ("gzip", PAGE),  # the crawler stored the decoded body under the headers of the encoded one
        ("unheard-of", PAGE),
    ],
    ids=["gzip", "deflate", "twice", "brotli", "decoded already", "unknown encoding of plain text"],
)
def test_encoded_bodies(file, read, encoding, body):
    found = read(file(record(http(body, encoding=encoding))))
    assert found.bad == []
    assert [row["html"] for row in found.rows] == [b"hello hello " if encoding == "br" else PAGE]


def test_headers_are_kept_in_order(file, read):
    rests = [read(file(PAGES[0])).rests[0] for _ in range(3)]
    names = ["WARC-Type", "WARC-Record-ID", "WARC-Target-URI", "Content-Type", "Content-Length"]
    assert [list(rest["metadata"]) for rest in rests] == [names] * 3


def test_chunked_bodies(file, read):
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b"%x\r\n" % len(PAGE) + PAGE + b"\r\n0\r\n\r\n"
    assert [row["html"] for row in read(file(record(chunked))).rows] == [PAGE]


def test_header_lines_may_end_in_a_line_feed(file, read):
    found = read(file(record(b"HTTP/1.0 200 OK\nContent-Type: TEXT/HTML\n\n" + PAGE)))
    assert [row["html"] for row in found.rows] == [PAGE]


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"no http at all", "no HTTP response in the record"),
        (b"", "no HTTP response in the record"),
        (http(gzip.compress(PAGE, mtime=0), encoding="x-unheard-of"), "HTTP body cannot be decoded"),
    ],
)
def test_unusable_responses_are_quarantined(file, read, block, reason):
    found = read(file(PAGES[0] + record(block, number=2) + PAGES[2]))
    assert ids(found) == ["1", "3"]
    assert found.reasons == [("record 2", reason)]
    assert found.bad[0].excerpt == "http://host/2"


def test_what_is_no_page_is_skipped(file, read):
    images = record(http(b"\x89PNG", "image/png")) + record(http(content_type=None))
    found = read(file(images + record(http(content_type="application/xhtml+xml"))))
    assert len(found.rows) == 1
    assert found.skipped == {"response, not HTML": 1, "response, no content type": 1}


def test_text_must_be_utf8(file, read):
    found = read(file(record(b"caf\xe9", "conversion")))
    assert (found.rows, found.reasons) == ([], [("record 1", "not UTF-8")])


def test_large_records_are_quarantined(file, read, monkeypatch):
    monkeypatch.setattr("assay.pools.warc_records.MAX_DOCUMENT", 4000)
    found = read(file(PAGES[0] + record(http(b"x" * 5000), number=2) + PAGES[2]))
    assert ids(found) == ["1", "3"]
    assert found.reasons == [("record 2", TOO_LARGE)]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_cut_anywhere_is_seen(file, read, pack):
    small = [pack(record(http(b"<p>"), number=number)) for number in (1, 2, 3)]
    ends = list(itertools.accumulate(map(len, small), initial=0))
    whole = b"".join(small)
    for cut in range(4, len(whole), 3):
        found = read(file(whole[:cut], "pool.warc"))
        complete = sum(1 for end in ends[1:] if end <= cut)
        body_ends = [end - 4 for end in ends[1:]] if pack is bytes else ends[1:]
        assert ids(found)[:complete] == ["1", "2", "3"][:complete]
        in_padding = pack is bytes and any(end <= cut < end + 4 for end in body_ends)
        assert len(found.bad) == (0 if cut in ends or in_padding else 1), cut


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (b"garbage\r\n" * 5 + PAGES[1], "broken WARC record"),
        (record(http(), number=2, length="none"), "broken WARC record"),
        (record(http(), number=2, length=-7), "broken WARC record"),
        (PAGES[1].replace(b"Content-Length", b"Content-Lenght"), "broken WARC record"),
        (b"WARC/1.0\r\nX-Long: " + b"x" * 50_000 + b"\r\n\r\n", "broken WARC record"),
        (record(http(), number=2, length=10**12), "cut WARC record"),
    ],
    ids=["garbage", "no number", "negative", "no length", "long header", "length beyond the end"],
)
def test_reading_goes_on_behind_a_broken_record(file, read, second, reason):
    found = read(file(PAGES[0] + second + b"".join(PAGES[2:])))
    assert [id_ for id_ in ids(found) if id_ != "2"] == ["1", "3", "4", "5"]
    assert found.reasons == [("record 2", reason)]


@pytest.mark.parametrize("length", [100, len(http()) - 1])
def test_a_length_too_small_costs_at_most_that_record(file, read, length):
    found = read(file(PAGES[0] + record(http(), number=2, length=length) + b"".join(PAGES[2:])))
    assert [id_ for id_ in ids(found) if id_ != "2"] == ["1", "3", "4", "5"]
    assert [row.reason for row in found.bad] == ["broken WARC record"]


def test_reading_goes_on_behind_a_broken_gzip_member(file, read):
    members = [gzip.compress(page, mtime=0) for page in PAGES]
    members[1] = members[1][:40] + b"\xff" * 20 + members[1][60:]
    found = read(file(b"".join(members)))
    assert ids(found) == ["1", "3", "4", "5"]
    assert [row.reason for row in found.bad] == ["corrupt gzip"]


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0)])
def test_empty_files_are_quarantined(file, read, data):
    assert read(file(data)).reasons == [("file", "empty file")]


def test_a_file_that_is_no_warc(file, read):
    found = read(file(b"hello world\n" * 1000))
    assert (found.rows, found.reasons) == ([], [("record 1", "broken WARC record")])


def test_records_without_id(file, read):
    found = read(file(PAGES[0].replace(b"WARC-Record-ID", b"X-Record-ID")))
    assert ids(found) == ["f" * 12 + ":0"]


REAL = {
    # file: pages or texts, quarantined, skipped
    "commoncrawl_whirlwind/whirlwind.warc.gz": (1, [], 3),
    "commoncrawl_whirlwind/whirlwind.warc.wet.gz": (1, [], 1),
    "commoncrawl_whirlwind/whirlwind.warc.wat.gz": (0, ["metadata without pages, as in WAT files"], 2),
    "resiliparse_tests/warcfile.warc": (16, [], 34),
    "resiliparse_tests/warcfile.warc.gz": (16, [], 34),
    "resiliparse_tests/clipped.warc.gz": (0, ["truncated gzip"], 0),
    "resiliparse_tests/clueweb-quirk.warc.gz": (29, [], 1),
    "warcio_tests/example.warc.gz": (1, [], 5),
    "warcio_tests/example-trunc.warc": (1, ["broken WARC record"], 3),
    "warcio_tests/example-iana.org-chunked.warc": (1, [], 2),
    "warcio_tests/example-wrong-chunks.warc.gz": (1, [], 1),
    "warcio_tests/example-wget-bad-target-uri.warc.gz": (1, [], 5),
    "warcio_tests/post-test.warc.gz": (0, [], 6),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files(shared_data, read, name):
    found = read(shared_data / "web" / "warc" / name)
    rows, reasons, skipped = REAL[name]
    assert (len(found.rows), [row.reason for row in found.bad], found.skipped.total()) == (rows, reasons, skipped)
    assert all(row["url"].startswith("http") for row in found.rows)
    assert all(b"<" in row["html"] for row in found.rows if row["html"] is not None)


def test_every_real_file_is_read_or_refused(shared_data, read):
    for path in sorted((shared_data / "web" / "warc").rglob("*.*arc*")):
        if path.name.endswith((".arc", ".arc.gz", ".lz4")):
            with pytest.raises(InputError):
                read(path)
        else:
            found = read(path)
            assert found.rows or found.bad or found.skipped, path


def test_text_of_common_crawl(shared_data, read):
    found = read(shared_data / "web" / "warc" / "commoncrawl_whirlwind" / "whirlwind.warc.wet")
    assert found.rows[0]["id"] == "ba729a40-ff84-4085-8d48-0a5b2ee0c42d"
    assert len(found.rows[0]["text"].encode()) == 4456


@pytest.mark.parametrize("name", ["realweb.warc.gz", "debian_html_small.warc.gz"])
def test_the_beginning_of_a_crawl(shared_data, read, file, name):
    with (shared_data / "web" / name).open("rb") as source:
        found = read(file(source.read(1 << 20), name))
    assert len(found.rows) > 10
    assert found.reasons == [(f"record {len(found.rows) + found.skipped.total() + 1}", "truncated gzip")]
    assert len(set(ids(found))) == len(found.rows)


_SPLICES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"\r\n\r\n", b"WARC/1.0\r\n", b"Content-Length: 7\r\n", b"\x1f\x8b\x08", b"\0" * 30]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.booleans(), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 60), _SPLICES), min_size=1, max_size=4))
def test_damage_anywhere_is_survived_and_seen(file, read, packed, splices):
    pages = [record(http(b"<p>"), number=number) for number in (1, 2, 3)]
    data = b"".join(map(gzip.compress, pages) if packed else pages)
    for place, length, splice in splices:
        start = 4 + int(place * (len(data) - 4))
        data = data[:start] + splice + data[start + length :]
    found = read(file(data))
    assert found.rows or found.bad or found.skipped
