"""The procedure of a diagnosis, for a target that is not the textbook's.

Known formulas come first, then bugs that are none, known changes of one hyperparameter, numbers solved
for, float32 behind float64, and pairs; what is found is told, or else what can be observed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from adamcheck.adam import Adam
from adamcheck.checks.check import Check
from adamcheck.checks.conformance import WEIGHT_DECAY, checks_for, enclosure_checks, of_the_formula
from adamcheck.checks.subject import Subject
from adamcheck.diagnosis import changes, hypotheses
from adamcheck.diagnosis.deviation import how_far
from adamcheck.diagnosis.faulty_programs import PLAIN, any_like, like
from adamcheck.diagnosis.formula import BUG, CHANGED, COARSER, DIALECT, UNEXPLAINED, Formula
from adamcheck.diagnosis.hypotheses import Hypothesis
from adamcheck.diagnosis.observations import observe
from adamcheck.diagnosis.search import Found, Search
from adamcheck.diagnosis.telling import behind, listed, named_first, told_alike
from adamcheck.judge import COARSE, REJECTED, Judgement
from adamcheck.numbers.floats import Format, format_of
from adamcheck.traces.trace import Trace


@dataclass
class Procedure:
    """The diagnosis of a target that is not the textbook's.

    broken: the checks that it breaks; keeps: whether it keeps a check in a dtype.
    """

    subject: Subject
    traces: Mapping[str, Trace]
    judgements: Mapping[str, Judgement]
    broken: Collection[str]
    keeps: Callable[[Check, str], bool]

    def formula(self) -> Formula:
        """What the target is."""
        outcomes = {judgement.outcome for judgement in self.judgements.values()}
        format = self.subject.format
        # Where other formula checks are broken, too, the decay is not what is wrong.
        if outcomes.isdisjoint({REJECTED, COARSE}) and of_the_formula(self.broken) == {WEIGHT_DECAY}:
            return self._only_with_decay(hypotheses.named()[0])
        found = self.search_named()
        if found:
            return self._with_state(found)
        programs = any_like(self.subject, self.broken)
        if programs:
            coarse = COARSE in outcomes and REJECTED not in outcomes
            kind, precision = (COARSER, "float32") if coarse else (BUG, "")
            far = () if coarse else how_far(self.traces, self.judgements)
            return told_alike(kind, programs, format.name, precision=precision, far=far)
        found = self._search(self._changed(), format)
        if found:
            return self._with_decay(found)
        if REJECTED not in outcomes and COARSE in outcomes:
            sentence = f"{Adam.title}, but{behind('float32', format)}"
            return Formula(COARSER, sentence, precision="float32")
        if REJECTED not in outcomes:
            sentence = "the textbook formula in every fixed experiment, but not for every input"
            return Formula(UNEXPLAINED, sentence)
        if format.name == "float64":
            found = self._search(self._named(), format_of("float32").flushing(format.flushes))
            if found:
                return self.told(found, precision="float32")
        found = self._search(hypotheses.pairs(), format) if self._fine else None
        return self.told(found) if found else self._described()

    def _only_with_decay(self, textbook: Hypothesis) -> Formula:
        """What a target is that follows the textbook as long as no weights decay."""
        # First what may decay some arrays only: no formula says that.
        programs = any_like(self.subject, self.broken)
        if programs:
            return told_alike(BUG, programs, self.subject.format.name)
        decay = self._decay_of(textbook)
        if decay:
            return self.told(decay)
        sentence = "textbook Adam without weight decay, and with it nothing that is known here"
        return Formula(UNEXPLAINED, sentence)

    def _with_state(self, found: Found) -> Formula:
        """The known formula in words, with what else is wrong of it where that is known."""
        first = found.hypotheses[0]
        if first.bug and self.subject.format.name != "float64":
            # A bug of this dtype alone may be in it what another is in every one.
            programs = like(self.subject, PLAIN, self.broken, decays=False)
            return self.told(replace(found, programs=tuple(bug.name for bug in programs)))
        programs = like(self.subject, [first.dialect], self.broken, decays=False) if first.dialect else ()
        return (
            told_alike(DIALECT, programs, self.subject.format.name, first.dialect)
            if programs
            else self._with_decay(found)
        )

    @property
    def _fine(self) -> bool:
        """Whether it is at least float32: in a coarser dtype some number or pair fits almost anything."""
        return self.subject.format.unit <= format_of("float32").unit

    def search_named(self) -> Found | None:
        """The known formula that fits, at the precision of the dtype."""
        return self._search(self._named(), self.subject.format)

    def _named(self) -> Iterable[Hypothesis]:
        return (hypothesis for hypothesis in hypotheses.named() if not hypothesis.decays)

    def _changed(self) -> Iterable[Hypothesis]:
        """Known changes of a hyperparameter, then those that are solved for from the clearest offence."""
        yield from changes.known()
        offences = [(j.offence, name) for name, j in self.judgements.items() if j.offence]
        if offences and self._fine:
            offence, name = max(offences, key=lambda entry: entry[0].radii)
            yield from changes.fitted(self.traces[name], offence)

    def _search(self, candidates: Iterable[Hypothesis], format: Format) -> Found | None:
        """What fits, judged at the precision of a format and confirmed by random testing."""
        clearest = sorted(self.traces, key=lambda n: -(o.radii if (o := self.judgements[n].offence) else 0.0))
        traces = {name: self.traces[name] for name in clearest}
        found = Search(self.subject, traces, format).among(candidates)
        return self._confirmed(found, format)

    def _confirmed(self, found: Found, format: Format) -> Found | None:
        """What was found, if it is not the textbook's formula and random testing agrees."""
        if not found.hypotheses or found.hypotheses[0].definition is Adam:
            return None
        return found if self._keeps_to(found.hypotheses[0], format) else None

    def _keeps_to(self, hypothesis: Hypothesis, format: Format) -> bool:
        """Whether random testing finds no update outside a formula that encloses the chosen experiments."""
        checks = [c for c in enclosure_checks(hypothesis.definition) if c.section == "formula"]
        if hypothesis.decays:
            checks += [check for check in checks_for(hypothesis.definition) if check.name == WEIGHT_DECAY]
        return all(self.keeps(check, format.name) for check in checks)

    def _decay_of(self, base: Hypothesis) -> Found | None:
        """What a target follows where its weights decay, if it follows `base` as long as they do not."""
        from adamcheck.diagnosis.search import Search

        format = self.subject.format
        found = Search(self.subject, {}, format).among(hypotheses.decaying(base), decays=True)
        return self._confirmed(found, format)

    def _with_decay(self, found: Found) -> Formula:
        """The formula in words, with how the weights decay where the target lets them."""
        if not self.subject.target.capabilities.weight_decay:
            return self.told(found)
        decay = self._decay_of(found.hypotheses[0])
        if decay:
            return self.told(decay)
        return self.told(found, ", as long as no weights decay" if WEIGHT_DECAY in self.broken else "")

    def told(self, found: Found, how: str = "", *, precision: str = "") -> Formula:
        """The formula in words."""
        first, kind = found.hypotheses[0], CHANGED
        if precision:
            how += behind(precision, self.subject.format)
        if first.bug:
            kind = BUG
        elif first.dialect:
            kind = DIALECT
        named = f" (the bug {first.bug})" if first.bug else ""
        # "textbook Adam, but ..." says already that it is not.
        head = "" if first.says.startswith(Adam.title) else f"not {Adam.title}: behaves exactly like "
        told = [f"{head}{first.says}{how}{named}"]
        told += how_far(self.traces, self.judgements)
        if found.same:
            told.append(f"no experiment tells it from {listed(found.same)}")
        hidden = [*(h.name or h.says for h in found.hidden), *found.programs]
        if hidden:
            told.append(f"{self.subject.format.name} cannot tell it from {named_first(hidden)}")
        if first.bug:
            told.append(f"cf. {first.source}")
        siblings = (*(h.name or h.says for h in found.same), *hidden)
        return Formula(
            kind, "; ".join(told), first.dialect, first.bug, siblings, first.source, precision=precision
        )

    def _described(self) -> Formula:
        observed = observe(self.subject, self.traces, self.judgements)
        sentence = "; ".join(["neither the textbook formula nor a known dialect or bug", *observed])
        return Formula(UNEXPLAINED, sentence, observed=observed)
