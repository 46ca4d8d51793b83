"""A web server with Common Crawl's layout that can be told to fail, and the files it serves."""

from __future__ import annotations

import functools
import gzip
import hashlib
import http.server
import re
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CRAWL = "CC-MAIN-2022-49"
OTHER_CRAWL = "CC-MAIN-2022-40"


def member(number: int, text: str = "hello world ") -> bytes:
    """A WARC record with a page, as one gzip member."""
    page = f"<html><body><p>Page {number}. {text * 40}</p></body></html>".encode()
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Target-URI: http://host/{number}\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


def write_crawl(folder: Path, crawl: str = CRAWL, files: int = 12, kind: str = "warc") -> list[str]:
    """A crawl with its index of paths; returns the paths."""
    paths = []
    for number in range(files):
        ending = "warc.gz" if kind == "warc" else "warc.wet.gz"
        segment = f"crawl-data/{crawl}/segments/16694467{number % 3}.92"
        path = f"{segment}/{kind}/CC-MAIN-{crawl[-7:]}-{number:05d}.{ending}"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        key = 1000 * number + (500_000 if crawl == CRAWL else 0)
        (folder / path).write_bytes(b"".join(member(key + record) for record in range(30)))
        paths.append(path)
    index = folder / "crawl-data" / crawl / f"{kind}.paths.gz"
    index.write_bytes(gzip.compress("".join(f"{path}\n" for path in paths).encode()))
    return paths


class CrawlServer(http.server.ThreadingHTTPServer):
    """Serves a folder. ``faults`` has what to do wrong with the next requests for a path, one after the other."""

    daemon_threads = True

    def __init__(self, folder: Path):
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler))
        self.folder = folder
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        self.always: dict[str, str] = {}
        self.log: list[tuple[str, str, str | None]] = []
        """Method, path and Range of every request."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def asked_for(self, path: str) -> list[str | None]:
        """The ranges that were asked for of a file."""
        return [range_ for method, asked, range_ in self.log if asked == path and method == "GET"]

    def handle_error(self, request, client_address):
        pass  # clients that hang up


@contextmanager
def running(folder: Path) -> Iterator[CrawlServer]:
    server = CrawlServer(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: CrawlServer

    def version_string(self):
        return "AmazonS3"  # whose ETags are MD5s

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = self.path.lstrip("/")
        self.server.log.append((self.command, path, self.headers.get("Range")))
        waiting = self.server.faults[path]
        fault = waiting.pop(0) if waiting else self.server.always.get(path, "")
        if fault.isdecimal():
            self.send_response(int(fault))
            self.send_header("Retry-After", "1" if fault == "503" else "no number")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif not (self.server.folder / path).is_file():
            self.send_error(404)
        else:
            self._send((self.server.folder / path).read_bytes(), fault, body)

    def _send(self, data: bytes, faults: str, body: bool) -> None:
        fault, _, more = faults.partition(", ")
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        start = self._start(tag) if fault != "ignores ranges" else 0
        if start == len(data) > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        rest = data[start:]
        sent = rest[: len(rest) // 2] if fault in {"resets", "cuts", "says too little"} else rest
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if more != "no tag":
            self.send_header("ETag", tag if fault != "wrong MD5" else f'"{"0" * 32}"')
        if fault == "says no length":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(sent) if fault == "says too little" else len(rest)))
        self.end_headers()
        if body:
            self.wfile.write(sent)
        self.close_connection = fault in {"cuts", "resets", "says no length"}
        if fault == "resets":  # closing with this option sends RST
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _start(self, tag: str) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(match[1]) if match and self.headers.get("If-Range") == tag else 0
