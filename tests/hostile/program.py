"""Loads hostile files in a process of its own, and prints what happened to each.

`python -m hostile.program ENGINE PART OF` loads those for ENGINE: all that run its code, and one in OF of the others.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import warnings
import zlib
from pathlib import Path
from typing import Any

import keraslite as keras
from hostile.cases import cases
from hostile.making import ARCHIVE, Good, network
from hostile.table import JSON, Case
from keraslite.errors import KerasliteError

_FORBIDDEN = (
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "marshal.loads",
)
_QUIET = ("marshal.loads",)  # Python itself does that when it imports a module


class Watch:
    """What a load did besides."""

    def __init__(self, folder: str):
        self.folder, self.found, self.active = folder, [], False
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event in _FORBIDDEN and event not in _QUIET:
            self.found.append(f"{event} {arguments!r:.100}")
        elif event == "open" and isinstance(arguments[0], str):
            path, mode = arguments[0], str(arguments[1] or "r")
            writes = any(each in mode for each in "wax+")
            temporary = path.startswith((self.folder, tempfile.gettempdir()))
            if path.startswith("/etc/passwd") or (writes and not temporary):
                self.found.append(f"open {path} {mode}")


def peak() -> int:
    """The most memory that the process has had since `forget_peak`, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10


def forget_peak() -> int:
    """Begin to watch the memory anew. Returns how much there is now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def load(path: str, content: bytes | str) -> Any:
    """Read a file as a user does."""
    if path.endswith(JSON):
        return keras.models.model_from_json(content)
    if path.endswith(ARCHIVE):
        return keras.models.load_model(path)
    return network().load_weights(path)


def outcome(case: Case, content: bytes | str, folder: str, watch: Watch, marker: str) -> dict[str, Any]:
    """What happened when a case was loaded."""
    path = os.path.join(folder, f"file{case.ending}")
    Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    before = forget_peak()
    start = time.process_time()
    watch.found, watch.active = [], True
    text = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load(path, content)
        kind, typed = "loads", True
    except Exception as error:
        kind, typed, text = type(error).__name__, isinstance(error, KerasliteError), str(error)
    watch.active = False
    return {
        "name": case.name + case.ending, "kind": kind, "typed": typed, "length": len(text), "text": text[:300],
        "expected": case.expected, "seconds": time.process_time() - start, "grown": peak() - before,
        "did": watch.found, "ran": os.path.exists(marker),
    }  # fmt: skip


def main(engine: str, part: int, of: int, named: str = "") -> None:
    """Load the files for an engine whose names have `named` in them."""
    with tempfile.TemporaryDirectory(prefix="keraslite-hostile-") as folder, keras.use_backend(engine):
        marker = os.path.join(folder, "marker")
        good, watch = Good(marker), Watch(folder)
        for ending, content in ((ARCHIVE, good.archive), (".weights.h5", good.weights)):  # imports what is needed later
            path = os.path.join(folder, f"good{ending}")
            Path(path).write_bytes(content)
            load(path, content)
        for case in cases()[int(os.environ.get("SKIP", "0")) :]:
            if named not in case.name:
                continue
            if case.everywhere or zlib.crc32(case.name.encode()) % of == part:
                found = outcome(case, case.make(good), folder, watch, marker)
                print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
