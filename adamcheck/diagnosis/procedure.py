"""The procedure of a diagnosis, for a target that does not follow its standard.

It tries known formulas, then known bugs without a formula, known changes of one hyperparameter, numbers
solved for, float32 behind float64, and pairs. If nothing fits, it records observations.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property

from adamcheck.adam import Adam
from adamcheck.checks.check import Check, Section
from adamcheck.checks.conformance import WEIGHT_DECAY, checks_for, enclosure_checks, of_the_formula
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis import changes, hypotheses
from adamcheck.diagnosis.deviation import deviation
from adamcheck.diagnosis.faulty_programs import PLAIN, any_like, between_tensors, like
from adamcheck.diagnosis.formula import Cause, Deviation, Formula, Identity, Kind
from adamcheck.diagnosis.hypotheses import Hypothesis
from adamcheck.diagnosis.observations import ignored, observe
from adamcheck.diagnosis.parts import parts
from adamcheck.diagnosis.search import Found, Search
from adamcheck.diagnosis.thresholds import thresholds
from adamcheck.diagnosis.without_numbers import alike
from adamcheck.judge import Judgement, Ruling
from adamcheck.numbers.floats import Format, format_of, precision_of
from adamcheck.targets.split import SplitTarget
from adamcheck.traces.trace import Trace
from adamcheck.variants.standard import Standard
from adamcheck.zoo.bugs import Bug


@dataclass
class Procedure:
    """The diagnosis of a target that does not follow its standard.

    Attributes:
        subject: The target in one dtype.
        standard: The standard that it is verified against.
        traces: Its traces in the fixed experiments, by name.
        judgements: The judgements on these traces against the standard.
        broken: The names of the checks that it breaks.
        keeps: Tests whether it passes a check in a dtype.
    """

    subject: Subject
    standard: Standard
    traces: Mapping[str, Trace]
    judgements: Mapping[str, Judgement]
    broken: Collection[str]
    keeps: Callable[[Check, str], bool]

    def formula(self) -> Formula:
        """The formula of the target."""
        outcomes = {judgement.outcome for judgement in self.judgements.values()}
        format = self.subject.format
        # If other checks of the formula are broken too, the weight decay is not the cause.
        if outcomes.isdisjoint({Ruling.REJECTED, Ruling.COARSE}) and of_the_formula(self.broken) == {
            WEIGHT_DECAY
        }:
            return self._only_with_decay(self._due)
        found = self.named
        if found:
            return self._with_tensors(self._with_state(found), found.hypotheses[0].definition)
        programs = any_like(self.subject, self.broken) or self.between_tensors
        if programs:
            coarse = Ruling.COARSE in outcomes and Ruling.REJECTED not in outcomes
            made = self.alike(Kind.COARSE if coarse else Kind.BUG, programs)
            return (
                replace(made, precision=self._precision)
                if coarse
                else replace(made, deviation=self._deviation)
            )
        found = self._search(self._changed(), format) or self._search(self._constant(), format)
        if found:
            return self._with_decay(found)
        if Ruling.REJECTED not in outcomes and Ruling.COARSE in outcomes:
            return Formula(Kind.COARSE, str(self.standard), precision=self._precision)
        if Ruling.REJECTED not in outcomes:
            where = thresholds(self.subject, self._plain) if self._fine else ()
            return replace(self._unexplained(Cause.ONLY_SOMETIMES), observations=where)
        if format.name == "float64":
            found = self._search(self._named(), format_of("float32").flushing(format.flushes))
            if found:
                return replace(self.identified(found), precision="float32")
        found = self._search(hypotheses.pairs(), format) if self._fine else None
        found = found or (self._search(hypotheses.bug_pairs(), format) if self._fine else None)
        return self.identified(found) if found else self._observed()

    @property
    def _due(self) -> Hypothesis:
        return hypotheses.named(self.standard)[0]

    @property
    def _plain(self) -> type[Adam]:
        return self.standard.plain

    @property
    def _deviation(self) -> Deviation | None:
        return deviation(self._plain, self.traces, self.judgements)

    @property
    def _precision(self) -> str:
        """The coarsest precision in the judgements."""
        coarse = (j.format for j in self.judgements.values() if j.outcome == Ruling.COARSE)
        return max(coarse, key=lambda name: precision_of(name).unit)

    def _unexplained(self, cause: Cause) -> Formula:
        return Formula(Kind.UNEXPLAINED, str(self.standard), cause=cause)

    def _only_with_decay(self, due: Hypothesis) -> Formula:
        """The formula of a target that follows its standard without weight decay only."""
        # Programs come first, since no formula describes a decay of some arrays only.
        programs = any_like(self.subject, self.broken)
        if programs:
            return self.alike(Kind.BUG, programs)
        decay = self._decay_of(due)
        return self.identified(decay) if decay else self._unexplained(Cause.UNKNOWN_DECAY)

    def _with_state(self, found: Found) -> Formula:
        """The known formula, with a known fault of its state if it has one."""
        first = found.hypotheses[0]
        if first.identity.bugs and self.subject.format.name != "float64":
            # A bug in this dtype only may look like another bug in all dtypes.
            programs = like(self.subject, PLAIN, self.broken, decays=False)
            return self.identified(replace(found, programs=tuple(bug.name for bug in programs)))
        names = first.identity.definitions
        programs = like(self.subject, names, self.broken, decays=False) if first.expected else ()
        if not programs:
            return self._with_decay(found)
        made = self.alike(Kind.DIALECT, programs)
        return replace(made, identity=replace(made.identity, definitions=names))

    def _with_tensors(self, formula: Formula, definition: type[Adam]) -> Formula:
        """The formula, with a known fault in what several tensors do to each other if the target has one."""
        if not self.subject.target.capabilities.tensors:
            return formula
        beside = between_tensors(self.subject, definition, self.broken)
        return replace(formula, beside=tuple(Identity(bugs=(bug.name,)) for bug in beside[:1]))

    @property
    def _fine(self) -> bool:
        """Whether the dtype is at least float32; in coarser ones, some pair fits almost anything."""
        return not self.subject.format.narrow

    def knowing(self, broken: Collection[str]) -> Procedure:
        """The same procedure, with what it has found, where it is known which checks the target breaks."""
        later = copy(self)
        later.broken = broken
        return later

    @cached_property
    def named(self) -> Found | None:
        """The known formula that fits at the precision of the dtype, or else the part of a known bug."""
        found = self._search(self._named(), self.subject.format)
        return found or (self._search(parts(), self.subject.format) if self._fine else None)

    @cached_property
    def between_tensors(self) -> tuple[Bug, ...]:
        """The known bugs, in what several tensors do to each other, that behave as the target does."""
        if not self.subject.target.capabilities.tensors:
            return ()
        return any_like(replace(self.subject, target=SplitTarget(self.subject.target)), ())

    def _named(self) -> Iterable[Hypothesis]:
        return (hypothesis for hypothesis in hypotheses.named(self.standard) if not hypothesis.decays)

    def _changed(self) -> Iterable[Hypothesis]:
        """Known changes of a hyperparameter, then those solved for from the clearest offence."""
        yield from changes.known(self._plain)  # type: ignore[arg-type]  # classes have hashes
        offences = [(j.offence, name) for name, j in self.judgements.items() if j.offence]
        if offences and self._fine:
            offence, name = max(offences, key=lambda entry: entry[0].radii)
            yield from changes.fitted(self._plain, self.traces[name], offence)

    def _constant(self) -> Iterator[Hypothesis]:
        """Other definitions with a constant for the one hyperparameter that the target ignores."""
        parameters = list(ignored(self.subject)) if self._fine else []
        seen = [(self.traces[name], j.offence) for name, j in self.judgements.items() if j.offence]
        if len(parameters) != 1:
            return
        for hypothesis in self._named():
            if hypothesis.expected and hypothesis is not self._due:
                names = hypothesis.identity.definitions
                yield from changes.constant(hypothesis.definition, parameters[0], names, seen)

    def search_positive(self) -> Found | None:
        """A known formula that gives numbers, and those of the target, where all gradients are positive.

        Random testing, whose gradients have both signs, cannot confirm it.
        """
        search = Search(self.subject, {}, self.subject.format, self._due, positive=True)
        found = search.among(self._named())
        if not found.hypotheses:
            found = search.among(parts())
        # Only a formula without numbers where the target has none, with gradients of both signs, explains it.
        without_numbers = alike(self.subject) if found.hypotheses else ()
        likely = [hypothesis for hypothesis in found.hypotheses if hypothesis in without_numbers]
        return Found(tuple(likely)) if likely else None

    def _search(self, candidates: Iterable[Hypothesis], format: Format) -> Found | None:
        """The hypotheses that fit at the precision of a format, confirmed by random testing."""
        clearest = sorted(self.traces, key=lambda n: -(o.radii if (o := self.judgements[n].offence) else 0.0))
        traces = {name: self.traces[name] for name in clearest}
        found = Search(self.subject, traces, format, self._due).among(candidates)
        return self._confirmed(found, format)

    def _confirmed(self, found: Found, format: Format) -> Found | None:
        """The result, if it is not the formula of the standard and random testing confirms it."""
        if not found.hypotheses or found.hypotheses[0].definition in (self._plain, self.standard.decay):
            return None
        return found if self._keeps_to(found.hypotheses[0], format) else None

    def _keeps_to(self, hypothesis: Hypothesis, format: Format) -> bool:
        """Whether random testing finds no update outside a formula."""
        # Rows of coverage expect an update to be proportional to lr, which a wrong formula need not be.
        checks = [
            c for c in enclosure_checks(hypothesis.definition) if c.section is Section.FORMULA and c.drawn
        ]
        if hypothesis.decays:
            checks += [check for check in checks_for(hypothesis.definition) if check.name == WEIGHT_DECAY]
        return all(self.keeps(check, format.name) for check in checks)

    def _decay_of(self, base: Hypothesis) -> Found | None:
        """The formula with weight decay of a target that follows `base` without it."""
        format = self.subject.format
        candidates = hypotheses.decaying(base, self.standard)
        return self._confirmed(
            Search(self.subject, {}, format, self._due).among(candidates, decays=True), format
        )

    def _with_decay(self, found: Found) -> Formula:
        """The formula, including its weight decay if the target has one."""
        if not self.subject.target.capabilities.weight_decay:
            return self.identified(found)
        decay = self._decay_of(found.hypotheses[0])
        if decay:
            return self.identified(decay)
        return replace(self.identified(found), without_decay_only=WEIGHT_DECAY in self.broken)

    def identified(self, found: Found) -> Formula:
        """The result as a formula."""
        first, kind = found.hypotheses[0], Kind.CHANGED
        if first.identity.bugs:
            kind = Kind.BUG
        elif first.expected:
            kind = Kind.DIALECT
        programs = (Identity(bugs=(name,)) for name in found.programs)
        return Formula(
            kind,
            str(self.standard),
            first.identity,
            same=tuple(hypothesis.identity for hypothesis in found.same),
            hidden=(*(hypothesis.identity for hypothesis in found.hidden), *programs),
            deviation=self._deviation,
            source=first.source,
        )

    def alike(self, kind: Kind, bugs: Sequence[Bug]) -> Formula:
        """The formula of a target that behaves as some known bugs do, which nothing separates."""
        first, *rest = bugs
        others = tuple(Identity(bugs=(bug.name,)) for bug in rest)
        fine = self.subject.format.name == "float64"
        return Formula(
            kind,
            str(self.standard),
            Identity(bugs=(first.name,)),
            same=others if fine else (),
            hidden=() if fine else others,
            source=first.source,
        )

    def _observed(self) -> Formula:
        observations = observe(self.subject, self._plain, self.traces, self.judgements)
        return replace(self._unexplained(Cause.NOTHING_FITS), observations=observations)
