"""Optax: its tests of Adam, and of what is built on it, such as AdamW."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from adamcheck.adam import Adam, Hyperparameters
from libraries.library import Library, on_jax


def put_in(definition: type[Adam], stepped: Callable[[], None]) -> None:
    """Nesterov's momentum and complex numbers are left as they are: the textbook's Adam has neither."""
    import jax
    import jax.numpy as jnp
    import optax
    from optax._src import alias, transform

    own_adam, own = alias.adam, transform.scale_by_adam
    rates: list[Any] = [Hyperparameters().lr]  # `scale_by_adam` by itself knows none

    @functools.wraps(own_adam)
    def adam(learning_rate: Any, *arguments: Any, **options: Any) -> Any:
        rates.append(learning_rate)
        try:
            return own_adam(learning_rate, *arguments, **options)
        finally:
            rates.pop()

    @functools.wraps(own)
    def scale_by_adam(*arguments: Any, **options: Any) -> Any:
        right, rate = own(*arguments, **options), rates[-1]
        given = inspect.signature(own).bind(*arguments, **options)
        given.apply_defaults()
        b1, b2, eps = (given.arguments[name] for name in ("b1", "b2", "eps"))

        def update(gradients: Any, state: Any, params: Any = None) -> Any:
            updates, after = right.update(gradients, state, params)
            g, structure = jax.tree.flatten(gradients)
            if not g or given.arguments["nesterov"] or any(map(jnp.iscomplexobj, g)):
                return updates, after
            stepped()
            lr = rate(state.count) if callable(rate) else rate

            def changed(*of_one: Any) -> Any:
                g, parameters, m, v, *found = of_one
                added = on_jax(definition, (lr, b1, b2, eps), state.count, m, v, parameters, g)
                scales = 1, 1, -1 / lr
                return [x + jnp.asarray(k * y, x.dtype) for x, k, y in zip(found, scales, added, strict=True)]

            params = jax.tree.map(jnp.zeros_like, gradients) if params is None else params
            trees = (params, state.mu, state.nu, after.mu, after.nu, updates)
            changes = [changed(*of_one) for of_one in zip(g, *map(jax.tree.leaves, trees), strict=True)]
            mu, nu, updates = (structure.unflatten(part) for part in zip(*changes, strict=True))
            return updates, after._replace(mu=mu, nu=nu)

        return optax.GradientTransformation(right.init, update)

    optax.adam = alias.adam = adam
    optax.scale_by_adam = transform.scale_by_adam = scale_by_adam


TESTS = "transform", "float64", "combine", "alias"

LIBRARY = Library(
    "Optax", ("optax", "jax", "absl", "sklearn"), tuple(f"optax._src.{name}_test" for name in TESTS), put_in
)
