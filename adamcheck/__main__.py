"""`python -m adamcheck` is the command line."""

from adamcheck.cli import main

main(prog_name="adamcheck")
