"""Programs with loops of their own: blocks, tails, threads, elements in other orders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from adamcheck.zoo.equivalents.programs import Program, program

_FEW = 64
"""The largest number of elements that a loop in Python takes one by one."""


class _InParts(Program):
    """Updates one part of the flat arrays after another."""

    def kernel(self, g: np.ndarray) -> None:
        theta, m, v, g = (x.reshape(-1) for x in (self.theta, self.m, self.v, g))
        for part in self.parts(g.size):
            self.update(theta[part], m[part], v[part], g[part])

    def update(self, theta: np.ndarray, m: np.ndarray, v: np.ndarray, g: np.ndarray) -> None:
        """Update one part in place."""
        beta1, beta2 = self.hyper.beta1, self.hyper.beta2
        m[...] = beta1 * m + (1 - beta1) * g
        v[...] = beta2 * v + (1 - beta2) * (g * g)
        theta[...] = theta - self.size * m / (np.sqrt(v) / self.root + self.hyper.eps)

    def parts(self, size: int) -> Iterator[slice]:
        """The parts, in order; together they are all elements."""
        yield slice(0, size)


@program("in-blocks")
class InBlocks(_InParts):
    """Blocks of 256 elements, one after another."""

    def parts(self, size: int) -> Iterator[slice]:
        yield from (slice(at, at + 256) for at in range(0, size, 256))


@program("in-blocks-from-the-end")
class InBlocksFromTheEnd(_InParts):
    """Blocks of 256 elements, the last one first."""

    def parts(self, size: int) -> Iterator[slice]:
        yield from (slice(at, at + 256) for at in reversed(range(0, size, 256)))


@program("backwards")
class Backwards(_InParts):
    """All elements, by views that run backwards."""

    def parts(self, size: int) -> Iterator[slice]:
        yield slice(None, None, -1)


@program("even-elements-first")
class EvenFirst(_InParts):
    """The elements of even number, then those of odd number: strides of two."""

    def parts(self, size: int) -> Iterator[slice]:
        yield from (slice(0, size, 2), slice(1, size, 2))


@program("vectors-and-a-tail")
class VectorsAndTail(_InParts):
    """Vectors of 8 elements, and the rest one by one."""

    def parts(self, size: int) -> Iterator[slice]:
        whole = size - size % 8
        yield slice(0, whole)
        yield from (slice(at, at + 1) for at in range(whole, size))


@program("four-threads")
class FourThreads(_InParts):
    """A quarter of the elements each, the last quarter with the remainder first."""

    def parts(self, size: int) -> Iterator[slice]:
        each = size // 4
        yield slice(3 * each, size)
        yield from (slice(k * each, (k + 1) * each) for k in range(3))


@program("padded-to-vectors")
class Padded(_InParts):
    """Arrays padded with zeros to vectors of 16 elements, and cut again."""

    def kernel(self, g: np.ndarray) -> None:
        size = g.size
        wide = [np.pad(x.reshape(-1), (0, -size % 16)) for x in (self.theta, self.m, self.v, g)]
        self.update(*wide)
        for own, padded in zip((self.theta, self.m, self.v), wide, strict=False):
            own[...] = padded[:size].reshape(own.shape)


@program("element-by-element")
class ElementByElement(_InParts):
    """A loop over elements with scalars in double, as in C; larger arrays in blocks."""

    def kernel(self, g: np.ndarray) -> None:
        if g.size > _FEW:
            super().kernel(g)
            return
        beta1, beta2, eps = self.hyper.beta1, self.hyper.beta2, self.hyper.eps
        theta, m, v, gradients = (x.reshape(-1) for x in (self.theta, self.m, self.v, g))
        for i in range(g.size):
            gradient = float(gradients[i])
            m[i] = beta1 * float(m[i]) + (1 - beta1) * gradient
            v[i] = beta2 * float(v[i]) + (1 - beta2) * gradient * gradient
            update = np.float64(self.size * float(m[i])) / (np.sqrt(np.float64(v[i])) / self.root + eps)
            theta[i] = np.float64(theta[i]) - update


@program("with-an-iterator")
class WithIterator(_InParts):
    """NumPy's iterator over chunks of all arrays, which takes care of their strides."""

    def kernel(self, g: np.ndarray) -> None:
        with np.nditer(
            [self.theta, self.m, self.v, g],
            ["external_loop", "buffered", "zerosize_ok"],
            [["readwrite"], ["readwrite"], ["readwrite"], ["readonly"]],
            buffersize=128,
        ) as chunks:
            for theta, m, v, gradient in chunks:
                self.update(theta, m, v, gradient)


@program("rows-after-rows")
class RowsAfterRows(_InParts):
    """The first axis one entry after another; vectors as a whole."""

    def kernel(self, g: np.ndarray) -> None:
        if g.ndim < 2:
            super().kernel(g)
            return
        for row in range(len(g)):
            part = slice(row, row + 1)
            self.update(self.theta[part], self.m[part], self.v[part], g[part])


@program("columns-first")
class ColumnsFirst(_InParts):
    """All arrays transposed: the last axis first."""

    def kernel(self, g: np.ndarray) -> None:
        self.update(self.theta.T, self.m.T, self.v.T, g.T)
