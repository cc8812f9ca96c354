"""The pages of the compatibility matrix: what a row says at a glance, what all come to, and the words."""

from __future__ import annotations

import re

import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace
from report_samples import HOSTILE, broken_target, conforming

from adamcheck.checks.check import Outcome, Section
from adamcheck.diagnosis.formula import Kind
from adamcheck.examine.results import TARGET_FAILED, Absence, Report
from adamcheck.report import matrix
from adamcheck.report.matrix import findings, overview, pages, verdicts
from adamcheck.report.matrix.saved import BrokenCheck, Error, Part, Row, Tried
from adamcheck.report.saved import SavedHazard

TESTED = Part(
    absent=None,
    failed=False,
    says="",
    tested=True,
    kind=Kind.EXPECTED,
    against="adam",
    dialect="",
    bug="",
    precision="float64",
    accuracy=Error(radii=0.4, ulps=100.0, scalars="double"),
    laws={Outcome.KEPT: 50},
    state={Outcome.KEPT: 20},
    hazards=(),
)
UNTESTED = replace(TESTED, tested=False, kind=Kind.UNKNOWN, accuracy=None, laws={}, state={})
LACKED = replace(UNTESTED, absent=Absence.LACKED, says="mine offers no float32")
TRIED = Tried(version="1.2", profile="quick", seed=7)


def died(says):
    """What is kept of a dtype in which the target died before any check."""
    return replace(UNTESTED, failed=True, says=says)


def row(name="mine", library="mine", part=TESTED, *, broken=(), remarks=(), tried=TRIED, status=0, **others):
    """A row of a target with this part in float64, and others by dtype; it offers no float32."""
    return Row(
        name=name,
        library=library,
        version="1",
        formula=part.says or f"what {name} computes",
        of="float64",
        status=status,
        dtypes={"float64": part, "float32": LACKED, **others},
        broken=tuple(broken),
        remarks=tuple(remarks),
        tried=tried,
    )


COARSE = row("coarse", part=replace(TESTED, precision="float32"))
EPS_HAT = replace(TESTED, kind=Kind.DIALECT, dialect="eps-hat")
THINC = replace(EPS_HAT, kind=Kind.BUG, bug="decay-after-update")
NADAM = replace(TESTED, against="nadam")
FUSED = BrokenCheck(
    check="parts-of-arrays",
    section=Section.STATE,
    outcome=Outcome.BROKEN,
    dtypes=("float32", "float64"),
    message="the update is 0.0",
)
KILLED = died("SIGSEGV")


def document(*rows):
    return matrix.document(rows)


@pytest.fixture(scope="module")
def sample():
    rows = matrix.rows(Report("1.2", "quick", 15, 7, (), (conforming(), broken_target())))
    return document(*rows)


def shown(found, dtype="float64"):
    return [str(verdict) for verdict in verdicts.in_dtype(found, dtype)]


