"""Constructor arguments of Keras that keraslite does not act on yet."""

from __future__ import annotations

from keraslite import errors


def refuse(where: str, **arguments: object) -> None:
    """Raise for each argument that is not None."""
    for name, value in arguments.items():
        if value is not None:
            raise errors.ArgumentError(
                f"`{where}` needs `{name}` to be None: low-rank adapters, quantisation and the like are not part of "
                f"layers yet. Received {name}={value!r}. Leave it out."
            )
