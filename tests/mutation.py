"""Which changes of the program the tests detect: mutants of five rooms, made and tried by Cosmic Ray.

Run as `nice python tests/mutation.py SESSION [--sample N] [--seed S] [--room ROOM ...]`, from a checkout. The
mutants are made in a clone of what is committed, never in the checkout; clone, configurations and results lie
in the folder SESSION. A run that was interrupted goes on where it ended when the same command is given again.
`--again` tries what survived against the tests that are committed now.

A *site* is an operator, a number, a condition and so on. `--sample N` draws N sites a room and one mutant of
each; without it every mutant is tried. Changes of annotations, which nothing evaluates, and changes that
leave no valid Python are not counted as mutants.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import contextlib
import random
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cosmic_ray.commands
from cosmic_ray.config import ConfigDict, load_config, serialize_config
from cosmic_ray.modules import find_modules
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkItem, WorkResult

from adamcheck.report.markdown import table

CHECKOUT = Path(__file__).parents[1]

BASELINE_SECONDS = 600.0
"""No room's tests take as long unless something hangs."""


@dataclass(frozen=True)
class Room:
    """Some modules and the tests that are about them, the quickest first, without tests of many seconds."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command that tests these modules, run in the clone."""
        return shlex.join([sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *self.tests])


ROOMS = {
    "judge": Room(
        ("adamcheck/judge", "adamcheck/updates.py"),
        (
            "tests/test_judge.py",
            "tests/test_judge_sensitivity.py",
            "tests/test_judge_evaluations.py",
            "tests/test_updates.py",
            "tests/test_judge_coarse.py",
            "-k",
            "not (long_run or every_order or coarse_textbook)",
        ),
    ),
    "enclosure": Room(
        ("adamcheck/numbers/enclosure",),
        (
            "tests/test_numbers_enclosure.py",
            "tests/test_numbers_not_judged.py",
            "tests/test_judge_sensitivity.py",
            "tests/test_judge.py",
        ),
    ),
    "numbers": Room(
        (
            "adamcheck/numbers/exact.py",
            "adamcheck/numbers/floats.py",
            "adamcheck/numbers/operations.py",
            "adamcheck/numbers/quad.py",
            "adamcheck/numbers/symbols.py",
        ),
        (
            "tests/test_numbers_exact.py",
            "tests/test_numbers_floats.py",
            "tests/test_numbers_quad.py",
            "tests/test_definition.py",
        ),
    ),
    "proofs": Room(
        (
            "adamcheck/proofs/given.py",
            "adamcheck/proofs/engines",
            "adamcheck/proofs/limits.py",
            "adamcheck/proofs/relation.py",
            "adamcheck/proofs/statement.py",
            "adamcheck/proofs/steps.py",
            "adamcheck/proofs/terms.py",
            "adamcheck/proofs/unchanged.py",
            "adamcheck/proofs/witness.py",
        ),
        ("tests/test_proof.py", "tests/test_witness.py", "tests/test_proof_attacks.py"),
    ),
    "traces": Room(
        ("adamcheck/traces",),
        (
            "tests/test_trace.py",
            "tests/test_trace_json.py",
            "tests/test_trace_npz.py",
            "tests/test_trace_safetensors.py",
        ),
    ),
}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()


def cloned(clone: Path, *, anew: bool) -> None:
    """Clone the checkout, or put the clone of an earlier run in order; `anew`: at what is committed now."""
    if not clone.exists():
        _git("clone", "--quiet", str(CHECKOUT), str(clone))
    before = _git("-C", str(clone), "rev-parse", "HEAD")
    now = _git("-C", str(CHECKOUT), "rev-parse", "HEAD") if anew else before
    _git("-C", str(clone), "fetch", "--quiet", "origin", now)
    modules = [module for room in ROOMS.values() for module in room.modules]
    if changed := _git("-C", str(clone), "diff", "--name-only", before, now, "--", *modules):
        sys.exit(f"changed since the session began: {', '.join(changed.split())}; begin another session")
    _git("-C", str(clone), "reset", "--hard", "--quiet", now)
    compileall.compile_dir(clone, quiet=1)


def configured(session: Path, name: str) -> ConfigDict:
    """Test a room without a mutant; write its configuration for Cosmic Ray, and read it."""
    room, file = ROOMS[name], session / f"{name}.toml"
    own = "import adamcheck, pathlib as p; assert p.Path(adamcheck.__file__).is_relative_to(p.Path.cwd())"
    outcome, _ = run_tests(shlex.join([sys.executable, "-c", own]), BASELINE_SECONDS)
    if outcome != TestOutcome.SURVIVED:
        sys.exit("the tests would not run the clone's adamcheck but another one that is installed")
    begin = time.monotonic()
    outcome, output = run_tests(room.command, BASELINE_SECONDS)
    if outcome != TestOutcome.SURVIVED:
        sys.exit(f"the tests of {name} fail without a mutant:\n{output}")
    taken = time.monotonic() - begin
    print(f"{name}: {taken:.0f} s without a mutant", file=sys.stderr)
    configuration = {
        "module-path": list(room.modules),
        "timeout": 4 * taken,
        "excluded-modules": [],
        "test-command": room.command,
        "distributor": {"name": "local"},
    }
    file.write_text(serialize_config(configuration), encoding="utf-8")
    return load_config(str(file))


