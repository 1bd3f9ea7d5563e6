"""Zip archives that lie, or are larger inside."""

from __future__ import annotations

import zipfile

from hostile import making
from hostile.making import ARCHIVE, Good
from hostile.table import CORRUPT, UNSAFE, Case


def archives() -> list[Case]:
    """Zip archives that lie, or are larger inside."""
    bomb = making.deflated((b" " * (1 << 20), 900))
    cases = [
        Case(f"{name} of 900 MiB, declared as {declared} bytes", ARCHIVE, lambda good, n=name, d=declared: (
            making.with_stream(good, n, bomb, d)
        ), (*UNSAFE, *CORRUPT))
        for name in ("config.json", "model.weights.h5", "assets/words.txt")
        for declared in (1000, 900 << 20)
    ]  # fmt: skip
    cases += [
        Case(f"a member with method {method}", ARCHIVE, lambda good, m=method: making.with_stream(
            good, "config.json", b"x" * 100, 1000, m
        ), CORRUPT)
        for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 93, 99)
    ]  # fmt: skip
    lists = b"[]," * (1 << 18)
    texts = {
        "250 MiB of spaces": making.deflated((b" " * (1 << 20), 250)),
        "90 MiB of lists": making.deflated((b"[", 1), (lists, 120), (b"[]]", 1)),
        "9 MiB of lists": making.deflated((b"[", 1), (lists, 12), (b"[]]", 1)),
    }
    cases += [
        Case(
            name,
            ARCHIVE,
            lambda good, text=text: making.with_stream(good, "config.json", text, None if len(text) < 20_000 else 1000),
            UNSAFE,
        )
        for name, text in texts.items()
    ]
    cases += [
        Case("40,000 members", ARCHIVE, lambda good: making.zipped(
            {**good.members, **{f"assets/{i}": b"" for i in range(40_000)}}
        ), CORRUPT),
        Case("an archive in the archive", ARCHIVE, lambda good: making.with_members(
            good, {"config.json": good.archive}
        ), CORRUPT),
        Case("no directory", ARCHIVE, lambda good: good.archive[: good.archive.rindex(b"PK\x01\x02")], CORRUPT),
        Case("a version that does not exist", ARCHIVE, lambda good: _patched(good, 6, b"\x63\x00"), CORRUPT),
        Case("a password", ARCHIVE, lambda good: _patched(good, 8, b"\x01\x00"), CORRUPT),
        Case("a wrong checksum", ARCHIVE, lambda good: _patched(good, 16, b"\1\2\3\4"), CORRUPT),
        Case("a place behind the end", ARCHIVE, lambda good: _patched(good, 42, b"\xff\xff\xff\x7f"), CORRUPT),
        Case("a zip64 record that lies", ARCHIVE, lambda good: _patched(good, 20, b"\xff" * 8), CORRUPT),
        Case("members on the same bytes", ARCHIVE, _overlapping, CORRUPT),
        Case("no zip archive", ARCHIVE, lambda good: b"PK\5\6" + bytes(18), CORRUPT),
        Case("an empty file", ARCHIVE, lambda good: b"", CORRUPT),
    ]  # fmt: skip
    return cases


def _patched(good: Good, offset: int, new: bytes) -> bytes:
    """The good archive with other bytes in the last entry of its directory."""
    content = bytearray(good.archive)
    at = content.rindex(b"PK\x01\x02") + offset
    content[at : at + len(new)] = new
    return bytes(content)


def _overlapping(good: Good) -> bytes:
    content = bytearray(making.with_members(good, {"assets/a": b"1" * 100, "assets/b": b"1" * 100}))
    first = content.rindex(b"assets/a") - 46
    last = content.rindex(b"assets/b") - 46
    content[last + 42 : last + 46] = content[first + 42 : first + 46]
    return bytes(content)
