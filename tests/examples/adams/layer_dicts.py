"""Layers with dicts params and grads."""

import numpy as np


class Layer:
    def __init__(self):
        self.params = {}
        self.grads = {}


class Adam:
    def __init__(self, layers, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.layers = layers
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t = 0
        self.m = [{k: np.zeros_like(p) for k, p in layer.params.items()} for layer in layers]
        self.v = [{k: np.zeros_like(p) for k, p in layer.params.items()} for layer in layers]

    def step(self):
        self.t += 1
        for i, layer in enumerate(self.layers):
            for k in layer.params:
                g = layer.grads[k]
                self.m[i][k] = self.beta1 * self.m[i][k] + (1 - self.beta1) * g
                self.v[i][k] = self.beta2 * self.v[i][k] + (1 - self.beta2) * g**2
                m_hat = self.m[i][k] / (1 - self.beta1**self.t)
                v_hat = self.v[i][k] / (1 - self.beta2**self.t)
                layer.params[k] -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
