"""What a faultless target answered: a law need not be tried on a target that gives the same bits.

A law decides by what the target answers, and asks next what it asks because of that. Where every answer is
bit for bit that of a target which kept the law, the law is kept again, and judging it again can be spared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.base import Run, Target, TensorsRun
from adamcheck.targets.start import Start


@dataclass
class Answers:
    """What was asked of a target in one example: the number of the run, the method, arguments, answer.

    complete: whether nothing else was asked, such as to save a run.
    """

    asked: list[tuple[int, str, tuple[Any, ...], Any]] = field(default_factory=list)
    complete: bool = True

    def repeated(self, target: Target) -> bool:
        """Whether a target gives the same answers, bit for bit."""
        if not self.complete:
            return False
        runs: dict[int, Run] = {}
        try:
            with np.errstate(all="ignore"):
                return all(self._again(target, runs, *one) for one in self.asked)
        except Exception:
            return False

    def _again(
        self, target: Target, runs: dict[int, Run], number: int, method: str, given: tuple[Any, ...], due: Any
    ) -> bool:
        if method == "start":
            parameters, hyper = given
            runs[number] = target.start(parameters.copy(), hyper)
            return True
        answer = np.asarray(getattr(runs[number], method)(*(array.copy() for array in given)))
        return answer.dtype == due.dtype and np.array_equal(answer, due, equal_nan=True)


class Listening(Target):
    """A target that writes down what it is asked and what it answers, from `afresh` on."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.name, self.library, self.version = target.name, target.library, target.version
        self.capabilities = target.capabilities
        self.afresh()

    def afresh(self) -> None:
        self.answers = Answers()
        self._started = 0

    def start(self, parameters: np.ndarray, hyper: Hyperparameters) -> Run:
        number, self._started = self._started, self._started + 1
        self.answers.asked.append((number, "start", (parameters.copy(), hyper), None))
        return _ListeningRun(self._target.start(parameters, hyper), number, self.answers)

    def begin(self, start: Start) -> Run | TensorsRun:
        if not start.needs:
            return super().begin(start)
        self.answers.complete = False
        return self._target.begin(start)


class _ListeningRun(Run):
    def __init__(self, run: Run, number: int, answers: Answers) -> None:
        self._run, self._number, self._answers = run, number, answers

    def step(self, gradient: np.ndarray) -> Any:
        given = (gradient.copy(),)
        return self._noted("step", given, self._run.step(gradient))

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        moments: tuple[np.ndarray, np.ndarray] = self._noted("moments", (), self._run.moments())
        return moments

    def change_lr(self, lr: float) -> None:
        self._answers.complete = False
        self._run.change_lr(lr)

    def save(self) -> Any:
        self._answers.complete = False
        return self._run.save()

    def load(self, saved: Any) -> None:
        self._answers.complete = False
        self._run.load(saved)

    def _noted(self, method: str, given: tuple[Any, ...], answer: Any) -> Any:
        self._answers.asked.append((self._number, method, given, np.array(answer)))
        return answer
