"""Power: which checks notice which bugs of the zoo, and that they leave correct code alone.

Every check gets the same examples for every bug, those that `adamcheck verify` would draw, up to the first
that the bug fails; nothing is shrunk. A bug of a variant is held against that variant: laws that the
variant itself does not keep say nothing about its bugs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from time import perf_counter
from typing import Annotated, Any

from msgspec import Meta

from adamcheck.adam import Adam
from adamcheck.checks.check import Check, Section
from adamcheck.checks.conformance import checks_for
from adamcheck.checks.subject import Subject
from adamcheck.choices import DTYPE_NAMES
from adamcheck.claims.catalogue import checks
from adamcheck.claims.claim import discover
from adamcheck.diagnosis.fixed_experiments import probes
from adamcheck.judge import Ruling, judge
from adamcheck.numbers.floats import format_of
from adamcheck.power import campaign, recognition
from adamcheck.power.answer_cache import Answers, Listening
from adamcheck.power.campaign import Tally
from adamcheck.power.recognition import Recognition
from adamcheck.support.executors import Jobs, Machines
from adamcheck.support.executors import run as in_parallel
from adamcheck.support.processes import Progress, Work, shares
from adamcheck.support.text import nearest
from adamcheck.targets.base import NotOffered, Target, TargetCrash, TargetHung
from adamcheck.targets.reference import DefinitionTarget
from adamcheck.variants import DEFINITIONS
from adamcheck.zoo.bugs import BUGS, Bug
from adamcheck.zoo.equivalents import EQUIVALENTS, Equivalent

PROBES = "fixed-probes"
"""The name under which the judge's verdict on the fixed experiments stands beside the checks."""

TEXTBOOKS = ("adam", "adamw", "adam-l2")
"""Definitions that keep every law."""


@dataclass(frozen=True)
class Kill:
    """A law noticed a bug."""

    law: Annotated[str, Meta(description="The name of the law.")]
    dtype: Annotated[str, Meta(description="The working precision.")]
    examples: Annotated[int, Meta(description="The example that the bug fails first, counted from 1.")]
    seconds: Annotated[float, Meta(description="How long that took.")]


@dataclass(frozen=True)
class Row:
    """A bug or an equivalent rewrite, and the laws that it fails in the first dtype in which it fails any.

    Attributes:
        change: What is different.
        shows: What exposes that, of a bug.
    """

    name: str
    family: str
    of: str
    source: str
    change: str
    shows: str
    kills: tuple[Kill, ...]


@dataclass(frozen=True)
class Power:
    """What every law notices; `laws` are all of them, in order.

    tallies: the campaign on correct code; diagnoses: what the diagnosis calls each bug and each dialect.
    """

    profile: str
    examples: int
    seed: int
    laws: tuple[str, ...]
    bugs: tuple[Row, ...]
    equivalents: tuple[Row, ...]
    tallies: tuple[Tally, ...] = ()
    diagnoses: tuple[Recognition, ...] = ()

    @property
    def alive(self) -> tuple[Row, ...]:
        """The bugs that nothing notices."""
        return tuple(row for row in self.bugs if not row.kills)

    @property
    def alarms(self) -> tuple[Row, ...]:
        """The equivalent rewrites that something takes for wrong."""
        return tuple(row for row in self.equivalents if row.kills)

    @property
    def passes(self) -> bool:
        """Whether every bug is noticed, nothing correct taken for wrong and no name is wrong."""
        outside = any(tally.outside for tally in self.tallies)
        misnamed = any(diagnosis.verdict == recognition.Recognised.WRONG for diagnosis in self.diagnoses)
        return not (self.alive or self.alarms or outside or misnamed)

    def alone(self, law: str) -> tuple[str, ...]:
        """The bugs that only this law notices."""
        return tuple(row.name for row in self.bugs if {kill.law for kill in row.kills} == {law})


def measure(
    profile: str,
    examples: int,
    seed: int,
    *,
    only: Sequence[str] = (),
    correct: Sequence[str] = (),
    diagnosis: bool = False,
    jobs: Jobs = 0,
    progress: Progress = lambda label, done, total: None,
) -> Power:
    """Run every law on every bug and every equivalent rewrite, or on those named, and judge correct code.

    correct: targets that count as correct, each TARGET or TARGET=DEFINITION; diagnosis: whether bugs and
    dialects are diagnosed, too; jobs: the number of other processes to
    use, 0 to work in this one, or an executor. Raises `ValueError` for a name that is no bug or rewrite,
    `TargetError` for a target that there is not.
    """
    known = [*BUGS, *EQUIVALENTS]
    for name in only:
        if name not in known:
            raise ValueError(f"no bug or equivalent {name!r}{nearest(name, known)}")
    for name in correct:
        campaign.vouched(name)
    width = Machines.of(jobs).width
    parts = _parts([name for name in known if not only or name in only], width)
    matrix = [Work(", ".join(part[:2]), rows, (part, examples, seed)) for part in parts]
    judged = campaign.work(only, correct, seed, width)
    named = recognition.work(only, examples, seed, width) if diagnosis else []
    results = iter(in_parallel([*matrix, *judged, *named], jobs, progress))
    found = {row.name: row for part in islice(results, len(matrix)) for row in part}
    tallies = campaign.tallies(each for part in islice(results, len(judged)) for each in part)
    diagnoses = [each for part in results for each in part]
    laws = (PROBES, *(check.name for check in checks(discover())))
    return Power(
        profile,
        examples,
        seed,
        laws,
        tuple(found[name] for name in BUGS if name in found),
        tuple(found[name] for name in EQUIVALENTS if name in found),
        tuple(sorted(tallies, key=campaign.place)),
        tuple(sorted(diagnoses, key=recognition.place)),
    )


