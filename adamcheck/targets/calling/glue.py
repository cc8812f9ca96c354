"""Glue: the Python that calls somebody's Adam as adamcheck does, printed and run as it stands."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

from adamcheck.choices import DECAY, HYPERPARAMETERS
from adamcheck.targets.base import ANY_COUNT, counts_told
from adamcheck.targets.calling.containers import Container


@dataclass(frozen=True)
class Glue:
    """A way to call a class or function, in pieces of Python.

    Attributes:
        name: What the class or function is called in the pieces.
        container: The form of parameters and gradients.
        call: The expression that takes a step; its value is `answer`.
        says: The call as somebody would write it, for the one line that tells how it was understood.
        making: Statements that make the optimizer, before the first step; "" for a plain function.
        state: Statements before the first step, for what the caller keeps.
        kept: The names of what the caller keeps from one step to the next.
        before: Statements before the call of a step.
        after: Statements after it: what was returned is kept.
        result: An expression for the parameters after a step, in the container; "" for `params`.
        found: Where the parameters after a step are found, in words.
        passed: The hyperparameters that are passed or set, of ours.
        fixed: Those that are not, and their values where known.
        config: The dict of hyperparameters that a function is given, from keys to expressions.
        loops: Whether the target runs the loop itself.
        of_one: The call for one tensor, where a step is a call for each tensor; "" where one call steps all.
        matrices: Whether it takes arrays of several axes.
        parameter_counts: The smallest and the largest number of parameters that it takes; 0 for no largest.
        things: What the pieces may name: the target, and what else its module has.
    """

    name: str
    container: Container
    call: str
    says: str
    making: str = ""
    state: str = ""
    kept: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    result: str = ""
    found: str = ""
    passed: frozenset[str] = frozenset()
    fixed: Mapping[str, float] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)
    loops: bool = False
    of_one: str = ""
    matrices: bool = True
    parameter_counts: tuple[int, int] = ANY_COUNT
    things: Mapping[str, Any] = field(default_factory=dict)

    @property
    def decays(self) -> bool:
        """Whether a weight decay is passed."""
        return DECAY in self.passed

    @property
    def missing(self) -> tuple[str, ...]:
        """The hyperparameters that nobody can pass."""
        return tuple(name for name in HYPERPARAMETERS if name not in self.passed)

    @property
    def start(self) -> str:
        """The statements before the first step."""
        lines = [self._filled("parameters"), f"params = {self.container.params}", self.making, self.state]
        if self.config:
            lines.append(
                "config = {" + ", ".join(f"{key!r}: {value}" for key, value in self.config.items()) + "}"
            )
        return "\n".join(line for line in lines if line)

    def _filled(self, arrays: str) -> str:
        """The statement that fills up a list of arrays, where their number must be a multiple."""
        multiple = self.container.multiple
        if multiple == 1:
            return ""
        return f"{arrays} = [*{arrays}, *[np.ones(1, parameters[0].dtype)] * (-len({arrays}) % {multiple})]"

    @property
    def step(self) -> str:
        """The statements of a step, after which `params` are the parameters."""
        lines = [self.before, self._filled("gradients"), self.container.setting]
        if self.container.grads:
            lines.append(f"grads = {self.container.grads}")
        lines += [f"answer = {self.call}", self.after, f"params = {self.result}" if self.result else ""]
        return "\n".join(line for line in lines if line)

    @property
    def source(self) -> str:
        """The glue as a function `make(parameters, *, lr, beta1, beta2, eps)`, which adamcheck documents."""
        keywords = [
            f"{name}={self.fixed[name]!r}" if name in self.fixed else name for name in HYPERPARAMETERS
        ]
        if self.decays:
            keywords.append(f"{DECAY}=0.0")
        start, step = self.start, self.step
        if self.container.multiple > 1:
            start = f"count = len(parameters)\n{start}"
        lines = [
            *(["from adamcheck.targets.calling import Holder"] if "Holder(" in start + step else []),
            "import numpy as np",
            *(["", self.container.prelude.rstrip()] if self.container.prelude else []),
            "\n",
            f"def make(parameters, *, {', '.join(keywords)}):",
            indent(start, " " * 4),
            "",
            "    def step(gradients):",
            f"        nonlocal {', '.join(('params', *self.kept))}",
            indent(step, " " * 8),
            f"        return {self._answer}",
            "",
            "    return step",
        ]
        return "\n".join(lines) + "\n"

    @property
    def _answer(self) -> str:
        """The parameters after a step, copied: the target may go on writing to its own."""
        value = self.container.reading("params")
        if not self.container.as_list:
            return f"np.array({value})"
        return f"[np.array(p) for p in {value}]" + ("[:count]" if self.container.multiple > 1 else "")

    @property
    def make(self) -> Callable[..., Any]:
        """The function that `source` defines."""
        space = dict(self.things)
        exec(self.source, space)
        make: Callable[..., Any] = space["make"]
        return make

    @property
    def names_used(self) -> list[str]:
        """The names of the target's module that the source uses."""
        names = {node.id for node in ast.walk(ast.parse(self.source)) if isinstance(node, ast.Name)}
        return sorted(names & (set(self.things) - {"np", "torch", "Holder"}))

    @property
    def sentence(self) -> str:
        """How the target is called and where the parameters are found after a step, in one line."""
        held = f"{self.container.says}, {self.found}" if self.found else self.container.says
        fixed = [f"{name} is fixed at {value:g}" for name, value in self.fixed.items()]
        alone = [] if self.container.as_list else ["one tensor at a time"]
        if not self.matrices:
            alone.append("vectors only")
        if self.parameter_counts != ANY_COUNT:
            alone.append(counts_told(self.parameter_counts))
        return "; ".join([f"{self.says}, params {held}", *alone, *fixed])
