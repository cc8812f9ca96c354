"""How much of the radius honest code uses: `python tests/benchmarks/judge_tightness.py [ROUNDS]`.

Every order of evaluation in `evaluations.py`, on random hyperparameters and gradients; for each dtype
and way to form scalars, the worst error as a fraction of the radius that must enclose it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from evaluations import POWERS, SCALARS, evaluate
from regimes import BETAS, EPSILONS, gradients

from adamcheck.adam import Hyperparameters
from adamcheck.judge import judge
from adamcheck.numbers.floats import DTYPE_NAMES, format_of


def main(rounds: int = 10) -> None:
    rng = np.random.default_rng(0)
    print(f"{'dtype':10}{'scalars':22}{'judged':>12}{'not judged':>12}{'outside':>9}  worst")
    for dtype in DTYPE_NAMES:
        format = format_of(dtype)
        for scalars in SCALARS if dtype != "float64" else SCALARS[:1]:
            grades = []
            for _ in range(rounds):
                beta1, beta2 = map(float, rng.choice(BETAS, 2))
                hyper = Hyperparameters(
                    float(2.0 ** rng.integers(-40, 5)), beta1, beta2, float(rng.choice(EPSILONS))
                )
                g = gradients(rng, format, hyper.eps)
                start = rng.choice([0, 1]) * rng.normal(size=g.shape[1])
                run = evaluate(
                    hyper, start.astype(format.dtype), g, scalars, POWERS[rng.integers(len(POWERS))]
                )
                grades.append(judge(run.trace).grades[-1 if scalars == "working" else 1])
            sums = [sum(getattr(g, name) for g in grades) for name in ("judged", "not_judged", "outside")]
            worst = max(g.worst for g in grades)
            print(f"{dtype:10}{scalars:22}{sums[0]:12}{sums[1]:12}{sums[2]:9}  {worst:.3f}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