def evaluated(source: str) -> str | None:
    """What Python evaluates of a source; nothing where it is not valid."""
    try:
        compile(source, "<mutant>", "exec")
    except SyntaxError:
        return None
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return ast.dump(tree)


def changes_the_program(spec: MutationSpec) -> bool:
    """Whether a mutant is valid Python that evaluates something else."""
    source = spec.module_path.read_text(encoding="utf-8")
    mutant = mutate_code(source, get_operator(spec.operator_name)(**spec.operator_args), spec.occurrence)
    return evaluated(mutant) not in (None, evaluated(source))


def _place(item: WorkItem) -> tuple[str, tuple[int, int], tuple[int, int], str, int]:
    (spec,) = item.mutations
    return str(spec.module_path), spec.start_pos, spec.end_pos, spec.operator_name, spec.occurrence


def one_a_site(items: list[WorkItem], random: random.Random) -> Iterator[WorkItem]:
    """One mutant of each site, in random order."""
    sites: dict[object, list[WorkItem]] = {}
    for item in sorted(items, key=_place):
        sites.setdefault(_place(item)[:3], []).append(item)
    for site in random.sample(list(sites.values()), len(sites)):
        mutants = random.sample(site, len(site))
        yield from islice((item for item in mutants if changes_the_program(item.mutations[0])), 1)


def drawn(items: list[WorkItem], sample: int | None, seed: str) -> list[WorkItem]:
    """The mutants to try."""
    if sample is None:
        return [item for item in items if changes_the_program(item.mutations[0])]
    return list(islice(one_a_site(items, random.Random(seed)), sample))


def begin(db: WorkDB, configuration: ConfigDict, sample: int | None, seed: str) -> None:
    """Fill a session with all mutants, and mark those that are not to be tried."""
    modules = sorted(find_modules([Path(path) for path in configuration["module-path"]]))
    cosmic_ray.commands.init(modules, db, configuration.operators_config)
    items = list(db.work_items)
    tried = {item.job_id for item in drawn(items, sample, seed)}
    skipped = [item.job_id for item in items if item.job_id not in tried]
    db.set_multiple_results(skipped, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def tried(db: WorkDB) -> list[tuple[MutationSpec, WorkItem, WorkResult]]:
    """The mutants tried, in the order of their places."""
    done = [x for x in db.completed_work_items if x[1].worker_outcome != WorkerOutcome.SKIPPED]
    return [(item.mutations[0], item, result) for item, result in sorted(done, key=lambda x: _place(x[0]))]


def try_survivors(db: WorkDB, configuration: ConfigDict) -> None:
    """Try again what survived."""
    for _, item, result in tried(db):
        if not result.is_killed:
            command, timeout = configuration.test_command, configuration.timeout
            db.set_result(item.job_id, mutate_and_test(item.mutations, command, timeout))


def survivors(db: WorkDB) -> Iterator[str]:
    """Where each survivor is, and what it changes."""
    for spec, _, result in tried(db):
        if result.is_killed:
            continue
        place = f"{spec.module_path}:{spec.start_pos[0]} {spec.definition_name}"
        yield f"{place} {spec.operator_name} {spec.occurrence}"
        lines = (result.diff or "").splitlines()
        yield from (f"    {x}" for x in lines if x.startswith(("-", "+")) and x[:3] not in ("---", "+++"))


def row(name: str, db: WorkDB) -> list[str]:
    """A room's row of the table."""
    sites = {_place(item)[:3] for item in db.work_items}
    results = tried(db)
    killed = sum(result.is_killed for *_, result in results)
    score = f"{killed / len(results):.0%}" if results else "-"
    return [name, str(len(sites)), str(len(results)), str(killed), score]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("session", type=Path, help="the folder of the results")
    parser.add_argument(
        "--room", action="append", choices=ROOMS, help="repeat it for several; by default all"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="draw N sites a room")
    parser.add_argument("--seed", default="0", metavar="S", help="of the sample")
    parser.add_argument("--again", action="store_true", help="try survivors against the tests committed now")
    options = parser.parse_args()
    session, rooms = options.session.resolve(), options.room or list(ROOMS)
    session.mkdir(parents=True, exist_ok=True)
    cloned(session / "clone", anew=options.again)
    rows, alive = [], []
    with contextlib.chdir(session / "clone"):
        for name in rooms:
            configuration = configured(session, name)
            with use_db(str(session / f"{name}.sqlite")) as db:
                if not db.num_work_items:
                    begin(db, configuration, options.sample, f"{name} {options.seed}")
                cosmic_ray.commands.execute(db, configuration)
                if options.again:
                    try_survivors(db, configuration)
                rows.append(row(name, db))
                alive += survivors(db)
    print(f"Sample: {options.sample or 'everything'}, seed {options.seed}.\n")
    print(table(["room", "sites", "mutants tried", "killed", "score"], rows))
    print("\nSurvivors:\n", *alive, sep="\n")


if __name__ == "__main__":
    main()
