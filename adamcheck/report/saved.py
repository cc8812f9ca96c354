"""What a saved report holds: the types of its JSON document.

They are apart from the types of what is found: the format is published, every field of it described, and
numbers in it are exact or strings that JSON can have.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, UnsetType

from adamcheck.checks.check import Outcome, Section
from adamcheck.checks.coverage.conditions import How
from adamcheck.checks.coverage.conditions import Standing as Asked
from adamcheck.checks.coverage.dimensions import Dimension
from adamcheck.claims.claim import VerdictKind
from adamcheck.claims.statement import Standing
from adamcheck.diagnosis.formula import Kind
from adamcheck.numbers.enclosure import Freedom
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.statement import Answer, Fault, StepKind, Undefined
from adamcheck.report.documents import Document, Number, Saved

FORMAT: Final = "adamcheck-report-2"

Hexadecimal = Annotated[str, Meta(pattern=r"^(-?0x[01]\.[0-9a-f]+p[+-][0-9]+|nan|-?inf)$")]
"""A number exactly, as Python's `float.hex` writes it."""

TargetStatus = Literal[0, 1, 3]
"""0 conforms, 1 does not, 3 crashed, hung or could not be started."""

Status = Literal[0, 1, 2, 3]
"""An exit status: 2 where a check has an error of its own."""


class SavedVerdict(Saved, frozen=True, kw_only=True):
    """What became of a claim."""

    kind: Annotated[VerdictKind, Meta(description="The verdict.")]
    condition: Annotated[
        str,
        Meta(
            description=(
                "The condition, the correction or the finding; empty where the claim simply holds. "
                "LaTeX stands between dollar signs."
            )
        ),
    ]


class SavedEngine(Saved, frozen=True, kw_only=True):
    """What one engine said."""

    engine: Annotated[str, Meta(description="Its name.")]
    answer: Annotated[
        Answer,
        Meta(
            description=(
                "What it said: proved and refuted are about all values, evaluated about the points "
                "that were tried."
            )
        ),
    ]


class SavedRefusal(Saved, frozen=True, kw_only=True):
    """Why a step or a derivation is refused, before any engine is asked."""

    fault: Annotated[Fault, Meta(description="What is wrong.")]
    detail: Annotated[str, Meta(description="The part that is wrong: LaTeX, or an exception in one line.")]
    undefined: Annotated[
        Undefined | None, Meta(description="How a term may have no value, where that is what is wrong.")
    ]


class SavedValue(Saved, frozen=True, kw_only=True):
    """The value of a quantity."""

    name: Annotated[str, Meta(description="The quantity.")]
    value: Annotated[str, Meta(description="An exact number, or a decimal that ends in a question mark.")]


class SavedCounterexample(Saved, frozen=True, kw_only=True):
    """Values that refute a step, and both sides there."""

    values: Annotated[tuple[SavedValue, ...], Meta(description="The value of each quantity.")]
    left: Annotated[str, Meta(description="The left side; empty where it has no value.")]
    right: Annotated[str, Meta(description="The right side; empty where it has no value.")]
    exact: Annotated[bool, Meta(description="Both sides are exact numbers.")]


class SavedStep(Saved, frozen=True, kw_only=True):
    """A step of a derivation, and what each engine said."""

    kind: Annotated[
        StepKind, Meta(description="Such as identity, induction, inequality, limit or exact evaluation.")
    ]
    text: Annotated[str, Meta(description="The step in words, which nothing checks.")]
    formula: Annotated[str, Meta(description="The statement in LaTeX, as the derivation wrote it.")]
    engines: Annotated[tuple[SavedEngine, ...], Meta(description="One answer an engine.")]
    refusal: Annotated[SavedRefusal | None, Meta(description="Why no engine was asked.")]
    counterexample: Annotated[SavedCounterexample | None, Meta(description="Values that refute it.")]
    holds: Annotated[bool, Meta(description="It is proved, and nothing refutes it.")]
    engines_agree: Annotated[bool, Meta(description="Two engines stand behind the step.")]


class SavedDerivation(Saved, frozen=True, kw_only=True):
    """A proof, step by step."""

    name: Annotated[str, Meta(description="Its name.")]
    statement: Annotated[str, Meta(description="What it proves.")]
    holds: Annotated[bool, Meta(description="Every step holds.")]
    steps: Annotated[tuple[SavedStep, ...], Meta(description="The steps in order.")]


