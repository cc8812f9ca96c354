"""Operations in any order: updates stay correct whatever operations a run does between its steps.

The whole program of operations is drawn before the target runs; a Hypothesis state machine would draw
while it runs. So every target gets the same examples, which comparisons of known bugs and replays rely
on, and a program is one value that shrinks, is recorded and is shown as a script.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from hypothesis import strategies as st

from adamcheck.adam import Adam, Hyperparameters
from adamcheck.checks.assertions import assert_accepted
from adamcheck.checks.check import Section
from adamcheck.checks.conformance.baseline import assert_formula
from adamcheck.checks.conformance.register import check
from adamcheck.checks.strategies import short_trajectories
from adamcheck.checks.subject import GuardedRun, Subject
from adamcheck.checks.trajectory import Trajectory
from adamcheck.judge import Judge, Ruling
from adamcheck.targets.base import NotOffered


class Operation(StrEnum):
    """What is asked of a run."""

    STEP = "step"
    ZERO_STEP = "zero step"
    RESUME = "resume"
    CHANGE_LR = "change lr"
    READ_MOMENTS = "read moments"
    STEP_ANOTHER = "step another"


_NEEDS = {
    Operation.RESUME: "checkpoint",
    Operation.CHANGE_LR: "changing_lr",
    Operation.READ_MOMENTS: "moments",
    Operation.STEP_ANOTHER: "instances",
}
"""Operations other than steps, with the capability that each needs. Those not offered are left out."""

_STEPS = (Operation.STEP, Operation.ZERO_STEP)

Program = list[tuple[Operation, int]]
"""Operations, each with a number. For a change of lr it is k in lr * 2**k, with the initial lr."""

_OPERATIONS = st.tuples(st.sampled_from([*_STEPS, *_NEEDS]), st.integers(-9, 9))


@check(Section.STATE, cost=2, trajectory=short_trajectories, program=st.lists(_OPERATIONS, max_size=16))
def operations_come_in_any_order(
    subject: Subject, trajectory: Trajectory, program: Program, definition: type[Adam] = Adam
) -> None:
    """Every update is enclosed with steps, zero gradients, checkpoints, lr changes and reads in any order."""
    offered = [name for name, need in _NEEDS.items() if subject.target.capabilities.has(need)]
    if not offered:
        raise NotOffered.all_of(tuple(_NEEDS.values()))
    program = [
        one for one in ((Operation.STEP, 0), *program, (Operation.STEP, 0)) if one[0] in (*_STEPS, *offered)
    ]
    kinds = [name for name, _ in program if name in _STEPS]
    gradients = np.resize(trajectory.gradients, (len(kinds), trajectory.parameters.size))
    gradients[[kind is Operation.ZERO_STEP for kind in kinds]] = 0
    trajectory = trajectory.replace(gradients=gradients)
    assert_formula(subject, trajectory, definition)
    for line in _perform(subject, trajectory, program):
        line.judge(definition)


@dataclass
class _Line:
    """A line of steps, continued in another run each time it is resumed.

    Args:
        subject: The target.
        name: A description for messages.
        hyper: The current hyperparameters.
        first: The initial parameters.
        run: The current run.
        steps: For each step the hyperparameters, the gradient and the parameters after it.
        resumed: The number of steps before it was last resumed.
    """

    subject: Subject
    name: str
    hyper: Hyperparameters
    first: np.ndarray
    run: GuardedRun
    steps: list[tuple[Hyperparameters, np.ndarray, np.ndarray]] = field(default_factory=list)
    resumed: int = 0

    @property
    def parameters(self) -> np.ndarray:
        return self.steps[-1][-1] if self.steps else self.first

    def step(self, gradient: np.ndarray) -> None:
        self.steps.append((self.hyper, gradient, self.run.step(gradient)))

    def change_lr(self, lr: float) -> None:
        self.hyper = self.hyper.replace(lr=lr)
        self.run.change_lr(lr)

    def resume(self) -> None:
        saved = self.run.save()  # before the next start: a target without instances has one run at a time
        self.run = self.subject.start(self.parameters, self.hyper)
        self.run.load(saved)
        self.resumed = len(self.steps)

    def judge(self, definition: type[Adam]) -> None:
        """Judge every step.

        Raises:
            Broken: An update is not enclosed.
            NotJudged: No update can be judged.
        """
        verdict = self._judged(0, definition).judgement()
        cold = verdict.outcome == Ruling.REJECTED and self.resumed and self._judged(self.resumed, definition)
        anew = cold and cold.judgement().outcome == Ruling.ENCLOSED
        assert_accepted(verdict, f"{self.name}{', losing its state where it is resumed' if anew else ''}")

    def _judged(self, since: int, definition: type[Adam]) -> Judge:
        """Judge the steps from number `since` on, as those of a run that starts there."""
        before = self.steps[since - 1][-1] if since else self.first
        judge = Judge(self.hyper, before, definition, self.subject.format)
        for hyper, gradient, after in self.steps[since:]:
            judge.change(hyper)
            judge.step(gradient, after)
        return judge


def _perform(subject: Subject, trajectory: Trajectory, program: Program) -> list[_Line]:
    """Execute a program with one run, and with a second one beside it that has a smaller lr."""
    first, hyper, gradients = trajectory.parameters, trajectory.hyper, iter(trajectory.gradients)
    smaller = hyper.replace(lr=hyper.lr / 4)
    line = _Line(subject, "in this order", hyper, first, subject.start(first, hyper))
    lines = [line]
    for name, number in program:
        if name in _STEPS:
            line.step(next(gradients))
        elif name is Operation.RESUME:
            line.resume()
        elif name is Operation.CHANGE_LR:
            line.change_lr(hyper.lr * 2.0**number)
        elif name is Operation.READ_MOMENTS:
            line.run.moments()
        else:
            if len(lines) == 1:
                lines.append(_Line(subject, "beside", smaller, first, subject.start(first, smaller)))
            lines[1].step(-trajectory.gradients[len(lines[1].steps) % len(trajectory.gradients)])
    return lines
