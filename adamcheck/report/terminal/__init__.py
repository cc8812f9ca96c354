"""The report in a terminal."""

from adamcheck.report.terminal.claims import (
    print_certificate,
    print_certified,
    print_check,
    print_claim,
    print_report,
)
from adamcheck.report.terminal.ending import print_ending
from adamcheck.report.terminal.judgements import print_judgements
from adamcheck.report.terminal.listing import print_list
from adamcheck.report.terminal.replayed import print_replayed
from adamcheck.report.terminal.targets import picture, print_target, target_text
from adamcheck.report.terminal.theory import print_chapter, print_theory
from adamcheck.report.terminal.variants import print_bug, print_coverage, print_definition

__all__ = [
    "picture",
    "print_bug",
    "print_certificate",
    "print_certified",
    "print_chapter",
    "print_check",
    "print_claim",
    "print_coverage",
    "print_definition",
    "print_ending",
    "print_judgements",
    "print_list",
    "print_replayed",
    "print_report",
    "print_target",
    "print_theory",
    "target_text",
]
