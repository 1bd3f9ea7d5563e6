"""TFSMLayer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NoReturn

from keraslite import ranges
from keraslite.layers.foreign.base import ForeignLayer, refuse_code
from keraslite.layers.types import DTypeLike
from keraslite.serialization import builtin


@builtin("keras.layers")
class TFSMLayer(ForeignLayer):
    """Makes a layer of a function of a TensorFlow SavedModel. It needs the engine of TensorFlow.

    The variables of the function become Variables of the layer, which share their memory, and are trained unless the
    SavedModel says otherwise. A SavedModel is a program. So no file of a model makes such a layer: make it in Python.

    Args:
        filepath: the folder of the SavedModel, a path.
        call_endpoint: the name of the function: an attribute of the loaded object, or a signature. Default: "serve".
        call_training_endpoint: the name of the function for training. Default: None, `call_endpoint`.
        trainable: whether optimizers change the variables. Default: True.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        dtype: a dtype, a dtype policy, or the name of one. Default: None, the active policy.

    Input:
        what the function takes: a tensor, or a nest of them.

    Output:
        what it returns. Signatures return a dict.

    Weights:
        the variables of the SavedModel, trainable ones first.

    Raises:
        ArgumentError: if the SavedModel has no such function.
        MissingCapabilityError: on another engine.

    Example:
        >>> import keraslite as keras
        >>> if keras.config.backend() == "tensorflow":
        ...     import tempfile
        ...     import tensorflow as tf
        ...     double = tf.Module()
        ...     double.serve = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([None, 2])])
        ...     folder = tempfile.mkdtemp()
        ...     tf.saved_model.save(double, folder)
        ...     layer = keras.layers.TFSMLayer(folder)
        ...     assert layer(tf.ones((1, 2))).numpy().tolist() == [[2.0, 2.0]]
    """

    foreign_kind = "SavedModel"

    argument_checks = ranges.checks(call_endpoint=ranges.text, call_training_endpoint=ranges.text | None)

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        call_endpoint: str = "serve",
        call_training_endpoint: str | None = None,
        trainable: bool = True,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(trainable=trainable, name=name, dtype=dtype)
        self.filepath = os.fspath(filepath)
        self.call_endpoint, self.call_training_endpoint = call_endpoint, call_training_endpoint
        self._wrap(self.filepath, {"endpoint": call_endpoint, "training_endpoint": call_training_endpoint})
        self._make_weights()

    def call(self, inputs: object, training: bool = False, **kwargs: object) -> object:
        """Call the function.

        Args:
            inputs: what the function takes.
            training: whether `call_training_endpoint` is called. Default: False.
            **kwargs: further arguments of the function.

        Returns:
            What the function returns.
        """
        return self._run((inputs,), kwargs, training)

    @classmethod
    def from_config(
        cls,
        config: dict[str, object],
        custom_objects: Mapping[str, object] | None = None,
        safe_mode: bool | None = None,
    ) -> NoReturn:
        """Refuse: a SavedModel is a program.

        Args:
            config: what `get_config` returned.
            custom_objects: not used.
            safe_mode: without effect: the program is refused in any case.

        Raises:
            UnsafeModelError: always.
        """
        raise refuse_code(cls, f"the path of a SavedModel, {config.get('filepath')!r}")
