import numpy as np


class AdamOptimizer:
    def __init__(self, learning_rate=0.01, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.lr = learning_rate
        self.b1 = beta1
        self.b2 = beta2
        self.eps = epsilon

    def minimize(self, f, grad_f, x0, n_iter=100, tol=1e-6):
        x = np.array(x0, dtype=float)
        m = np.zeros_like(x)
        v = np.zeros_like(x)
        for t in range(1, n_iter + 1):
            g = grad_f(x)
            m = self.b1 * m + (1 - self.b1) * g
            v = self.b2 * v + (1 - self.b2) * g * g
            new = x - self.lr * (m / (1 - self.b1**t)) / (np.sqrt(v / (1 - self.b2**t)) + self.eps)
            if np.linalg.norm(new - x) < tol:
                x = new
                break
            x = new
        return x, f(x)
