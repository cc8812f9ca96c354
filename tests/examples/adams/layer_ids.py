"""Course homework: one optimizer for the network, state in dicts by layer number."""

import numpy as np


class AdamOptimizer:
    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.learning_rate = learning_rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.m = {}
        self.v = {}
        self.t = {}

    def update(self, layer_idx, W, b, dW, db):
        for name, p, g in (("W", W, dW), ("b", b, db)):
            key = (layer_idx, name)
            if key not in self.m:
                self.m[key] = np.zeros_like(p)
                self.v[key] = np.zeros_like(p)
                self.t[key] = 0
            self.t[key] += 1
            self.m[key] = self.beta1 * self.m[key] + (1 - self.beta1) * g
            self.v[key] = self.beta2 * self.v[key] + (1 - self.beta2) * g * g
            mh = self.m[key] / (1 - self.beta1 ** self.t[key])
            vh = self.v[key] / (1 - self.beta2 ** self.t[key])
            p -= self.learning_rate * mh / (np.sqrt(vh) + self.epsilon)
        return W, b
