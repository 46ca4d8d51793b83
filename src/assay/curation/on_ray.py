"""The same work on a Ray cluster, through Ray Data. The folder of the dataset must be one that all its nodes see.

    curate(pool, recipe, Path("/shared/out"), ray=RayCluster("10.0.0.1:6379"))

What is computed does not depend on where: ids and bytes are those of the local engine. Work on a node that dies is done
again elsewhere by Ray; what was finished is kept, so that a stopped run goes on where it was, on Ray or without.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from assay.base.errors import InputError, missing_package
from assay.base.progress import silence

T = TypeVar("T")
R = TypeVar("R")

_START = "give the address that `ray start --head` says on the cluster's first machine"
_PATIENCE = 5.0
"""Seconds in which the cluster must answer."""


@dataclass(frozen=True)
class RayCluster:
    """A running cluster, or one of this machine alone."""

    address: str | None = None
    """``host:port``, as ``ray start --head`` says it; None: that in $RAY_ADDRESS, or else a new one of this machine."""

    def run(self, function: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[int, R]]:
        """Yield ``(index, function(item))`` as the items finish, in any order; one core each.

        The first error of an item is raised here as it was.
        """
        if not items:
            return
        ray = self._connect()
        work = [{"index": index, "item": ray.cloudpickle.dumps(item)} for index, item in enumerate(items)]
        data = ray.data.from_items(work, override_num_blocks=len(work))
        for row in data.map(_call, fn_kwargs={"function": function}, num_cpus=1).iter_rows():
            if row["error"] is not None:
                raise row["error"]
            yield row["index"], row["result"]

    def _connect(self) -> Any:
        try:
            import ray
            import ray.cloudpickle
            import ray.data
        except ImportError as error:
            raise missing_package(error.name or "ray", "ray", "--engine ray") from error
        if not ray.is_initialized():
            address = self.address or os.environ.get("RAY_ADDRESS")
            if address:
                _knock(address)
            # Not None: Ray would look for a cluster that was here once, and wait minutes for it where it died.
            ray.init(address=address or "local", log_to_driver=False, configure_logging=False)
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.WARNING)
        return ray


def _knock(address: str) -> None:
    """InputError when no cluster answers: Ray itself would try for several minutes, and then end the process."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise InputError(f"{address!r} is not of the form host:port", where="--ray-address", hint=_START)
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE) as connection:
            answers = "RAY_USE_TLS" in os.environ or _speaks_http2(connection)
    except OSError as error:
        raise InputError(f"no Ray cluster answers at {address}: {error}", where="--ray-address", hint=_START) from error
    if not answers:
        raise InputError(f"what answers at {address} is not a Ray cluster", where="--ray-address", hint=_START)


def _speaks_http2(connection: socket.socket) -> bool:
    """Whether the other side answers as gRPC, which Ray speaks: with a frame of settings (RFC 9113, section 3.4)."""
    settings = b"\x04"
    connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + settings + bytes(5))
    return connection.recv(4)[3:] == settings


def _call(row: dict[str, Any], function: Callable[[Any], Any]) -> dict[str, Any]:
    """One unit of work on a node. Errors travel as values, so that Ray does not try again what cannot succeed."""
    from ray import cloudpickle

    silence()
    outcome = {"index": row["index"], "result": None, "error": None}
    try:
        return outcome | {"result": function(cloudpickle.loads(row["item"]))}
    except Exception as error:
        return outcome | {"error": error}
