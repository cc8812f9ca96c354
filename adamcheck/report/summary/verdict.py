"""The sentence beside a verdict: why a target got it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from adamcheck.checks.check import Outcome, Result
from adamcheck.diagnosis.formula import Formula, Kind
from adamcheck.examine.isolation import Answered
from adamcheck.examine.results import DtypeReport, is_between_tensors
from adamcheck.report import formulas
from adamcheck.report.summary.badges import number
from adamcheck.variants.standard import Standard


def headline(dtype: DtypeReport) -> str:
    """Why a target got its verdict in a dtype, in a sentence."""
    if dtype.failure:
        return dtype.failure
    if trouble := troubles(dtype):
        return "; ".join([trouble, *_despite(dtype)])
    told = _whole(dtype)
    return f"{told}, but after the last check {dtype.ended}" if dtype.ended else told


def first_answer(answer: Answered) -> str:
    """What is known of a target before its checks."""
    said = first_words(answer.formula, answer.against, answer.dtype)
    more = "; its checks will tell more" if answer.formula is None else ""
    return f"{answer.target} {answer.dtype}: first answer: {said}{more}"


def first_words(formula: Formula | None, against: str, dtype: str) -> str:
    """What a target computes in a dtype by its first answer; `against` is the standard."""
    return formulas.in_short(formula, dtype) if formula else f"not {Standard.parse(against).title}"


def sentence(dtype: DtypeReport) -> str:
    """What a target computes in a dtype."""
    return formulas.sentence(dtype.formula, dtype.dtype)


def troubles(dtype: DtypeReport) -> str:
    """How many checks could not be finished, in which sections, and why; nothing where all were."""
    told = []
    for outcome in (Outcome.CRASHED, Outcome.TIMED_OUT):
        results = [result for result in dtype.results if result.outcome == outcome]
        if results:
            causes = list(dict.fromkeys(result.message for result in results))
            cause = f"{'for example ' if causes[1:] else ''}{causes[0]}"
            told.append(f"{number(results, 'check')} {outcome} ({', '.join(_sections(results))}): {cause}")
    return "; ".join(told)


def _sections(results: Iterable[Result]) -> list[str]:
    return list(dict.fromkeys(result.section for result in results))


def _whole(dtype: DtypeReport) -> str:
    """What a target is, where every check was finished."""
    failing = _sections(dtype.failures)
    if dtype.accepted and not failing:
        return f"the accepted dialect {dtype.formula.dialect}"
    if not dtype.formula.conforms or not failing:
        return "; ".join([*_between_tensors(dtype), sentence(dtype)])
    told = [*_fault(dtype)] or [_right(dtype)]
    return "; ".join([*told, f"failing: {', '.join(failing)}", *_source(dtype)])


def _between_tensors(dtype: DtypeReport) -> Iterator[str]:
    """That several tensors are wrong beside a dialect, where no known bug explains that: the graver fault."""
    broken = (r for r in dtype.results if is_between_tensors(r) and r.outcome is Outcome.BROKEN)
    first = next(broken, None)
    if first is not None and dtype.formula.kind is Kind.DIALECT and not dtype.formula.beside:
        yield f"tensors of one optimizer change each other's updates ({first.check})"


def _right(dtype: DtypeReport) -> str:
    """That the formula is as expected, whatever else is wrong."""
    standard = Standard.parse(dtype.formula.against)
    return f"the formula is {'the textbook' if standard.is_textbook else standard.title}'s"


def _despite(dtype: DtypeReport) -> Iterator[str]:
    """What could be determined of a target although checks could not be finished."""
    if dtype.formula.conforms:
        yield f"{_right(dtype)} as far as it could be determined"
        yield from filter(None, [formulas.fault(dtype.formula), *formulas.besides(dtype.formula)])
        yield from _source(dtype)
    elif dtype.formula.kind is Kind.UNKNOWN:  # its sentence is the cause, or says that the process died
        yield "what it computes could not be determined"
    else:
        yield sentence(dtype)
    broken = _sections(
        result for result in dtype.failures if result.outcome not in (Outcome.CRASHED, Outcome.TIMED_OUT)
    )
    if broken:
        yield f"also failing: {', '.join(broken)}"


def _fault(dtype: DtypeReport) -> Iterator[str]:
    """What is wrong of a target beside its formula, where that is known: the main fault, then the others."""
    if formulas.fault(dtype.formula):
        yield formulas.in_short(dtype.formula, dtype.dtype)
        yield from formulas.besides(dtype.formula)


def _source(dtype: DtypeReport) -> Iterator[str]:
    """Where the main fault was found."""
    if dtype.formula.identity.bugs:
        yield formulas.compared(dtype.formula.source)
