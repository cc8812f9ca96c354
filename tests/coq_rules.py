"""Reads the definitions of a Coq file as Python functions of floats, to compare them with the judge's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt

_BUILT_IN: dict[str, tuple[int, Callable[..., float]]] = {
    "sqrt": (1, sqrt),
    "Rabs": (1, abs),
    "INR": (1, float),
    "Rmax": (2, max),
}

_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "^": lambda x, y: x**y,
}


class Rules:
    """The definitions `Definition name (parameters) := expression.` of a file, where they are arithmetic."""

    def __init__(self, source: str) -> None:
        found = re.findall(
            r"^Definition (\w+) ?((?:\([^)]*\) ?)*)(?:: \w+ )?:=\s(.*?)\.(?: \(\*[^\n]*)?$",
            source,
            re.MULTILINE | re.DOTALL,
        )
        self._definitions = {
            name: (re.findall(r"\w+", re.sub(r" : \w+", "", parameters)), body)
            for name, parameters, body in found
        }

    def __call__(self, name: str, *arguments: float) -> float:
        parameters, body = self._definitions[name]
        return _Expression(body, dict(zip(parameters, arguments, strict=True)), self).value()

    def arity(self, name: str) -> int | None:
        """The number of arguments of a function, or None if the name is unknown."""
        if name in _BUILT_IN:
            return _BUILT_IN[name][0]
        return len(self._definitions[name][0]) if name in self._definitions else None

    def apply(self, name: str, arguments: list[float]) -> float:
        return _BUILT_IN[name][1](*arguments) if name in _BUILT_IN else self(name, *arguments)


class _Expression:
    """An expression of Coq, evaluated as it is read: a function stands before its operands."""

    def __init__(self, text: str, values: dict[str, float], rules: Rules) -> None:
        self._words = [*re.findall(r"\w+|[-+*/^()]", text), ""]
        self._values, self._rules = values, rules

    def value(self) -> float:
        result = self._level("+-", lambda: self._level("*/", self._power))
        assert self._words[0] in ("", ")"), self._words
        return result

    def _level(self, signs: str, part: Callable[[], float]) -> float:
        result = part()
        while self._words[0] and self._words[0] in signs:
            result = _OPERATIONS[self._words.pop(0)](result, part())
        return result

    def _power(self) -> float:
        base = self._operand()
        if self._words[0] != "^":
            return base
        self._words.pop(0)
        return base ** self._power()

    def _operand(self) -> float:
        word = self._words.pop(0)
        if word == "(":
            result = self.value()
            assert self._words.pop(0) == ")"
            return result
        if word.isdigit():
            return float(word)
        if word in self._values:
            return self._values[word]
        arity = self._rules.arity(word)
        assert arity is not None, f"unknown in Coq's definitions: {word!r}"
        return self._rules.apply(word, [self._operand() for _ in range(arity)])
