"""How fast the judge is: `python tests/benchmarks/judge_speed.py`.

Coordinate-steps a second of the judge on one core, beside the same definition in plain quads, in mpmath
with 50 digits and in float64 numpy, timed in the same run; the compiled loops beside quads; then how the
cost grows with the coordinates and with the steps. Ratios are what can be compared between machines.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import mpmath
import numpy as np

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.judge import Judge, engines
from adamcheck.numbers import sqrt
from adamcheck.numbers.floats import format_of
from adamcheck.numbers.quad import to_quad

HYPER = Hyperparameters()


@sqrt.register
def _(x: mpmath.mpf) -> Any:
    return mpmath.sqrt(x)


def gradients(coordinates: int, steps: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((steps, coordinates))


def parameters(g: np.ndarray) -> list[np.ndarray]:
    """The parameters of an Adam in the dtype of the gradients, before the first step and after each."""
    theta = [np.zeros(g.shape[1], g.dtype)]
    with np.errstate(all="ignore"):  # 0/0 in float16
        for _, update in Adam(HYPER).run(theta[0], g):
            theta.append((theta[-1] + update).astype(g.dtype))
    return theta


@contextmanager
def in_quads() -> Iterator[None]:
    """The judge without compiled loops."""
    with patch.object(engines, "evaluation", lambda *_, **__: None):
        yield


def judging(g: np.ndarray) -> Callable[[], None]:
    theta = parameters(g)

    def run() -> None:
        judge = Judge(HYPER, theta[0])
        for gradient, after in zip(g, theta[1:], strict=True):
            judge.step(gradient, after)
        judge.judgement()

    return run


def evaluating(g: np.ndarray, convert: Callable[[Any], Any]) -> Callable[[], None]:
    """The definition in another number system."""
    rows, hyper = [convert(row) for row in g], HYPER.map(lambda x: convert(np.array([x]))[0])

    def run() -> None:
        for _ in Adam(hyper).run(rows[0] * 0, rows):
            pass

    return run


def rate(run: Callable[[], None], size: int) -> float:
    """Coordinate-steps a second, the best of three runs."""
    taken = []
    for _ in range(3):
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return size / min(taken)


def compared() -> Iterator[tuple[str, float]]:
    """The rate of the judge at 10^4 coordinates, then of the same definition in other number systems."""
    mpmath.mp.dps = 50
    to_mpmath = np.frompyfunc(lambda x: mpmath.mpf(float(x)), 1, 1)
    g, few = gradients(10_000, 10), gradients(100, 10)
    yield "judge", rate(judging(g), g.size)
    yield "plain quads", rate(evaluating(g, to_quad), g.size)
    yield "float64 numpy", rate(evaluating(g, np.asarray), g.size)
    yield "mpmath, 50 digits", rate(evaluating(few, to_mpmath), few.size)


def against_quads() -> Iterator[tuple[str, int, float]]:
    """By how much the compiled loops are faster than quads: the dtype, the coordinates, the ratio."""
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        for coordinates, steps in ((1, 100), (100, 50), (10_000, 20)):
            g = gradients(coordinates, steps).astype(format_of(dtype).dtype)
            compiled = rate(judging(g), g.size)
            with in_quads():
                few = g[: max(2, steps // 4)]
                yield dtype, coordinates, compiled / rate(judging(few), few.size)


def growth() -> Iterator[tuple[int, int, float]]:
    """Coordinates, steps, and the rate of the judge."""
    sizes = ((1, 10), (10, 10), (100, 10), (1000, 10), (10**4, 10), (10**5, 4), (10**6, 2))
    for coordinates, steps in (*sizes, (100, 100), (100, 1000)):
        yield coordinates, steps, rate(judging(gradients(coordinates, steps)), coordinates * steps)


def main() -> None:
    (_, judge), *others = compared()
    print(f"{'judge, 10^4 coordinates':32}{judge:12.3g} coordinate-steps/s")
    for name, other in others:
        print(f"{name:32}{other:12.3g} coordinate-steps/s, judge {judge / other:.3g} times as fast")
    for dtype, coordinates, faster in against_quads():
        print(f"{dtype}, {coordinates} coordinates: compiled loops are {faster:.3g} times as fast as quads")
    print(f"\n{'coordinates':>12}{'steps':>8}{'coordinate-steps/s':>22}")
    for coordinates, steps, found in growth():
        print(f"{coordinates:12}{steps:8}{found:22.3g}")


if __name__ == "__main__":
    main()
