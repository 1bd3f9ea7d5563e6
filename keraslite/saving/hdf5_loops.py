"""Refuses HDF5 files whose structures lead in a circle, which the HDF5 library would follow for ever.

It trusts that the nodes of a B-tree point forward, and that the objects in a heap for texts have sizes. This module
looks at every place that begins like one of these.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from keraslite.errors import CorruptFileError

__all__ = ["refuse"]

_TREE, _HEAP = b"TREE", b"GCOL\x01"
_NODE = struct.Struct("<4sBBHQQ")  # signature, type, level, number of entries, left and right neighbour
_CHILD = struct.Struct("<QQ")  # key and child in the tree of a group
_OBJECT = struct.Struct("<HHIQ")  # number, references, nothing, size
_HEAD = 16  # bytes before the objects of a heap
_LARGEST = 1 << 40  # bytes of a heap, which no library could read


def refuse(content: bytes, where: str) -> None:
    """Raise a `CorruptFileError` if a tree or a heap in the content of a file leads in a circle."""
    if _has_circle(dict(_trees(content))) or not _heaps_end(content):
        raise CorruptFileError(
            f"{where} needs to be a whole file. Received HDF5 data that lead in a circle. Save the weights again."
        )


def _found(content: bytes, sign: bytes) -> Iterator[int]:
    at = content.find(sign)
    while at >= 0:
        yield at
        at = content.find(sign, at + 1)


def _trees(content: bytes) -> Iterator[tuple[int, list[int]]]:
    """Yield where each node of a B-tree is, and where it points to."""
    for start in _found(content, _TREE):
        if start + _NODE.size > len(content):
            return
        _, kind, level, count, _, right = _NODE.unpack_from(content, start)
        leads = [right]
        if kind == 0 and level:
            first = start + _NODE.size
            last = min(first + count * _CHILD.size, len(content) - _CHILD.size + 1)
            leads += [_CHILD.unpack_from(content, at)[1] for at in range(first, last, _CHILD.size)]
        yield start, leads


def _has_circle(leads: dict[int, list[int]]) -> bool:
    """Whether somebody who follows the pointers between nodes comes to a node again."""
    done: set[int] = set()
    for start in leads:
        path: set[int] = set()
        stack = [(start, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                path.discard(node)
                done.add(node)
            elif node in path:
                return True
            elif node not in done:
                path.add(node)
                stack.append((node, True))
                stack += [(other, False) for other in leads[node] if other in leads]
    return False


def _heaps_end(content: bytes) -> bool:
    """Whether the objects of each heap lead to its end. Heaps that are apart have no more objects than fit in all."""
    left = len(content) // _OBJECT.size
    for start in _found(content, _HEAP):
        at = start + _HEAD
        size = int.from_bytes(content[start + 8 : at], "little")
        if size > _LARGEST:
            continue  # numbers of an array, which begin like a heap by chance
        end = min(start + size, len(content))
        while at + _OBJECT.size <= end:
            number, _, _, length = _OBJECT.unpack_from(content, at)
            step = length if number == 0 else _OBJECT.size + -(-length // 8) * 8
            left -= 1
            if step < _OBJECT.size or at + step > end or left < 0:  # as a number of 64 bits it leads backwards
                return False
            at += step
    return True
