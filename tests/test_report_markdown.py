"""The Markdown report: well-formed tables, whole code blocks, and nothing quoted that becomes markup."""

import pickle
import re

import pytest
from report_samples import broken_target, full_report, only_claims, only_targets

from adamcheck.report.markdown import render

CELL = re.compile(r"(?<!\\)\|")


@pytest.fixture(scope="module")
def text() -> str:
    return render(full_report())


def outside_code(text: str) -> str:
    """The document without its fenced blocks; fails where a fence is left open."""
    kept, fence = [], ""
    for line in text.splitlines():
        if not fence and (opening := re.match(r"`{3,}", line)):
            fence = opening[0]
        elif fence and line == fence:
            fence = ""
        elif not fence:
            kept.append(line)
    assert not fence
    return "\n".join(kept)


@pytest.mark.parametrize("make", [full_report, only_claims, only_targets])
def test_every_row_of_a_table_has_the_cells_of_its_head(make) -> None:
    tables = re.findall(r"(?:^\|.*\n?)+", outside_code(render(make())), re.MULTILINE)
    assert tables
    for table in tables:
        head, rule, *rows = table.splitlines()
        width = len(CELL.findall(head))
        assert re.fullmatch(r"\|( --- \|)+", rule)
        assert rows
        assert [len(CELL.findall(row)) for row in (rule, *rows)] == [width] * (1 + len(rows)), table


def test_names_and_messages_are_never_taken_for_markup(text: str) -> None:
    prose = outside_code(text)
    assert r"\<script\>alert('x')\</script\> \& " in prose
    assert not re.search(r"(?<!\\)<(?!a id=|/a>|span>|/span>)", prose)
    assert not re.search(r"^# next", prose, re.MULTILINE)
    assert r"\[link\](http" in prose


def test_every_claim_and_every_target_has_an_anchor_that_is_linked(text: str) -> None:
    anchors = re.findall(r'<a id="([^"]+)"></a>', text)
    assert len(anchors) == len(set(anchors)) == 6 + 4
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == set(anchors)


def test_mathematics_stays_mathematics(text: str) -> None:
    assert r"The step is unchanged for $\vert g\vert \lt 1$, see `` eps ``." in text
    assert r"$\epsilon = 0$ or $\vert g\vert \ge \lbrace 1\rbrace$" in text
    assert "   $$\n   \\frac{\\epsilon + s}{s + \\frac{\\epsilon}{c}} \\lt c\n   $$" in text


def test_dollar_signs_come_in_pairs_but_for_those_that_are_quoted(text: str) -> None:
    for line in outside_code(text).splitlines():
        assert line.replace("<span>$</span>", "").count("$") % 2 == 0, line


def test_the_counterexample_and_its_script_are_there(text: str) -> None:
    assert "| 2 | -0.5 | 0.25 | 0.125 | 1e-15 | 1.25e+14 | 4.5e+15 |" in text
    assert "```python\nimport numpy as np" in text


def test_a_script_with_backticks_does_not_end_its_block() -> None:
    target = broken_target("a```b")
    report = only_targets().__class__("0.1.0", "quick", 15, 0, (), (target,))
    assert "a```b" not in outside_code(render(report))


def test_an_expected_failure_is_told_with_its_reason(text: str) -> None:
    assert "\n- **expected failure** of known: never saved: differs\n" in text


def test_the_same_report_is_the_same_text() -> None:
    assert render(full_report()) == render(full_report())
    assert render(only_claims()) == render(pickle.loads(pickle.dumps(only_claims())))