class SavedLaw(Saved, frozen=True, kw_only=True):
    """A law that random testing tries to break; its results stand with each target."""

    name: Annotated[str, Meta(description="CLAIM/LAW, as results name it.")]
    statement: Annotated[str, Meta(description="What it says.")]


class SavedComparison(Saved, frozen=True, kw_only=True):
    """An exact fact, as it came out."""

    text: Annotated[str, Meta(description="What is compared.")]
    left: Annotated[str, Meta(description="An exact number.")]
    relation: Annotated[Relation, Meta(description="The relation that should hold.")]
    right: Annotated[str, Meta(description="An exact number.")]
    holds: Annotated[bool, Meta(description="Whether the relation holds.")]


class SavedWitness(Saved, frozen=True, kw_only=True):
    """A concrete example in exact numbers."""

    name: Annotated[str, Meta(description="Its name.")]
    statement: Annotated[str, Meta(description="What it shows.")]
    holds: Annotated[bool, Meta(description="It makes comparisons, and all of them hold.")]
    comparisons: Annotated[tuple[SavedComparison, ...], Meta(description="The exact facts.")]
    script: Annotated[str, Meta(description="Python that repeats it; empty where it runs nothing.")]


class SavedProposition(Saved, frozen=True, kw_only=True):
    """A part of the statement of a claim."""

    text: Annotated[str, Meta(description="The part; LaTeX stands between dollar signs.")]
    by: Annotated[
        tuple[str, ...],
        Meta(description="Names of the proofs, `NAME: TEXT` of one step; empty for prose."),
    ]
    standing: Annotated[Standing, Meta(description="What became of it.")]


class SavedClaim(Saved, frozen=True, kw_only=True):
    """One claim about Adam and everything that decides it."""

    name: Annotated[str, Meta(description="Its name.")]
    section: Annotated[str, Meta(description="The title of the section that it stands in; may be empty.")]
    title: Annotated[str, Meta(description="A few words.")]
    says: Annotated[str, Meta(description="The claim as the source makes it.")]
    source: Annotated[str, Meta(description="Section, paper or issue.")]
    verdict: Annotated[SavedVerdict, Meta(description="What became of a claim.")]
    statement: Annotated[
        tuple[SavedProposition, ...], Meta(description="The precise statement, part by part.")
    ]
    upheld: Annotated[
        bool, Meta(description="Every derivation and every witness held, and proves what it should.")
    ]
    derivations: Annotated[tuple[SavedDerivation, ...], Meta(description="The proofs.")]
    laws: Annotated[tuple[SavedLaw, ...], Meta(description="The laws.")]
    witnesses: Annotated[tuple[SavedWitness, ...], Meta(description="The exact examples.")]
    caption: Annotated[
        str, Meta(description="What the figure shows; the figure itself is in the HTML report.")
    ]


class SavedFormula(Saved, frozen=True, kw_only=True):
    """What the target computes."""

    kind: Annotated[
        Kind,
        Meta(
            description=(
                "Such as expected, dialect, bug, changed (a hyperparameter), coarse, unexplained or "
                "not judged."
            )
        ),
    ]
    against: Annotated[str, Meta(description="The definition that the target is held against.")]
    sentence: Annotated[str, Meta(description="The same in words.")]
    dialect: Annotated[
        str,
        Meta(
            description=(
                "The name of the definition that explains everything seen, if it is not the textbook's."
            )
        ),
    ]
    bug: Annotated[
        str,
        Meta(
            description=(
                "The name of the known bug that explains everything seen, on top of the dialect if "
                "there is one."
            )
        ),
    ]
    siblings: Annotated[tuple[str, ...], Meta(description="What nothing that was tried tells from it.")]
    source: Annotated[str, Meta(description="Where the dialect or the bug has been seen.")]
    observed: Annotated[
        tuple[str, ...], Meta(description="What was observed of a formula that has no name, a sentence each.")
    ]
    precision: Annotated[
        str,
        Meta(description="The dtype in which the target computes, where that is coarser than its arrays."),
    ]
    conforms: Annotated[bool, Meta(description="It is the textbook's formula.")]


class SavedMeasure(Saved, frozen=True, kw_only=True):
    """The worst over some probes."""

    format: Annotated[
        str,
        Meta(
            description=(
                "The dtype whose radius and units are meant: a coarser one where the target computes in it."
            )
        ),
    ]
    allowance: Annotated[
        Freedom, Meta(description="The last freedom of the strictest allowance that encloses them.")
    ]
    radii: Annotated[Number, Meta(description="The largest error as a fraction of the radius.")]
    ulps: Annotated[Number, Meta(description="The largest error in units in the last place of the update.")]


