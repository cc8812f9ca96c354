"""Terms: the one number system in which derivations are written.

A term is a tree that remembers every operation and is never simplified. Each engine evaluates the same tree
in its own number system (see `evaluate`), so that all of them are asked the same question. Every quantity
carries what is assumed of it, and a result of the definition remembers the stage that returned it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from adamcheck import numbers


class Sort(StrEnum):
    """What is assumed of a quantity."""

    REAL = "real"
    POSITIVE = "positive"
    NONNEGATIVE = "nonnegative"
    DECAY = "in [0, 1)"
    TIME = "integer, at least 1"
    VALUE = "value of a sequence, real"


class Operation(StrEnum):
    """The operations of terms, with their notation in Coq where they have one."""

    VARIABLE = "variable"
    NUMBER = "number"
    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    POWER = "^"
    OPPOSITE = "opposite"
    ROOT = "sqrt"
    ABSOLUTE = "Rabs"
    MAXIMUM = "Rmax"
    STAGE = "stage"


@dataclass(frozen=True)
class Exponent:
    """An unknown integer `name + offset` with `name >= 1`, used as an exponent."""

    name: str
    offset: int = 0

    def __add__(self, steps: int) -> Exponent:
        return Exponent(self.name, self.offset + _integer(steps))

    __radd__ = __add__

    def __sub__(self, steps: int) -> Exponent:
        return Exponent(self.name, self.offset - _integer(steps))

    def __rpow__(self, base: int | Fraction) -> Term:
        power: Term = term(base) ** self
        return power

    def __bool__(self) -> bool:
        raise TypeError(f"{self.name} is unknown; a derivation cannot branch on it")


@dataclass(frozen=True)
class Call:
    """How a result was computed: a stage of a definition, and what it was applied to.

    Attributes:
        stage: The stage, in words.
        arguments: What it was applied to.
        definition: The name of the definition; "" for textbook Adam.
        settings: Hyperparameters with values of their own, by name.
    """

    stage: str
    arguments: tuple[Any, ...]
    definition: str = ""
    settings: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Term:
    """A term of sort real.

    Attributes:
        operation: The operation.
        operands: Its operands. A variable has its name and sort, a number its fraction, a power its base and
            an integer or `Exponent`, a stage its `Call` and the term that it returned.
    """

    operation: Operation
    operands: tuple[Any, ...]
    origin: tuple[Callable[[Any], Term], Exponent] | None = None
    """Of a value of a sequence: the sequence and the index."""
    size: int = field(init=False, default=1)
    """How many operations the term has where it is written out."""
    depth: int = field(init=False, default=1)
    """How many operations are nested."""
    _hash: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        inner = [operand for operand in self.operands if isinstance(operand, Term)]
        object.__setattr__(self, "size", 1 + sum(operand.size for operand in inner))
        object.__setattr__(self, "depth", 1 + max((operand.depth for operand in inner), default=0))
        object.__setattr__(self, "_hash", hash((self.operation, self.operands)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Term) or self._hash != other._hash:
            return False
        return self.operation is other.operation and self.operands == other.operands

    def __bool__(self) -> bool:
        raise TypeError("a quantity of a derivation has no truth value; a derivation cannot branch on it")

    def __repr__(self) -> str:
        return f"<Term {self.operation} of {len(self.operands)}>"

    def _with(self, operation: Operation, other: Any, *, swapped: bool = False) -> Any:
        """Combine with another number. Arrays are left to numpy, which calls this for each entry."""
        if not isinstance(other, Term | int | Fraction):
            return NotImplemented
        operands = (term(other), self) if swapped else (self, term(other))
        return Term(operation, operands)

    def __add__(self, other: Any) -> Any:
        return self._with(Operation.ADD, other)

    def __radd__(self, other: Any) -> Any:
        return self._with(Operation.ADD, other, swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(Operation.SUBTRACT, other)

    def __rsub__(self, other: Any) -> Any:
        return self._with(Operation.SUBTRACT, other, swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self._with(Operation.MULTIPLY, other)

    def __rmul__(self, other: Any) -> Any:
        return self._with(Operation.MULTIPLY, other, swapped=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with(Operation.DIVIDE, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with(Operation.DIVIDE, other, swapped=True)

    def __neg__(self) -> Term:
        return Term(Operation.OPPOSITE, (self,))

    def __abs__(self) -> Term:
        return Term(Operation.ABSOLUTE, (self,))

    def __pow__(self, exponent: int | Exponent) -> Term:
        if isinstance(exponent, Exponent):
            # t - 1 may be 0, and other engines count otherwise below 0.
            if exponent.offset < 0:
                raise ValueError(f"the exponent {exponent.name}{exponent.offset} may be 0 or less")
            return Term(Operation.POWER, (self, exponent))
        power = Term(Operation.POWER, (self, abs(_integer(exponent))))
        return power if exponent >= 0 else Term(Operation.DIVIDE, (term(1), power))

    @property
    def body(self) -> Term:
        """The term itself, without the memory of the stage that returned it."""
        inner: Term = self.operands[1].body if self.operation is Operation.STAGE else self
        return inner

    def subterms(self) -> Iterator[Term]:
        """The term and all its subterms, each once, inner ones first; stages are transparent."""
        yield from _subterms(self, set())

    @cached_property
    def variables(self) -> frozenset[Term]:
        """The quantities in the term; unknown exponents as variables of sort `Sort.TIME`."""
        found = set[Term]()
        for part in self.subterms():
            if part.operation is Operation.VARIABLE:
                found.add(part)
            elif part.operation is Operation.POWER and isinstance(part.operands[1], Exponent):
                found.add(variable(part.operands[1].name, Sort.TIME))
        return frozenset(found)


def _subterms(x: Term, seen: set[Term]) -> Iterator[Term]:
    if x in seen:
        return
    seen.add(x)
    if x.operation is Operation.STAGE:
        yield from _subterms(x.operands[1], seen)
        return
    for operand in x.operands:
        if isinstance(operand, Term):
            yield from _subterms(operand, seen)
    yield x


def subterms(terms: Iterable[Term]) -> Iterator[Term]:
    """All subterms of some terms, each once, inner ones first."""
    seen = set[Term]()
    for each in terms:
        yield from _subterms(each, seen)


def _integer(x: Any) -> int:
    if not isinstance(x, int) or isinstance(x, bool):
        raise TypeError(f"not an integer exponent: {x!r}")
    return x


def term(x: Any) -> Term:
    """The term of a `Term`, an integer or a fraction. Raises `TypeError` for any other type."""
    if isinstance(x, Term):
        return x
    if isinstance(x, int | Fraction) and not isinstance(x, bool):
        return Term(Operation.NUMBER, (Fraction(x),))
    raise TypeError(f"not an exact real number: {x!r}")


def variable(name: str, sort: Sort) -> Term:
    """The quantity of this name."""
    return Term(Operation.VARIABLE, (name, sort))


def staged(
    stage: str,
    arguments: tuple[Any, ...],
    value: Any,
    definition: str = "",
    settings: tuple[tuple[str, Any], ...] = (),
) -> Any:
    """A value that remembers the stage of a definition that returned it.

    Values that are neither terms nor arrays of terms are returned as they are.
    """
    if isinstance(value, Term):
        told = tuple(_remembered(a) for a in arguments)
        return Term(Operation.STAGE, (Call(stage, told, definition, settings), value))
    if isinstance(value, np.ndarray):
        entries = np.empty(value.shape, dtype=object)
        for place, entry in np.ndenumerate(value):
            own = tuple(
                a[place] if isinstance(a, np.ndarray) and a.shape == value.shape else a for a in arguments
            )
            entries[place] = staged(stage, own, entry, definition, settings)
        return entries
    return value


def _remembered(argument: Any) -> Any:
    """An argument in a form that can be compared and hashed."""
    if isinstance(argument, np.ndarray | list | tuple):
        return tuple(_remembered(each) for each in argument)
    if isinstance(argument, int | Fraction) and not isinstance(argument, bool):
        return term(argument)
    return argument if isinstance(argument, Term | Exponent | str) else repr(argument)


@dataclass(frozen=True)
class Arithmetic:
    """A number system for `evaluate`.

    Args:
        variable: The value of a quantity, by its name and sort.
        number: The value of a fraction.
        power: A base to an integer or an unknown exponent.
        root: The square root.
        maximum: The larger of two values.
        divide: The quotient of two values.
    """

    variable: Callable[[str, Sort], Any]
    number: Callable[[Fraction], Any]
    power: Callable[[Any, int | Exponent], Any]
    root: Callable[[Any], Any]
    maximum: Callable[[Any, Any], Any]
    divide: Callable[[Any, Any], Any] = lambda x, y: x / y


def evaluate(x: Term, system: Arithmetic, known: dict[Term, Any]) -> Any:
    """The value of a term in a number system.

    Args:
        x: The term.
        system: The number system.
        known: The values of subterms evaluated so far; new ones are added.
    """
    for part in x.subterms():
        if part not in known:
            known[part] = _value(part, system, known)
    return known[x.body]


def _value(x: Term, system: Arithmetic, known: dict[Term, Any]) -> Any:
    match x.operation:
        case Operation.VARIABLE:
            return system.variable(*x.operands)
        case Operation.NUMBER:
            return system.number(x.operands[0])
        case Operation.POWER:
            return system.power(known[x.operands[0].body], x.operands[1])
    values = [known[operand.body] for operand in x.operands]
    match x.operation:
        case Operation.ADD:
            return values[0] + values[1]
        case Operation.SUBTRACT:
            return values[0] - values[1]
        case Operation.MULTIPLY:
            return values[0] * values[1]
        case Operation.DIVIDE:
            return system.divide(*values)
        case Operation.OPPOSITE:
            return -values[0]
        case Operation.ABSOLUTE:
            return abs(values[0])
        case Operation.ROOT:
            return system.root(values[0])
        case Operation.MAXIMUM:
            return system.maximum(*values)
    raise AssertionError(x.operation)


def at(x: Term, name: str, steps: int | None) -> Term:
    """The term at another time.

    Args:
        x: The term.
        name: The name of a time.
        steps: How many steps later; None is at time 1.
    """
    known: dict[Term, Any] = {}

    def moved(k: Exponent) -> int | Exponent:
        if k.name != name:
            return k
        return 1 + k.offset if steps is None else k + steps

    def rebuilt(part: Any) -> Any:
        if isinstance(part, Exponent):
            return moved(part)
        if isinstance(part, Call):
            told = tuple(rebuilt(each) for each in part.arguments)
            return replace(part, arguments=told, settings=rebuilt(part.settings))
        if isinstance(part, tuple):
            return tuple(rebuilt(each) for each in part)
        if not isinstance(part, Term):
            return part
        if part not in known:
            known[part] = _rebuilt(part)
        return known[part]

    def _rebuilt(part: Term) -> Term:
        if part.operation is Operation.VARIABLE:
            if part.origin is None:
                return part
            sequence, k = part.origin
            return sequence(moved(k))
        return Term(part.operation, tuple(rebuilt(operand) for operand in part.operands))

    result: Term = rebuilt(x)
    return result


def substitute(x: Term, values: dict[Term, Term]) -> Term:
    """The term with some quantities, or powers to an unknown exponent, replaced by terms."""
    known: dict[Term, Term] = {}
    return _substituted(x, values, known)


def _substituted(x: Term, values: dict[Term, Term], known: dict[Term, Term]) -> Term:
    if x in values:
        return values[x]
    if x not in known:
        operands = tuple(_replaced(operand, values, known) for operand in x.operands)
        known[x] = Term(x.operation, operands)
    return known[x]


def _replaced(x: Any, values: dict[Term, Term], known: dict[Term, Term]) -> Any:
    if isinstance(x, Term):
        return _substituted(x, values, known)
    if isinstance(x, Call):
        arguments = tuple(_replaced(each, values, known) for each in x.arguments)
        return replace(x, arguments=arguments, settings=_replaced(x.settings, values, known))
    if isinstance(x, tuple):
        return tuple(_replaced(each, values, known) for each in x)
    return x


@numbers.sqrt.register
def _(x: Term) -> Term:
    return Term(Operation.ROOT, (x,))


@numbers.maximum.register
def _(x: Term, y: Any) -> Term:
    return Term(Operation.MAXIMUM, (x, term(y)))


@numbers.zeros_like.register
def _(x: Term) -> Term:
    return term(0)
