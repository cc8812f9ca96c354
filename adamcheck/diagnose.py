"""What a target is: the formula whose enclosure contains everything that was observed.

Where the textbook's does not, every known variant and bug is tried, then known changes of one
hyperparameter, numbers solved for, and pairs; experiments are chosen that tell apart what is left.
Where nothing fits, what can be observed is described.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from adamcheck.adam import Adam
from adamcheck.checks import FAILURES
from adamcheck.conformance import CHECKS, REPEATED, checks_for, enclosure_checks
from adamcheck.conformance.decay import decay_of
from adamcheck.diagnosis.distance import how_far
from adamcheck.judge import COARSE, NOT_JUDGED, REJECTED, Judgement
from adamcheck.numbers.floats import Format, format_of
from adamcheck.trace import Trace
from adamcheck.trajectory import Subject
from adamcheck.variants import DIALECTS
from adamcheck.variants import TEXTBOOK as TEXTBOOKS

if TYPE_CHECKING:
    from adamcheck.diagnosis.hypotheses import Hypothesis
    from adamcheck.diagnosis.search import Found
    from adamcheck.variants.bugs import Bug

TEXTBOOK, DIALECT, BUG, CHANGED, COARSER, UNEXPLAINED, UNKNOWN = (
    "textbook",
    "dialect",
    "bug",
    "changed",
    "coarse",
    "unexplained",
    "not judged",
)

RESUMED = "a-resumed-run-continues-bitwise"
WEIGHT_DECAY = "weight-decay-is-coupled-or-decoupled"


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


def explain(
    subject: Subject,
    traces: Mapping[str, Trace],
    judgements: Mapping[str, Judgement],
    *,
    broken: Collection[str],
    examples: int,
    seed: int,
) -> Formula:
    """What the probe traces of a target show; `broken`: the names of the checks that found something.

    A formula that fits them is believed when as many random `examples` find nothing outside it.
    """
    if REPEATED in broken:
        return _unrepeatable(subject)
    outcomes = {judgement.outcome for judgement in judgements.values()}
    if outcomes <= {NOT_JUDGED}:
        return Formula(UNKNOWN, f"{subject.format.name} cannot tell: every radius is infinite")
    wrong = {check.name for check in CHECKS if check.section == "formula"} & set(broken)
    if outcomes.isdisjoint({REJECTED, COARSE}) and not wrong:
        return _textbook(subject, broken)
    confirm = partial(_keeps_to, subject, examples=examples, seed=seed)
    return _Diagnosis(subject, traces, judgements, broken, confirm).formula()


def explain_unusable(subject: Subject, reason: str, *, examples: int, seed: int) -> Formula:
    """What is known of a target that cannot be Adam, such as one whose first step gives NaN."""
    from adamcheck.diagnosis.unusable import alike

    diagnosis = _Diagnosis(subject, {}, {}, (), partial(_keeps_to, subject, examples=examples, seed=seed))
    found = diagnosis.search_named()
    if found:
        return diagnosis.told(found)
    programs = _alike(subject, ())
    if programs:
        return _told_alike(BUG, programs, subject.format.name)
    same = alike(subject)
    like = f", as with {_listed(same)}" if same else ""
    return Formula(UNEXPLAINED, reason + like, siblings=tuple(h.name for h in same), observed=(reason,))


def _textbook(subject: Subject, broken: Collection[str]) -> Formula:
    """A run that follows the textbook, with what else is wrong of it where that is known."""
    from adamcheck.diagnosis.resumption import lost

    if broken:
        programs = _alike(subject, broken)
        if programs:
            return _told_alike(TEXTBOOK, programs, subject.format.name)
    if subject.target.capabilities.weight_decay:
        kinds = decay_of(subject)
        if kinds and kinds[0] not in TEXTBOOKS.values():
            name = next(name for name, definition in DIALECTS.items() if definition is kinds[0])
            return Formula(TEXTBOOK, f"{Adam.title} with the weight decay of {kinds[0].title}", name)
    # Several faults at once are like no program of the zoo.
    loss = lost(subject, Adam) if RESUMED in broken else ""
    return Formula(TEXTBOOK, f"{Adam.title}, but {loss}" if loss else Adam.title)


def _alike(subject: Subject, broken: Collection[str]) -> tuple[Bug, ...]:
    """The bugs without a formula that do what a target does."""
    from adamcheck.diagnosis.likeness import DECAYING, PLAIN, like

    found = like(subject, PLAIN, broken, decays=False)
    if found or not subject.target.capabilities.weight_decay:
        return found
    return like(subject, DECAYING, broken, decays=True)


def _told_alike(
    kind: str,
    bugs: Sequence[Bug],
    dtype: str,
    dialect: str = "",
    *,
    precision: str = "",
    far: Iterable[str] = (),
) -> Formula:
    """Bugs without a formula in words, the first by name; `dialect`: of what; far: how far off."""
    first, siblings = bugs[0], tuple(bug.name for bug in bugs[1:])
    told = [f"{first.sentence} (the bug {first.name})", *far]
    if siblings:
        teller = "no experiment tells" if dtype == "float64" else f"{dtype} cannot tell"
        told.append(f"{teller} it from {_named_first(siblings)}")
    told.append(f"cf. {first.source}")
    return Formula(kind, "; ".join(told), dialect, first.name, siblings, first.source, precision=precision)


def _unrepeatable(subject: Subject) -> Formula:
    """A target whose formula cannot be told, and the bugs that do that."""
    from adamcheck.diagnosis.likeness import breaking

    names = tuple(bug.name for bug in breaking(REPEATED, subject.format.name))
    told = "the same run gives different results, so that its formula cannot be told"
    return Formula(UNEXPLAINED, f"{told}, as with {_named_first(names)}", siblings=names)


def fitting_formulas(traces: Mapping[str, Trace]) -> tuple[Hypothesis, ...]:
    """The known formulas, or known changes and pairs of them, that enclose every recorded trace.

    float64 traces may be enclosed at the precision of float32 where nothing encloses them at their own.
    """
    from adamcheck.diagnosis import changes, hypotheses
    from adamcheck.diagnosis.search import fitting

    decays = any(trace.hyper.weight_decay for trace in traces.values())
    known = [hypothesis for hypothesis in hypotheses.named() if decays or not hypothesis.decays]
    ordered = sorted(traces.values(), key=lambda trace: len(trace.gradients))
    for candidates, least in (
        (known, "float64"),
        (changes.known(), "float64"),
        (known, "float32"),
        (hypotheses.pairs(), "float64"),
    ):
        found = fitting(candidates, ordered, partial(_precision, least))
        if found:
            return tuple(sorted(found, key=lambda hypothesis: -found[hypothesis]))
    return ()


def _precision(least: str, trace: Trace) -> Format:
    return trace.precision(format_of(least))


def _keeps_to(subject: Subject, dtype: str, hypothesis: Hypothesis, *, examples: int, seed: int) -> bool:
    """Whether random testing finds no update outside a formula that encloses the chosen experiments."""
    checks = list(enclosure_checks(hypothesis.definition))
    if hypothesis.decays:
        checks += [check for check in checks_for(hypothesis.definition) if check.name == WEIGHT_DECAY]
    return all(
        check.run(
            subject.target, dtype, examples=examples, seed=seed, patience=subject.patience, simplest=False
        ).outcome
        not in FAILURES
        for check in checks
    )


@dataclass
class _Diagnosis:
    """The diagnosis of a target that is not the textbook's; `broken`: the checks that it breaks."""

    subject: Subject
    traces: Mapping[str, Trace]
    judgements: Mapping[str, Judgement]
    broken: Collection[str]
    confirm: Callable[[str, Hypothesis], bool]

    def formula(self) -> Formula:
        """What the target is."""
        from adamcheck.diagnosis import hypotheses

        outcomes = {judgement.outcome for judgement in self.judgements.values()}
        format = self.subject.format
        if outcomes.isdisjoint({REJECTED, COARSE}) and WEIGHT_DECAY in self.broken:
            return self._only_with_decay(hypotheses.named()[0])
        found = self.search_named()
        if found:
            return self._with_state(found)
        programs = _alike(self.subject, self.broken)
        if programs:
            coarse = COARSE in outcomes and REJECTED not in outcomes
            kind, precision = (COARSER, "float32") if coarse else (BUG, "")
            far = () if coarse else how_far(self.traces, self.judgements)
            return _told_alike(kind, programs, format.name, precision=precision, far=far)
        found = self._search(self._changed(), format)
        if found:
            return self._with_decay(found)
        if REJECTED not in outcomes and COARSE in outcomes:
            sentence = f"{Adam.title}, but{_behind('float32', format)}"
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
        programs = _alike(self.subject, self.broken)
        if programs:
            return _told_alike(BUG, programs, self.subject.format.name)
        decay = self._decay_of(textbook)
        if decay:
            return self.told(decay)
        sentence = "textbook Adam without weight decay, and with it nothing that is known here"
        return Formula(UNEXPLAINED, sentence)

    def _with_state(self, found: Found) -> Formula:
        """The known formula in words, with what else is wrong of it where that is known."""
        from adamcheck.diagnosis.likeness import PLAIN, like

        first = found.hypotheses[0]
        if first.bug and self.subject.format.name != "float64":
            # A bug of this dtype alone may be in it what another is in every one.
            programs = like(self.subject, PLAIN, self.broken, decays=False)
            return self.told(replace(found, programs=tuple(bug.name for bug in programs)))
        programs = like(self.subject, [first.dialect], self.broken, decays=False) if first.dialect else ()
        return (
            _told_alike(DIALECT, programs, self.subject.format.name, first.dialect)
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
        from adamcheck.diagnosis import hypotheses

        return (hypothesis for hypothesis in hypotheses.named() if not hypothesis.decays)

    def _changed(self) -> Iterable[Hypothesis]:
        """Known changes of a hyperparameter, then those that are solved for from the clearest offence."""
        from adamcheck.diagnosis import changes

        yield from changes.known()
        offences = [(j.offence, name) for name, j in self.judgements.items() if j.offence]
        if offences and self._fine:
            offence, name = max(offences, key=lambda entry: entry[0].radii)
            yield from changes.fitted(self.traces[name], offence)

    def _search(self, candidates: Iterable[Hypothesis], format: Format) -> Found | None:
        """What fits, judged at the precision of a format and confirmed by random testing."""
        from adamcheck.diagnosis.search import Search

        clearest = sorted(self.traces, key=lambda n: -(o.radii if (o := self.judgements[n].offence) else 0.0))
        traces = {name: self.traces[name] for name in clearest}
        found = Search(self.subject, traces, format).among(candidates)
        return self._confirmed(found, format)

    def _confirmed(self, found: Found, format: Format) -> Found | None:
        """What was found, if it is not the textbook's formula and random testing agrees."""
        if not found.hypotheses or found.hypotheses[0].definition is Adam:
            return None
        return found if self.confirm(format.name, found.hypotheses[0]) else None

    def _decay_of(self, base: Hypothesis) -> Found | None:
        """What a target follows where its weights decay, if it follows `base` as long as they do not."""
        from adamcheck.diagnosis.hypotheses import decaying as that_decay
        from adamcheck.diagnosis.search import Search

        format = self.subject.format
        found = Search(self.subject, {}, format).among(that_decay(base), decays=True)
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
            how += _behind(precision, self.subject.format)
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
            told.append(f"no experiment tells it from {_listed(found.same)}")
        hidden = [*(h.name or h.says for h in found.hidden), *found.programs]
        if hidden:
            told.append(f"{self.subject.format.name} cannot tell it from {_named_first(hidden)}")
        if first.bug:
            told.append(f"cf. {first.source}")
        siblings = (*(h.name or h.says for h in found.same), *hidden)
        return Formula(
            kind, "; ".join(told), first.dialect, first.bug, siblings, first.source, precision=precision
        )

    def _described(self) -> Formula:
        from adamcheck.diagnosis.observations import observe

        observed = observe(self.subject, self.traces, self.judgements)
        sentence = "; ".join(["neither the textbook formula nor a known dialect or bug", *observed])
        return Formula(UNEXPLAINED, sentence, observed=observed)


_NAMED = 4
"""Names in a sentence."""


def _behind(precision: str, format: Format) -> str:
    return f" computed in {precision} behind {format.name} arrays"


def _listed(hypotheses: Collection[Hypothesis]) -> str:
    return _named_first([h.name or h.says for h in hypotheses])


def _named_first(names: Sequence[str]) -> str:
    """The first few names, and how many there are besides."""
    rest = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
    return ", ".join([*names[:_NAMED], *rest])
