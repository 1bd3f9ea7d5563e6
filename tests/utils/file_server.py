"""A server on this machine that sends files, and fails as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Files by name, and what to do wrong.

    Attributes:
        files: the content of each file.
        breaks: after how many bytes each of the next connections breaks.
        statuses: what the next requests are answered with.
        asked: the `Range` header of each request, None without one.
        knows_ranges, etag: whether it can send a part, and by what a file is recognised.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.breaks: list[int] = []
        self.statuses: list[int] = []
        self.asked: list[str | None] = []
        self.knows_ranges, self.etag = True, '"1"'
        self.says_length = True
        self.url = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Send a file, or fail."""
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        content = self.files.get(request.path.lstrip("/").partition("?")[0])
        if self.statuses or content is None:
            request.send_error(self.statuses.pop(0) if self.statuses else 404)
            return
        start = 0
        if wanted and self.knows_ranges and request.headers.get("If-Range") in (None, self.etag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            request.send_response(200)
        if self.etag:
            request.send_header("ETag", self.etag)
        if self.says_length:
            request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        stop = start + self.breaks.pop(0) if self.breaks else len(content)
        request.wfile.write(content[start:stop])


@contextmanager
def serving() -> Iterator[FileServer]:
    """A server until the end of the `with`."""
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
