"""Real Keras in helper processes: one process per backend, which lives for the test run and is called through pipes.

`call("module:function", backend="jax", **arguments)` runs a function of a file in `tests/` there. Arguments and
results are JSON values and NumPy arrays, in nests. This process never imports Keras.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent


def available() -> bool:
    """Whether Keras is installed."""
    return importlib.util.find_spec("keras") is not None


class Peer:
    """Keras on one backend in a process of its own."""

    def __init__(self, backend: str):
        self.folder = tempfile.TemporaryDirectory(prefix="keras_peer_")
        path = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "KERAS_BACKEND": backend, "KERAS_HOME": self.folder.name, "PYTHONPATH": path,
                       "TF_CPP_MIN_LOG_LEVEL": "3"}  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "keras_peer.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, text=True,
        )  # fmt: skip
        self.count = 0

    def call(self, function: str, arguments: dict[str, Any]) -> Any:
        """Run `function` there and return what it gives."""
        self.count += 1
        given, back = (str(Path(self.folder.name) / f"{self.count}_{name}.npz") for name in ("in", "out"))
        text = json.dumps({"function": function, "arguments": _pack(arguments, given), "given": given, "back": back})
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"Keras's process ended with status {self.process.wait()} during {function}.")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"Keras failed in {function}:\n{answer['error']}")
        return _unpack(answer["result"], back)

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.folder.cleanup()


@functools.cache
def _peer(backend: str) -> Peer:
    peer = Peer(backend)
    atexit.register(peer.close)
    return peer


def call(function: str, backend: str = "jax", **arguments: Any) -> Any:
    """Run "module:function" of a file in `tests/` in the process that has real Keras on `backend`."""
    return _peer(backend).call(function, arguments)


def _pack(value: Any, path: str) -> Any:
    arrays: dict[str, np.ndarray] = {}

    def walk(x: Any) -> Any:
        if isinstance(x, (np.ndarray, np.generic)):
            arrays[f"a{len(arrays)}"] = np.asarray(x)
            return {"__array__": f"a{len(arrays) - 1}"}
        if isinstance(x, dict):
            return {key: walk(item) for key, item in x.items()}
        return [walk(item) for item in x] if isinstance(x, (list, tuple)) else x

    packed = walk(value)
    np.savez(path, **arrays)
    return packed


def _unpack(value: Any, path: str) -> Any:
    with np.load(path) as arrays:

        def walk(x: Any) -> Any:
            if isinstance(x, dict):
                return arrays[x["__array__"]] if "__array__" in x else {key: walk(item) for key, item in x.items()}
            return [walk(item) for item in x] if isinstance(x, list) else x

        return walk(value)


def forget_programs(most: int = 1500) -> None:
    """Free what JAX compiled, once that are so many programs: a megabyte each, which would be gigabytes in the end."""
    jax = sys.modules.get("jax")
    if jax is not None and len(jax.local_devices()[0].client.live_executables()) > most:
        jax.clear_caches()


def serve() -> None:
    """Answer requests from standard input until it ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what Keras prints is not an answer
    for line in sys.stdin:
        request = json.loads(line)
        try:
            module, _, name = request["function"].partition(":")
            result = getattr(importlib.import_module(module), name)(**_unpack(request["arguments"], request["given"]))
            answer = {"result": _pack(result, request["back"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        forget_programs()


if __name__ == "__main__":
    serve()
