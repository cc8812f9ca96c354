import numpy as np


class Adam:
    def __init__(self, theta, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
        self.theta = np.array(theta, dtype=float)
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = np.zeros_like(self.theta)
        self.v = np.zeros_like(self.theta)
        self.t = 0

    def step(self, grad):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * grad
        self.v = self.beta2 * self.v + (1 - self.beta2) * grad * grad
        self.theta = self.theta - self.lr * (self.m / (1 - self.beta1**self.t)) / (
            np.sqrt(self.v / (1 - self.beta2**self.t)) + self.eps
        )
