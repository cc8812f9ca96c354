import numpy as np


class Adam:
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.iterations = 0
        self.m = {}
        self.v = {}

    def apply_gradients(self, grads_and_vars):
        self.iterations += 1
        for i, (g, var) in enumerate(grads_and_vars):
            self.m[i] = self.beta_1 * self.m.get(i, 0) + (1 - self.beta_1) * g
            self.v[i] = self.beta_2 * self.v.get(i, 0) + (1 - self.beta_2) * g**2
            mh = self.m[i] / (1 - self.beta_1**self.iterations)
            vh = self.v[i] / (1 - self.beta_2**self.iterations)
            var -= self.learning_rate * mh / (np.sqrt(vh) + self.epsilon)
