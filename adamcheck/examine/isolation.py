"""Isolation: each examination has its own process, so that a target that dies or hangs is only reported."""

from __future__ import annotations

import gc
import pickle
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from adamcheck.checks.check import Check, Outcome, Result
from adamcheck.checks.conformance import PROBE
from adamcheck.claims.claim import named
from adamcheck.diagnosis.formula import Formula
from adamcheck.examine.excuses import as_expected
from adamcheck.examine.journal import Account, Journal, read, waiting
from adamcheck.examine.plan import Plan, chosen
from adamcheck.examine.results import Absence, DtypeReport
from adamcheck.examine.target import (
    DEADLY,
    DEATHS,
    FIRST_ANSWER,
    NOT_TESTED,
    examine,
    given_up,
    not_run,
    unusable,
)
from adamcheck.support.files import SharedFile
from adamcheck.support.process_memory import resident
from adamcheck.support.processes import Unsendable, Warden, Work
from adamcheck.support.text import plain, raised
from adamcheck.targets.base import TargetError
from adamcheck.targets.find import Spec

Examined = tuple[str, str, DtypeReport]
"""The library of a target, its version, and its report."""


@dataclass(frozen=True)
class Answered:
    """The first answer of an examination that goes on.

    Attributes:
        target: The name of the target.
        dtype: The working precision, by name.
        formula: The formula; None if it is not that of the standard, and not yet named.
        against: The standard that the target is verified against.
    """

    target: str
    dtype: str
    formula: Formula | None
    against: str


FLOOD = 1 << 26
"""The number of bytes on stdout or stderr that count as a fault: 64 MiB."""

GRACE = 2.0
"""Seconds after the time limit at which the process of a call that cannot be interrupted is killed."""

SHOWN, WIDEST = 20, 200
"""The largest numbers of stderr lines that are shown, and of characters per line."""

LOADING = 120.0
"""The smallest time limit for a process to start and to load its target: some libraries are large."""


def examination(spec: Spec, dtype: str, plan: Plan, claims: Sequence[str]) -> Work:
    """The work of examining a target in one dtype with the laws of some claims; gives an `Examined`."""
    return Examination(spec, dtype, plan, claims).work()


def examine_spec(
    spec: Spec,
    dtype: str,
    plan: Plan,
    claims: Sequence[str],
    journal: SharedFile,
    tally: SharedFile,
    first: SharedFile | None,
    done: tuple[Result, ...],
) -> Examined:
    """Run an examination, in its own process. Raises `TargetError` if there is no such target."""
    laws = [named(name) for name in claims]
    target = spec.load(plan.patience)
    gc.freeze()  # nothing so far is garbage: libraries are large, and looked through again and again
    tell = partial(_leave, first) if first else None
    recorded = Journal(journal.stream, tally.stream)
    report = examine(target, dtype, plan, laws, calls=recorded, done=done, tell=tell)
    return target.library, target.version, report


def _leave(file: SharedFile, formula: Formula | None, against: str) -> None:
    """Leave the first answer in a file."""
    file.stream.write(pickle.dumps((formula, against)))


