"""Every dialect and every wrong formula is told by its name, alone or with what it cannot be told from."""

from __future__ import annotations

import pytest
from diagnosing import told
from example_targets import DYADIC
from sampling import every

from adamcheck.adam import Adam
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis import procedure
from adamcheck.diagnosis.formula import Formula, Kind, Quantity, Seen
from adamcheck.diagnosis.hypotheses import decaying, named
from adamcheck.diagnosis.search import TRACES
from adamcheck.report import formulas
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS
from adamcheck.variants import TEXTBOOK as TEXTBOOKS
from adamcheck.zoo.bugs import BUGS

IDENTICAL = {
    "peak-not-stored": "adam",
    "schedule-ignored": "adam",
    "decay-coupled": "adam-l2",
    "decay-decoupled": "adamw",
}
"""Bugs of a variant that are another definition, formula for formula: no experiment can tell."""

NOT_A_NUMBER = {"step-counts-from-zero"}
"""A wrong formula that gives NaN from the start: nothing is enclosed, and so it is not named."""

LATE = {"step-stops-at-hundred", "correction-ends", "counter-in-bfloat16"}
"""Wrong formulas that are right in all the fixed experiments: a check has to find them first."""

TOLD_BY_A_NUMBER = {"gradient-norm-clipped-at-hundred"}
"""Wrong formulas that are right in all the fixed experiments; a diagnosis tells from which number on they are not."""

WRONG_FORMULAS = [b for b in BUGS.values() if b.definition and b.name not in IDENTICAL]


def is_named(found: Formula, name: str) -> bool:
    return name in (found.name, *found.sibling_names)


@pytest.mark.slow
@pytest.mark.parametrize("name", every(8, [name for name in DEFINITIONS if name not in TEXTBOOKS]))
def test_every_dialect_is_named_first(name):
    found = told(DefinitionTarget(DEFINITIONS[name], name))
    assert found.dialect == name
    assert found.kind == Kind.DIALECT
    # Only what is the same formula may stand beside it.
    assert all("decay-decoupled" in sibling for sibling in found.sibling_names)


@pytest.mark.slow
@pytest.mark.parametrize("bug", every(20, WRONG_FORMULAS), ids=lambda bug: bug.name)
def test_every_wrong_formula_is_named_first(bug):
    found = told(bug.target(), broken=(DYADIC,) if bug.name in LATE else ())
    if bug.name in TOLD_BY_A_NUMBER:
        found = told(bug.target(), broken=(DYADIC,))
        assert [(each.seen, each.parameter, each.number) for each in found.observations] == [
            (Seen.WRONG_ABOVE, Quantity.GRADIENT, 100.0)
        ]
    elif bug.name in NOT_A_NUMBER:
        assert (found.kind, found.name, found.sibling_names) == (Kind.UNEXPLAINED, "", (bug.name,))
    else:
        assert (found.kind, found.bug) == (Kind.BUG, bug.name)
        assert found.source == bug.source
        assert found.sibling_names == ()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "definition"), IDENTICAL.items())
def test_a_bug_that_is_another_definition_goes_by_the_name_of_that(name, definition):
    assert told(BUGS[name].target()) == told(DefinitionTarget(DEFINITIONS[definition]))


def test_how_weights_decay_stands_beside_the_name_of_a_dialect():
    (base,) = (hypothesis for hypothesis in named() if hypothesis.name == "amsgrad")
    title = formulas.described(base.identity)
    said = [formulas.described(hypothesis.identity) for hypothesis in decaying(base)]
    decays = {words.removeprefix(f"{title}; weight decay is ") for words in said}
    assert {"decoupled", "coupled (L2)", "decoupled, and lr does not scale it"} <= decays
    assert not [words for words in decays if words.startswith(title)]


SAMPLE = ["only-first-moment-corrected", "step-counts-from-two", "betas-swapped", "decay-of-ones"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "dtype"),
    every(
        5,
        [
            *(
                (name, "float32")
                for name in [*SAMPLE, "eps-tenfold", "v-corrected-in-place", "gradient-clipped"]
            ),
            *[(SAMPLE[0], "float16"), (SAMPLE[1], "bfloat16"), (SAMPLE[3], "bfloat16")],
        ],
    ),
)
def test_in_a_coarse_dtype_the_right_name_is_there_and_what_cannot_be_told_from_it(name, dtype):
    found = told(BUGS[name].target(), dtype)
    assert is_named(found, name)
    if found.sibling_names:
        assert f"{dtype} cannot separate it from" in formulas.sentence(found, dtype)
    if dtype == "float32":
        assert (found.bug, found.sibling_names) == (name, ())


@pytest.mark.slow
def test_no_more_than_twenty_traces_are_looked_at(monkeypatch):
    counted = []
    run = Subject.run
    monkeypatch.setattr(Subject, "run", lambda *a: counted.append(a) or run(*a))
    monkeypatch.setattr(procedure, "enclosure_checks", lambda definition: ())
    assert told(DefinitionTarget(DEFINITIONS["amsgrad"]), "bfloat16").dialect == "amsgrad"
    assert 7 <= len(counted) <= TRACES


def pair(first: str, second: type[Adam]) -> DefinitionTarget:
    return DefinitionTarget(type("Pair", (DEFINITIONS[first], second), {}))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dialect", "other", "named"),
    [
        ("eps-hat", BUGS["decay-of-ones"].definition, "eps-hat + decay-of-ones"),
        ("eps-hat", DEFINITIONS["adamw"], "eps-hat"),
        ("eps-hat", DEFINITIONS["no-bias-correction"], "eps-hat + no-bias-correction"),
        (
            "eps-inside-root",
            BUGS["step-counts-from-two"].definition,
            "eps-inside-root + step-counts-from-two",
        ),
        ("amsgrad", BUGS["eps-tenfold"].definition, "amsgrad + eps-tenfold"),
    ],
)
def test_a_dialect_with_another_fault_is_both(dialect, other, named):
    found = told(pair(dialect, other))
    assert found.name == named
    assert found.dialect.startswith(dialect)
