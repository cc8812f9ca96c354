"""The theory in Coq: its theorems are proved, its rules are those of the judge, and a wrong rule is not proved."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import isclose, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import adamcheck
from coq_rules import Rules
from inline_snapshot import snapshot
from sampling import every

from adamcheck import numbers
from adamcheck.adam import Adam, Hyperparameters
from adamcheck.choices import DTYPE_NAMES
from adamcheck.claims.claim import discover
from adamcheck.numbers.enclosure import ROUNDINGS, Arithmetic, Enclosure, allowances
from adamcheck.numbers.enclosure.averages import _weight_error
from adamcheck.numbers.enclosure.powers import growth
from adamcheck.numbers.enclosure.rules import DOWN, UP
from adamcheck.numbers.floats import format_of, precision_of
from adamcheck.proofs.coq.certify import find_coqc
from adamcheck.proofs.coq.theorems import Chapter, LibraryMissing, Part, prove, sources
from adamcheck.updates import Enclosing, stored

needs_coq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed")


def _needs(library: str) -> pytest.MarkDecorator:
    """A mark for tests that need a library of Coq."""
    coqc = shutil.which("coqc")
    where = subprocess.run([coqc, "-where"], capture_output=True, text=True).stdout.strip() if coqc else ""
    there = where and (Path(where) / "user-contrib" / library).is_dir()
    return pytest.mark.skipif(not there, reason=f"Coq's library {library} is not installed")


needs_flocq, needs_coquelicot = _needs("Flocq"), _needs("Coquelicot")

JUDGE = sources(Part.JUDGE)


def _only(source: str) -> Chapter:
    (chapter,) = prove({"Tiny": source}, find_coqc())
    return chapter


@pytest.mark.slow
@needs_flocq
def test_every_theorem_about_the_judge_is_proved(tmp_path: Path) -> None:
    told = adamcheck("certify", "--judge", "--output", tmp_path, status=0)
    assert [line for line in told.out.splitlines() if line.endswith("proved by Coq")] == [
        f"{name}.v  proved by Coq" for name in JUDGE
    ]
    assert "power_by_running_product" in told.out
    assert sorted(path.stem for path in tmp_path.glob("*.v")) == sorted(JUDGE)


@pytest.mark.slow
@needs_coquelicot
def test_every_theorem_about_adam_is_proved() -> None:
    told = adamcheck("certify", "--theory", status=0)
    assert "not proved" not in told.out
    assert {"bias_correction", "loss_scale_invariance", "one_step_of_the_definition", "sign_step"} <= {
        *told.out.split()
    }


@pytest.mark.slow
@needs_coq
def test_the_theorem_in_the_guide_is_proved() -> None:
    guide = (Path(__file__).parents[1] / ".github" / "guide" / "adding.md").read_text(encoding="utf-8")
    mine = re.search(r"<!-- example: Mine.v -->\n```coq\n(.*?)```", guide, re.DOTALL)
    assert mine
    *_, last = prove({"Adam": sources(Part.ADAM)["Adam"], "Mine": mine.group(1)}, find_coqc())
    assert (last.theorems, last.proved) == (("zero_gradients_move_nothing",), True)


def test_theorems_about_claims_have_the_names_of_claims() -> None:
    theorems = re.findall(r"^Theorem (\w+)", sources(Part.ADAM)["Claims"], re.MULTILINE)
    assert len(theorems) > 10
    assert {theorem.replace("_", "-") for theorem in theorems} <= {claim.name for claim in discover()}


@pytest.mark.slow
@needs_coq
def test_the_adam_of_coq_is_that_of_python() -> None:
    files = sources(Part.ADAM)
    changed = files["Adam"].replace("average b2 (second s) (g * g)", "average b2 (second s) g")
    assert changed != files["Adam"]
    stripped = changed[: changed.index("(* --- lemmas")]
    last = [
        *prove(
            {
                "Adam": stripped + "Theorem one : 1 = 1.\nProof. reflexivity. Qed.\n",
                "Agreement": files["Agreement"],
            },
            find_coqc(),
        )
    ][-1]
    assert (last.name, last.proved) == ("Agreement", False)


WRONG = [
    ("Radius", "k * ((Rabs x + rx) + (Rabs y + ry)) + w", "k / 2 * ((Rabs x + rx) + (Rabs y + ry)) + w"),
    ("Radius", "Rabs x * ry + rx * (Rabs y + ry) + k", "Rabs x * ry + rx * Rabs y + k"),
    (
        "Radius",
        "quotient_above_radius k w x rx y ry (Rabs y - ry)",
        "quotient_above_radius k w x rx y ry (Rabs y)",
    ),
    ("Radius", "root_above_radius k w x r (x - r)", "root_above_radius k w x r x"),
    ("Radius", "INR n * r * (Rabs x + r) ^ (n - 1) + (", "INR n * r * Rabs x ^ (n - 1) + ("),
    ("Radius", "2 * u * Rmax (Rabs before) (Rabs after)", "u * Rmax (Rabs before) (Rabs after) / 2"),
    ("Radius", "(1 + (Rabs c + rc)) (Rabs c + rc)", "(Rabs b + rb) (Rabs c + rc)"),
    ("Radius", "(Rabs b + rb) (1 + (Rabs b + rb))", "(Rabs b + rb) (Rabs c + rc)"),
    ("Arithmetic", "1 + 1 / 35184372088832. (*", "1 + 1 / 140737488355328. (*"),
    ("Rounding", "/ 2 * bpow radix2 (- prec + 1)", "/ 4 * bpow radix2 (- prec + 1)"),
    ("Step", "(1 + (Rabs c + rc)) (Rmax (Rabs c + rc) (1 + (Rabs b + rb)))", "(Rabs b + rb) (Rabs c + rc)"),
    ("Step", "rounds u e (S + EPS) T", "rounds (4 * u) e (S + EPS) T"),
    ("Updates", "Total (Root (Number V)) (Product eps (Root (Number C2)))", "Total (Root (Number V)) eps"),
    ("Averages", "Plus (Held O) (Times c (Minus (Held N) (Held O)))", "Plus (Held O) (Times c (Held N))"),
]
"""Changes that make a rule too small, or an evaluation wrong: the file, what stands there, and the change."""


@pytest.mark.slow
@needs_flocq
@pytest.mark.parametrize(("chapter", "old", "new"), every(7, WRONG))
def test_what_is_wrong_is_not_proved(chapter: str, old: str, new: str) -> None:
    assert JUDGE[chapter].count(old) == 1, old
    *before, last = prove({**JUDGE, chapter: JUDGE[chapter].replace(old, new)}, find_coqc())
    assert all(one.proved for one in before)
    assert not last.proved
    assert re.match(r"line \d+: ", last.failure)


@needs_coq
def test_what_is_assumed_is_not_proved() -> None:
    admitted = _only("Theorem two : 1 = 2. Proof. Admitted.\n")
    assert (admitted.proved, admitted.failure, admitted.assumed) == (False, "", ("two",))
    assert not _only("Axiom lie : False. Theorem two : 1 = 2. Proof. destruct lie. Qed.\n").proved
    assert not _only("Definition two := 2.\n").proved
    assert _only("Theorem one : 1 = 1. Proof. reflexivity. Qed.\n").proved


def test_without_coqc_one_line_says_what_to_install(tmp_path: Path) -> None:
    told = adamcheck("certify", "--judge", status=2, PATH=os.fspath(tmp_path))
    assert told.err == snapshot("adamcheck: coqc was not found; install Coq (Debian: apt-get install coq)\n")


@needs_coq
def test_without_a_library_one_line_says_what_to_install() -> None:
    with pytest.raises(LibraryMissing) as told:
        _only("From Unknown Require Import Core.\n")
    assert str(told.value) == snapshot(
        "Coq's library Unknown was not found; install it (Debian: apt-get install libcoq-unknown)"
    )


def test_the_judge_is_not_a_claim() -> None:
    assert adamcheck("certify", "--judge", "momentum", status=2).error == snapshot(
        "Error: --judge and --theory go without a CLAIM"
    )


# --- the rules in Coq are the rules of the judge -------------------------------------------------


RULES = Rules(JUDGE["Radius"])

NUMBERS = [(1.0, 1e-7), (3.7, 0.2), (-2.9, 1e-5), (0.4, 0.0), (1e-20, 1e-22), (-0.3, 0.29)]
"""Values and radii."""

OPERATIONS: list[tuple[str, Callable[[Any, Any], Any]]] = [
    ("sum_radius", lambda x, y: x + y),
    ("product_radius", lambda x, y: x * y),
    ("quotient_radius", lambda x, y: x / y),
]


def _arithmetic(dtype: str, flushes: bool) -> Arithmetic:
    return Arithmetic.of_arrays(allowances(format_of(dtype).flushing(flushes))[-1:])


ARITHMETICS = [_arithmetic(dtype, flushes) for dtype in ("float64", "float32") for flushes in (False, True)]


def _number(value: float, radius: float, a: Arithmetic) -> Enclosure:
    exact = Enclosure.exact(value, a)
    return exact.widened(np.array([[radius]]))


def _constants(a: Arithmetic, result: Enclosure) -> tuple[float, float]:
    """k and w as the Coq file defines them."""
    (format,) = a.formats
    return RULES("rounding", format.unit), RULES("underflow", format.loss) / 2 * float(result.stretch[0, 0])


def _same(result: Enclosure, radius: float) -> None:
    assert isclose(float(result.radius[0, 0]), radius, rel_tol=2.0**-40), (result.radius, radius)


@pytest.mark.parametrize("a", ARITHMETICS)
@pytest.mark.parametrize(("rule", "operation"), OPERATIONS)
def test_a_rule_in_coq_is_that_of_the_judge(
    rule: str, operation: Callable[[Any, Any], Any], a: Arithmetic
) -> None:
    for (x, rx), (y, ry) in product(NUMBERS, NUMBERS):
        result = operation(_number(x, rx, a), _number(y, ry, a))
        _same(result, RULES(rule, *_constants(a, result), x, rx, y, ry))


@pytest.mark.parametrize("a", ARITHMETICS)
def test_the_rules_of_a_difference_in_coq_are_those_of_the_judge(a: Arithmetic) -> None:
    for x, y, rule in ((1.0, 0.7, "near_radius"), (1.0, 0.3, "sum_radius"), (1.0, -0.7, "near_radius")):
        result = _number(x, 1e-6, a) - _number(y, 1e-7, a)
        _same(result, RULES(rule, *_constants(a, result), x, 1e-6, y, 1e-7))


@pytest.mark.parametrize("a", ARITHMETICS)
def test_the_rules_of_the_root_in_coq_are_those_of_the_judge(a: Arithmetic) -> None:
    for x, r, rule in (
        (2.0, 0.1, "root_radius"),
        (2.0, 0.0, "root_radius"),
        (2.0, 3.0, "root_of_nearly_zero_radius"),
    ):
        result = numbers.sqrt(_number(x, r, a))
        _same(result, RULES(rule, *_constants(a, result), x, r))


@pytest.mark.parametrize("a", ARITHMETICS)
def test_the_rules_with_a_lower_bound_in_coq_are_those_of_the_judge(a: Arithmetic) -> None:
    x, y, n = _number(3.0, 4.0, a), _number(0.5, 0.1, a), _number(-0.3, 0.01, a)
    total = x + y
    least = RULES("least_of_sum", *_constants(a, total), float(x.lower[0, 0]), float(y.lower[0, 0]))
    assert isclose(float(total.lower[0, 0]), least, rel_tol=2.0**-40)
    result = n / total
    constants = (*_constants(a, result), -0.3, 0.01, 3.5, float(total.radius[0, 0]))
    _same(result, RULES("quotient_above_radius", *constants, least))
    result = numbers.sqrt(total)
    constants = (*_constants(a, result), 3.5, float(total.radius[0, 0]))
    _same(result, RULES("root_above_radius", *constants, least))


@pytest.mark.parametrize("a", ARITHMETICS)
def test_the_rule_of_a_power_in_coq_is_that_of_the_judge(a: Arithmetic) -> None:
    for x, r, n in ((0.9, 1e-8, 1), (0.999, 1e-8, 1000), (0.0, 0.0, 3)):
        base = _number(x, r, a)
        result = base**n
        grown = float(growth(base, n)[0, 0])
        _same(result, RULES("power_radius", *_constants(a, result), grown, x, r, n))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("allowance", "rule"), [(0, "direct_radius"), (2, "lerp_radius")])
def test_the_rules_of_the_average_in_coq_are_those_of_the_judge(
    dtype: str, allowance: int, rule: str
) -> None:
    mode = replace(allowances(dtype)[allowance], scalars=format_of(dtype), roundings=ROUNDINGS)
    a = Arithmetic.of_arrays((mode,))
    beta, old, new = _number(0.9, 1e-8, a), _number(-0.3, 1e-5, a), _number(0.7, 1e-6, a)
    result = numbers.ema(old, new, beta)
    c = 1 - beta
    # The recursion on the corrected average, whose allowance is not proved, comes on top.
    corrected = _weight_error(beta, 1, 1 - beta.magnitude) * c.upper * new.upper if allowance else 0.0
    radius = RULES(rule, *_constants(a, result), 0.9, 1e-8, 0.1, float(c.radius[0, 0]), -0.3, 1e-5, 0.7, 1e-6)
    _same(result, radius + float(np.asarray(corrected).max()))


@pytest.mark.parametrize("a", ARITHMETICS)
def test_the_radius_of_an_average_that_may_be_anchored_covers_the_rule_in_coq(a: Arithmetic) -> None:
    """It covers the other forms, too, so it may be the larger one."""
    for old, new in ((-0.3, 0.7), (1e-3, 1e4), (5.0, 1e-2)):
        beta = _number(0.9, 1e-8, a)
        result = numbers.ema(_number(old, 1e-5, a), _number(new, 1e-6, a), beta)
        rc = float((1 - beta).radius[0, 0])
        rule = RULES("anchored_radius", *_constants(a, result), 0.9, 1e-8, 0.1, rc, old, 1e-5, new, 1e-6)
        assert float(result.radius[0, 0]) >= rule


def test_the_rules_of_what_is_rounded_entered_and_stored_in_coq_are_those_of_the_judge() -> None:
    a, coarse = _arithmetic("float32", False), _arithmetic("float16", False)
    (single,), (half,) = a.formats, coarse.formats
    for x in (0.1, -1e-3, 3e-46):
        _same(Enclosure.rounded(x, a), RULES("rounded_radius", single.unit, single.tiny, x))
        radius = float(stored(np.array([x]), np.array([2 * x]), single)[0])
        assert isclose(radius, RULES("stored_radius", single.unit, single.tiny, x, 2 * x))
    _same(_number(1e-6, 1e-9, a).entering(coarse), RULES("entering_radius", 1e-9, half.tiny, 0.0))
    _same(_number(1e-3, 1e-9, a).entering(coarse), 1e-9)
    flushing = _arithmetic("float32", True)
    (single,) = flushing.formats
    entered = _number(1e-40, 1e-45, _arithmetic("float64", True)).entering(flushing)
    _same(entered, RULES("entering_radius", 1e-45, single.tiny, single.normal))


@pytest.mark.parametrize("name", [*DTYPE_NAMES, "tf32"])
def test_the_formats_of_the_judge_are_those_of_the_theorems(name: str) -> None:
    format = precision_of(name)
    _, precision = np.frexp(1 / format.unit)
    _, least = np.frexp(format.tiny)
    prec, emin = int(precision) - 1, int(least) - 1
    assert prec >= 4  # unit <= 1/16
    assert (format.unit, format.tiny) == (2.0**-prec, 2.0**emin)
    assert format.normal == 2.0 ** (emin + prec - 1)
    assert (format.loss, format.flushing().loss) in (
        (format.tiny, 2 * format.normal),
        (format.tiny, format.tiny),  # float16 never flushes
    )


def test_radii_are_rounded_up_as_in_the_theorem() -> None:
    rules = Rules(JUDGE["Arithmetic"])
    assert (rules("up"), rules("down")) == (UP, DOWN)
    assert rules("float64_unit") == format_of("float64").unit
    assert rules("operations") == 2**7 - 1


def _pair(x: Enclosure) -> tuple[float, float]:
    return float(x.value[0]), float(np.broadcast_to(x.radius, (1, 1))[0, 0])


@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("allowance", [0, 1, 2, -1])
def test_the_radius_of_a_whole_step_in_coq_is_within_that_of_the_judge(dtype: str, allowance: int) -> None:
    """The rules as `first_moment_radius`, `second_moment_radius` and `update_radius` of Step.v put them together."""
    mode = replace(allowances(dtype)[allowance], roundings=ROUNDINGS)
    enclosing = Enclosing.under((mode,))
    eps = 2.0**-10 if mode.arrays.narrow else 1e-8
    hyper = enclosing.hyper(Hyperparameters(lr=2.0**-7, beta1=0.875, beta2=0.96875, eps=eps))
    adam, theta = Adam(hyper), enclosing.parameters(np.zeros(1))
    k, w = RULES("rounding", mode.arrays.unit), RULES("underflow", mode.arrays.loss) / 2
    average = "lerp_radius" if mode.averages else "direct_radius"
    state = adam.start(theta)
    for t, gradient in enumerate((0.75, -0.5, 0.1, 1.25, -0.3), start=1):
        g = enclosing.gradient(np.array([gradient], mode.arrays.dtype))
        after, update = adam.update(state, theta, g)
        (m, rm), (v, rv), (n, rn) = _pair(state.m), _pair(state.v), _pair(g)
        square = RULES("product_radius", k, w, n, rn, n, rn)
        weights = [(*_pair(beta), *_pair(1 - beta)) for beta in (hyper.beta1, hyper.beta2)]
        first = RULES(average, k, w, *weights[0], m, rm, n, rn)
        second = RULES(average, k, w * max(1.0, abs(n) + rn), *weights[1], v, rv, n * n, square)
        (m, rm), (v, rv) = _pair(after.m), _pair(after.v)
        assert first <= rm * (1 + 2.0**-40)
        assert second <= rv * (1 + 2.0**-40)
        (c, rc), (d, rd) = (_pair(1 - beta**t) for beta in (hyper.beta1, hyper.beta2))
        m_hat = RULES("quotient_radius", k, w, m, rm, c, rc)
        v_hat = RULES("quotient_radius", k, w, v, rv, d, rd)
        rule = "root_radius" if v_hat < v / d else "root_of_nearly_zero_radius"
        root = RULES(rule, k, w, v / d, v_hat)
        below = RULES("sum_radius", k, w, sqrt(v / d), root, *_pair(hyper.eps))
        above = RULES("product_radius", k, w, *_pair(hyper.lr), m / c, m_hat)
        denominator = sqrt(v / d) + _pair(hyper.eps)[0]
        state = after
        if (
            below >= denominator
        ):  # the theorem says nothing; the judge knows the denominator to be at least eps
            continue
        due = RULES("quotient_radius", k, w, 2.0**-7 * m / c, above, denominator, below)
        assert due <= _pair(update)[1] * (1 + 2.0**-40)
