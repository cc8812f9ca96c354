"""Correct rewrites: each is enclosed, on every probe and in every dtype."""

from __future__ import annotations

import numpy as np
import pytest
from sampling import every

from adamcheck.checks.subject import Subject
from adamcheck.choices import DTYPE_NAMES
from adamcheck.diagnosis.fixed_experiments import probes
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.traces.trace import Trace
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS
from adamcheck.zoo.equivalents import EQUIVALENTS, Equivalent


def traces(equivalent: Equivalent, dtype: str) -> dict[str, Trace]:
    """The probes, from parameters 0 without and from parameters 1 with weight decay."""
    decays = equivalent.of in ("adamw", "adam-l2")
    subject = Subject(equivalent.target(), format_of(dtype))
    found = {}
    for name, probe in probes(subject.format).items():
        start = np.full_like(probe.parameters, 1.0 if decays else 0.0)
        hyper = probe.hyper.replace(weight_decay=0.125 if decays else 0.0)
        found[name] = subject.run(probe.replace(hyper=hyper, parameters=start))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPE_NAMES)
@pytest.mark.parametrize("equivalent", every(6, EQUIVALENTS.values()), ids=lambda e: e.name)
def test_a_correct_rewrite_is_enclosed_everywhere(equivalent: Equivalent, dtype: str) -> None:
    outcomes = {}
    for name, trace in traces(equivalent, dtype).items():
        judgement = judge(trace, DEFINITIONS[equivalent.of])
        assert judgement.offence is None, (name, judgement.offence)
        outcomes[name] = judgement.outcome
    # Scalars in half precision: 0.999 is 1 in bfloat16, and nothing can be said.
    allowed = {Ruling.ENCLOSED} if dtype in ("float64", "float32") else {Ruling.ENCLOSED, Ruling.NOT_JUDGED}
    assert set(outcomes.values()) <= allowed
    assert outcomes["dyadic"] == Ruling.ENCLOSED


def test_every_textbook_definition_has_many_rewrites_with_names_of_their_own() -> None:
    assert len(EQUIVALENTS) >= 60
    assert {e.of for e in EQUIVALENTS.values()} == {"adam", "adamw", "adam-l2", "amsgrad"}
    assert not set(EQUIVALENTS) & (set(BUGS) | set(DEFINITIONS))


@pytest.mark.parametrize("equivalent", EQUIVALENTS.values(), ids=EQUIVALENTS.keys())
def test_every_rewrite_says_what_it_does(equivalent: Equivalent) -> None:
    assert equivalent.says.endswith(".")
    assert equivalent.target().name == equivalent.name


SAME_BITS = {
    "counter-in-float32": "direct",
    "rounded-in-wide-arrays": "master-parameters",
    **dict.fromkeys(
        [
            "in-blocks-from-the-end",
            "backwards",
            "even-elements-first",
            "vectors-and-a-tail",
            "four-threads",
            "padded-to-vectors",
            "with-an-iterator",
            "rows-after-rows",
            "columns-first",
            "with-out-arguments",
            "added-at-indices",
            "fields-of-records",
            "in-one-flat-buffer",
            "in-a-memory-view",
            "column-major-state",
            "moments-made-at-the-first-step",
        ],
        "in-blocks",
    ),
}
"""A counter in float32 is exact up to 2**24, where nothing depends on it any more; the same numbers may come
in arrays of another dtype; and the programs with loops and storage of their own do the same operations in
other places, which is what the checks of arrays and of aliasing look at."""


def test_the_rewrites_are_different_programs() -> None:
    """No two give the same bits on every probe: a rewrite that changes nothing would test nothing."""
    seen: dict[bytes, str] = {}
    same = {}
    for name, equivalent in EQUIVALENTS.items():
        runs = [traces(equivalent, dtype) for dtype in ("float64", "float32")]
        arrays = [np.asarray(trace.parameters, np.float64) for run in runs for trace in run.values()]
        bits = b"".join(array.tobytes() for array in arrays)
        if bits in seen:
            same[name] = seen[bits]
        seen.setdefault(bits, name)
    assert same == SAME_BITS
