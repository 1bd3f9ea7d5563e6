"""`Operation`: a computation that can stand in a functional model without having weights."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, ClassVar

from keraslite import naming, ranges, transforms
from keraslite.annotations import any_arguments
from keraslite.backend import scopes
from keraslite.backend.tracebacks import shorten
from keraslite.errors import ArgumentError
from keraslite.layers import tracing
from keraslite.ops.symbolic import Node, any_symbolic, fresh
from keraslite.serialization import Configurable

__all__ = ["Operation"]


class Operation(Configurable):
    """A computation on tensors that stands in a functional model as one step, and is saved with it.

    A subclass writes `call` in `keraslite.ops`. Called on symbolic tensors the operation is recorded, and its outputs
    are those of `compute_output_spec`, which by default runs `call` on symbolic tensors. A model that has such an
    operation is saved with the arguments of the constructor: register the class with
    `keraslite.saving.register_keras_serializable`, or pass `custom_objects=` on loading. Weights belong into a `Layer`,
    which is an `Operation` too.

    Args:
        name: a name without "/"; None makes one of the class's.

    Raises:
        ArgumentError: if the name is none.

    Example:
        >>> import keraslite as keras
        >>> class Scale(keras.Operation):
        ...     def __init__(self, factor, name=None):
        ...         super().__init__(name=name)
        ...         self.factor = factor
        ...
        ...     def call(self, x):
        ...         return x * self.factor
        >>> x = keras.Input((2,))
        >>> model = keras.Model(x, Scale(3.0)(x))
        >>> model.predict([[1.0, 2.0]], verbose=0).tolist()
        [[3.0, 6.0]]
    """

    argument_checks = ranges.checks(name=ranges.text | None)
    #: Whether a model counts all calls of an object as calls of one thing.
    is_operation: ClassVar[bool] = True
    name: str
    _symbolic_calls: tuple[weakref.ref[Node], ...] = ()

    def __init__(self, name: str | None = None):
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise ArgumentError(f"`{type(self).__name__}` needs `name` to be a string without '/'. Received {name!r}.")
        self.name = name or naming.auto_name(type(self).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if any_symbolic((args, kwargs)):
                return self.symbolic_call(*args, **kwargs)
            return self.call(*args, **kwargs)
        except Exception as error:
            shorten(error)
            raise

    @any_arguments
    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs. Subclasses write it.

        Args:
            *args: what the operation was called with.
            **kwargs: the same by name.

        Returns:
            A nest of tensors.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `call`.")

    def symbolic_call(self, *args: Any, **kwargs: Any) -> Any:
        """Return the outputs for symbolic tensors, recorded as one call.

        Args:
            *args: what the operation is called with.
            **kwargs: the same by name.

        Returns:
            A nest of symbolic tensors.
        """
        outputs = fresh(self.compute_output_spec(*args, **kwargs))
        node = Node(self, args, kwargs, outputs)
        node.name = self.name
        self._symbolic_calls = (*(ref for ref in self._symbolic_calls if ref() is not None), weakref.ref(node))
        return outputs

    @any_arguments
    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """Return symbolic outputs for symbolic inputs, without recording a call.

        Args:
            *args: what the operation would be called with.
            **kwargs: the same by name.

        Returns:
            A nest of symbolic tensors: what `call` returns for symbolic ones, unless a subclass says otherwise.
        """
        with scopes.Scope(symbolic=True, what="the call of an operation on symbolic tensors"):
            return fresh(tracing.trace(self, args, kwargs))

    def quantized_call(self, *args: object, **kwargs: object) -> Any:
        """Raise an error: quantisation is not there.

        Args:
            *args: what the operation was called with.
            **kwargs: the same by name.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `quantized_call`, which no class here has.")

    def rematerialized_call(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Compute `fn(*args, **kwargs)`, its inner results computed again for gradients instead of kept.

        Args:
            fn: a function of tensors, such as `self.call`.
            *args: its arguments.
            **kwargs: its arguments by name.

        Returns:
            What `fn` returns.
        """
        return transforms.checkpoint(fn)(*args, **kwargs)

    @property
    def _inbound_nodes(self) -> list[Node]:
        return [node for ref in self._symbolic_calls if (node := ref()) is not None]

    @property
    def input(self) -> Any:
        """The symbolic arguments of its one symbolic call."""
        inputs = self._only_node("input").inputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self) -> Any:
        """What its one symbolic call returned."""
        return self._only_node("output").outputs

    def _only_node(self, what: str) -> Node:
        nodes = self._inbound_nodes
        if len(nodes) != 1:
            raise AttributeError(
                f"{type(self).__name__} {self.name!r} needs to have been called on symbolic tensors once for "
                f"`{what}`. Received {len(nodes)} such calls."
            )
        return nodes[0]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data, with the current name.

        Returns:
            A dict that `from_config` reads.
        """
        return {**super().get_config(), "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """Return the operation that `get_config` made `config` from.

        Args:
            config: what `get_config` returned.

        Returns:
            A new object of the class.
        """
        made = super().from_config(config)
        name = config.get("name")
        if isinstance(name, str) and made.name != name:
            made.name = name
        return made

    def __getstate__(self) -> dict[str, Any]:
        """For `pickle` and `copy`: all but the calls."""
        return {name: value for name, value in vars(self).items() if name != "_symbolic_calls"}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={getattr(self, 'name', None)}>"
