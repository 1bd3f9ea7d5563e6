"""`get_source_inputs`."""

from __future__ import annotations

from keraslite.errors import ArgumentError
from keraslite.ops.symbolic import Node, SymbolicTensor


def get_source_inputs(tensor: SymbolicTensor) -> list[object]:
    """Return the inputs that a symbolic tensor depends on.

    Args:
        tensor: what a layer or an op returned for `keraslite.Input`, or an input itself.

    Returns:
        The inputs, each once, in the order in which the calls use them. A tensor without a history is its own input.

    Raises:
        ArgumentError: if `tensor` is no symbolic tensor.

    Example:
        >>> import keraslite as keras
        >>> a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
        >>> [x.name for x in keras.utils.get_source_inputs(keras.layers.Dense(2)(a) + b)]
        ['a', 'b']
    """
    if not isinstance(tensor, SymbolicTensor):
        raise ArgumentError(
            f"`get_source_inputs` needs a symbolic tensor. Received {type(tensor).__name__} {tensor!r:.60}."
        )
    found: dict[int, SymbolicTensor] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        x = waiting.pop()
        node = x.node
        if node is None or not node.inputs:
            found.setdefault(_key(x, node), x)
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.extend(reversed(node.inputs))
    return list(found.values())


def _key(x: SymbolicTensor, node: Node | None) -> int:
    return id(x) if node is None else id(node)
