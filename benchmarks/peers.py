"""The peers of ``curation.py``: which there are, what of ours stands beside each of their rule sets, and who agrees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import pyarrow as pa
from peer_side import Verdict, digest

from assay.curation.apply import Outcome, apply
from assay.curation.documents import Documents
from assay.curation.step import Modifier, Step
from assay.text.c4 import C4Quality
from assay.text.fineweb import FinewebQuality
from assay.text.gopher import GopherQuality
from assay.text.gopher_repetition import GopherRepetition

HERE = Path(__file__).parent
ROUNDS = 5
EXAMPLES = 20


class Peer(NamedTuple):
    """A program that has some of the rules."""

    module: str
    """What is importable where it is installed."""
    dialect: str
    """Ours that it is compared with on every document."""
    timed: tuple[str, ...]
    """The rule sets that a user runs together: their time is compared."""
    exact: bool = True
    """Whether that dialect claims to be the peer's."""


BOTH = ("gopher repetition", "gopher quality")
PEERS = {
    "datatrove": Peer("datatrove", "datatrove", (*BOTH, "fineweb", "c4")),
    "dolma": Peer("dolma", "dolma", ("gopher_v2", "c4_v2")),
    "curator": Peer("nemo_curator", "paper", BOTH, exact=False),
    "dclm": Peer("uniseg", "dclm", BOTH),  # and its checkout
    "uniseg": Peer("uniseg", "dclm", ("words",)),
}

Rules = Callable[[Any], tuple[Step, ...]]
GOPHER, C4 = ("datatrove", "dolma", "dclm", "paper"), ("datatrove", "dolma", "c4")
RULE_SETS: dict[str, tuple[tuple[str, ...], Rules]] = {
    "gopher repetition": (GOPHER, lambda dialect: (GopherRepetition(dialect=dialect),)),
    "gopher quality": (GOPHER, lambda dialect: (GopherQuality(dialect=dialect),)),
    "gopher_v1": (GOPHER, lambda dialect: (GopherQuality(dialect=dialect), GopherRepetition(dialect=dialect))),
    "gopher_v2": (
        GOPHER,
        lambda dialect: (
            GopherQuality(dialect=dialect, ignore_empty_lines=True),
            GopherRepetition(dialect=dialect, ignore_empty_lines=True),
        ),
    ),
    "fineweb": (("datatrove",), lambda _: (FinewebQuality(),)),
    "c4": (C4, lambda dialect: (C4Quality(dialect=dialect),)),
    "c4_v2": (C4, lambda dialect: (C4Quality(dialect=dialect),)),
    "c4, any end of a line": (C4, lambda dialect: (C4Quality(dialect=dialect, terminal_punctuation=False),)),
}
"""By the names of the peers' sides: the dialects that ours has, and the steps."""


@dataclass
class Side:
    """What a peer's side told; see ``peer_side.tell``."""

    peer: Peer
    told: dict[str, Any]

    @property
    def seconds(self) -> float:
        return sum(self.told["seconds"][name] for name in self.peer.timed)

    @property
    def speed(self) -> float:
        """Megabytes a CPU second."""
        return self.told["megabytes"] / self.seconds

    @property
    def verdicts(self) -> dict[str, list[Verdict]]:
        return {name: [Verdict(*each) for each in verdicts] for name, verdicts in self.told["verdicts"].items()}


def run_side(name: str, python: str, documents: Path, dclm: str | None) -> Side | str:
    """Run a peer's side in its interpreter; where that cannot be, why."""
    if name == "dclm" and dclm is None:
        return "no checkout; --dclm CHECKOUT names it"
    importable = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({PEERS[name].module!r}) is None)"
    if subprocess.run([python, "-c", importable], check=False).returncode:
        return f"not installed; --peer {name}=PYTHON names the interpreter where it is"
    command = [python, str(HERE / f"{name}_side.py"), str(documents), *([dclm] if name == "dclm" else [])]
    # Of n-grams that are equally frequent, NeMo Curator takes one by its hash, which Python seeds for each process.
    seeded = os.environ | {"PYTHONHASHSEED": "0"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=seeded)
    if ran.returncode:
        return f"failed: {ran.stderr.strip().splitlines()[-1]}"
    return Side(PEERS[name], json.loads(ran.stdout.splitlines()[-1]))


def write_documents(batch: pa.RecordBatch, file: Path) -> None:
    rows = zip(batch.column("id").to_pylist(), batch.column("text").to_pylist(), strict=True)
    file.write_text("".join(json.dumps({"id": id_, "text": text}) + "\n" for id_, text in rows))


def run_ours(batch: pa.RecordBatch, rule_sets: Iterable[str], dialect: str) -> list[dict[str, float]]:
    """The CPU seconds of the rule sets, one after another on the same documents, in each of some rounds.

    The first round is not like the others: in it spaCy is asked for words that were not met before.
    """
    steps = {name: RULE_SETS[name][1](dialect) for name in rule_sets}
    rounds = []
    for _ in range(ROUNDS):
        documents, taken = Documents(batch), {}
        for name, some in steps.items():
            started = process_time()
            for step in some:
                apply(step, documents)
            taken[name] = process_time() - started
        rounds.append(taken)
    return rounds


