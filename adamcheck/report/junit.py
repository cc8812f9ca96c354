"""A report as JUnit XML, which most continuous integration reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from adamcheck.checks.check import Outcome, Result
from adamcheck.examine.results import CONFORMS, TARGET_FAILED, ClaimReport, DtypeReport, Report, TargetReport
from adamcheck.report import summary
from adamcheck.report.problems import VERDICT, told, unoffered

_ERRORS = (Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.FAULTY)
"""The outcomes in which a check could not be finished."""

_KINDS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
"""The element of a test case that each attribute of a suite counts."""


def render(report: Report) -> bytes:
    """A suite for each target and dtype, with its verdict and its checks; the claims are one suite more.

    What was not applicable, not judged or not run is skipped, and so is an expected failure.
    """
    root = ElementTree.Element("testsuites", name="adamcheck")
    for target in report.targets:
        for part in target.dtypes:
            _suite(root, f"{summary.label(target)} ({part.dtype})", _of_dtype(target, part))
    if report.claims:
        _suite(root, "claims", [_of_claim(claim) for claim in report.claims])
    _count(root)
    ElementTree.indent(root, " ")
    content: bytes = ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True)
    return content + b"\n"


def _suite(root: ElementTree.Element, name: str, cases: Iterable[ElementTree.Element]) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=_legal(name))
    for case in cases:
        case.set("classname", _legal(name))
        suite.append(case)
    _count(suite)


def _count(element: ElementTree.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for attribute, kind in _KINDS.items():
        element.set(attribute, str(sum(case.find(kind) is not None for case in cases)))


def _case(name: str, kind: str = "", message: str = "", text: str = "") -> ElementTree.Element:
    case = ElementTree.Element("testcase", name=_legal(name))
    if kind:
        ElementTree.SubElement(case, kind, message=_legal(message)).text = _legal(text)
    return case


def _of_dtype(target: TargetReport, part: DtypeReport) -> list[ElementTree.Element]:
    return [_verdict(target, part), *(_of_result(target, part, result) for result in part.results)]


def _verdict(target: TargetReport, part: DtypeReport) -> ElementTree.Element:
    if not part.offered:
        nowhere = not any(other.offered for other in target.dtypes)
        return _case(
            VERDICT, "error" if nowhere else "skipped", unoffered(target) if nowhere else part.failure
        )
    if part.status == CONFORMS:
        return _case(VERDICT)
    kind = "error" if part.status == TARGET_FAILED else "failure"
    return _case(VERDICT, kind, summary.headline(part))


def _of_result(target: TargetReport, part: DtypeReport, result: Result) -> ElementTree.Element:
    if result.outcome is Outcome.KEPT:
        return _case(result.check)
    message = f"{result.outcome}: {summary.message(result)}" if result.message else str(result.outcome)
    if result.outcome in _ERRORS:
        return _case(result.check, "error", message, told(target, result))
    if result.check in {failure.check for failure in part.failures}:
        return _case(result.check, "failure", message, told(target, result))
    return _case(result.check, "skipped", message)


def _of_claim(claim: ClaimReport) -> ElementTree.Element:
    return _case(claim.name) if claim.upheld else _case(claim.name, "failure", f"not upheld: {claim.title}")


def _legal(text: str) -> str:
    """The text with the characters that XML cannot have shown as Python writes them."""
    return re.sub(
        "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", lambda found: ascii(found[0])[1:-1], text
    )
