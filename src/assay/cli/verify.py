"""assay verify"""

from __future__ import annotations

from collections import Counter

from assay.cli.output import Folder, Json, print_json, print_rich, table


def verify(*folders: Folder, json_: Json = False) -> int:
    """Re-hash the files of artifacts and of everything they were made from, back to the raw files.

    Parameters
    ----------
    folders
        Artifacts; or folders such as an experiment's, for all artifacts in them.

    """
    from dataclasses import asdict

    from assay.base.errors import InputError
    from assay.base.files import below
    from assay.records.store import find_records
    from assay.records.verify import verify as check

    if not folders:
        raise InputError("name at least one folder", where="assay verify")
    findings = list(check(folder for folder, _ in find_records(folders)))
    if not findings:
        raise InputError("there is no artifact of assay here", where=", ".join(map(str, folders)))
    wrong = [finding for finding in findings if not finding.holds]
    artifacts = len({finding.artifact for finding in findings})
    if json_:
        print_json({"holds": not wrong, "artifacts": artifacts, "findings": [asdict(f) for f in findings]})
    elif wrong:
        rows = [[finding.state, str(below(finding.artifact, finding.path)), finding.detail] for finding in wrong]
        print_rich(table(None, ["state", "file", "detail"], rows))
    if not json_:
        counts = Counter(finding.state for finding in findings)
        states = ", ".join(f"{number} {state}" for state, number in counts.items())
        print(f"{artifacts} artifacts, {len(findings)} checks: {states}")
    return 1 if wrong else 0
