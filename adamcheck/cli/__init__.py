"""The command line.

This module imports only click. Each command imports what it needs, so that `--help` and usage errors
are answered at once.
"""

from __future__ import annotations

import os

import click

from adamcheck import __version__
from adamcheck.cli import bugs, implementations, machines, theory
from adamcheck.cli.errors import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="adamcheck")
def main() -> None:
    """Verify implementations of the Adam optimizer, and look up proved facts about it.

    \b
    adamcheck verify torch.optim:Adam  is it textbook Adam, or what is it?
    adamcheck verify my_adam.py:Adam   verify your own implementation
    adamcheck report                   prove and test claims, verify libraries
    adamcheck explain NAME             describe a claim, law, bug or definition
    adamcheck judge run.npz            judge a recorded run by a definition
    adamcheck power                    measure which law detects which bug
    adamcheck campaign                 judge updates of correct code
    adamcheck merge PART...            merge what ran in parts, on other machines
    adamcheck replay report.json       rerun the failures of a saved report
    adamcheck certify CLAIM            check the algebra of a proof with Coq
    adamcheck protocol                 how to verify a program in any language

    \b
    Completion in bash (zsh_source in zsh, fish_source in fish):
      eval "$(_ADAMCHECK_COMPLETE=bash_source adamcheck)"

    Exit status: 0 conforms, 1 does not conform, 2 unusable input or a faulty check, 3 the
    target itself failed, 130 interrupted (verify and matrix save the finished results).
    """
    # Examples depend on the seed alone, not on what is installed; and trio's plugin imports pytest.
    os.environ.setdefault("HYPOTHESIS_NO_PLUGINS", "1")


for command in (
    implementations.verify,
    theory.report,
    implementations.matrix,
    bugs.power,
    bugs.campaign,
    machines.merge,
    implementations.judge,
    implementations.replay,
    theory.explain,
    theory.certify,
    theory.list_,
    implementations.protocol,
):
    main.add_command(command)
