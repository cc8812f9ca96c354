"""Correct Adams as people write them."""

import warnings

import numpy as np

ADVICE = "use something else"


def function(parameters, *, lr, beta1, beta2, eps):
    theta, m, v, t = parameters.copy(), np.zeros_like(parameters), np.zeros_like(parameters), 0

    def step(gradient):
        nonlocal theta, m, v, t
        t += 1
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        theta = theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        return theta

    return step


class Class:
    """With everything that can be offered: weight decay, moments, checkpoints; works in place."""

    in_place = True

    def __init__(self, parameters, lr, beta1, beta2, eps, weight_decay=0.0):
        self.theta, self.t = parameters, 0
        self.m, self.v = np.zeros_like(parameters), np.zeros_like(parameters)
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.weight_decay = weight_decay

    def step(self, gradient):
        self.t += 1
        self.m += (1 - self.beta1) * (gradient - self.m)
        self.v += (1 - self.beta2) * (gradient * gradient - self.v)
        m_hat, v_hat = self.m / (1 - self.beta1**self.t), self.v / (1 - self.beta2**self.t)
        self.theta *= 1 - self.lr * self.weight_decay
        self.theta -= self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        return self.theta

    def moments(self):
        return self.m, self.v

    def save(self):
        return self.t, self.m.copy(), self.v.copy()

    def load(self, saved):
        self.t, m, v = saved
        self.m, self.v = m.copy(), v.copy()


def lists(parameters, *, lr, beta1, beta2, eps):
    """Plain Python floats in lists, as it answers."""
    runs = [function(np.array(x), lr=lr, beta1=beta1, beta2=beta2, eps=eps) for x in parameters.ravel()]
    shape = parameters.shape

    def step(gradient):
        new = [float(run(x)) for run, x in zip(runs, gradient.ravel(), strict=True)]
        return np.reshape(new, shape).tolist()

    return step


def refusing_zeros(parameters, *, lr, beta1, beta2, eps):
    """Refuses hyperparameters at the edge, as some libraries do."""
    if not (beta1 > 0 and beta2 > 0 and eps > 0):
        raise ValueError("beta1, beta2 and eps must be positive")
    return function(parameters, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def alias(parameters, *, lr, beta1, beta2, eps):
    """Answers with a view of memory that it goes on changing, and scribbles into old answers."""
    step = function(parameters, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    memory = np.empty_like(parameters)

    def answer(gradient):
        memory[...] = np.nan
        memory[...] = step(gradient)
        return memory

    return answer


def talkative(parameters, *, lr, beta1, beta2, eps):
    """Prints and warns at every step."""
    step = function(parameters, lr=lr, beta1=beta1, beta2=beta2, eps=eps)

    def loud(gradient):
        print("SPAM from the target")
        warnings.warn(ADVICE, stacklevel=1)
        return step(gradient)

    return loud


def single(parameters, *, lr, beta1, beta2, eps):
    """Works in single precision, whatever it is given."""
    step = function(parameters.astype(np.float32), lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return lambda gradient: step(gradient.astype(np.float32))


def renamed(parameters, learning_rate, betas, epsilon, decay=0.0):
    """With names of its own, decoupled decay among them."""
    beta1, beta2 = betas
    return Class(parameters, learning_rate, beta1, beta2, epsilon, decay).step


class Listed:
    """A list of tensors of any shapes, as a model has them; a checkpoint of them too."""

    def __init__(self, tensors, *, lr, beta1, beta2, eps):
        self.each = [Class(tensor, lr, beta1, beta2, eps) for tensor in tensors]

    def step(self, gradients):
        return [adam.step(gradient) for adam, gradient in zip(self.each, gradients, strict=True)]

    def moments(self):
        return [adam.m for adam in self.each], [adam.v for adam in self.each]

    def save(self):
        return [adam.save() for adam in self.each]

    def load(self, saved):
        for adam, state in zip(self.each, saved, strict=True):
            adam.load(state)
