"""What laws and claims detect, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adamcheck.claims import detection
from adamcheck.claims.claim import CLAIMS
from adamcheck.claims.detection import names_of
from adamcheck.proofs.redefinition import Manner
from adamcheck.report.summary.badges import number
from adamcheck.zoo.wrong_definitions import WRONG_DEFINITIONS


def detected(law: str) -> str:
    """What a law detects, as a sentence without its subject; "" for a law that is not in the table."""
    found = detection.laws().laws.get(law)
    if found is None:
        return ""
    total = detection.laws().bugs
    if not found.bugs:
        return f"detects none of {total} known bugs"
    others = f"alone {', '.join(found.alone)}" if found.alone else "none of them alone"
    return f"detects {found.bugs} of {total} known bugs, {others}"


def rejects(claim: str) -> str:
    """How many wrong definitions the derivations, witnesses and laws of a claim reject: `9, 4, 32`."""
    found = detection.claims().claims.get(claim)
    if found is None:
        return ""
    return ", ".join(str(len(names_of(part))) for part in (found.derivations, found.witnesses, found.laws))


@dataclass(frozen=True)
class Rejected:
    """The wrong definitions of Adam that a claim rejects, in words.

    Attributes:
        sentences: What its proofs, witnesses and laws reject, and which changes of the definition leave them
            true.
        rows: What rejects which changes: the step, comparison or law, how it rejects them, and the changes.
    """

    sentences: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]


def rejected(name: str) -> Rejected | None:
    """What a claim rejects; None if the table does not have it."""
    found, claim = detection.claims().claims.get(name), CLAIMS.get(name)
    if found is None or claim is None:
        return None
    tried = detection.claims().definitions
    sections = (
        ("derivations", found.derivations, claim.derivations),
        ("witnesses", found.witnesses, claim.witnesses),
        ("laws", found.laws, claim.laws),
    )
    counts = [f"its {part} reject {len(names_of(by))}" for part, by, made in sections if made]
    told = [f"Of {number(tried, 'wrong definition')} of Adam, {_joined(counts)}."] if counts else []
    proved = found.derivations if claim.derivations else found.witnesses
    kept = [each for each in tried if each not in names_of(proved)]
    alone = [each for each in tried if each not in found.rejected]
    if kept:
        by = "the same proofs" if claim.derivations else "the same witnesses"
        told.append(f"Also true, by {by}, of every optimizer that is Adam but for one of: {_changes(kept)}.")
    if alone:
        told.append(f"Nothing here rejects: {_changes(alone)}.")
    rows = tuple(
        (each.by, _MANNERS[each.manner], _changes(each.definitions)) for _, by, _ in sections for each in by
    )
    return Rejected(tuple(told), rows)


_MANNERS = {
    Manner.REFUTED: "refutes",
    Manner.WITHOUT_VALUE: "has no value for",
    Manner.NOT_PROVED: "is not proved for",
    Manner.NOT_RUN: "cannot be run for",
}


def _changes(names: Sequence[str]) -> str:
    return "; ".join(WRONG_DEFINITIONS[name].change if name in WRONG_DEFINITIONS else name for name in names)


def _joined(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if words[1:] else "".join(words)
