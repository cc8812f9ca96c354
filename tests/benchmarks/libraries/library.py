"""What is known of a library, and what a wrong formula makes different in one step of its Adam."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from adamcheck.adam import Adam, HyperparameterError, Hyperparameters, State


@dataclass(frozen=True)
class Library:
    """A library with its tests.

    needs: the packages that its tests import; tests: their modules, as installed; put_in: lets its Adam make
    a difference in each step, and calls the function given second where a step is taken.
    """

    name: str
    needs: tuple[str, ...]
    tests: tuple[str, ...]
    put_in: Callable[[type[Adam], Callable[[], None]], None]

    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [package for package in self.needs if find_spec(package) is None]


def difference(
    definition: type[Adam], hyper: Any, step: Any, m: Any, v: Any, parameters: Any, gradient: Any
) -> tuple[Any, Any, Any]:
    """What a definition adds to m, to v and to the update of the textbook, from the same state, in float64.

    Exactly 0 where it makes no difference: a right formula in another order of evaluation would fail tests
    that compare bits. `hyper` is lr, beta1, beta2 and eps; where they are none of Adam's (scikit-learn's
    tests try beta = 1) nothing is added. Raises `HyperparameterError` where a definition makes them so (1 - 0
    for 0): its step is not defined, and a test fails.
    """
    m, v, parameters, gradient = (np.asarray(x).astype(np.float64) for x in (m, v, parameters, gradient))
    try:
        given = Hyperparameters(*(float(x) for x in hyper))
    except HyperparameterError:
        return 0 * m, 0 * v, 0 * gradient
    found = []
    for formula in (Adam(given), definition(given)):
        state = State(int(step), m, v, 0 * v)
        if step == 0:  # a bug may be where the moments start
            start = formula.start(m)
            state = replace(state, m=m + start.m, v=v + start.v)
        with np.errstate(all="ignore"):
            after, update = formula.update(state, parameters, gradient)
        found.append((after.m, after.v, update))
    m, v, update = map(_added, *found)
    return m, v, update


def _added(right: Any, wrong: Any) -> Any:
    same = (wrong == right) | (np.isnan(wrong) & np.isnan(right))
    with np.errstate(all="ignore"):
        return np.where(same, 0.0, wrong - right)


def on_jax(
    definition: type[Adam], hyper: Any, step: Any, m: Any, v: Any, parameters: Any, gradient: Any
) -> tuple[Any, Any, Any]:
    """`difference` of arrays of JAX, under `jit` too, where no definition could ask which step it is."""
    import jax
    import jax.numpy as jnp

    def called(asked: dict[int, Any], *arguments: Any) -> tuple[Any, ...]:
        given = [asked.get(i, x) for i, x in enumerate(hyper)]
        return tuple(x.astype(dtype) for x in difference(definition, given, *arguments))

    asked = {i: x for i, x in enumerate(hyper) if isinstance(x, jax.Array)}  # the others are not rounded
    dtype = jnp.result_type(float)
    shapes = tuple(jax.ShapeDtypeStruct(jnp.shape(x), dtype) for x in (m, v, gradient))
    arguments = (asked, step, m, v, parameters, gradient)
    m, v, update = jax.pure_callback(called, shapes, *arguments, vmap_method="sequential")
    return m, v, update
