"""Where the time of a verification goes: for each check the seconds, the examples and the time of one.

Run as `python tests/benchmarks/verify.py [TARGET] [DTYPE] [PROFILE]`.
"""

from __future__ import annotations

import sys
import time

from adamcheck.checks import PROFILES
from adamcheck.claims import discover
from adamcheck.diagnose import explain
from adamcheck.examination import checks
from adamcheck.hazards import hazards
from adamcheck.judge import judge
from adamcheck.numbers.floats import format_of
from adamcheck.probes import probes
from adamcheck.targets.find import load_target
from adamcheck.trajectory import Subject


def main() -> None:
    """Print one line a check, the slowest first, and what comes after the checks."""
    name, dtype, profile = [*sys.argv[1:], *["reference", "float64", "quick"][len(sys.argv) - 1 :]]
    target, examples = load_target(name), PROFILES[profile]
    lines, broken, begin = [], [], time.perf_counter()
    for check in checks(discover()):
        since = time.perf_counter()
        result = check.run(target, dtype, examples=examples, seed=0)
        taken = time.perf_counter() - since
        lines.append((taken, check.name, result.outcome, result.examples))
        broken += [check.name] if result.outcome == "broken" else []
    for taken, check_name, outcome, tried in sorted(lines, reverse=True):
        print(f"{taken:7.2f} s  {tried:5} x {1e3 * taken / max(tried, 1):7.1f} ms  {outcome:15} {check_name}")
    total = time.perf_counter() - begin
    print(f"{total:7.2f} s  {len(lines)} checks of {name} in {dtype}, profile {profile}")
    since = time.perf_counter()
    subject = Subject(target, format_of(dtype))
    traces = {key: subject.run(trajectory) for key, trajectory in probes(subject.format).items()}
    judgements = {key: judge(trace) for key, trace in traces.items()}
    print(f"{time.perf_counter() - since:7.2f} s  fixed experiments, judged")
    since = time.perf_counter()
    formula = explain(subject, traces, judgements, broken=broken, examples=examples, seed=0)
    print(f"{time.perf_counter() - since:7.2f} s  diagnosis: {formula.sentence}")
    since = time.perf_counter()
    hazards(subject)
    print(f"{time.perf_counter() - since:7.2f} s  hazards")


if __name__ == "__main__":
    main()
