import math


class AdamOptimizer:
    def __init__(self, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = self.v = 0.0
        self.t = 0

    def update(self, x, g):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g * g
        return x - self.lr * (self.m / (1 - self.beta1**self.t)) / (
            math.sqrt(self.v / (1 - self.beta2**self.t)) + self.eps
        )
