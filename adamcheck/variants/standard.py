"""Standards: the definition that a target is verified against, by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from adamcheck.adam import Adam
from adamcheck.variants import DEFINITIONS


class StandardError(ValueError):
    """A standard does not exist or contradicts itself; the message is one line."""


@dataclass(frozen=True)
class Standard:
    """The definition that a target is verified against.

    Attributes:
        names: Names of definitions, whose changes of textbook Adam are combined.
        own: Additional hyperparameters of the definitions, by name, with their values.
    """

    names: tuple[str, ...] = ("adam",)
    own: tuple[tuple[str, float], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Standard:
        """Read `NAME[+NAME...][:HYPERPARAMETER=NUMBER[,...]]`, such as `nadam:momentum_decay=0.01`.

        Raises:
            StandardError: A name is unknown, a value is not a number, or two definitions do not combine.
        """
        names, _, settings = text.partition(":")
        chosen = tuple(name.strip() for name in names.split("+"))
        for name in chosen:
            if name not in DEFINITIONS:
                raise StandardError(
                    f"no definition {name!r}{DEFINITIONS.nearest(name)}; see adamcheck list definitions"
                )
        standard = cls(chosen, tuple(_setting(each) for each in settings.split(",") if each))
        _ = standard.definition  # raises if they do not combine
        return standard

    def __str__(self) -> str:
        settings = ",".join(f"{name}={value!r}" for name, value in self.own)
        return "+".join(self.names) + (f":{settings}" if settings else "")

    @property
    def plain(self) -> type[Adam]:
        """The definition without weight decay."""
        return _plain(self)

    @property
    def decay(self) -> type[Adam] | None:
        """The definition with its weight decay; None if the standard does not name a weight decay."""
        return _decay(self)

    @property
    def definition(self) -> type[Adam]:
        """The complete definition, with its weight decay if the standard names one."""
        return self.decay or self.plain

    @property
    def is_textbook(self) -> bool:
        """Whether it is textbook Adam, apart from weight decay."""
        return self.plain is Adam

    @property
    def title(self) -> str:
        """The title of the optimizer, or of the weight decay if the standard names nothing else."""
        if any(not DEFINITIONS[name].decays for name in self.names):
            return self.plain.title
        return DEFINITIONS[self.names[0]].title


TEXTBOOK_STANDARD = Standard()


@cache  # so that it is the same class each time; a standard itself can be sent to a process
def _plain(standard: Standard) -> type[Adam]:
    parts = tuple(name for name in standard.names if not DEFINITIONS[name].decays)
    plain = _combined(parts) if parts else undecayed(DEFINITIONS[standard.names[0]])
    return _configured(plain, standard) if standard.own else plain


@cache
def _decay(standard: Standard) -> type[Adam] | None:
    kinds = [name for name in standard.names if DEFINITIONS[name].decays]
    if len(kinds) > 1:
        raise StandardError(f"{' and '.join(kinds)} are two kinds of weight decay: name one")
    return decayed(standard.plain, DEFINITIONS[kinds[0]]) if kinds else None


def _setting(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise StandardError(
            f"{text!r}: expected HYPERPARAMETER=NUMBER, such as momentum_decay=0.01"
        ) from None


def _combined(names: tuple[str, ...]) -> type[Adam]:
    """One definition with the changes of several. Raises `StandardError` if two change the same stage."""
    parts = [DEFINITIONS[name] for name in names if name != "adam"]
    if not parts:
        return Adam
    if len(parts) == 1:
        return parts[0]
    changed: dict[str, str] = {}
    for name, part in zip([name for name in names if name != "adam"], parts, strict=True):
        for stage in stages(part):
            if stage in changed:
                raise StandardError(f"{changed[stage]} and {name} both change {stage}: they do not combine")
            changed[stage] = name
    return type("Combined", tuple(parts), {"title": " and ".join(part.title for part in parts)})


def _configured(definition: type[Adam], standard: Standard) -> type[Adam]:
    """The definition with other values of its additional hyperparameters."""
    attributes: dict[str, float | str] = {}
    for name, value in standard.own:
        if name not in definition.own:
            has = f"it has {', '.join(definition.own)}" if definition.own else "it has only those of Adam"
            raise StandardError(f"{'+'.join(standard.names)} has no hyperparameter {name!r}: {has}")
        attributes[definition.own[name]] = value
    told = ", ".join(f"{name} = {value:g}" for name, value in standard.own)
    return type("Configured", (definition,), {**attributes, "title": f"{definition.title} with {told}"})


def undecayed(definition: type[Adam]) -> type[Adam]:
    """The most specific known definition without weight decay that a definition extends."""
    if not definition.decays:
        return definition
    bases = [other for other in DEFINITIONS.values() if not other.decays and issubclass(definition, other)]
    return max(bases, key=lambda base: len(base.__mro__))


def decayed(definition: type[Adam], kind: type[Adam]) -> type[Adam]:
    """A definition with the weight decay of `AdamW`, `AdamL2` or another kind."""
    if issubclass(kind, definition):
        return kind
    made: type[Adam] = type(kind.__name__, (kind, definition), {})
    made.title = f"{definition.title} with the decay of {kind.title}"
    return made


def stages(definition: type[Adam]) -> frozenset[str]:
    """The names of the stages in which a definition differs from textbook Adam."""
    replaced = {
        name
        for ancestor in definition.__mro__
        if issubclass(ancestor, Adam) and ancestor is not Adam
        for name, value in vars(ancestor).items()
        if callable(value)
    }
    return frozenset(replaced)


_STANDS_FOR = ("nadamw", "adamw", "nadam", "radam", "amsgrad", "adamax", "adabelief")


def suggested(name: str) -> str:
    """The definition that the name of a target suggests, such as `adamw` for `mine.py:MyAdamW`, or ""."""
    words = re.findall(r"[A-Z]*[a-z]+|[A-Z]+", re.split(r"[:.]", name)[-1])
    rests = ["".join(words[i:]).lower() for i in range(len(words))]
    # Where a word begins: an OptimizerAdam is no RAdam.
    known = next((each for each in _STANDS_FOR if any(rest.startswith(each) for rest in rests)), "")
    return "nadam+adamw" if known == "nadamw" else known
