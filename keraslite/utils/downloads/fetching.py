"""One file fetched by HTTP: with progress, resumed after a break, renamed when it is whole and right."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, NoReturn, Protocol
from urllib.parse import urlsplit

from keraslite.config.messages import say
from keraslite.errors import ArgumentError, CorruptFileError, DownloadError
from keraslite.progress import Progbar, is_terminal
from keraslite.utils.downloads.hashes import Expected
from keraslite.utils.downloads.locking import Partial
from keraslite.version import __version__

__all__ = ["fetch"]

_SCHEMES = ("http", "https", "ftp", "file")
_CHUNK = 1 << 17
_TIMEOUT = 60.0  # seconds without a byte
_TRIES = 5  # in a row without a new byte
_PAUSE = 0.5  # seconds before the first try anew; each further one is twice as long
_TEMPORARY = {408, 425, 429, 500, 502, 503, 504}  # answers after which a server may be asked again


class Answer(Protocol):
    """What a server sends, as far as it is used here."""

    headers: http.client.HTTPMessage

    def read(self, amount: int, /) -> bytes: ...
    def close(self) -> None: ...


def fetch(origin: str, target: Path, expected: Expected | None, is_wanted: Callable[[], bool]) -> None:
    """Write what stands at a URL to `target`.

    A process that has the file in work makes others wait for it. What came before a break stays beside the target, and
    the next call goes on there if the server still has the same file.

    Args:
        origin: the URL.
        target: the path, whose folder exists.
        expected: the hash that the content has to have.
        is_wanted: asked when no other process is at work on the file any more: whether it is still needed.

    Raises:
        DownloadError: if the server cannot be reached or does not have the file.
        CorruptFileError: if the content has another hash. Nothing is left behind.
    """
    if urlsplit(origin).scheme not in _SCHEMES:
        raise ArgumentError(
            f"`get_file` needs `origin` to be a URL that starts with https: or http:. Received {origin!r}."
        )
    with Partial(target) as partial:
        if not is_wanted():
            partial.remove()
            return
        say(f"Downloading data from {origin}")
        resumed = _Transfer(origin, partial).run()
        if expected is not None and not expected.fits(partial.path) and resumed:
            partial.restart()  # the beginning may be that of another file
            _Transfer(origin, partial).run()
        if expected is not None and not expected.fits(partial.path):
            found = expected.of(partial.path)
            partial.remove()
            raise CorruptFileError(
                f"{origin} needs to have the {expected.algorithm} hash {expected.value}. Received a file with {found}, "
                "which was removed. The download may be damaged or the file may have changed: try again, or give the "
                "new hash if you trust the source."
            )
        partial.finish()


class _Transfer:
    """The requests that bring one file."""

    def __init__(self, origin: str, partial: Partial):
        self.origin, self.partial = origin, partial

    def run(self) -> bool:
        """Fetch the whole file. Returns whether a part of it was there before."""
        resumed = self.partial.size > 0
        pause, tries = _PAUSE, 0
        while True:
            before = self.partial.size
            try:
                if self._request():
                    return resumed
                problem = "the connection broke"
            except urllib.error.HTTPError as error:
                problem = f"{error.code} {error.reason}"
                error.close()
                if error.code == 416 and before:  # there is less than we have
                    self.partial.restart()
                elif error.code not in _TEMPORARY:
                    self._give_up(problem, error)
            except (OSError, http.client.HTTPException) as error:
                problem = str(getattr(error, "reason", error)) or type(error).__name__
                if not self.partial.size:
                    self._give_up(problem, error)
            tries = 0 if self.partial.size > before else tries + 1
            if tries >= _TRIES:
                self._give_up(problem)
            time.sleep(pause * 2**tries)

    def _give_up(self, problem: str, cause: Exception | None = None) -> NoReturn:
        kept = self.partial.size
        if not kept:
            self.partial.remove()
        rest = f" {kept} bytes have come; the next call goes on from there." if kept else ""
        raise DownloadError(
            f"Downloading {self.origin} needs a server that sends the file. Received: {problem}.{rest} Check the "
            f"address and the network, or put the file at {self.partial.target} yourself."
        ) from cause

    def _request(self) -> bool:
        """One request. Returns whether the file is whole."""
        headers = {"User-Agent": f"keraslite/{__version__}", "Accept-Encoding": "identity"}
        start = self.partial.size
        if start and urlsplit(self.origin).scheme.startswith("http"):
            headers |= {"Range": f"bytes={start}-", **self.partial.condition()}
        with _OPENER.open(urllib.request.Request(self.origin, headers=headers), timeout=_TIMEOUT) as answer:
            if start and not _continues(answer, start):
                self.partial.restart()
                start = 0
            length = answer.headers.get("Content-Length")
            total = start + int(length) if length and length.isdigit() else None
            self.partial.describe(answer.headers)
            self._copy(answer, total)
        return total is None or self.partial.size == total

    def _copy(self, answer: Answer, total: int | None) -> None:
        progress = Progbar(total or None, verbose=1 if is_terminal() else 0, unit_name="byte")
        with self.partial.open() as file:
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                progress.update(self.partial.add(len(chunk)), finalize=False)
        progress.update(self.partial.size, finalize=True)


def _continues(answer: Answer, start: int) -> bool:
    return answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to another address, but never from an encrypted connection to one that is not."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise DownloadError(f"{req.full_url} needs to stay on https. Received a redirection to {newurl}.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER = urllib.request.build_opener(_SafeRedirects)
