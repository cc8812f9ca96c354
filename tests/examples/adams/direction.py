import numpy as np


class AdamOptimizer:
    def __init__(self, alpha=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.alpha = alpha
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.m = 0
        self.v = 0
        self.t = 0

    def get_gradients(self, g):
        return self.compute(g)

    def compute(self, gradient):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * gradient
        self.v = self.beta2 * self.v + (1 - self.beta2) * gradient**2
        return (
            self.alpha
            * (self.m / (1 - self.beta1**self.t))
            / (np.sqrt(self.v / (1 - self.beta2**self.t)) + self.epsilon)
        )