class SavedAccuracy(Saved, frozen=True, kw_only=True):
    """Worst errors on fixed probes."""

    dyadic: Annotated[SavedMeasure | None, Meta(description="Null where some probe is not enclosed.")]
    decimal: Annotated[SavedMeasure | None, Meta(description="Null where some probe is not enclosed.")]


class SavedHazard(Saved, frozen=True, kw_only=True):
    """An input and what came of it."""

    situation: Annotated[str, Meta(description="The input.")]
    seen: Annotated[str, Meta(description="The first bad update.")]


class SavedOffence(Saved, frozen=True, kw_only=True):
    """The first update outside the enclosure."""

    step: Annotated[int, Meta(description="Counted from 1.", ge=1)]
    coordinate: Annotated[int, Meta(description="Flat, counted from 0.", ge=0)]
    observed: Annotated[Number, Meta(description="The update that was seen.")]
    expected: Annotated[Number, Meta(description="The update of the definition.")]
    radius: Annotated[Number, Meta(description="What any honest evaluation may differ by.")]
    radii: Annotated[Number, Meta(description="The error as a multiple of the radius.")]
    ulps: Annotated[Number, Meta(description="The error in units in the last place of the update.")]


class SavedRun(Saved, frozen=True, kw_only=True):
    """One run."""

    dtype: Annotated[str, Meta(description="The floating-point format.")]
    gradients_dtype: Annotated[
        str | UnsetType, Meta(description="The format of the gradients, where it is another one.")
    ] = UNSET
    flushes_subnormals: Annotated[
        Literal[True] | UnsetType, Meta(description="There where the target flushes subnormal numbers to 0.")
    ] = UNSET
    shape: Annotated[tuple[int, ...], Meta(description="The shape of the parameters.")]
    hyper: Annotated[
        tuple[Hexadecimal, ...], Meta(description="lr, beta1, beta2, eps and, if used, weight_decay.")
    ]
    gradients: Annotated[tuple[tuple[Hexadecimal, ...], ...], Meta(description="One row a step.")]
    parameters: Annotated[
        tuple[tuple[Hexadecimal, ...], ...],
        Meta(description="One row before the first step and one after each."),
    ]


class SavedTrace(Saved, frozen=True, kw_only=True):
    """A trace file of its own: saved as .json, `adamcheck` reads it."""

    format: Annotated[Literal["adamcheck-trace-1"], Meta(description="The format of the trace.")]
    traces: Annotated[dict[str, SavedRun], Meta(description="Traces by name.")]


class SavedCondition(Saved, frozen=True, kw_only=True):
    """A value without which a failure does not occur."""

    dimension: Annotated[Dimension, Meta(description="What it is a value of.")]
    how: Annotated[
        How,
        Meta(
            description=(
                "from: it fails with this number and larger ones; at: with this number and not with every "
                "larger one; only: with this value and not with the plain one."
            )
        ),
    ]
    choice: Annotated[int | float | str, Meta(description="The value.")]


class SavedAnswered(Saved, frozen=True, kw_only=True):
    """What became of a value of a dimension."""

    dimension: Annotated[Dimension, Meta(description="What it is a value of.")]
    choice: Annotated[int | float | str, Meta(description="The value.")]
    standing: Annotated[Asked, Meta(description="Whether it was asked.")]


class SavedResult(Saved, frozen=True, kw_only=True):
    """The outcome of one check."""

    check: Annotated[str, Meta(description="Its name; CLAIM/LAW for the law of a claim.")]
    section: Annotated[Section, Meta(description="Where it counts: formula, laws or state.")]
    outcome: Annotated[Outcome, Meta(description="Only kept counts as passed.")]
    examples: Annotated[int, Meta(description="How many examples were tried.", ge=0)]
    not_judged: Annotated[int, Meta(description="How many of them nothing can be said about.", ge=0)]
    message: Annotated[str, Meta(description="Why it is broken, not applicable or crashed.")]
    notes: Annotated[tuple[str, ...], Meta(description="Remarks that are no failure.")]
    offence: Annotated[SavedOffence | None, Meta(description="Where an update left the enclosure.")]
    answered: Annotated[
        tuple[SavedAnswered, ...] | UnsetType,
        Meta(description="What became of the values of dimensions that the check met, where it covers some."),
    ] = UNSET
    conditions: Annotated[
        tuple[SavedCondition, ...] | UnsetType,
        Meta(description="Values without which the failure does not occur, where that is known."),
    ] = UNSET
    trace: Annotated[SavedTrace | None, Meta(description="The shortest counterexample that was found.")]
    script: Annotated[
        str, Meta(description="Python that repeats the counterexample; empty where there is none.")
    ]