class TestAtAGlance:
    """Every verdict has a symbol and a word of its own, and a colour."""

    def test_textbook_and_as_accurate_as_the_dtype_allows(self):
        assert shown(row()) == ["✓ textbook"]
        assert [v.tone for v in verdicts.overall(row())] == ["good"]

    def test_textbook_in_less_precision_than_its_arrays_is_not_shown_like_textbook(self):
        assert shown(COARSE) == ["◐ only float32"]
        assert [(str(v), v.tone) for v in verdicts.overall(COARSE)] == [("◐ textbook", "fair")]

    def test_a_dialect_in_less_precision_is_both(self):
        both = row(part=replace(EPS_HAT, precision="float32"))
        assert shown(both) == ["≠ dialect", "◐ only float32"]

    def test_a_dialect_that_is_not_the_one_of_the_row_is_named(self):
        other = row(part=EPS_HAT, bfloat16=replace(EPS_HAT, dialect="amsgrad", precision="bfloat16"))
        assert shown(other, "bfloat16") == ["≠ amsgrad"]

    def test_a_target_that_is_the_other_definition_that_it_says_it_is_goes_by_its_name(self):
        assert shown(row(part=NADAM)) == ["✓ nadam"]
        assert [str(v) for v in verdicts.overall(row(part=NADAM))] == ["✓ nadam"]

    def test_a_bug_stands_beside_the_formula_that_has_it(self):
        wrong = row(part=THINC)
        assert shown(wrong) == ["✗ bug"]
        assert [str(v) for v in verdicts.overall(wrong)] == ["≠ eps-hat", "✗ decay-after-update"]
        beside = row(part=replace(TESTED, bug="complex-gradient-squared"))
        assert [str(v) for v in verdicts.overall(beside)] == ["✓ textbook", "✗ complex-gradient-squared"]

    def test_not_offered_failed_and_missing_are_three_things(self):
        assert shown(row(), "float32") == ["- not offered"]
        failed = row(part=KILLED, status=TARGET_FAILED)
        assert shown(failed) == ["! failed"]
        assert [str(v) for v in verdicts.overall(failed)] == ["! failed"]
        gone = replace(UNTESTED, absent=Absence.NOT_INSTALLED, says="no module named mine")
        missing = row(part=gone, status=TARGET_FAILED)
        assert shown(missing) == ["- not tested"]

    def test_what_works_in_one_dtype_and_fails_in_another_is_told_as_both(self):
        half = row(status=TARGET_FAILED, float32=KILLED)
        assert (shown(half), shown(half, "float32")) == (["✓ textbook"], ["! failed"])
        assert [str(v) for v in verdicts.overall(half)] == ["✓ textbook", "! failed"]

    def test_verdicts_differ_in_more_than_their_colour(self):
        symbols = [verdict.symbol for verdict, _ in verdicts.LEGEND]
        assert len(set(symbols)) == len(symbols)

    def test_outcomes_add_up_to_what_is_applicable(self):
        parts = (
            {Outcome.KEPT: 3, Outcome.BROKEN: 1},
            {Outcome.KEPT: 2, Outcome.NOT_APPLICABLE: 9},
        )
        both = row(part=replace(TESTED, laws=parts[0]), float16=replace(TESTED, laws=parts[1]))
        kept = verdicts.Kept(both.counted(Section.LAWS))
        assert kept.short == "5/6"
        assert [(s.outcome, s.count) for s in kept.shares] == [("kept", 5), ("broken", 1)]
        assert kept.failing


class TestOverview:
    """The findings on top of a page, counted from its rows."""

    ROWS = (
        row("a", "one"),
        COARSE,
        row("b", "two", EPS_HAT),
        row("c", "two", replace(THINC, laws={Outcome.BROKEN: 9})),
        row("d", "three", replace(TESTED, laws={Outcome.KEPT: 49, Outcome.BROKEN: 1}), broken=[FUSED]),
        row("e", "three", KILLED, status=TARGET_FAILED),
        row("f", "three", status=TARGET_FAILED, float32=KILLED),
        row("g", "three", NADAM),
    )

    @pytest.fixture
    def found(self):
        made = document(*self.ROWS)
        return {str(line.verdict): line for line in (*overview.formulas(made), *overview.beside(made))}

    def names(self, line):
        return {head: [row.name for row in rows] for head, rows in line.groups}

    def test_every_implementation_is_counted_with_its_formula(self):
        assert overview.how_many(document(*self.ROWS)) == snapshot("8 implementations from 4 libraries")
        assert overview.how_many(document(row())) == snapshot("1 implementation from 1 library")
        ours = row("reference", "adamcheck")
        assert overview.how_many(document(row(), ours)) == snapshot(
            "1 implementation from 1 library, and the reference"
        )
        assert sum(line.count for line in overview.formulas(document(*self.ROWS))) == len(self.ROWS)

    def test_the_overview_names_the_targets_of_each_formula(self, found):
        assert self.names(found["✓ textbook"]) == {"": ["a", "d", "f"]}
        assert self.names(found["✓ as it says"]) == {"nadam": ["g"]}
        assert self.names(found["◐ coarse"]) == snapshot({"float64 is only float32": ["coarse"]})
        assert self.names(found["≠ dialect"]) == {"eps-hat": ["b", "c"]}
        assert self.names(found["! failed"]) == {"": ["e"]}
        assert self.names(found["! in some dtypes"]) == {"float32": ["f"]}

    def test_the_overview_names_the_targets_that_have_a_bug_or_break_a_law(self, found):
        assert self.names(found["✗ bug"]) == {"decay-after-update": ["c"]}
        assert self.names(found["✗ state"]) == {"parts of arrays": ["d"]}
        assert self.names(found["✗ laws"]) == {"": ["d"]}, "laws that a bug breaks are no news"

    def test_the_overview_has_no_line_for_what_no_target_does(self):
        made = document(row())
        assert [line.count for line in overview.formulas(made)] == [1]
        assert overview.beside(made) == []
        assert "Beside the formula" not in matrix.html(made)


