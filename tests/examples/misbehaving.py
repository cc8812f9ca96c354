"""Things that are no Adam at all, or only for a while."""

import ctypes
import os
import sys
import time

import numpy as np
from correct import function

no_adam = 7


def no_eps(parameters, *, lr, beta1, beta2):
    return lambda gradient: parameters


def unknown_extra(parameters, scheduler, *, lr, beta1, beta2, eps):
    return lambda gradient: parameters


def raises_in_constructor(parameters, *, lr, beta1, beta2, eps):
    raise RuntimeError("no licence")


def makes_nothing(parameters, *, lr, beta1, beta2, eps):
    return None


def makes_something_else(parameters, *, lr, beta1, beta2, eps):
    return {"step": 1}


def _stepping(answer):
    """An Adam whose step is `answer(right parameters, gradient, number of the step)`."""

    def make(parameters, *, lr, beta1, beta2, eps):
        right, count = function(parameters, lr=lr, beta1=beta1, beta2=beta2, eps=eps), 0

        def step(gradient):
            nonlocal count
            count += 1
            return answer(right(gradient), gradient, count)

        return step

    return make


def _raise(error):
    raise error


raises = _stepping(lambda theta, g, t: _raise(RuntimeError("out of cheese")))
raises_at_step_six = _stepping(lambda theta, g, t: _raise(RuntimeError("tired")) if t > 5 else theta)
raises_above_three = _stepping(lambda theta, g, t: _raise(OverflowError("huge")) if (g > 3).any() else theta)
exits = _stepping(lambda theta, g, t: sys.exit("bye"))
wrong_shape = _stepping(lambda theta, g, t: theta[..., None])
integers = _stepping(lambda theta, g, t: theta.astype(int))
objects = _stepping(lambda theta, g, t: theta.astype(object))
complexes = _stepping(lambda theta, g, t: theta.astype(complex))
strings = _stepping(lambda theta, g, t: "theta")
nothing = _stepping(lambda theta, g, t: None)
scalar = _stepping(lambda theta, g, t: float(theta.flat[0]))
its_input = _stepping(lambda theta, g, t: g)
unchanged = _stepping(lambda theta, g, t: np.zeros_like(g))
nan = _stepping(lambda theta, g, t: theta * np.nan)
nan_later = _stepping(lambda theta, g, t: theta * np.nan if t > 4 else theta)
ends_its_process = _stepping(lambda theta, g, t: os._exit(7))
segfaults = _stepping(lambda theta, g, t: ctypes.string_at(0))
hangs = _stepping(lambda theta, g, t: time.sleep(1000))
hangs_later = _stepping(lambda theta, g, t: time.sleep(1000) if t > 5 else theta)


class BadCheckpoint:
    def __init__(self, parameters, *, lr, beta1, beta2, eps):
        self.step = function(parameters, lr=lr, beta1=beta1, beta2=beta2, eps=eps)

    def save(self):
        raise OSError("disk full")

    def load(self, saved):
        pass


class BadMoments:
    def __init__(self, parameters, *, lr, beta1, beta2, eps):
        self.step = function(parameters, lr=lr, beta1=beta1, beta2=beta2, eps=eps)

    def moments(self):
        return "m and v"


class Functional:
    """Takes the parameters in every step, as many a teaching code does."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8): ...

    def update(self, parameters, gradient):
        return parameters
