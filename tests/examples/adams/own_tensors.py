import numpy as np


class Tensor:
    def __init__(self, data, requires_grad=True):
        self.data = np.asarray(data)
        self.grad = None
        self.requires_grad = requires_grad

    def __mul__(self, o):
        return Tensor(self.data * (o.data if isinstance(o, Tensor) else o))

    __rmul__ = __mul__


class Optim:
    def __init__(self, parameters):
        self.parameters = parameters


class Adam(Optim):
    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters)
        self.lr = lr
        self.beta1, self.beta2 = betas
        self.eps = eps
        self.k = 0
        self.m = [np.zeros(p.data.shape) for p in self.parameters]
        self.v = [np.zeros(p.data.shape) for p in self.parameters]

    def step(self):
        self.k += 1
        for i, p in enumerate(self.parameters):
            g = p.grad.data if isinstance(p.grad, Tensor) else p.grad
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * g
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * g * g
            p.data = p.data - self.lr * (self.m[i] / (1 - self.beta1**self.k)) / (
                np.sqrt(self.v[i] / (1 - self.beta2**self.k)) + self.eps
            )
