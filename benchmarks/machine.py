"""What every result file says about where it was measured."""

from __future__ import annotations

import json
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assay.records.artifact import environment

RESULTS = Path(__file__).parent / "results"


def processor() -> str:
    """The processor's name, where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().split("\n") if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def write_result(name: str, result: dict[str, Any]) -> None:
    """Print a result, and keep it under today's date with the command and the machine."""
    now = datetime.now(UTC)
    # Where files lie on this machine is nobody's concern.
    arguments = (re.sub(r"[^=]*/", "", each) for each in sys.argv[1:])
    command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *arguments])
    machine = environment() | {"processor": processor()}
    text = json.dumps({"date": now.date().isoformat(), "command": command, "machine": machine, **result}, indent=1)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{now.date().isoformat()}-{name}.json").write_text(text + "\n")
    print(text)
