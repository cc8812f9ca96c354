"""Recording: a definition, run once on values that write down what is done with them, becomes a program.

The values are a number system as any other, so that the lines that are judged are those of the definition.
A program has two lists of instructions for a step: one for scalars, which is carried out once a step, and
one for arrays. What the definition does in its first step may differ from what it does later, where the
state has come out of a step; the last list repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np

from adamcheck import numbers
from adamcheck.numbers.enclosure.operators import ANYTHING, FRACTION, NONNEGATIVE
from adamcheck.variants import operations

HYPERPARAMETERS = 5
"""The first registers of scalars: lr, beta1, beta2, eps, weight_decay."""


class NotRecordableError(Exception):
    """The definition does something with its values that an instruction cannot express."""


class Op(IntEnum):
    """The instructions. `x` and `y` are the numbers of registers unless it says otherwise."""

    SPREAD = 0
    """Copy the scalar `x` to all coordinates."""
    NUMBER = 1
    """Read the number `x` of this step, which programs hold exactly."""
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    DIVIDE = 5
    NEGATE = 6
    MAGNITUDE = 7
    ROOT = 8
    LARGER = 9
    POWER = 10
    """`x` to the exponent `y` of this step."""
    AVERAGE = 11
    """The average of `x` and `y` by the weights `extra`."""
    WEIGHTS = 12
    """Form the weights `extra` of an average by the decay rate `x` and its complement `y`; `number` is the
    item of the state that it continues, or -1."""
    ENTER = 13
    """`x` as it enters a coarser arithmetic."""
    CHOOSE = 14
    """`x` where the scalar `extra` is above the bound `number`, and otherwise `y`."""
    WIDEN = 15
    """`x`, known up to `number` of its magnitude."""
    READ = 16
    """Read the gradient, where `x` is 0, or the parameters, where it is 1."""


COLUMNS = (
    "op",
    "to",
    "x",
    "y",
    "within",
    "arithmetic",
    "same",
    "s_to",
    "s_x",
    "s_y",
    "l_to",
    "l_x",
    "l_y",
    "extra",
    "number",
)


@dataclass(frozen=True)
class Traits:
    """What is known of a value before it is computed.

    Attributes:
        scalar: Whether it is one number for all coordinates.
        within: The range of every evaluation.
        arithmetic: The number of its arithmetic: 0 that of arrays, 1 that of scalars.
        stretched: Whether it has a stretch other than 1.
        bounded: Whether it has a lower bound beside that of its radius.
        average: Whether it is a moving average from the start of the run.
    """

    scalar: bool
    within: int
    arithmetic: int
    stretched: bool = False
    bounded: bool = False
    average: bool = False


def _refuse(*_: object) -> Any:
    raise NotRecordableError("what a step does depends on its number or on a value")


class _Unknown:
    """What nothing can be decided by before a run."""

    __array_ufunc__ = None  # numpy's scalars leave the operation to it
    __hash__ = None  # type: ignore[assignment]
    __bool__ = __float__ = __int__ = __index__ = __iter__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse


class Counted(_Unknown):
    """A number that depends on the number of the step, such as `t` or `0.96**t`."""

    def __init__(self, of: Callable[[int], float]) -> None:
        self.of = of

    def _with(self, other: Any, combine: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, Counted):
            return Counted(lambda t: combine(self.of(t), other.of(t)))
        if isinstance(other, int | float | np.floating | np.integer):
            return Counted(lambda t: combine(self.of(t), other))
        return NotImplemented

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b / a)

    def __mod__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a % b)

    def __pow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a**b)

    def __rpow__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b**a)

    def __neg__(self) -> Counted:
        return Counted(lambda t: -self.of(t))


class Recorded(_Unknown):
    """A value that writes down what is done with it.

    Attributes:
        recorder: What writes it down.
        register: The number of its register, of scalars or of arrays.
        traits: What is known of it.
        stretch: The register of its stretch; 0 if that is 1.
        least: The register of its lower bound; 0 if it has none.
        item: The number of the item of the state that it is, or -1.
    """

    def __init__(
        self,
        recorder: Recorder,
        register: int,
        traits: Traits,
        stretch: int = 0,
        least: int = 0,
        item: int = -1,
    ) -> None:
        self.recorder = recorder
        self.register = register
        self.traits = traits
        self.stretch = stretch
        self.least = least
        self.item = item

    def __add__(self, other: Any) -> Any:
        return self.recorder.sum(self, other, Op.ADD)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self.recorder.sum(self, other, Op.SUBTRACT)

    def __rsub__(self, other: Any) -> Any:
        return self.recorder.from_number(other, self)

    def __mul__(self, other: Any) -> Any:
        return self.recorder.product(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self.recorder.quotient(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.recorder.quotient(self.recorder.number(other, self.traits.arithmetic), self)

    def __neg__(self) -> Any:
        return self.recorder.unary(self, Op.NEGATE, ANYTHING)

    def __abs__(self) -> Any:
        return self.recorder.unary(self, Op.MAGNITUDE, max(self.traits.within, NONNEGATIVE))

    def __pow__(self, exponent: Any) -> Any:
        return self.recorder.power(self, exponent)


@dataclass
class Space:
    """The registers of scalars or of arrays, and the instructions that fill them. Register 0 of stretches
    holds ones, register 0 of lower bounds minus infinity."""

    registers: int = 0
    stretches: int = 1
    leasts: int = 1
    code: list[tuple[float, ...]] = field(default_factory=list)

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.registers, self.stretches, self.leasts


class Recorder:
    """Writes down the instructions of one step.

    Args:
        scalars: The number of scalars that are given.
        items: The number of items of the state, whose registers come first.
    """

    def __init__(self, scalars: int, items: int) -> None:
        self.of_scalars = Space(scalars)
        self.of_arrays = Space(items + 2, 1 + items, 1 + items)
        self.numbers: list[Counted] = []
        self.exponents: list[Counted] = []
        self.bounds: list[float] = []
        self.weights = 0
        self.adjusted: list[tuple[Any, ...]] = []
        self._known: dict[Any, Recorded] = {}

    # -- the pieces of an instruction

    def _emit(
        self,
        op: Op,
        traits: Traits,
        x: Any = 0,
        y: Any = 0,
        *,
        same: int = 1,
        stretch: int | None = None,
        extra: int = 0,
        number: float = 0.0,
    ) -> Recorded:
        """Write down an instruction; one that was written down before is not repeated."""
        space = self.of_scalars if traits.scalar else self.of_arrays
        places = [
            (o.register, o.stretch, o.least) if isinstance(o, Recorded) else (int(o), 0, 0) for o in (x, y)
        ]
        key = (op, traits, *places, same, stretch, extra, number)
        if op is not Op.WEIGHTS and key in self._known:
            return self._known[key]
        register, space.registers = space.registers, space.registers + 1
        s_to = l_to = 0
        if stretch is not None:
            s_to = stretch
        elif traits.stretched:
            s_to, space.stretches = space.stretches, space.stretches + 1
        if traits.bounded:
            l_to, space.leasts = space.leasts, space.leasts + 1
        bound = len(self.bounds)
        self.bounds.append(number)
        (x_r, x_s, x_l), (y_r, y_s, y_l) = places
        row = (op, register, x_r, y_r, traits.within, traits.arithmetic, same)
        space.code.append((*row, s_to, x_s, y_s, l_to, x_l, y_l, extra, bound))
        result = Recorded(self, register, traits, s_to, l_to)
        self._known[key] = result
        return result

    def number(self, value: Any, arithmetic: int) -> Recorded:
        """A number in a formula, which every program represents exactly."""
        if isinstance(value, Counted):
            of, within = value.of, ANYTHING
        elif isinstance(value, int | float | np.floating | np.integer):
            given = float(value)
            within = ANYTHING if np.signbit(given) else FRACTION if given <= 1 else NONNEGATIVE
            key = ("number", given, arithmetic)
            if key in self._known:
                return self._known[key]
            of = lambda t: given  # noqa: E731
        else:
            raise NotRecordableError(f"a value of type {type(value).__name__}")
        self.numbers.append(Counted(of))
        result = self._emit(Op.NUMBER, Traits(True, within, arithmetic), len(self.numbers) - 1)
        if not isinstance(value, Counted):
            self._known[key] = result
        return result

    def _value(self, x: Any, arithmetic: int) -> Recorded:
        """A value of this step, or a number as one."""
        if not isinstance(x, Recorded):
            return self.number(x, arithmetic)
        if x.recorder is not self:
            raise NotRecordableError("a value of another step that is not in the state")
        return x

    def spread(self, x: Recorded) -> Recorded:
        """A scalar as an array, in the arithmetic of arrays."""
        if not x.traits.scalar:
            return x
        return self._emit(Op.SPREAD, replace(x.traits, scalar=False, average=False), x)

    def _entered(self, x: Recorded, arithmetic: int) -> Recorded:
        if x.traits.arithmetic == arithmetic:
            return x
        if not x.traits.scalar:
            raise NotRecordableError("an array in the arithmetic of scalars")
        # Only the coarser arithmetic is entered; this is the one of arrays.
        traits = replace(x.traits, arithmetic=arithmetic, average=False)
        return self._emit(Op.ENTER, traits, x, stretch=x.stretch)

    def _pair(self, x: Recorded, other: Any) -> tuple[Recorded, Recorded, Traits, int]:
        """Both operands in one arithmetic and shape, the traits of a result, whether they were the same."""
        y = self._value(other, x.traits.arithmetic)
        same = int(x.traits.arithmetic == y.traits.arithmetic)
        joined = min(x.traits.arithmetic, y.traits.arithmetic)
        x, y = self._entered(x, joined), self._entered(y, joined)
        scalar = x.traits.scalar and y.traits.scalar
        if not scalar:
            x, y = self.spread(x), self.spread(y)
        stretched = x.traits.stretched or y.traits.stretched
        return x, y, Traits(scalar, ANYTHING, joined, stretched), same

    # -- the operations

    def sum(self, x: Recorded, other: Any, op: Op, within: int = ANYTHING) -> Recorded:
        x, y, traits, same = self._pair(x, other)
        if op is Op.ADD:
            within = min(x.traits.within, y.traits.within, NONNEGATIVE)
        shared = x.stretch if x.stretch == y.stretch else None
        traits = replace(traits, within=within, bounded=within == NONNEGATIVE)
        return self._emit(op, traits, x, y, same=same, stretch=shared)

    def from_number(self, value: Any, x: Recorded) -> Recorded:
        """`value - x`."""
        within = FRACTION if value == 1 and x.traits.within == FRACTION else ANYTHING
        return self.sum(self.number(value, x.traits.arithmetic), x, Op.SUBTRACT, within)

    def product(self, x: Recorded, other: Any) -> Recorded:
        square = other is x
        x, y, traits, _ = self._pair(x, other)
        within = max(x.traits.within, NONNEGATIVE) if square else min(x.traits.within, y.traits.within)
        return self._emit(Op.MULTIPLY, replace(traits, within=within, stretched=True), x, y)

    def quotient(self, x: Recorded, other: Any) -> Recorded:
        x, y, traits, _ = self._pair(x, other)
        within = min(x.traits.within, y.traits.within, NONNEGATIVE)
        return self._emit(Op.DIVIDE, replace(traits, within=within, stretched=True), x, y)

    def unary(self, x: Recorded, op: Op, within: int) -> Recorded:
        traits = replace(x.traits, within=within, bounded=False, average=False)
        return self._emit(op, traits, x, stretch=x.stretch)

    def root(self, x: Recorded) -> Recorded:
        traits = replace(x.traits, within=max(x.traits.within, NONNEGATIVE), bounded=False, average=False)
        anything = int(x.traits.within == ANYTHING)
        return self._emit(Op.ROOT, traits, x, extra=anything)

    def larger(self, x: Recorded, other: Any) -> Recorded:
        y = self._value(other, x.traits.arithmetic)
        arithmetic = x.traits.arithmetic
        if not (x.traits.scalar and y.traits.scalar):
            x, y = self.spread(x), self.spread(y)
        a, b = x.traits.within, y.traits.within
        within = max(min(a, b), min(max(a, b), NONNEGATIVE))
        stretched = x.traits.stretched or y.traits.stretched
        return self._emit(Op.LARGER, Traits(x.traits.scalar, within, arithmetic, stretched), x, y)

    def power(self, x: Recorded, exponent: Any) -> Recorded:
        if isinstance(exponent, int | np.integer):
            fixed = int(exponent)
            counted, even = Counted(lambda t: fixed), fixed % 2 == 0
        elif isinstance(exponent, Counted):
            counted, even = exponent, False
        else:
            raise NotRecordableError("a power that is not an integer")
        within = max(x.traits.within, NONNEGATIVE) if even else x.traits.within
        key = ("power", x.register, x.traits, id(exponent) if isinstance(exponent, Counted) else fixed)
        if key not in self._known:
            self.exponents.append(counted)
            traits = replace(x.traits, within=within, bounded=False, average=False)
            made = self._emit(Op.POWER, traits, x, len(self.exponents) - 1, stretch=x.stretch)
            self._known[key] = made
        return self._known[key]

    def average(self, old: Recorded, new: Any, beta: Recorded) -> Recorded:
        if not isinstance(new, Recorded) or not isinstance(beta, Recorded) or not beta.traits.scalar:
            raise NotRecordableError("a moving average of something else than values by a scalar")
        arithmetic = min(old.traits.arithmetic, beta.traits.arithmetic)
        entered, complement = self._entered(beta, arithmetic), self._entered(1 - beta, arithmetic)
        old, new = self._entered(old, arithmetic), self._entered(new, arithmetic)
        if not (old.traits.scalar and new.traits.scalar):
            old, new = self.spread(old), self.spread(new)
        if any(each.recorder is not self for each in (old, new, beta)):
            raise NotRecordableError("a value of another step that is not in the state")
        if old.traits.average and old.item < 0:
            raise NotRecordableError("a moving average of a moving average in one step")
        weights, self.weights = self.weights, self.weights + 1
        traits = Traits(True, ANYTHING, arithmetic)
        item = old.item if old.traits.average else -1
        # The scalars must exist before the weights are formed of them.
        self._emit(
            Op.WEIGHTS, traits, entered, complement, extra=weights, number=float(item), same=beta.register
        )
        within = min(old.traits.within, new.traits.within, complement.traits.within, NONNEGATIVE)
        scalar = old.traits.scalar and new.traits.scalar
        kind = Traits(scalar, within, arithmetic, average=True)
        return self._emit(Op.AVERAGE, kind, old, new, extra=weights)

    def choose(self, x: Recorded, bound: float, above: Any, otherwise: Any) -> Recorded:
        if not isinstance(x, Recorded) or not x.traits.scalar:
            raise NotRecordableError("a choice by an array")
        values = [self._value(each, x.traits.arithmetic) for each in (above, otherwise)]
        if not all(each.traits.scalar for each in values):
            values = [self.spread(each) for each in values]
        one, other = (each.traits for each in values)
        traits = Traits(
            one.scalar,
            min(one.within, other.within),
            min(one.arithmetic, other.arithmetic),
            one.stretched or other.stretched,
            one.bounded or other.bounded,
        )
        return self._emit(Op.CHOOSE, traits, *values, extra=x.register, number=bound)

    def widened(self, x: Recorded, unit: float) -> Recorded:
        return self._emit(Op.WIDEN, replace(x.traits, average=False), x, stretch=x.stretch, number=unit)

    def adjust(self, x: Recorded, change: Any, error: Any) -> Recorded:
        """A function of a hyperparameter, which is computed before the run."""
        if not isinstance(x, Recorded) or not x.traits.scalar or x.register >= HYPERPARAMETERS:
            raise NotRecordableError("a function of something else than a hyperparameter")
        register, self.of_scalars.registers = self.of_scalars.registers, self.of_scalars.registers + 1
        self.adjusted.append((register, x.register, change, error))
        return Recorded(self, register, Traits(True, ANYTHING, x.traits.arithmetic))


@numbers.sqrt.register
def _(x: Recorded) -> Recorded:
    return x.recorder.root(x)


@numbers.maximum.register
def _(x: Recorded, y: Any) -> Recorded:
    return x.recorder.larger(x, y)


@numbers.ema.register
def _(old: Recorded, new: Any, beta: Any) -> Recorded:
    return old.recorder.average(old, new, beta)


@numbers.zeros_like.register
def _(x: Recorded) -> Recorded:
    zero = x.recorder.number(0.0, x.traits.arithmetic)
    return zero if x.traits.scalar else x.recorder.spread(zero)


@operations.choose.register
def _(x: Recorded, bound: float, above: Callable[[], Any], otherwise: Callable[[], Any]) -> Recorded:
    return x.recorder.choose(x, bound, above(), otherwise())


@operations.adjusted.register
def _(x: Recorded, change: Callable[[float], float], error: Callable[[float], float]) -> Recorded:
    return x.recorder.adjust(x, change, error)


@operations.known_within.register
def _(x: Recorded, unit: float) -> Recorded:
    return x.recorder.widened(x, unit)


@operations.total.register
@operations.partner.register
def _(x: Recorded) -> Recorded:
    raise NotRecordableError("coordinates that depend on each other")
