"""Right Adams that get their process into trouble."""

import atexit
import ctypes
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress

import numpy as np
from correct import function
from misbehaving import _stepping


def _in_matrices(trouble):
    """A right Adam that gets into trouble in the second step of a matrix."""
    return _stepping(lambda theta, g, t: (trouble(), theta)[1] if t == 2 and g.ndim == 2 else theta)


def _forever(step):
    while True:
        step()


def _deaf():
    """A loop that no alarm interrupts."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    _forever(lambda: None)


def _hog():
    kept = []
    _forever(lambda: kept.append(np.ones(1 << 20)))


segfaults_in_matrices = _in_matrices(lambda: ctypes.string_at(0))
leaves_in_matrices = _in_matrices(lambda: os._exit(0))
hangs_in_matrices = _in_matrices(_deaf)
floods_in_matrices = _in_matrices(lambda: _forever(lambda: os.write(1, b"x" * 65536)))
complains_in_matrices = _in_matrices(lambda: _forever(lambda: os.write(2, b"x" * 65536)))
hogs_in_matrices = _in_matrices(_hog)


def complains_and_leaves(parameters, *, lr, beta1, beta2, eps):
    def step(gradient):
        for number in range(100):
            print("complaint", number, file=sys.stderr, flush=True)
        os._exit(3)

    return step


def hangs_when_called(params, grads, lr=0.001):
    while True:
        time.sleep(1)


def ends_badly(parameters, *, lr, beta1, beta2, eps):
    atexit.register(os._exit, 3)
    return function(parameters, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


_KEPT = []


def _leak():
    with suppress(OSError):
        while True:
            _KEPT.append(os.open(os.devnull, os.O_RDONLY))


_FOLDERS = (tempfile.gettempdir(), os.getcwd())


def _empty():
    for folder in _FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)


leaks_files = _stepping(lambda theta, g, t: (_leak(), theta)[1])
limits_file_size = _stepping(
    lambda theta, g, t: (resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)), theta)[1]
)
empties_folders = _stepping(lambda theta, g, t: (_empty(), theta)[1])


def _fork(theta):
    """The answer of a copy of the process, and that of the process itself."""
    copy = os.fork()
    if copy:
        os.waitpid(copy, 0)
    return theta if copy else 0 * theta


forks_copies = _stepping(lambda theta, g, t: _fork(theta) if t == 1 else theta)

leaves_in_step_four = _stepping(lambda theta, g, t: os._exit(5) if t == 4 else theta)
