"""What is printed of a target says what the facts say: in the terminal, the page, Markdown and JSON alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

import pytest

from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.checks.conformance import RESUMED
from adamcheck.diagnosis.formula import Formula, Identity, Kind
from adamcheck.examine.results import DtypeReport, Report, TargetReport
from adamcheck.report import html, markdown
from adamcheck.report.json import dumps
from adamcheck.report.terminal import target_text
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS

KINDS = (Kind.EXPECTED, Kind.BUG)


def target(formula: Formula) -> TargetReport:
    """A target with this formula that breaks a check of its state."""
    broken = Result(RESUMED, Section.STATE, "float64", Outcome.BROKEN, 1, message="it does not go on")
    return TargetReport("mine.py:Adam", {}, "", "", (DtypeReport("float64", formula, (broken,)),))


def report(formulas: Iterable[Formula]) -> Report:
    return Report("0", "quick", 10, 0, (), tuple(target(formula) for formula in formulas))


def bug(name: str, kind: Kind) -> Formula:
    return Formula(kind, identity=Identity(bugs=(name,)), source="somewhere")


def words(text: str) -> str:
    """The text without line breaks, the tags of a page and what Markdown escapes."""
    if text.startswith("<!"):
        text = unescape(re.sub(r"<[^>]+>", "", text))
    return re.sub(r"\s+", " ", text.replace("\\", ""))


def has(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BUGS)
def test_the_terminal_and_json_name_every_known_bug(name, kind):
    formula = bug(name, kind)
    assert has(name, words(target_text(target(formula))))
    assert has(name, dumps(report([formula])).decode())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("render", [html.render, markdown.render])
def test_the_page_and_markdown_name_every_known_bug(render, kind):
    text = words(render(report(bug(name, kind) for name in BUGS)))
    assert [name for name in BUGS if not has(f"(the known bug {name})", text)] == []


@pytest.mark.parametrize("render", [html.render, markdown.render, lambda r: dumps(r).decode()])
def test_every_other_definition_is_printed_by_its_title(render):
    others = [name for name in DEFINITIONS if name != "adam"]
    text = words(render(report(Formula(Kind.DIALECT, identity=Identity((name,))) for name in others)))
    assert [
        name for name in others if f"this is {DEFINITIONS[name].title}, not textbook Adam" not in text
    ] == []
