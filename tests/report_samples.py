"""Reports for the tests of the renderers: small, and with every kind of finding in them."""

from __future__ import annotations

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.checks.check import Outcome, Result, Section
from adamcheck.claims.claim import Figure, Verdict, false_as_stated, holds, holds_if, measured
from adamcheck.claims.figures import render
from adamcheck.claims.statement import Derived, Standing, Stated
from adamcheck.diagnosis.formula import Cause, Formula, Identity, Kind
from adamcheck.examine.accuracy import Accuracy, Measure
from adamcheck.examine.hazards import Hazard
from adamcheck.examine.results import Absence, ClaimReport, DtypeReport, LawSummary, Report, TargetReport
from adamcheck.judge import Offence
from adamcheck.numbers.enclosure import Freedom
from adamcheck.proofs.relation import Relation
from adamcheck.proofs.steps import Answer, CheckedStep, StepKind
from adamcheck.proofs.witness import Comparison, Witnessed
from adamcheck.traces.trace import Trace

HOSTILE = "<script>alert('x')</script> & \"quotes\" | pipe ` tick $5 *star* [link](http://x.invalid)\n# next"
"""Text that would do harm if a renderer took it for markup."""

LAW = "scaling/powers-of-two-cancel"


def draw(axes: object) -> None:
    axes.plot([0, 1, 2], [1.0, 0.5, 0.25], label="update")  # type: ignore[attr-defined]
    axes.set_xlabel("step t")  # type: ignore[attr-defined]


FIGURE = render(Figure(draw, "A curve."))


def claim(name: str, verdict: Verdict, **changes: object) -> ClaimReport:
    """A claim with two proofs, a law, a witness and a figure."""
    steps = (
        CheckedStep(
            StepKind.IDENTITY,
            "the factor is $c$",
            r"- \frac{\alpha c m}{c \sqrt{\hat v} + \epsilon} = " + " + ".join(["\\beta_{1}^{t + 1}"] * 20),
            (("sympy", Answer.PROVED), ("z3", Answer.PROVED)),
        ),
        CheckedStep(
            StepKind.INEQUALITY,
            "it is below $c$",
            r"\frac{\epsilon + s}{s + \frac{\epsilon}{c}} < c",
            (("sympy", Answer.UNDECIDED), ("z3", Answer.PROVED), ("20 rational points", Answer.EVALUATED)),
        ),
        CheckedStep(
            StepKind.LIMIT,
            "far below eps it is $c$",
            r"\lim_{s \to 0} \frac{\epsilon + s}{s + \frac{\epsilon}{c}} = c",
            (("sympy", Answer.PROVED), ("50 digits", Answer.EVALUATED)),
        ),
    )
    fields: dict[str, object] = {
        "name": name,
        "title": f"Scaling, {verdict.kind} ($c g$)",
        "says": r"The step is unchanged for $|g| < 1$, see `eps`.",
        "source": "Fundamental Properties",
        "verdict": verdict,
        "statement": (
            Stated(
                r"For all $c > 0$: $\|g\|_\infty \le \max_i |g_i|$, $\sum_{i=1}^{t} \beta_1^{t-i} g_i$.",
                ("one", "two"),
                Standing.PROVED,
            ),
            Stated("In words.", (), Standing.PROSE),
        ),
        "derivations": (
            Derived("one", r"The moments scale: $(c m, c^2 v)$.", steps),
            Derived("two", "And again.", steps[:1]),
        ),
        "laws": (LawSummary(LAW, r"Powers of two cancel, $2^k$."),),
        "witnesses": (
            Witnessed(
                "near-eps",
                r"At $g = \epsilon$ the update is $-\alpha/2$.",
                (
                    Comparison("the update", "-1/2", Relation.EQUAL, "-1/2", True),
                    Comparison("m", "1", Relation.AT_MOST, "2", True),
                ),
                "from fractions import Fraction as Q\nprint(Q(1, 2))\n",
            ),
        ),
        "figure": FIGURE,
        "caption": r"The update for $g$ far above $\epsilon$.",
        **changes,
    }
    return ClaimReport(**fields)  # type: ignore[arg-type]


def refuted_step() -> Derived:
    step = CheckedStep(
        StepKind.IDENTITY, "it is wrong", "1 = 2", (("sympy", Answer.REFUTED), ("z3", Answer.REFUTED))
    )
    return Derived("wrong", "One is two.", (step,))


def trace(dtype: str = "float64", coordinates: int = 1) -> Trace:
    gradients = np.array([[1.0] * coordinates, [-0.5] * coordinates], dtype)
    parameters = np.array([[0.0] * coordinates, [-0.5] * coordinates, [-0.25] * coordinates], dtype)
    return Trace(Hyperparameters(lr=0.5, beta1=0.5, beta2=0.75, eps=0.25), gradients, parameters)


OFFENCE = Offence(2, 0, observed=0.25, expected=0.125, radius=1e-15, radii=1.25e14, ulps=4.5e15)


