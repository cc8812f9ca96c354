"""The command line.

Only click is imported here; everything else is imported by the command that needs it, so that help
and typing errors are answered at once.
"""

from __future__ import annotations

import click

from adamcheck import __version__
from adamcheck.cli import bugs, implementations, theory
from adamcheck.cli.errors import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="adamcheck")
def main() -> None:
    """Verify implementations of the Adam optimizer, and look up what is true about it.

    \b
    adamcheck verify torch.optim:Adam      is this Adam the textbook's? if not, what is it?
    adamcheck verify my_adam.py:make       the same for your own
    adamcheck report                       every claim proved and tested, every library verified
    adamcheck explain NAME                 a claim (statement, proof, laws, witnesses), a bug, a definition
    adamcheck judge run.npz                a recorded run, judged against the definition
    adamcheck power                        which law notices which of the known bugs
    adamcheck replay report.json           the failures of a saved report again: fixed?
    adamcheck certify CLAIM                its algebra, checked by the kernel of Coq
    adamcheck protocol                     how a program in any language is verified

    Exit status: 0 conforms, 1 does not, 2 unusable input (or a faulty check),
    3 the target itself failed, 130 interrupted: verify and matrix save what was finished.
    """


for command in (
    implementations.verify,
    theory.report,
    implementations.matrix,
    bugs.power,
    implementations.judge,
    implementations.replay,
    theory.explain,
    theory.certify,
    theory.list_,
    implementations.protocol,
):
    main.add_command(command)
