"""TensorFlow manners: variables with assign_sub."""

import numpy as np


class Variable:
    def __init__(self, value):
        self.value = np.array(value)

    def assign_sub(self, delta):
        self.value = self.value - delta

    def numpy(self):
        return self.value


class Adam:
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.learning_rate, self.beta_1, self.beta_2, self.epsilon = learning_rate, beta_1, beta_2, epsilon
        self.iterations = 0
        self.slots = {}

    def apply_gradients(self, grads_and_vars):
        self.iterations += 1
        for grad, var in grads_and_vars:
            m, v = self.slots.get(id(var), (0.0, 0.0))
            m = m + (grad - m) * (1 - self.beta_1)
            v = v + (grad * grad - v) * (1 - self.beta_2)
            self.slots[id(var)] = (m, v)
            alpha = (
                self.learning_rate
                * np.sqrt(1 - self.beta_2**self.iterations)
                / (1 - self.beta_1**self.iterations)
            )
            var.assign_sub(alpha * m / (np.sqrt(v) + self.epsilon))
