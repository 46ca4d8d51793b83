"""WARC records made by tests."""

from __future__ import annotations

PAGE = b"<html><body>" + b"hello world " * 200 + b"</body></html>"


def record(block: bytes, kind: str = "response", number: int = 1, length: int | str | None = None) -> bytes:
    content_type = "text/plain" if kind == "conversion" else "application/http; msgtype=response"
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Target-URI: http://host/{number}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def http(body: bytes = PAGE, content_type: str | None = "text/html; charset=utf-8", encoding: str = "") -> bytes:
    head = "HTTP/1.1 200 OK\r\n"
    head += f"Content-Type: {content_type}\r\n" if content_type else ""
    head += f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return head.encode() + b"\r\n" + body