def broken(check: str, dtype: str = "float64", *, message: str = "step 2: off") -> Result:
    return Result(
        check, Section.FORMULA, dtype, Outcome.BROKEN, 3, message=message, trace=trace(dtype), offence=OFFENCE
    )


def conforming() -> TargetReport:
    """A target that conforms in float64 and float32, and does not offer float16."""
    measures = Accuracy(
        Measure("float64", Freedom.DIRECT, 0.4253, 128.8), Measure("float64", Freedom.WORKING, 0.31, 2.0)
    )
    results = tuple(
        (
            Result(
                "updates-are-enclosed", Section.FORMULA, dtype, Outcome.KEPT, 15, notes=("coupled decay",)
            ),
            Result(LAW, Section.LAWS, dtype, Outcome.KEPT, 15, not_judged=2),
            Result("resumed", Section.STATE, dtype, Outcome.NOT_APPLICABLE, message="offers no checkpoint"),
            Result("runs-twice", Section.STATE, dtype, Outcome.UNJUDGED, 15, not_judged=15),
            Result("late", Section.LAWS, dtype, Outcome.NOT_RUN, message="2 checks timed out"),
        )
        for dtype in ("float64", "float32")
    )
    textbook = Formula(Kind.EXPECTED)
    hazard = (Hazard("a zero gradient", "update nan at step 1"),)
    return TargetReport(
        "torch",
        {"foreach": True},
        "torch",
        "2.13.0",
        (
            DtypeReport("float64", textbook, results[0], measures),
            DtypeReport("float32", textbook, results[1], measures, hazard),
            DtypeReport("float16", textbook, absent=Absence.LACKED, failure="torch offers no float16"),
        ),
    )


def broken_target(name: str = "broken.py:Adam") -> TargetReport:
    """A dialect in float64, unexplained with a NaN in float32, a crash in float16."""
    wild = Offence(1, 1, float("nan"), 0.5, 1e-7, float("inf"), float("inf"))
    shapes = Result(
        "shapes", Section.LAWS, "float32", Outcome.BROKEN, 1, trace=trace("float32", 3), offence=wild
    )
    bits = Result(
        "bits", Section.LAWS, "float32", Outcome.BROKEN, 1, message="not bitwise", trace=trace("float32", 3)
    )
    crashed = Result(LAW, Section.LAWS, "float32", Outcome.CRASHED, 1, message=HOSTILE)
    shifted = Result("shifted", Section.LAWS, "float32", Outcome.DIALECT, 15)
    known = Result("known", Section.STATE, "float32", Outcome.EXPECTED, 1, message="never saved: differs")
    faulty = Result(
        "faulty", Section.LAWS, "float32", Outcome.FAULTY, 1, message="the check itself raised: x"
    )
    hung = Result(
        "slow", Section.LAWS, "float32", Outcome.TIMED_OUT, 1, message="a step took longer than 1 s"
    )
    return TargetReport(
        name,
        {"path": object, "rate": float("inf")},
        "mine",
        "",
        (
            DtypeReport(
                "float64",
                Formula(Kind.DIALECT, identity=Identity(("eps-hat",))),
                (broken("updates-are-enclosed", message=HOSTILE), broken(LAW)),
                Accuracy(None, None),
            ),
            DtypeReport(
                "float32",
                Formula(Kind.UNEXPLAINED, cause=Cause.STOPPED, said=HOSTILE),
                (shapes, bits, crashed, hung, shifted, known, faulty),
            ),
            DtypeReport("float16", Formula(Kind.UNEXPLAINED, cause=Cause.NOT_TESTED), failure=HOSTILE),
        ),
    )


def full_report() -> Report:
    """Every verdict of a claim, a claim that is not upheld, and targets that pass, fail, crash and attack."""
    return Report(
        version="0.1.0",
        profile="quick",
        examples=15,
        seed=7,
        claims=(
            claim("plain", holds()),
            claim("conditional", holds_if(r"$\epsilon = 0$ or $|g| \ge \{1\}$")),
            claim("false", false_as_stated(r"it is $\sqrt{\hat v_t}$"), laws=(), figure="", caption=""),
            claim("empirical", measured("8 of 10"), derivations=(), witnesses=()),
            claim("wrong", holds(), derivations=(refuted_step(),)),
            claim(
                "hostile",
                holds_if(HOSTILE),
                title=HOSTILE,
                says=HOSTILE,
                statement=(Stated(HOSTILE, (HOSTILE,), Standing.PROVED),),
            ),
        ),
        targets=(conforming(), broken_target(), broken_target(HOSTILE), broken_target()),
    )


def only_claims() -> Report:
    return Report("0.1.0", "quick", 15, 0, (claim("plain", holds()),), ())


def only_targets() -> Report:
    return Report("0.1.0", "quick", 15, 0, (), (conforming(),))