def _parts(names: Sequence[str], width: int) -> list[list[str]]:
    """Names in parts, one process each: what a definition answers is found out once in each of them."""
    textbook = [name for name in names if _made(name).of in TEXTBOOKS]
    others: dict[str, list[str]] = {}
    for name in names:
        if name not in textbook:
            others.setdefault(_made(name).of, []).append(name)
    return [*shares(textbook, max(1, 2 * width)), *others.values()]


def _made(name: str) -> Bug | Equivalent:
    return BUGS[name] if name in BUGS else EQUIVALENTS[name]


def rows(names: Sequence[str], examples: int, seed: int) -> list[Row]:
    """The rows of some bugs and equivalents."""
    return [_row(name, examples, seed) for name in names]


def _row(name: str, examples: int, seed: int) -> Row:
    if name in EQUIVALENTS:
        rewrite = EQUIVALENTS[name]
        both = [kill for dtype in ("float64", "float32") for kill in _kills(name, dtype, examples, seed)]
        return Row(name, "equivalents", rewrite.of, "", rewrite.says, "", tuple(both))
    bug = BUGS[name]
    kills = tuple(_kills(name, "float64", examples, seed))
    for dtype in DTYPE_NAMES[1:]:
        if not kills:  # a bug of one dtype: its formula is wrong in that one
            kills = tuple(_kills(name, dtype, examples, seed, laws=False))
    return Row(name, bug.family, bug.of, bug.source, bug.change, bug.shows, kills)


def _kills(name: str, dtype: str, examples: int, seed: int, *, laws: bool = True) -> Iterator[Kill]:
    made = _made(name)
    begun = perf_counter()
    number = _first_probe(made.target(), dtype, DEFINITIONS[made.of])
    if number:
        yield Kill(PROBES, dtype, number, _since(begun))
    for check in _checks_of(made.of, dtype, examples, seed).values():
        if check.section is Section.LAWS and not laws:
            continue
        begun = perf_counter()
        number = first_failure(check, made.of, made.target(), dtype, examples, seed)
        if number:
            yield Kill(check.name, dtype, number, _since(begun))


def _since(begun: float) -> float:
    return round(perf_counter() - begun, 4)


def first_failure(check: Check, of: str, target: Target, dtype: str, examples: int, seed: int) -> int:
    """The number of the first example that a target fails, 0 if it fails none.

    What gives the answers of the definition keeps the laws that it keeps. Checks of the state look at more
    than answers.
    """
    drawn = _drawn(check.name, dtype, examples, seed)
    if check.section is Section.STATE:
        return check.first_failure(target, dtype, drawn)
    for number, (one, answers) in enumerate(
        zip(drawn, _answers(check.name, of, dtype, examples, seed), strict=True), 1
    ):
        if not answers.repeated(target) and check.first_failure(target, dtype, [one]):
            return number
    return 0


@cache
def _answers(name: str, of: str, dtype: str, examples: int, seed: int) -> tuple[Answers, ...]:
    """What the definition answers in each example of a check that it passes."""
    check = _checks_of(of, dtype, examples, seed)[name]
    target, found = Listening(DefinitionTarget(DEFINITIONS[of])), []
    for one in _drawn(name, dtype, examples, seed):
        target.afresh()
        check.first_failure(target, dtype, [one])
        found.append(target.answers)
    return tuple(found)


def _first_probe(target: Target, dtype: str, definition: type[Adam]) -> int:
    """The number of the first fixed experiment in which an update is outside, 0 where none is."""
    subject = Subject(target, format_of(dtype))
    for number, trajectory in enumerate(probes(subject.format).values(), start=1):
        try:
            if judge(subject.run(trajectory), definition).outcome in (Ruling.REJECTED, Ruling.COARSE):
                return number
        except (TargetCrash, TargetHung):
            return number
        except NotOffered:
            continue
    return 0


@cache
def _checks_of(of: str, dtype: str, examples: int, seed: int) -> dict[str, Check]:
    """The checks, by name, that a faultless target of a definition passes, each against that definition."""
    definition = DEFINITIONS[of]
    own = {check.name: check for check in checks_for(definition)}
    adapted = {check.name: own.get(check.name, check) for check in checks(discover())}
    if of in TEXTBOOKS:
        return adapted
    return {
        name: check
        for name, check in adapted.items()
        if name in own
        or not check.first_failure(DefinitionTarget(definition), dtype, _drawn(name, dtype, examples, seed))
    }


@cache
def _drawn(name: str, dtype: str, examples: int, seed: int) -> tuple[dict[str, Any], ...]:
    (check,) = (check for check in checks(discover()) if check.name == name)
    return tuple(check.draw(dtype, examples=examples, seed=seed))
