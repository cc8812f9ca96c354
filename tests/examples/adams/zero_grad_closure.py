import numpy as np


class Adam:
    def __init__(self, weights, lr=0.001, beta=(0.9, 0.999), epsilon=1e-8):
        self.weights = weights
        self.lr = lr
        self.beta = beta
        self.epsilon = epsilon
        self.n = 0
        self.mw = np.zeros(weights.shape)
        self.vw = np.zeros(weights.shape)

    def __call__(self, dw):
        self.n += 1
        b1, b2 = self.beta
        self.mw = b1 * self.mw + (1 - b1) * dw
        self.vw = b2 * self.vw + (1 - b2) * dw**2
        self.weights -= (
            self.lr * (self.mw / (1 - b1**self.n)) / (np.sqrt(self.vw / (1 - b2**self.n)) + self.epsilon)
        )
        return self.weights
