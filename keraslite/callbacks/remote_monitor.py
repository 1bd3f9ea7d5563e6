"""`RemoteMonitor`."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import warnings
from collections.abc import Mapping

import numpy as np

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.errors import ArgumentError

__all__ = ["RemoteMonitor"]

_SECONDS = 10.0  # a server that does not answer must not hold up training for longer


class RemoteMonitor(Callback):
    """Sends the results of each epoch to a server, by an HTTP POST to `root + path`.

    They are a JSON object of "epoch", from 0, and the results by name. A server that cannot be reached, or that refuses
    them, gives a warning, and training goes on.

    Args:
        root: address of the server, such as "http://localhost:9000" (default), with "http" or "https".
        path: path on the server; "/publish/epoch/end/" by default.
        field: the field of a form that has the JSON text; "data" by default. Not used with `send_as_json`.
        headers: more HTTP headers by name; None (default) for none.
        send_as_json: whether the JSON text is the whole body, of type "application/json"; False by default.

    Example:
        >>> import keraslite as keras
        >>> monitor = keras.callbacks.RemoteMonitor("http://localhost:9000", send_as_json=True)
        >>> monitor.root
        'http://localhost:9000'
    """

    argument_checks = ranges.checks(
        root=ranges.text, path=ranges.text, field=ranges.text | None, send_as_json=ranges.flag
    )

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ):
        super().__init__()
        self.root, self.path, self.field = root, path, field
        self.headers, self.send_as_json = headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        url = self.root + self.path
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise ArgumentError(f"`RemoteMonitor` needs `root` to begin with 'http'. Received {self.root!r}.")
        text = json.dumps({"epoch": epoch, **{name: _plain(value) for name, value in (logs or {}).items()}})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        body = text if self.send_as_json else urllib.parse.urlencode({self.field: text})
        request = urllib.request.Request(url, body.encode(), {"Content-Type": kind, **(self.headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):
                pass
        except OSError as error:  # URLError, HTTPError and time-outs
            warnings.warn(f"`RemoteMonitor` could not send epoch {epoch + 1} to {url}: {error}.", stacklevel=2)


def _plain(value: object) -> object:
    """Return a result as plain data: a number, or nested lists."""
    return np.asarray(value).tolist()
