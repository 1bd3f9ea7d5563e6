"""Functions of SavedModels as functions of their weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from keraslite.backend import contract
from keraslite.backend.contract import defaults
from keraslite.errors import ArgumentError

from .tensors import dtype_names


def foreign(kind: str, subject: Any, options: Mapping[str, Any]) -> contract.ForeignModule:
    if kind != "SavedModel":
        return defaults.foreign(kind, subject, options)
    return _SavedModel(str(subject), **options)


class _SavedModel:
    """A loaded model. Variables share its own, so training changes the model itself.

    Args:
        path: the folder.
        endpoint: the function that is called.
        training_endpoint: the function that is called in training, or None.
    """

    def __init__(self, path: str, endpoint: str, training_endpoint: str | None):
        self._model = tf.saved_model.load(path)
        self._function = self._found(endpoint, "call_endpoint")
        self._training = (
            self._function if training_endpoint is None else self._found(training_endpoint, "call_training_endpoint")
        )
        functions = {id(f): f for f in (self._function, self._training)}.values()
        every = [v for f in functions for c in getattr(f, "concrete_functions", [f]) for v in c.variables]
        for kind in ("trainable_variables", "non_trainable_variables"):
            every += getattr(self._model, kind, ())
        unique = list({id(v): v for v in every}.values())
        self._trainable = [v for v in unique if v.trainable and v.dtype.is_floating]
        self._fixed = [v for v in unique if not (v.trainable and v.dtype.is_floating)]

    def _found(self, endpoint: str, argument: str) -> Any:
        function = getattr(self._model, endpoint, None)
        if callable(function):
            return function
        signatures = getattr(self._model, "signatures", {})
        if endpoint not in signatures:
            raise ArgumentError(
                f"`TFSMLayer` needs `{argument}` to name a function of the SavedModel. Received {endpoint!r}. It has "
                f"the signatures {sorted(signatures)}."
            )
        return signatures[endpoint]

    def weights(self, shapes: object, key: object) -> list[contract.ForeignWeight]:
        return [
            contract.ForeignWeight(v.name.partition(":")[0], v.numpy(), dtype_names[v.dtype], trainable, v)
            for trainable, variables in ((True, self._trainable), (False, self._fixed))
            for v in variables
        ]

    def call(
        self, values: list[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], training: bool, key: object
    ) -> tuple[object, list[object]]:
        leaves = tf.nest.flatten((args, dict(kwargs)))
        function = self._training if training else self._function
        structure: list[Any] = []

        # The function reads its own variables. So their gradients are handed to `values`, which are the same numbers.
        @tf.custom_gradient
        def run(*tensors: Any) -> Any:
            inputs = tensors[: len(leaves)]
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch([*inputs, *self._trainable])
                given, named = tf.nest.pack_sequence_as((args, dict(kwargs)), inputs)
                outputs = self._run(function, given, named)
            structure.append(outputs)
            flat = tf.nest.flatten(outputs)

            def pull(*gradients: Any, variables: Any = None) -> Any:
                sources = [*inputs, *self._trainable]
                found = tape.gradient(
                    flat, sources, list(gradients), unconnected_gradients=tf.UnconnectedGradients.ZERO
                )
                return found if variables is None else (found, [None] * len(variables))

            return flat, pull

        flat = run(*leaves, *values[: len(self._trainable)])
        return tf.nest.pack_sequence_as(structure[-1], tf.nest.flatten(flat)), []

    @staticmethod
    def _run(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        named = getattr(function, "structured_input_signature", ((), {}))[1]
        if not named:
            return function(*args, **kwargs)
        if len(args) == 1 and isinstance(args[0], dict):
            return function(**args[0])
        return function(**dict(zip(named, args, strict=False)), **kwargs)

    def nest(self, leaves: list[object]) -> object:
        return leaves