class Examination(Warden):
    """Watches the process that examines a target, and starts another one if it dies.

    Its fault is why there is no such target.
    """

    def __init__(self, spec: Spec, dtype: str, plan: Plan, claims: Sequence[str]) -> None:
        self._spec, self._dtype, self._plan, self._claims = spec, dtype, plan, list(claims)
        self._journal, self._tally = SharedFile(), SharedFile()
        self._first = SharedFile()
        self._asked = True
        self._answer: Answered | None = None
        self._told = False
        self.output: SharedFile = SharedFile()
        self.errors: SharedFile = SharedFile()
        self._done: tuple[Result, ...] = ()
        self._deaths = 0
        self._hung = False

    def work(self) -> Work:
        """The rest of the examination, as work for a process."""
        files = (self._journal, self._tally, self._first if self._asked else None)
        arguments = (self._spec, self._dtype, self._plan, self._claims, *files, self._done)
        return Work(f"{self._spec.name} {self._dtype}", examine_spec, arguments, self, len(self._run()))

    @property
    def _files(self) -> Sequence[SharedFile]:
        return self._journal, self._tally, self._first, self.output, self.errors

    def begin(self) -> None:
        for file in self._files:
            file.open()

    def close(self) -> None:
        for file in self._files:
            file.close()

    def _run(self) -> list[Check]:
        """The checks to run."""
        return list(chosen(self._plan, [named(name) for name in self._claims]))

    def done(self) -> int:
        return len(self._done) + self._tally.size

    def look(self, pid: int | None) -> str:
        self._hear()
        silent = time.time() - self._journal.status.st_mtime
        if silent > self._plan.patience + GRACE and waiting(self._journal.stream):
            self._hung = True
            return f"its process took longer than {self._plan.patience:g} s"
        if not self._journal.size and silent > max(self._plan.patience, LOADING):
            return f"its process took longer than {max(self._plan.patience, LOADING):g} s to load the target"
        for file, stream in ((self.output, "stdout"), (self.errors, "stderr")):
            if file.size > FLOOD:
                return f"its process printed more than {FLOOD >> 20} MiB on {stream}"
        if pid is not None and resident(pid) > self._plan.memory:
            return f"its process took more than {self._plan.memory / 2**30:.3g} GiB of memory"
        return ""

    def news(self) -> Sequence[Answered]:
        if self._told or self._answer is None:
            return ()
        self._told = True
        return (self._answer,)

    def _hear(self) -> None:
        """Take the first answer, if there is one, from its file."""
        if self._answer is None and self._first.size:
            formula, against = pickle.loads(self._first.content)
            self._answer = Answered(self._spec.name, self._dtype, formula, against)

    def stopped(self) -> None:
        self._hear()
        results = (*self._done, *read(self._journal.stream).results)
        if results:
            known = self._answer.formula if self._answer else None
            told = f"interrupted after {len(results)} of {len(self._run())} checks"
            report = DtypeReport(self._dtype, known or NOT_TESTED, results, failure=told, interrupted=True)
            self.so_far = self._ended_early(report)

    def died(self, how: str) -> Work | Examined:
        account = read(self._journal.stream)
        self._done += account.results
        where = f"{how}{_where(account)}"
        self._tell()
        if account.check == FIRST_ANSWER:
            self._asked, self._hung = False, False
            return self.work()  # since checks may show what it is
        if not account.check:
            formula = replace(NOT_TESTED, said=how) if self._done else NOT_TESTED
            return self._ended_early(DtypeReport(self._dtype, formula, self._done, failure=where))
        run = self._run()
        check = PROBE if account.check == PROBE.name else run[len(self._done)]
        outcome = Outcome.TIMED_OUT if self._hung else Outcome.CRASHED
        found = Result(check.name, check.section, self._dtype, outcome, message=where, calls=account.calls)
        if check is PROBE:
            return self._ended_early(unusable(found, run))
        self._done += (found,)
        self._deaths += 1
        self._hung = False
        if self._deaths < DEATHS:
            return self.work()
        rest = (not_run(check, self._dtype, DEADLY) for check in run[len(self._done) :])
        return self._ended_early(given_up(self._dtype, (*self._done, *rest)))

    def raised(self, error: Exception) -> Examined:
        if self._journal.size:
            self._done += read(self._journal.stream).results
        self._tell()
        if not isinstance(error, TargetError):
            said = str(error) if isinstance(error, Unsendable) else raised(error)
            failure = f"it could not be examined: {said}"
        elif self._spec.optional:
            absent = Absence.NOT_INSTALLED
            return "", "", DtypeReport(self._dtype, NOT_TESTED, absent=absent, failure=str(error))
        else:
            self.fault, failure = error, str(error)
        return self._ended_early(DtypeReport(self._dtype, NOT_TESTED, self._done, failure=failure))

    def _ended_early(self, report: DtypeReport) -> Examined:
        return "", "", as_expected(report, self._plan.expected.get(self._spec.name, {}))

    def ended(self, result: Examined, how: str) -> Examined:
        self._hear()
        library, version, report = result
        self._tell()
        printed = plain(next(self.output.lines(WIDEST), "").strip())
        return library, version, replace(report, printed=report.printed or printed, ended=report.ended or how)

    def _tell(self) -> None:
        """Show the last lines that the process printed on stderr, which say why it ended."""
        last, count = deque[str](maxlen=SHOWN), 0
        for line in self.errors.lines(WIDEST):
            last.append(plain(line.rstrip()))
            count += 1
        more = [f"the last {SHOWN} of {count} lines on stderr:"] if count > SHOWN else []
        for line in (*more, *last):
            print(f"{self._spec.name} {self._dtype}: {line}", file=sys.stderr)


def _where(account: Account) -> str:
    """The call in which, or after which, a process died."""
    if not account.calls:
        return ""
    return f" {'after' if account.answered else 'in'} a call of {account.calls[-1].name}"
