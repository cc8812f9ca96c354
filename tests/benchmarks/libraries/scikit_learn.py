"""scikit-learn, whose tests compare the bits of one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adamcheck.adam import Adam
from libraries.library import Library, difference


def put_in(definition: type[Adam], stepped: Callable[[], None]) -> None:
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    own = AdamOptimizer.update_params

    def update_params(self: Any, params: Any, grads: Any) -> None:
        stepped()
        hyper = (self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)
        found = [
            difference(definition, hyper, self.t, *arrays)
            for arrays in zip(self.ms, self.vs, params, grads, strict=True)
        ]
        own(self, params, grads)
        for i, (m, v, update) in enumerate(found):
            self.ms[i] = self.ms[i] + m
            self.vs[i] = self.vs[i] + v
            params[i] += update

    AdamOptimizer.update_params = update_params


LIBRARY = Library(
    "scikit-learn", ("sklearn",), ("sklearn.neural_network.tests.test_stochastic_optimizers",), put_in
)