class SavedDtype(Saved, frozen=True, kw_only=True):
    """A target in one floating-point format."""

    dtype: Annotated[str, Meta(description="Its name.")]
    offered: Annotated[
        bool, Meta(description="Whether the target offers it; if not, nothing below was tested.")
    ]
    failure: Annotated[str, Meta(description="Why the target could not be tested; empty where it was.")]
    accepted: Annotated[
        bool, Meta(description="Whether its dialect was accepted instead of the textbook's formula.")
    ]
    printed: Annotated[
        str,
        Meta(
            description=(
                "The first line that the target printed on standard output; empty where it printed none."
            )
        ),
    ]
    called: Annotated[
        str, Meta(description="How the target is called, where adamcheck found that out; empty otherwise.")
    ]
    interrupted: Annotated[
        Literal[True] | UnsetType,
        Meta(description="There where checks are missing because the run was interrupted."),
    ] = UNSET
    ended: Annotated[
        str, Meta(description="How its process ended after the last check; empty where it ended well.")
    ]
    status: Annotated[TargetStatus | None, Meta(description="Null where not offered.")]
    formula: Annotated[SavedFormula, Meta(description="What the target computes.")]
    accuracy: Annotated[
        SavedAccuracy | None,
        Meta(
            description=(
                "With dyadic hyperparameters (none is rounded) and decimal ones; null where not tested."
            )
        ),
    ]
    hazards: Annotated[
        tuple[SavedHazard, ...],
        Meta(description="Ordinary inputs for which the arithmetic itself goes wrong."),
    ]
    results: Annotated[tuple[SavedResult, ...], Meta(description="One result a check.")]


class SavedTarget(Saved, frozen=True, kw_only=True):
    """An implementation under test."""

    name: Annotated[str, Meta(description="The name that `adamcheck verify` takes.")]
    options: Annotated[
        dict[str, Any],
        Meta(
            description=(
                "Options of its constructor and how it is called; a value that JSON cannot say is the "
                "string that Python writes for it."
            )
        ),
    ]
    library: Annotated[str, Meta(description="The library it is from.")]
    version: Annotated[str, Meta(description="The version of the library.")]
    status: Annotated[TargetStatus, Meta(description="The worst of its dtypes.")]
    dtypes: Annotated[tuple[SavedDtype, ...], Meta(description="The target, dtype by dtype.")]


class SavedReport(Saved, frozen=True, kw_only=True):
    """Everything that one command found out about Adam and about implementations of it."""

    format: Annotated[
        Literal["adamcheck-report-2"],
        Meta(description="The version of this format; another one has another number."),
    ]
    version: Annotated[str, Meta(description="The version of adamcheck.")]
    profile: Annotated[str, Meta(description="How much was tried: quick, standard or thorough.")]
    examples: Annotated[int, Meta(description="Examples drawn for each check.", ge=1)]
    seed: Annotated[int, Meta(description="The seed of all random choices.")]
    status: Annotated[
        Status,
        Meta(
            description=(
                "The exit status: 0 where every target conforms and every claim is upheld, 1 where "
                "not, 2 where only a check has an error of its own, 3 where a target crashed, hung or could "
                "not be started."
            )
        ),
    ]
    definition: Annotated[
        str,
        Meta(
            description=(
                "The definition that somebody named for the targets to be held against; empty where each "
                "is held against what it says of itself."
            )
        ),
    ] = ""
    asked: Annotated[
        dict[str, Any] | UnsetType,
        Meta(
            description=(
                "What else was asked for, where anything was: only, accept, expected, timeout or fail_fast."
            )
        ),
    ] = UNSET
    claims: Annotated[tuple[SavedClaim, ...], Meta(description="The claims.")]
    targets: Annotated[tuple[SavedTarget, ...], Meta(description="The targets.")]


REPORT = Document(SavedReport, "report", "report", FORMAT, "write it again with adamcheck")
