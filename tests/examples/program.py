"""A program behind the protocol that misbehaves as its first argument says, where a gradient exceeds 3."""

import ctypes
import json
import os
import pathlib
import runpy
import sys
import time

import adamcheck.targets

HARNESS = pathlib.Path(adamcheck.targets.__file__).with_name("programs") / "harnesses" / "adam.py"
right = runpy.run_path(str(HARNESS))["answer"]


def forever(text):
    while True:
        os.write(1, text)


def hog():
    kept = []
    while True:
        kept.append(b"x" * 2**24)
        time.sleep(0.01)


def late(close):
    """Close a standard stream and go on."""
    os.close(close)
    time.sleep(1000)


WHILE_STEPPING = {
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "exit": lambda: os._exit(7),
    "exit-0": lambda: os._exit(0),
    "last-words": lambda: sys.exit("out of cheese"),
    "stack": lambda: sys.exit("RangeError: no cheese\n    at shop (error.js:3)\n\nNode.js v0"),
    "hang": lambda: time.sleep(1000),
    "flood": lambda: forever(b"spam" * 1000),
    "flood-of-lines": lambda: forever(b"spam\n" * 1000),
    "flood-of-json": lambda: forever(b'{"spam":' * 1000),
    "hog": hog,
    "close-stdout": lambda: late(1),
    "close-stdin": lambda: os.close(0),
    "print": lambda: print("spam"),
}

INSTEAD = {
    "no-json": lambda request, reply: '{protocol: 1, "ok": true}',
    "two-answers": lambda request, reply: f"{json.dumps(reply)}\n{json.dumps(reply)}",
    "protocol-2": lambda request, reply: json.dumps({**reply, "protocol": 2}),
    "no-dtypes": lambda request, reply: json.dumps({"protocol": 1}),
    "double": lambda request, reply: json.dumps({**reply, "dtypes": ["float46"]}),
    "five-to-two": lambda request, reply: json.dumps({**reply, "parameter_counts": [5, 2]}),
    "telepathy": lambda request, reply: json.dumps({**reply, "capabilities": ["checkpoints"]}),
    "not-started": lambda request, reply: json.dumps(reply if request["op"] != "start" else {}),
    "missing-row": lambda request, reply: json.dumps(
        {**reply, "parameters": reply["parameters"][1:]} if request["op"] == "step" else reply
    ),
    "short-row": lambda request, reply: json.dumps(
        {**reply, "parameters": [row[1:] for row in reply["parameters"]]}
        if request["op"] == "step"
        else reply
    ),
    "decimal": lambda request, reply: json.dumps(
        {"parameters": [[str(float.fromhex(x)) for x in row] for row in reply["parameters"]]}
        if request["op"] == "step"
        else reply
    ),
    "json-numbers": lambda request, reply: json.dumps(
        {"parameters": [[float.fromhex(x) for x in row] for row in reply["parameters"]]}
        if request["op"] == "step"
        else reply
    ),
    "no-moments": lambda request, reply: json.dumps(reply if request["op"] != "moments" else {"m": []}),
    "no-state": lambda request, reply: json.dumps(reply if request["op"] != "save" else {"saved": 1}),
    "refuses": lambda request, reply: json.dumps(
        reply if request["op"] != "step" else {"error": "out of cheese"}
    ),
    "chatty": lambda request, reply: f"spam\n{json.dumps(reply)}",
}


def wild(request):
    return any(abs(float.fromhex(x)) > 3 for g in request.get("gradients", ()) for x in g)


if __name__ == "__main__":
    fault = sys.argv[1]
    if fault == "silent":
        time.sleep(1000)
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "stop":
            break
        if wild(request) and fault in WHILE_STEPPING:
            WHILE_STEPPING[fault]()
        reply = right(**request)
        print(INSTEAD[fault](request, reply) if fault in INSTEAD else json.dumps(reply), flush=True)
    if fault == "ends-badly":
        sys.exit(3)
    if fault == "ends-never":
        time.sleep(1000)