def our_verdicts(batch: pa.RecordBatch, steps: tuple[Step, ...]) -> list[Verdict]:
    """What our steps decide together; the reason is that of the first which drops the document."""
    verdicts = [Verdict(None)] * len(batch)
    for step in steps:
        outcome = apply(step, Documents(batch))
        left = iter(_texts(step, outcome))
        told = [Verdict(outcome.reasons[code]) if code >= 0 else Verdict(None, next(left)) for code in outcome.codes]
        verdicts = [before if before.dropped else now for before, now in zip(verdicts, told, strict=True)]
    return verdicts


def _texts(step: Step, outcome: Outcome) -> list[str | None]:
    texts = outcome.documents.text.to_pylist()
    return [digest(text) for text in texts] if isinstance(step, Modifier) else [None] * len(texts)


def compare(ids: Sequence[str], ours: list[Verdict], theirs: list[Verdict], show: bool) -> dict[str, Any]:
    """On how many documents two agree, and where ``show`` on which they do not, and what each says of them."""
    pairs = list(zip(ids, ours, theirs, strict=True))
    kept = [(a.dropped is None, b.dropped is None, a.text == b.text) for _, a, b in pairs]
    found: dict[str, Any] = {
        "equal": sum(a == b and (same or not a) for a, b, same in kept),
        "only_assay_keeps": sum(a and not b for a, b, _ in kept),
        "only_the_peer_keeps": sum(b and not a for a, b, _ in kept),
        "other_text": sum(a and b and not same for a, b, same in kept),
    }
    if show:
        differing = [pair for pair, (a, b, same) in zip(pairs, kept, strict=True) if a != b or (a and not same)]
        found["differing"] = [_example(*pair) for pair in differing[:EXAMPLES]]
    return found


def _example(id_: str, ours: Verdict, theirs: Verdict) -> dict[str, str]:
    said = {"assay": ours, "peer": theirs}
    return {"id": id_} | {who: f"drops: {each.dropped}" if each.dropped else "keeps" for who, each in said.items()}


def beside(name: str, side: Side, batch: pa.RecordBatch, ours: tuple[float, float]) -> dict[str, Any]:
    """Ours beside one peer: speed and decisions. ``ours``: our seconds of the yardstick, and for all statistics."""
    peer, told, verdicts = PEERS[name], side.told, side.verdicts
    yardstick, statistics = ours
    found = {key: value for key, value in told.items() if key not in ("verdicts", "seconds", "yardstick_seconds")}
    found |= {
        "documents_per_cpu_second": told["documents"] / side.seconds,
        "megabytes_per_cpu_second": side.speed,
        "times_yardstick": told["yardstick_seconds"] / side.seconds,
    }
    if not verdicts:
        return found
    rounds = run_ours(batch, peer.timed, peer.dialect)
    totals = [sum(taken.values()) for taken in rounds]
    alone = {rules: run_ours(batch, [rules], peer.dialect) for rules in verdicts if rules not in peer.timed}
    found["assay"] = {
        "dialect": peer.dialect,
        "claims_the_same_decisions": peer.exact,
        "documents_per_cpu_second": len(batch) / min(totals),
        "documents_per_cpu_second_first_time": len(batch) / totals[0],
        "times_yardstick": yardstick / min(totals),
        "times_the_peer": side.seconds / min(totals),
        "all_statistics_times_the_peer": side.seconds / statistics,
    }
    found["timed_together"] = peer.timed
    found["rule_sets"] = {
        rules: {
            "seconds": told["seconds"][rules],
            "assay_seconds": min(taken[rules] for taken in alone.get(rules, rounds)),
            "kept": sum(verdict.dropped is None for verdict in theirs),
            "agreement_with_our_dialects": agreement(batch, rules, theirs, peer.dialect),
        }
        for rules, theirs in verdicts.items()
    }
    return found


def agreement(batch: pa.RecordBatch, rules: str, theirs: list[Verdict], shown: str) -> dict[str, Any]:
    """What ``compare`` finds for each of our dialects of a rule set."""
    ids = batch.column("id").to_pylist()
    dialects, steps = RULE_SETS[rules]
    return {
        dialect: compare(ids, our_verdicts(batch, steps(dialect)), theirs, show=dialect == shown)
        for dialect in dialects
    }


def warm_up(batch: pa.RecordBatch, names: Iterable[str]) -> None:
    """Compile what these peers are compared with, and load spaCy where it is asked for."""
    for name in names:
        for rules in RULE_SETS:
            if PEERS[name].dialect in RULE_SETS[rules][0]:
                run_ours(batch.slice(0, 1), [rules], PEERS[name].dialect)


def run_peers(
    batch: pa.RecordBatch, folder: Path, pythons: dict[str, str], dclm: str | None, ours: tuple[float, float]
) -> dict[str, Any]:
    """Every peer that can be had on the documents; and of the others, why not. ``ours``: as ``beside`` takes it."""
    file = folder / "documents.jsonl"
    write_documents(batch, file)
    told = {name: run_side(name, pythons.get(name, sys.executable), file, dclm) for name in PEERS}
    sides = {name: side for name, side in told.items() if isinstance(side, Side)}
    warm_up(batch, sides)
    return {
        "peers": {name: beside(name, side, batch, ours) for name, side in sides.items()},
        "absent": {name: why for name, why in told.items() if isinstance(why, str)},
    }
