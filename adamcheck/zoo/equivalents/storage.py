"""Programs with storage of their own: in-place chains, shared buffers, fields of records, kept remainders."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.numbers.quad import to_quad
from adamcheck.zoo.equivalents.programs import Program, program


@program("in-place-chain")
class InPlaceChain(Program):
    """m *= beta1, m += (1 - beta1) g, and so on: one operation in place after another."""

    def kernel(self, g: np.ndarray) -> None:
        beta1, beta2 = self.hyper.beta1, self.hyper.beta2
        dtype = self.theta.dtype.type
        self.m *= dtype(beta1)
        self.m += dtype(1 - beta1) * g
        self.v *= dtype(beta2)
        square = g * g
        square *= dtype(1 - beta2)
        self.v += square
        denominator = np.array(np.sqrt(self.v))
        denominator /= dtype(self.root)
        denominator += dtype(self.hyper.eps)
        update = self.m / denominator
        update *= dtype(self.size)
        self.theta -= update


@program("with-out-arguments")
class WithOutArguments(Program):
    """Every ufunc writes to one of two buffers, which are made once."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        self.one, self.other = np.empty_like(self.theta), np.empty_like(self.theta)

    def kernel(self, g: np.ndarray) -> None:
        dtype, one, other = self.theta.dtype.type, self.one, self.other
        for average, value, beta in (
            (self.m, g, self.hyper.beta1),
            (self.v, np.multiply(g, g, out=other), self.hyper.beta2),
        ):
            np.multiply(value, dtype(1 - beta), out=one)
            np.multiply(average, dtype(beta), out=average)
            np.add(average, one, out=average)
        np.sqrt(self.v, out=one)
        np.divide(one, dtype(self.root), out=one)
        np.add(one, dtype(self.hyper.eps), out=one)
        np.multiply(self.m, dtype(self.size), out=other)
        np.divide(other, one, out=other)
        np.subtract(self.theta, other, out=self.theta)


class _Averaging(Program):
    """The averages as written, and `move` for what comes after."""

    def kernel(self, g: np.ndarray) -> None:
        beta1, beta2 = self.hyper.beta1, self.hyper.beta2
        self.m[...] = beta1 * self.m + (1 - beta1) * g
        self.v[...] = beta2 * self.v + (1 - beta2) * (g * g)
        self.move(-(self.size * self.m / (np.sqrt(self.v) / self.root + self.hyper.eps)))

    def move(self, update: np.ndarray) -> None:
        """Add an update to the parameters."""
        self.theta[...] = self.theta + update


@program("added-at-indices")
class AddedAtIndices(_Averaging):
    """The update added by `np.add.at`, one index for each element."""

    def move(self, update: np.ndarray) -> None:
        flat = self.theta.reshape(-1)
        np.add.at(flat, np.arange(flat.size), np.asarray(update, flat.dtype).reshape(-1))


@program("fields-of-records")
class FieldsOfRecords(_Averaging):
    """theta, m and v as fields of one array of records: strides of three numbers."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        kind = self.theta.dtype
        self.records = np.zeros(self.theta.shape, [("theta", kind), ("m", kind), ("v", kind)])
        self.records["theta"] = self.theta
        self.theta, self.m, self.v = (self.records[name] for name in ("theta", "m", "v"))


@program("in-one-flat-buffer")
class InOneFlatBuffer(_Averaging):
    """theta, m and v one after another in one buffer."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        self.buffer = np.zeros((3, *self.theta.shape), self.theta.dtype)
        self.buffer[0] = self.theta
        self.theta, self.m, self.v = (self.buffer[k : k + 1].reshape(self.theta.shape) for k in range(3))


@program("in-a-memory-view")
class InMemoryView(_Averaging):
    """m and v in bytes that are not NumPy's, one byte after their beginning."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        self.m, self.v = self._in_bytes(), self._in_bytes()

    def _in_bytes(self) -> np.ndarray:
        raw = memoryview(bytearray(self.theta.nbytes + 1))[1:]
        numbers: np.ndarray = np.frombuffer(raw, np.uint8).view(self.theta.dtype)
        return numbers.reshape(self.theta.shape)


@program("column-major-state")
class ColumnMajorState(_Averaging):
    """m and v in Fortran order, whatever the order of the parameters."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        self.m, self.v = (np.zeros(self.theta.shape, self.theta.dtype, order="F") for _ in range(2))


