"""Steps a second through the protocol, with 64 coordinates: `python tests/benchmarks/protocol.py`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from adamcheck.adam import Hyperparameters
from adamcheck.targets.find import load_target
from adamcheck.targets.programs import protocol

HARNESSES = Path(protocol.__file__).with_name("harnesses")
COORDINATES, STEPS, BATCH = 64, 4000, 32


def rates(name: str) -> tuple[float, float]:
    """Steps a second, `BATCH` in a request and one by one."""
    run = load_target(name).start(np.zeros(COORDINATES), Hyperparameters())
    gradients = list(np.random.default_rng(0).normal(size=(STEPS, COORDINATES)))
    begun = time.perf_counter()
    for i in range(0, STEPS, BATCH):
        run.steps(gradients[i : i + BATCH])
    batched = time.perf_counter()
    for gradient in gradients:
        run.step(gradient)
    return STEPS / (batched - begun), STEPS / (time.perf_counter() - batched)


def compared() -> Iterator[tuple[str, float, float]]:
    """The language of each program that can be run here, and its rates."""
    with tempfile.TemporaryDirectory() as folder:
        names = {"Python": f"exec:{sys.executable} {HARNESSES / 'adam.py'}"}
        if shutil.which("g++"):
            subprocess.run(["g++", "-O2", "-o", f"{folder}/adam", HARNESSES / "adam.cpp"], check=True)
            names["C++"] = f"exec:{folder}/adam"
        if shutil.which("node"):
            names["JavaScript"] = f"exec:node {HARNESSES / 'adam.mjs'}"
        for language, name in names.items():
            yield language, *rates(name)


def main() -> None:
    """Print a line for each program that can be run here."""
    print(f"{COORDINATES} coordinates, steps a second: {BATCH} in a request / one by one")
    for language, batched, single in compared():
        print(f"{language:12} {batched:8.0f} / {single:.0f}")


if __name__ == "__main__":
    main()