class TestInWords:
    """What is said once, and of which dtypes."""

    def test_a_broken_law_is_said_once_with_its_dtypes_and_an_example(self):
        (told,) = findings.broken(row(broken=[FUSED]))
        assert (told.says, told.where) == ("parts of arrays", "float64, float32")
        text = matrix.markdown(document(row(broken=[FUSED])))
        said = "  - broken in float64, float32: **parts of arrays**; for example: the update is 0.0"
        assert said in text.splitlines()

    def test_laws_that_follow_from_a_bug_are_not_listed(self):
        law = replace(FUSED, section=Section.LAWS)
        assert findings.broken(row(part=THINC, broken=[law])) == []
        assert len(findings.broken(row(broken=[law]))) == 1

    def test_a_hazard_is_said_once(self):
        zero, large = SavedHazard(situation="0", seen="nan"), SavedHazard(situation="300", seen="nan")
        wide, narrow = replace(TESTED, hazards=(zero, large)), replace(TESTED, hazards=(zero,))
        found = row(bfloat16=narrow, float16=wide)
        told = [(hazard.says, hazard.where) for hazard in findings.hazards(found)]
        assert told == [("0: nan", "float16, bfloat16"), ("300: nan", "float16")]
        assert pages.hazards(found) == ["2 in float16", "1 in bfloat16"]

    def test_what_happened_is_not_said_twice(self):
        failed = row(part=KILLED, status=TARGET_FAILED, float32=died("hung"))
        assert [told.says for told in findings.failed(failed)] == ["hung"]
        page = matrix.html(document(failed))
        assert "<dt>Failed</dt><dd>SIGSEGV</dd>" in page
        assert "<dt>Formula</dt>" not in page

    def test_remarks_are_kept_apart_from_what_was_found(self):
        page = matrix.html(document(row(remarks=["counts in twos"], broken=[FUSED])))
        assert "<dt>Remarks</dt><dd><p>counts in twos</p></dd>" in page


class TestPages:
    """Both pages, of reports."""

    def test_the_widest_dtype_comes_first_also_after_a_round_trip(self, sample, tmp_path):
        path = tmp_path / "matrix.json"
        path.write_bytes(matrix.MATRIX.dumps(sample))
        again = matrix.MATRIX.load(path)
        assert again == sample
        assert pages.dtypes_of(again) == ("float64", "float32", "float16")
        assert matrix.markdown(again) == matrix.markdown(sample)
        assert matrix.html(again) == matrix.html(sample)

    def test_html_and_markdown_have_an_anchor_a_row_and_escape_what_targets_say(self, sample):
        page, text = matrix.html(sample), matrix.markdown(sample)
        for found in sample.targets:
            for anchor in (pages.anchor(found), pages.anchor_of_words(found)):
                assert page.count(f'id="{anchor}"') == text.count(f'<a id="{anchor}"></a>') == 1
                assert f'href="#{anchor}"' in page
                assert f"](#{anchor})" in text
        assert "<script" not in page + text.replace("\\<script", "")
        assert HOSTILE not in text
        assert len(re.findall(r"<tr ", page)) == 1 + len(sample.targets)

    def test_what_is_not_kept_is_told_in_words_beside_the_bar(self, sample):
        page = matrix.html(document(row(part=replace(TESTED, laws={Outcome.KEPT: 47, Outcome.UNJUDGED: 3}))))
        assert ">47/50</span>" in page
        assert ">3 not judged</span>" in page
        assert "<dt>Laws</dt><dd>47 of 50 kept, 3 not judged</dd>" in page

    def test_each_cell_says_its_column_where_the_table_is_stacked(self, sample):
        page = matrix.html(sample)
        cells = re.findall(r'<td role="cell"[^>]*', page)
        assert cells
        assert all("data-label=" in cell for cell in cells)


def test_html_and_markdown_say_how_much_was_tried_and_of_which_rows_that_is_not_true():
    few = row("slow", tried=replace(TRIED, seed=8))
    for page in (matrix.markdown, matrix.html):
        told = "adamcheck 1.2, profile quick, seed 7; adamcheck 1.2, profile quick, seed 8: slow."
        assert told in page(document(row("a"), row("b"), few))
