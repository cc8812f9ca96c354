"""Long commands on other machines: the same bytes from executors, shards and runs that were killed."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from command_line import adamcheck

from adamcheck.cli import main
from adamcheck.power import campaign
from adamcheck.support.executors import (
    ExecutorError,
    Machines,
    Shard,
    ShardDone,
    executor_of,
    run,
)
from adamcheck.support.part_files import Kept, Part, PartError, load
from adamcheck.support.processes import Interrupted, Work
from adamcheck.targets.base import TargetError

POWER = ("power", "--profile", "quick", "--only", "eps-dropped", "--only", "peak-not-stored")


def silent(label, done, total):
    pass


def square(number: int) -> int:
    return number * number


def fail(error):
    raise error


def note(folder: str, number: int) -> int:
    """Leave a trace of each call."""
    with (Path(folder) / "calls").open("a") as stream:
        stream.write(f"{number}\n")
    return number


def squares(count=5):
    return [Work(f"square {number}", square, (number,)) for number in range(count)]


def part(**what) -> Part:
    return Part(command="squares", asked={}, **what)


class Lossy(Executor):
    """An executor whose workers die with the first pieces that they get."""

    def __init__(self, losses: int) -> None:
        self.sent, self._losses = [], losses

    def submit(self, function, /, *arguments):
        future: Future = Future()
        self.sent.append(arguments[0].label)
        if len(self.sent) <= self._losses:
            future.set_exception(RuntimeError("KilledWorker"))
        else:
            future.set_result(function(*arguments))
        return future


@pytest.mark.slow
def test_an_executor_gives_what_this_process_gives_and_tells_progress():
    told = []
    with ThreadPoolExecutor(2) as executor:
        results = run(squares(), executor, lambda *progress: told.append(progress))
    assert results == run(squares(), 0, silent) == [0, 1, 4, 9, 16]
    assert told[-1][1:] in {(4, 5), (5, 5)} or told[-1][1] < 5


@pytest.mark.slow
def test_the_pieces_of_a_dead_worker_are_carried_out_again():
    lossy = Lossy(losses=2)
    assert run(squares(3), lossy, silent) == [0, 1, 4]
    assert sorted(lossy.sent) == ["square 0", "square 0", "square 1", "square 1", "square 2"]


def test_an_executor_without_workers_that_live_is_one_line():
    with pytest.raises(ExecutorError, match="cannot carry out 'square 0': RuntimeError: KilledWorker"):
        run(squares(1), Lossy(losses=99), silent)


@pytest.mark.slow
def test_an_exception_of_a_piece_is_raised_here_and_not_tried_again():
    lossy = Lossy(losses=0)
    with pytest.raises(TargetError, match="no such thing"):
        run([Work("x", fail, (TargetError("no such thing"),))], lossy, silent)
    assert lossy.sent == ["x"]


def test_every_piece_is_in_one_shard():
    shards = [Shard.parse(f"{number}/3") for number in (1, 2, 3)]
    assert [sum(shard.has(index) for shard in shards) for index in range(10)] == [1] * 10


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1/9999999999"])
def test_what_is_not_a_shard_is_refused(text):
    with pytest.raises(ValueError, match="expected I/N with I from 1 to N"):
        Shard.parse(text)


@pytest.mark.parametrize("text", ["", "dask", "dask:", "ray:auto", "processes"])
def test_what_is_not_an_executor_is_refused(text):
    with pytest.raises(ValueError, match="expected dask:ADDRESS"):
        executor_of(text)


def test_shards_together_are_the_whole(tmp_path):
    pieces = {}
    for number in (1, 2):
        kept = Kept.at(tmp_path / f"{number}.part", part(shard=f"{number}/2"))
        with pytest.raises(ShardDone):
            run(squares(), Machines(shard=Shard(number, 2), kept=kept), silent)
        pieces |= load(tmp_path / f"{number}.part").pieces
    whole = Machines(kept=Kept(part(of=5, pieces=pieces)), whole=True)
    assert run(squares(), whole, silent) == [0, 1, 4, 9, 16]
    pieces.pop(3)
    whole = Machines(kept=Kept(part(of=5, pieces=pieces)), whole=True)
    with pytest.raises(PartError, match="1 of 5 pieces are missing, the first is 'square 3'"):
        run(squares(), whole, silent)


def test_a_run_that_was_ended_does_only_the_rest(tmp_path):
    work = [Work(f"note {number}", note, (str(tmp_path), number)) for number in range(4)]

    def stop(index, result):
        if index == 1:
            raise KeyboardInterrupt

    for finished in (stop, lambda index, result: None):
        try:
            results = run(
                work, Machines(kept=Kept.at(tmp_path / "x.part", part())), silent, finished=finished
            )
        except Interrupted:
            continue
    assert results == [0, 1, 2, 3]
    assert (tmp_path / "calls").read_text().split() == ["0", "1", "2", "3"]


def test_a_part_file_of_another_run_or_of_something_else_is_refused(tmp_path):
    path = tmp_path / "x.part"
    Kept.at(path, part()).write()
    with pytest.raises(PartError, match="parts of another run"):
        Kept.at(path, Part(command="cubes", asked={}))
    with pytest.raises(PartError, match=r"shard ''"):
        Kept.at(path, part(shard="1/2"))
    path.write_bytes(b"\x80nothing")
    with pytest.raises(PartError, match="not a part file"):
        Kept.at(path, part())
    kept = Kept(part())
    kept.add(0, ["cube"], run_outcome())
    with pytest.raises(PartError, match="the same must be installed here"):
        run(squares(1), Machines(kept=kept), silent)


def run_outcome(result=1):
    from adamcheck.support.part_files import Outcome

    return Outcome(result)


class Harmful:
    def __reduce__(self):
        return os.system, ("true",)


@pytest.mark.parametrize("result", [Harmful(), subprocess.run, Part.differs, ThreadPoolExecutor])
def test_a_part_file_that_would_act_is_refused(result):
    kept = Kept(part())
    kept.add(0, ["square 0"], run_outcome(result))
    with pytest.raises(PartError, match="not data"):
        run(squares(1), Machines(kept=kept), silent)


@pytest.mark.slow
def test_the_campaign_counts_the_same_in_parts():
    whole = campaign.tallies(campaign.counted(["direct"], 3))
    parts = [each for dtype in campaign.DTYPE_NAMES for each in campaign.counted(["direct"], 3, 0, (dtype,))]
    assert campaign.tallies(pickle.loads(pickle.dumps(parts))) == whole
    twice = campaign.tallies([*parts, *parts])
    assert [tally.judged for tally in twice] == [2 * tally.judged for tally in whole]
    assert [tally.quantiles for tally in twice] == [tally.quantiles for tally in whole]


@pytest.mark.slow
def test_a_round_takes_every_implementation_in_every_dtype_once_and_rounds_differ():
    names = [part.arguments[0][0] for part in campaign.rounds((), 0, 1)]
    assert list(dict.fromkeys(names)) == [*campaign.ORDERS, *campaign.EQUIVALENTS, *campaign.DEFINITIONS]
    assert len(campaign.rounds(("torch",), 0, 3)) == 3 * (len(names) + 1)
    seeds = {part.arguments[1:] for part in campaign.rounds((), 5, 3) if part.arguments[0] == ["direct"]}
    assert seeds == {(5, 1), (5, 2), (5, 3)}


# --- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--shard", "3/2", "--shard '3/2': expected I/N with I from 1 to N"),
        ("--executor", "ray:auto", "--executor 'ray:auto': expected dask:ADDRESS"),
    ],
)
@pytest.mark.parametrize("command", ["power", "campaign", "matrix", "report"])
def test_a_bad_shard_or_executor_is_one_line(tmp_path, command, option, value, told):
    said = adamcheck(command, option, value, "--output", tmp_path, status=2)
    assert told in said.err
    assert not list(tmp_path.iterdir())


def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    from adamcheck.support import executors

    monkeypatch.setattr(executors, "SECONDS", 0.5)
    with pytest.raises(ExecutorError, match="no scheduler answers there"):
        executor_of("dask:tcp://127.0.0.1:9")
    with pytest.raises(ExecutorError, match="no scheduler answers there"):
        executor_of("dask:nonsense://x")


def test_what_cannot_be_merged_is_one_line(tmp_path):
    (tmp_path / "x.part").write_text("{}")
    assert "not a part file" in adamcheck("merge", tmp_path / "x.part", status=2).error
    assert "no such file" in adamcheck("merge", tmp_path / "y.part", status=2).error
    for number in (1, 2):
        kept = Kept.at(tmp_path / f"{number}.part", part(shard=f"{number}/3"))
        kept.write()
    parts = (tmp_path / "1.part", tmp_path / "2.part")
    assert "shard 3/3 is missing" in adamcheck("merge", *parts, status=2).error


@pytest.mark.slow
@pytest.mark.exhaustive
def test_shards_merged_are_the_same_bytes_as_one_process(tmp_path):
    whole = tmp_path / "whole"
    adamcheck(*POWER, "--output", whole, status=0)
    for number in (1, 2, 3):
        said = adamcheck(*POWER, "--shard", f"{number}/3", "--output", tmp_path, status=0)
        assert f"power-{number}-of-3.part" in said.out
    parts = [tmp_path / f"power-{number}-of-3.part" for number in (3, 1, 2)]
    merged = tmp_path / "merged"
    adamcheck("merge", *parts, "--output", merged, status=0)
    for name in ("power.md", "power.html"):
        assert (merged / name).read_bytes() == (whole / name).read_bytes()
    seconds = re.compile(rb'"seconds": [0-9.e-]+')
    one, other = (seconds.sub(b"", (folder / "power.json").read_bytes()) for folder in (merged, whole))
    assert one == other
    assert "shard 2/3 is missing" in adamcheck("merge", parts[0], parts[1], status=2).error


@pytest.mark.slow
def test_shards_of_a_campaign_merged_are_the_same_bytes_and_it_leaves_no_part_file(tmp_path, monkeypatch):
    def small(correct, seed, count):
        return [
            Work(name, campaign.counted, ([name], seed, 0, ("float32", "float16")))
            for name in ("direct", "eps-inside-root")
        ]

    monkeypatch.setattr(campaign, "rounds", small)

    def run_here(*arguments):
        said = CliRunner().invoke(main, [str(each) for each in ("campaign", *arguments)])
        assert said.exit_code == 0, said.output

    run_here("--output", tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == ["campaign.json", "campaign.md"]
    for number in (1, 2):
        run_here("--shard", f"{number}/2", "--output", tmp_path)
    said = CliRunner().invoke(
        main, ["merge", *map(str, sorted(tmp_path.glob("*.part"))), "--output", str(tmp_path / "merged")]
    )
    assert "no alarm" in said.output
    for name in ("campaign.json", "campaign.md"):
        assert (tmp_path / "merged" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


REPORTS = {
    "matrix": ("matrix", "reference", "--dtype", "float64", "--profile", "quick"),
    "report": ("report", "--only", "path-dependence", "--dtype", "float64", "--profile", "quick"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", REPORTS)
def test_shards_of_reports_merged_are_the_same_bytes_as_one_process(tmp_path, command):
    arguments = REPORTS[command] if command == "matrix" else (*REPORTS[command], "reference")
    adamcheck(*arguments, "--output", tmp_path / "whole", status=0)
    for number in (1, 2):
        adamcheck(*arguments, "--shard", f"{number}/2", "--output", tmp_path, status=0)
    parts = sorted(tmp_path.glob("*.part"))
    adamcheck("merge", *parts, "--output", tmp_path / "merged", status=0)
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "merged" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path):
    path, arguments = tmp_path / "power.part", (*POWER, "--part", tmp_path / "power.part")
    command = [Path(sys.executable).with_name("adamcheck"), *map(str, arguments), "--jobs", "1"]
    process = subprocess.Popen([*command, "--output", tmp_path / "x"], stderr=subprocess.DEVNULL)
    while process.poll() is None and not (path.exists() and load(path).pieces):
        time.sleep(0.05)
    process.kill()
    process.wait()
    before = load(path).pieces
    assert before
    assert not (tmp_path / "x" / "power.json").exists()
    said = adamcheck(*arguments, "--output", tmp_path / "x", status=0)
    assert f"has {len(before)} finished pieces" in said.err
    assert not path.exists(), "everything is written"
    adamcheck(*POWER, "--output", tmp_path / "y", status=0)
    assert (tmp_path / "x" / "power.md").read_bytes() == (tmp_path / "y" / "power.md").read_bytes()


@pytest.fixture
def scheduler():
    """The address of a scheduler with two workers, and the workers."""
    pytest.importorskip("distributed")
    module = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    head = subprocess.Popen([*module, "--no-dashboard"], **quiet)
    workers = []
    try:
        address = next(found[0] for line in head.stderr if (found := re.search(r"tcp://[0-9.]+:\d+", line)))
        command = [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-nanny",
        ]
        workers += [
            subprocess.Popen(
                [*command, "--no-dashboard"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for _ in range(2)
        ]
        yield address, workers
    finally:
        for process in (*workers, head):
            process.kill()
            process.wait()
        head.stderr.close()


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_loses_nothing(scheduler, tmp_path):
    address, workers = scheduler
    adamcheck(*POWER, "--output", tmp_path / "here", status=0)
    command = [Path(sys.executable).with_name("adamcheck"), *POWER, "--executor", f"dask:{address}"]
    there = subprocess.Popen([*map(str, command), "--output", tmp_path / "there"], stderr=subprocess.PIPE)
    while there.poll() is None and not psutil.Process(workers[0].pid).children():
        time.sleep(0.05)
    workers[0].kill()  # while it has a piece
    _, told = there.communicate(timeout=300)
    assert there.returncode == 0, told.decode()
    assert (tmp_path / "there" / "power.md").read_bytes() == (tmp_path / "here" / "power.md").read_bytes()
