"""The formula of a target: what kind it is, what it is called, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass

TEXTBOOK, DIALECT, BUG, CHANGED, COARSER, UNEXPLAINED, UNKNOWN = (
    "textbook",
    "dialect",
    "bug",
    "changed",
    "coarse",
    "unexplained",
    "not judged",
)


@dataclass(frozen=True)
class Formula:
    """The formula of a target: `kind`, and the sentence for people.

    dialect, bug: the names of what it is made of, if they are known; siblings: the names of what nothing
    tells from it; source: where it has been seen; observed: what was seen of a formula without a name;
    precision: the dtype in which it is computed, where that is coarser than the arrays.
    """

    kind: str
    sentence: str
    dialect: str = ""
    bug: str = ""
    siblings: tuple[str, ...] = ()
    source: str = ""
    observed: tuple[str, ...] = ()
    precision: str = ""

    @property
    def conforms(self) -> bool:
        return self.kind == TEXTBOOK

    @property
    def name(self) -> str:
        """The dialect, the bug, or both; "" where it has no name."""
        return " + ".join(name for name in (self.dialect, self.bug) if name)
