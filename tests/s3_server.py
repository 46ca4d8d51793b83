"""An S3 server of this process, and an environment in which fsspec finds it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

import pytest


@contextmanager
def s3_server(bucket: str) -> Iterator[Any]:
    """The fsspec file system of a server that has one empty bucket; the test is skipped without moto and s3fs."""
    moto_server = pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    from s3fs import S3FileSystem

    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    before = dict(os.environ)
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
    )
    try:
        S3FileSystem.clear_instance_cache()  # these know the server of an earlier test
        files = S3FileSystem()
        files.mkdir(bucket)
        yield files
    finally:
        S3FileSystem.clear_instance_cache()
        urlopen(f"http://127.0.0.1:{port}/moto-api/reset", data=b"").close()
        os.environ.clear()
        os.environ.update(before)
        server.stop()
