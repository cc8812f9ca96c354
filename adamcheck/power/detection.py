"""Measures what laws and proofs of claims reject, for the tables that are shipped with the package.

`python -m adamcheck.power.detection CLAIM...` updates what these claims reject, or every claim without an
argument; `python -m adamcheck.power.detection POWER.json` what laws detect, from a file of `adamcheck power`.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from adamcheck.choices import DECAY, PROFILES
from adamcheck.claims import detection
from adamcheck.claims.claim import Claim, discover, named
from adamcheck.claims.detection import Detection, Rejecting, Rejections, Share
from adamcheck.power.kill_matrix import first_failure
from adamcheck.proofs.redefinition import Manner, Rejection, Steps, based_on, rejection_by_witness
from adamcheck.support.executors import Jobs
from adamcheck.support.executors import run as in_parallel
from adamcheck.support.processes import Progress, Work
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.wrong_definitions import WRONG_DEFINITIONS, WrongDefinition

# --- what claims reject --------------------------------------------------------------------------


def rejections(name: str, definitions: Sequence[str] = tuple(WRONG_DEFINITIONS)) -> Rejections:
    """Which of these wrong definitions a claim rejects, and by what."""
    claim, wrong = named(name), [WRONG_DEFINITIONS[each] for each in definitions]
    return Rejections(
        _gathered(wrong, _by_derivations(claim)),
        _gathered(wrong, _by_witnesses(claim)),
        _gathered(wrong, _by_laws(claim)),
    )


_Judge = Callable[[WrongDefinition], Rejection | None]


def _gathered(wrong: Iterable[WrongDefinition], judge: _Judge) -> tuple[Rejecting, ...]:
    found: dict[Rejection, list[str]] = {}
    for each in wrong:
        if rejection := judge(each):
            found.setdefault(rejection, []).append(each.name)
    return tuple(Rejecting(by.by, by.manner, tuple(names)) for by, names in found.items())


def _by_derivations(claim: Claim) -> _Judge:
    derivations = [Steps(name, derivation) for name, _, derivation in claim.derivations]
    return lambda wrong: _first(derivation.rejection(wrong.definition) for derivation in derivations)


def _by_witnesses(claim: Claim) -> _Judge:
    return lambda wrong: _first(
        rejection_by_witness(name, witness, wrong.definition) for name, _, witness in claim.witnesses
    )


def _by_laws(claim: Claim) -> _Judge:
    def judge(wrong: WrongDefinition) -> Rejection | None:
        for law in claim.laws:
            of = "adamw" if DECAY in law.needs else "adam"
            target = DefinitionTarget(based_on(DEFINITIONS[of], wrong.definition), wrong.name)
            if first_failure(law, of, target, "float64", PROFILES["standard"], 0):
                return Rejection(law.name, Manner.REFUTED)
        return None

    return judge


def _first(rejections: Iterable[Rejection | None]) -> Rejection | None:
    return next((rejection for rejection in rejections if rejection), None)


def measure(claims: Sequence[str], jobs: Jobs, progress: Progress) -> dict[str, Rejections]:
    """What some claims reject, by name."""
    work = [Work(name, rejections, (name,)) for name in claims]
    return dict(zip(claims, in_parallel(work, jobs, progress), strict=True))


# --- what laws detect ----------------------------------------------------------------------------


class _Kill(msgspec.Struct, frozen=True):
    law: str


class _Bug(msgspec.Struct, frozen=True):
    killed_by: tuple[_Kill, ...]


class _Law(msgspec.Struct, frozen=True):
    name: str
    alone: tuple[str, ...]


class _Power(msgspec.Struct, frozen=True):
    """The part of a saved kill matrix that the table needs."""

    bugs: tuple[_Bug, ...]
    laws: tuple[_Law, ...]


def shares(power: bytes) -> Detection:
    """The table of laws, from a saved kill matrix."""
    saved = msgspec.json.decode(power, type=_Power)
    counts = Counter(law for bug in saved.bugs for law in {kill.law for kill in bug.killed_by})
    return Detection(len(saved.bugs), {law.name: Share(counts[law.name], law.alone) for law in saved.laws})


# --- the shipped tables --------------------------------------------------------------------------


def main(*arguments: str) -> None:
    """Update a shipped table."""
    if arguments and arguments[0].endswith(".json"):
        table = shares(Path(arguments[0]).read_bytes())
        detection.LAWS.write_text(json.dumps(msgspec.to_builtins(table), indent=1) + "\n", encoding="utf-8")
        return
    found = measure(arguments or [claim.name for claim in discover()], os.cpu_count() or 1, _print_progress)
    known = {**detection.claims().claims, **found}
    order = [claim.name for claim in discover() if claim.name in known]
    detection.CLAIMS.write_text(written({name: known[name] for name in order}), encoding="utf-8")


def written(claims: Mapping[str, Rejections]) -> str:
    """The table of claims in JSON, one line per claim."""
    lines = ",\n".join(
        f'  "{name}": {json.dumps(msgspec.to_builtins(found))}' for name, found in claims.items()
    )
    names = json.dumps(list(WRONG_DEFINITIONS))
    return f'{{\n "definitions": {names},\n "claims": {{\n{lines}\n }}\n}}\n'


def _print_progress(label: str, done: int, total: int) -> None:
    print(f"\r{done}/{total} {label:40}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
