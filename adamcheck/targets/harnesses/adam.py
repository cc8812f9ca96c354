#!/usr/bin/env python3
"""An Adam in Python behind adamcheck's protocol: adamcheck verify "exec:python3 adam.py"."""

import json
import sys
from math import sqrt

CAN = {"dtypes": ["float64"], "capabilities": ["moments", "checkpoint", "instances"]}
read, write = (lambda numbers: [float.fromhex(x) for x in numbers]), (lambda xs: [x.hex() for x in xs])
runs = {}


def step(run, g):
    b1, b2, run["t"] = run["beta1"], run["beta2"], run["t"] + 1
    run["m"] = [b1 * m + (1 - b1) * x for m, x in zip(run["m"], g)]
    run["v"] = [b2 * v + (1 - b2) * x * x for v, x in zip(run["v"], g)]
    rate, c2 = run["lr"] / (1 - b1 ** run["t"]), 1 - b2 ** run["t"]
    all_three = zip(run["theta"], run["m"], run["v"])
    run["theta"] = [x - rate * m / (sqrt(v / c2) + run["eps"]) for x, m, v in all_three]
    return write(run["theta"])


def answer(op, run=None, parameters=(), hyper=None, gradients=(), state=None, **_):
    if op == "describe":
        return {"protocol": 1, "library": "adam.py", "version": "1.0", **CAN}
    if op == "start":
        numbers, zero = {name: float.fromhex(x) for name, x in hyper.items()}, [0.0] * len(parameters)
        if numbers["eps"] == 0:
            return {"not_offered": "eps = 0"}
        runs[run] = {"theta": read(parameters), "m": zero, "v": zero, "t": 0, **numbers}
    if op == "step":
        return {"parameters": [step(runs[run], read(g)) for g in gradients]}
    if op == "moments":
        return {"m": write(runs[run]["m"]), "v": write(runs[run]["v"])}
    if op == "save":
        return {"state": [write(runs[run]["m"]), write(runs[run]["v"]), runs[run]["t"]]}
    if op == "load":
        runs[run].update(m=read(state[0]), v=read(state[1]), t=state[2])
    return {"ok": runs.pop(run) is not None if op == "end" else True}


if __name__ == "__main__":
    for request in map(json.loads, sys.stdin):
        if request["op"] == "stop":
            break
        print(json.dumps(answer(**request)), flush=True)
