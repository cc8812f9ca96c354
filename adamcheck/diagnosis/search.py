"""The search for the formula of a target: chosen experiments eliminate hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import numpy as np

from adamcheck.checks.subject import Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.diagnosis.experiments import Judgements, Predictions, pool
from adamcheck.diagnosis.hypotheses import Hypothesis, named
from adamcheck.diagnosis.separation import separating
from adamcheck.diagnosis.without_numbers import gives_numbers, without_number
from adamcheck.numbers.floats import Format, format_of
from adamcheck.targets.base import NotOffered, TargetCrash
from adamcheck.traces.trace import Trace

TRACES = 20
"""The largest number of traces in a diagnosis, including the fixed experiments."""

_DIRECTED = 3
"""The number of formulas for which gradients are searched that separate them from the first: 50 ms each."""


def fitting(
    hypotheses: Iterable[Hypothesis],
    traces: Collection[Trace],
    precision: Callable[[Trace], Format],
    against: Hypothesis,
    judgements: Judgements,
) -> dict[Hypothesis, int]:
    """The hypotheses that reject no trace, with the number of updates that each encloses.

    A hypothesis is left out if it encloses nothing, or if its radii are so wide that it could not have been
    rejected: it must reject every trace that contradicts `against`, with all updates negated.

    Args:
        hypotheses: The hypotheses.
        traces: The traces.
        precision: The working precision of each trace.
        against: The formula that the target does not follow.
        judgements: What is known already.
    """
    counts: dict[Hypothesis, int] = {}
    for hypothesis in hypotheses:
        total = 0
        for trace in traces:
            count = judgements.of(hypothesis, trace, precision(trace))
            if count is None:
                break
            total += count
        else:
            counts[hypothesis] = total
    if not any(counts.values()):
        return {}
    telling = [trace for trace in traces if judgements.of(against, trace, precision(trace)) is None]

    def could_be_rejected(hypothesis: Hypothesis) -> bool:
        turned = [
            judgements.of(hypothesis, trace, precision(trace), turned=True) for trace in telling or traces
        ]
        return all(count is None for count in turned) if telling else None in turned

    return {
        hypothesis: count for hypothesis, count in counts.items() if count and could_be_rejected(hypothesis)
    }


@dataclass(frozen=True)
class Found:
    """The hypotheses that enclose all observations.

    Attributes:
        hypotheses: All of them.
        same: Those that no experiment separates from the first in any dtype: neither one of the pool nor, in
            float64, gradients searched for this purpose.
        hidden: Those that float64 could separate from the first.
        programs: Known bugs without a formula that do the same in this dtype.
    """

    hypotheses: tuple[Hypothesis, ...]
    same: tuple[Hypothesis, ...] = ()
    hidden: tuple[Hypothesis, ...] = ()
    programs: tuple[str, ...] = ()


@dataclass
class Search:
    """A search for the formula of one target.

    Attributes:
        subject: The target in one dtype.
        traces: The traces so far by experiment, the most informative first.
        format: The precision at which they are judged.
        against: The formula that the target does not follow.
        positive: Whether all gradients of the experiments are positive.
    """

    subject: Subject
    traces: dict[str, Trace]
    format: Format
    against: Hypothesis = field(default_factory=lambda: named()[0])
    positive: bool = False
    _refused: set[str] = field(default_factory=set)
    _judgements: Judgements = field(default_factory=Judgements)

    def among(self, hypotheses: Iterable[Hypothesis], *, decays: bool = False) -> Found:
        """Eliminate hypotheses by the traces and by further experiments.

        Args:
            hypotheses: The hypotheses.
            decays: Whether the further experiments have weight decay.
        """
        experiments = self._pool(self.subject.format, decays)
        if not self.traces:
            first = next(iter(experiments))
            self._make(first, experiments[first])
        alive = fitting(
            hypotheses, self.traces.values(), lambda trace: self.format, self.against, self._judgements
        )
        predictions = Predictions(self._pool(self.format, decays))
        while len(alive) > 1 and len(self.traces) < TRACES:
            left = [name for name in experiments if name not in self.traces and name not in self._refused]
            name = predictions.most_telling(left, list(alive))
            if not name:
                break
            if self._make(name, experiments[name]):
                counts = {h: self._judgements.of(h, self.traces[name], self.format) for h in alive}
                alive = {h: alive[h] + count for h, count in counts.items() if count is not None}
        # The most informative hypothesis comes first, since everything fits where a radius is infinite.
        return self._found(sorted(alive, key=lambda hypothesis: -alive[hypothesis]), decays)

    def _pool(self, format: Format, decays: bool) -> dict[str, Trajectory]:
        """The experiments that the target can take."""
        found = {
            name: self.subject.experiment(trajectory)
            for name, trajectory in pool(format, decays=decays).items()
        }
        if not self.positive:
            return found
        return {name: each.replace(gradients=np.abs(each.gradients)) for name, each in found.items()}

    def _make(self, name: str, experiment: Trajectory) -> bool:
        """Make an experiment. Returns False if the target refuses it or fails in it."""
        try:
            self.traces[name] = self.subject.run(experiment)
        except (NotOffered, TargetCrash):
            self._refused.add(name)
            return False
        return True

    def _found(self, alive: list[Hypothesis], decays: bool) -> Found:
        """The remaining hypotheses, except those that give NaN where the target gives numbers.

        Such hypotheses enclose too easily.
        """
        name, easy = next(iter(self._pool(self.subject.format, decays).items()))
        made = name in self.traces or self._make(name, easy)
        if made and not without_number(self.traces[name]).any():
            alive = [hypothesis for hypothesis in alive if gives_numbers(hypothesis, easy)]
        if not alive:
            return Found(())
        finer = Predictions(self._pool(format_of("float64"), decays))

        def alike(hypothesis: Hypothesis, first: Hypothesis) -> bool:
            return not finer.most_telling(finer.names, [first, hypothesis])

        alive = self._by_directed_search(alive, alike)
        if not alive:
            return Found(())
        first, *others = alive
        same = tuple(hypothesis for hypothesis in others if alike(hypothesis, first))
        return Found(tuple(alive), same, tuple(h for h in others if h not in same))

    def _separating(self, one: Hypothesis, other: Hypothesis) -> Trajectory | None:
        """An experiment that the target can take, and that tells two formulas apart."""
        found = separating(one.definition, other.definition, self.format)
        return found and self.subject.experiment(found)

    def _by_directed_search(
        self, alive: list[Hypothesis], alike: Callable[[Hypothesis, Hypothesis], bool]
    ) -> list[Hypothesis]:
        """The hypotheses that remain after runs on gradients that separate the first from those like it.

        This is done in float64 only, where the radii are small enough for the search to find more than the
        pool has.
        """
        if self.format.name != "float64" or self.subject.format.name != "float64":
            return alive
        for other in [hypothesis for hypothesis in alive[1:] if alike(hypothesis, alive[0])][:_DIRECTED]:
            if len(self.traces) >= TRACES or {alive[0], other} - set(alive):
                break
            experiment = self._separating(alive[0], other)
            name = f"searched for {alive[0].name} and {other.name}"
            if experiment is not None and self._make(name, experiment):
                trace = self.traces[name]
                alive = [h for h in alive if self._judgements.of(h, trace, self.format) is not None]
                if not alive:
                    break
        return alive
