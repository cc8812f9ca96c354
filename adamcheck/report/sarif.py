"""A report in SARIF 2.1.0, which code scanning reads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from adamcheck.examine.results import Report
from adamcheck.report.problems import VERDICT, Problem, problems

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: Report) -> bytes:
    """The problems of a report as one run of SARIF; a known failure is a suppressed result."""
    found = tuple(problems(report))
    rules = tuple(dict.fromkeys(problem.rule for problem in found))
    driver = {
        "name": "adamcheck",
        "semanticVersion": report.version,
        "rules": [{"id": rule, "shortDescription": {"text": _rule(rule)}} for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": list(_results(found, rules)),
        "properties": {"profile": report.profile, "seed": report.seed},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, sort_keys=True, indent=1).encode("ascii") + b"\n"


def _rule(rule: str) -> str:
    if rule == VERDICT:
        return "The implementation conforms to its definition."
    return f"adamcheck explain {rule.removeprefix('claim/')} says what it asks for."


def _results(found: Iterable[Problem], rules: tuple[str, ...]) -> Iterable[dict[str, Any]]:
    for problem in found:
        text = f"{problem.where}: {problem.text}" if problem.where else problem.text
        result: dict[str, Any] = {
            "ruleId": problem.rule,
            "ruleIndex": rules.index(problem.rule),
            "level": str(problem.severity),
            "message": {"text": text},
            "locations": [_location(problem)],
        }
        if problem.expected:
            result["suppressions"] = [{"kind": "external", "justification": problem.text.splitlines()[0]}]
        yield result


def _location(problem: Problem) -> dict[str, Any]:
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": problem.where or problem.rule}]}
    if problem.place is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(Path(problem.place.file))},
            "region": {"startLine": problem.place.line},
        }
    return location


def _uri(path: Path) -> str:
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
