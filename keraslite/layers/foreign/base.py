"""What layers share that wrap a module of an engine's library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from keraslite.backend import registry
from keraslite.backend.contract import ForeignModule
from keraslite.errors import UnsafeModelError
from keraslite.layers.base import Layer
from keraslite.variable import Variable


class ForeignLayer(Layer):
    """Wraps a module that was written for the library of an engine, with its weights as Variables of the layer.

    The active engine says what the module is: a function of its weights. Files hold weights, never code.
    """

    #: What the module is called in the contract of engines.
    foreign_kind: ClassVar[str]

    def _wrap(self, subject: object, options: Mapping[str, object]) -> None:
        self._foreign: ForeignModule = registry.current().foreign(self.foreign_kind, subject, options)
        self._weights_made: list[Variable] = []

    def _make_weights(self, shapes: object = None, key: object = None) -> None:
        for weight in self._foreign.weights(shapes, key):
            value: Any = weight.value
            variable = self.add_weight(
                name=weight.name.replace("/", "."),
                shape=tuple(value.shape),
                initializer=value,
                dtype=weight.dtype,
                trainable=weight.trainable,
                autocast=False,
            )
            if weight.storage is not None:
                variable._adopt(weight.storage)
            self._weights_made.append(variable)

    def _run(
        self, args: tuple[object, ...], kwargs: Mapping[str, object], training: bool, key: object = None
    ) -> object:
        """The outputs of the module; what it changes is assigned."""
        variables = self._weights_made
        outputs, new = self._foreign.call([v.value for v in variables], args, kwargs, bool(training), key)
        for variable, value in zip(variables[len(variables) - len(new) :], new, strict=True):
            variable.assign(value)
        return outputs

    def _nest(self, leaves: Sequence[object]) -> Any:
        return self._foreign.nest(list(leaves))


def refuse_code(cls: type, what: str) -> UnsafeModelError:
    """The error for a config that asks for code."""
    return UnsafeModelError(
        f"A config of `{cls.__name__}` needs data only. Received {what}, which can run any code. Make the layer in "
        "Python, and load its weights with `load_weights`."
    )