@program("both-moments-in-one-array")
class BothMomentsInOneArray(_Averaging):
    """m and v averaged at once, as the rows of one array, with a column of betas."""

    def kernel(self, g: np.ndarray) -> None:
        betas = np.array([self.hyper.beta1, self.hyper.beta2]).reshape(2, *(1 for _ in g.shape))
        wide = np.float64(g)
        both = betas * np.stack([self.m, self.v]) + (1 - betas) * np.stack([wide, wide * wide])
        self.m[...], self.v[...] = both[0], both[1]
        self.move(-(self.size * self.m / (np.sqrt(self.v) / self.root + self.hyper.eps)))


@program("parameters-compensated")
class ParametersCompensated(_Averaging):
    """What rounding takes from theta is kept, and added with the next update: Kahan's sum."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        self.lost = np.zeros_like(self.theta)

    def move(self, update: np.ndarray) -> None:
        due = np.asarray(update, self.theta.dtype) + self.lost
        after = self.theta + due
        self.lost[...] = due - (after - self.theta)
        self.theta[...] = after

    def save(self) -> Any:
        return (*super().save(), self.lost.copy())

    def load(self, saved: Any) -> None:
        super().load(saved)
        self.lost[...] = saved[3]


@program("moments-compensated")
class MomentsCompensated(_Averaging):
    """What rounding takes from m and v is kept, and comes back in the next step."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        self.lost = np.zeros((2, *self.theta.shape), np.float64)

    def kernel(self, g: np.ndarray) -> None:
        wide = np.float64(g)
        for average, value, beta, lost in (
            (self.m, wide, self.hyper.beta1, self.lost[:1].reshape(g.shape)),
            (self.v, wide * wide, self.hyper.beta2, self.lost[1:].reshape(g.shape)),
        ):
            due = beta * (np.float64(average) + lost) + (1 - beta) * value
            average[...] = due
            lost[...] = np.where(np.isfinite(due), due - np.float64(average), 0.0)
        self.move(-(self.size * self.m / (np.sqrt(self.v) / self.root + self.hyper.eps)))

    def save(self) -> Any:
        return (*super().save(), self.lost.copy())

    def load(self, saved: Any) -> None:
        super().load(saved)
        self.lost[...] = saved[3]


@program("update-fused-into-parameters")
class UpdateFused(_Averaging):
    """theta - size (m / denominator) rounded once: a fused multiply-add at the end."""

    def kernel(self, g: np.ndarray) -> None:
        beta1, beta2 = self.hyper.beta1, self.hyper.beta2
        self.m[...] = beta1 * self.m + (1 - beta1) * g
        self.v[...] = beta2 * self.v + (1 - beta2) * (g * g)
        ratio = np.asarray(self.m / (np.sqrt(self.v) / self.root + self.hyper.eps), self.theta.dtype)
        fused = to_quad(self.theta) - to_quad(self.size) * to_quad(ratio)
        self.theta[...] = fused.astype(np.float64)


@program("moments-made-at-the-first-step")
class MomentsMadeLate(_Averaging):
    """m and v are made in the first step: (1 - beta1) g and (1 - beta2) g^2."""

    def kernel(self, g: np.ndarray) -> None:
        if self.t > 1:
            super().kernel(g)
            return
        self.m[...] = (1 - self.hyper.beta1) * g
        self.v[...] = (1 - self.hyper.beta2) * (g * g)
        self.move(-(self.size * self.m / (np.sqrt(self.v) / self.root + self.hyper.eps)))


@program("moments-as-sums-over-gradients")
class StepsSummed(_Averaging):
    """The moments as weighted sums over all gradients so far, computed anew in every step."""

    def __init__(self, parameters: np.ndarray, hyper: Hyperparameters) -> None:
        super().__init__(parameters, hyper)
        self.given: list[np.ndarray] = []

    def kernel(self, g: np.ndarray) -> None:
        self.given.append(g.astype(np.float64))
        age = np.arange(len(self.given))[::-1]
        stack = np.stack(self.given)
        for average, values, beta in (
            (self.m, stack, self.hyper.beta1),
            (self.v, stack * stack, self.hyper.beta2),
        ):
            average[...] = (1 - beta) * np.tensordot(beta ** age.astype(np.float64), values, 1)
        self.move(-(self.size * self.m / (np.sqrt(self.v) / self.root + self.hyper.eps)))

    def save(self) -> Any:
        return (*super().save(), list(self.given))

    def load(self, saved: Any) -> None:
        super().load(saved)
        self.given = list(saved[3])
