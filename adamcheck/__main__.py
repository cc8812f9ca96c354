"""The command line as `python -m adamcheck`."""

from adamcheck.cli import main

main(prog_name="adamcheck")
