"""An Adam in Python behind adamcheck's protocol: adamcheck verify "exec:python3 adam.py"."""

import json
import sys
from math import sqrt

WHAT = {"protocol": 1, "library": "adam.py", "version": "1.0", "dtypes": ["float64"], "ok": True}
CAN = {"capabilities": ["moments", "checkpoint", "checkpointed_hyperparameters", "instances"]}
read, write = (lambda numbers: [float.fromhex(x) for x in numbers]), (lambda xs: [x.hex() for x in xs])
runs = {}


def step(s, g):
    b1, b2, s["t"] = s["beta1"], s["beta2"], s["t"] + 1
    s["m"] = [b1 * m + (1 - b1) * x for m, x in zip(s["m"], g)]
    s["v"] = [b2 * v + (1 - b2) * x * x for v, x in zip(s["v"], g)]
    rate, c2 = s["lr"] / (1 - b1 ** s["t"]), 1 - b2 ** s["t"]
    s["theta"] = [x - rate * m / (sqrt(v / c2) + s["eps"]) for x, m, v in zip(s["theta"], s["m"], s["v"])]
    return write(s["theta"])


def answer(op, run=None, parameters=(), hyper=None, gradients=(), state=None, **_):
    if op == "start":
        zero, numbers = [0.0] * len(parameters), {name: float.fromhex(x) for name, x in hyper.items()}
        runs[run] = {"theta": read(parameters), "m": zero, "v": zero, "t": 0, **numbers}
        return {"ok": True} if numbers["eps"] else {"not_offered": "eps = 0"}
    if op in ("moments", "save"):
        return {**{name: write(runs[run][name]) for name in "mv"}, "state": runs[run]}
    if op == "load":
        runs[run] = state
    if op == "end":
        del runs[run]
    return {**WHAT, **CAN, "parameters": [step(runs[run], read(g)) for g in gradients]}


if __name__ == "__main__":
    for request in map(json.loads, sys.stdin):
        if request["op"] == "stop":
            break
        print(json.dumps(answer(**request)), flush=True)
