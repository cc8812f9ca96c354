"""What a report says in short: the words of its tables and headings, the same in every renderer."""

from adamcheck.report.summary.badges import (
    FAILS,
    Badge,
    Tone,
    check_words,
    kept,
    kept_badge,
    number,
    outcome_badge,
    slug,
)
from adamcheck.report.summary.claims import (
    claim_anchor,
    claim_badge,
    law_outcomes,
    proof,
    sections,
    title,
    witnesses,
)
from adamcheck.report.summary.counterexamples import LONGEST, TraceRow, trace_rows, trace_setting
from adamcheck.report.summary.reading import READING
from adamcheck.report.summary.targets import (
    ALLOWANCES,
    accuracy,
    anchors,
    dtype_badge,
    formula,
    held_against,
    label,
    remarks,
    status_badge,
    worst_accuracy,
)
from adamcheck.report.summary.verdict import headline, sentence, troubles

__all__ = [
    "ALLOWANCES",
    "FAILS",
    "LONGEST",
    "READING",
    "Badge",
    "Tone",
    "TraceRow",
    "accuracy",
    "anchors",
    "check_words",
    "claim_anchor",
    "claim_badge",
    "dtype_badge",
    "formula",
    "headline",
    "held_against",
    "kept",
    "kept_badge",
    "label",
    "law_outcomes",
    "number",
    "outcome_badge",
    "proof",
    "remarks",
    "sections",
    "sentence",
    "slug",
    "status_badge",
    "title",
    "trace_rows",
    "trace_setting",
    "troubles",
    "witnesses",
    "worst_accuracy",
]
