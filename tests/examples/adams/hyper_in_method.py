import numpy as np


class AdamOptim:
    def __init__(self):
        self.m = None
        self.t = 0

    def update_weights(self, weights, gradients, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        if self.m is None:
            self.m = np.zeros_like(weights)
            self.v = np.zeros_like(weights)
        self.t += 1
        self.m = beta1 * self.m + (1 - beta1) * gradients
        self.v = beta2 * self.v + (1 - beta2) * gradients**2
        return weights - learning_rate * (self.m / (1 - beta1**self.t)) / (
            np.sqrt(self.v / (1 - beta2**self.t)) + epsilon
        )
