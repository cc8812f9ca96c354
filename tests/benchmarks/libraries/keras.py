"""Keras on JAX: its tests of Adam, of its subclass AdamW, and of what optimizers have in common."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from adamcheck.adam import Adam
from libraries.library import Library, on_jax


def put_in(definition: type[Adam], stepped: Callable[[], None]) -> None:
    """With `amsgrad` as without it: what it uses is v, as long as v does not fall."""
    os.environ["KERAS_BACKEND"] = "jax"
    from keras.src import ops
    from keras.src.optimizers.adam import Adam as KerasAdam

    own = KerasAdam.update_step

    def update_step(self: Any, gradient: Any, variable: Any, learning_rate: Any) -> None:
        stepped()
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        peak = self._velocity_hats[index] if self.amsgrad else None
        highest = ops.convert_to_tensor(peak) if peak is not None else None
        hyper = (ops.convert_to_tensor(learning_rate), self.beta_1, self.beta_2, self.epsilon)
        before = [ops.convert_to_tensor(x) for x in (self.iterations, m, v, variable, gradient)]
        own(self, gradient, variable, learning_rate)
        dm, dv, update = on_jax(definition, hyper, *before)
        self.assign_add(m, dm)
        self.assign_add(v, dv)
        self.assign_add(variable, update)
        if peak is not None:
            self.assign(peak, ops.maximum(highest, v))

    KerasAdam.update_step = update_step


TESTS = "adam", "adamw", "optimizer"

LIBRARY = Library(
    "Keras", ("keras", "jax"), tuple(f"keras.src.optimizers.{name}_test" for name in TESTS), put_in
)
