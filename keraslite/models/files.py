"""The part of `Model` that is about files: saving, exporting, weights and values as data."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from keraslite import saving, serialization
from keraslite.models import state_tree as _state_tree
from keraslite.models.exporting import export_model
from keraslite.models.state import ModelState
from keraslite.training.trainer import Trainer

if TYPE_CHECKING:
    from keraslite.models.model import Model


class ModelFiles(Trainer):
    """A model and its weights, written and read."""

    _own: ModelState

    def save(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, zipped: bool | None = None, **kwargs: object
    ) -> None:
        """Write the model to a `.keras` file: architecture, weights, `compile` arguments and optimizer state.

        `load_model` and Keras 3 read it.

        Args:
            filepath: a path that ends in `.keras`.
            overwrite: whether an existing file may be replaced. Default: True.
            zipped: True or None. Default: None. Both write one zip file.
            **kwargs: arguments from earlier versions of Keras: `save_format="keras"`, and `include_optimizer=False`,
                which leaves out the optimizer's state.

        Raises:
            ArgumentError: if the path has another ending, or the file exists and `overwrite` is False.
            NotBuiltError: if the model has no weights yet.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> model.save("model.keras")
            >>> keras.models.load_model("model.keras").count_params()
            8
        """
        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def export(
        self,
        filepath: str | os.PathLike[str],
        format: str | None = None,
        verbose: bool | None = None,
        input_signature: object = None,
    ) -> None:
        """Write the inference of the model to a file that is used without keraslite.

        The file has the computation and the weights. The first axis of the inputs may have any size there, and so may
        each other axis whose size is None. On JAX `jax.export.deserialize(content).call(*inputs)` runs it, on PyTorch
        `torch.export.load(filepath).module()(*inputs)`. Inputs are given one after another, in the order of `inputs`.

        Args:
            filepath: the path of the file; one that exists is replaced.
            format: "jax" for a model on JAX, "torch" for one on PyTorch. Default: None, the one of the engine.
            verbose: whether to print where the file is. Default: None, which prints nothing.
            input_signature: a nest of `InputSpec`s, symbolic tensors or tensors with the shapes and dtypes of the
                inputs. Default: None, the model's own inputs; a model without a graph of layers needs one.

        Raises:
            MissingCapabilityError: if the model's engine writes no such files.
            ArgumentError: for another format, or an input without a shape.
            NotBuiltError: if the model is not built, or the shapes of its inputs are not known.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> if "export" in keras.backend.registry.current().capabilities:
            ...     model.export("model.bin")
        """
        export_model(cast("Model", self), filepath, format, verbose, input_signature)

    def save_weights(
        self, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: float | None = None
    ) -> None:
        """Write the weights to a file, or to several files of limited size, which `load_weights` reads.

        The ending of the path chooses the format:

        - `.weights.h5`: an HDF5 file, which Keras 3 reads;
        - `.weights.json`: an index, with HDF5 files beside it of at most `max_shard_size`. Keras 3 reads them;
        - `.safetensors`: the format of the package of that name. The key of an array is its place in a `.weights.h5`
          file, such as "layers/dense/vars/0".

        Args:
            filepath: a path with one of these endings. With `max_shard_size`, `.weights.h5` stands for `.weights.json`.
            overwrite: whether an existing file may be replaced. Default: True.
            max_shard_size: how large the arrays in one file may be together, in GB (2**30 bytes), greater than 0. A
                larger array has a file of its own. Default: None, one file.

        Raises:
            ArgumentError: if the path has another ending, or the file exists and `overwrite` is False.
            FileError: if a file cannot be written.
            NotBuiltError: if the model has no weights yet.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> model.save_weights("model.weights.h5")
            >>> model.save_weights("model.weights.json", max_shard_size=0.5)
            >>> model.load_weights("model.weights.json")
        """
        saving.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(
        self,
        filepath: str | os.PathLike[str],
        skip_mismatch: bool = False,
        *,
        strict: bool = True,
        **kwargs: object,
    ) -> saving.LoadReport | None:
        """Read the weights from a file into this model's variables: all of them or none.

        Args:
            filepath: the path of a `.weights.h5`, `.weights.json`, `.safetensors` or `.keras` file, or of an `.h5` file
                of weights or a model in the format of Keras 2.
            skip_mismatch: whether to skip weights that do not fit, with a warning that lists them. Default: False.
            strict: whether weights that do not fit are an error, or with `skip_mismatch` a warning. With False, they
                are skipped, and only the report says so. Default: True.
            **kwargs: `by_name=True` for `.h5` files: layers are found by their names, not by their order, and those
                that the file lacks stay as they are.

        Returns:
            With `skip_mismatch`, or without `strict`, a `saving.LoadReport`: what was read, and what was skipped and
            why. Otherwise None.

        Raises:
            ArgumentError: if there is no such file, or its path has another ending.
            WeightsMismatchError: if weights do not fit, or do not exist yet, and are not skipped.
            CorruptFileError: if the file is damaged. No weight is changed then.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> model.save_weights("model.weights.h5")
            >>> other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> other.load_weights("model.weights.h5")
            >>> bool((other.get_weights()[0] == model.get_weights()[0]).all())
            True
            >>> larger = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
            >>> report = larger.load_weights("model.weights.h5", strict=False)
            >>> [each.place for each in report.of_kind("missing")]
            ['layers/dense_1/vars/0', 'layers/dense_1/vars/1']
        """
        return saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, strict=strict, **kwargs)

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, dict[str, Any]]:
        """Return the values of all Variables as nested dicts.

        Args:
            value_format: "backend_tensor" for tensors of the engine, "numpy_array" for arrays on the host.

        Returns:
            A dict with the keys "trainable_variables", "non_trainable_variables", "optimizer_variables" and
            "metrics_variables". Each holds nested dicts by the parts of the Variables' paths.

        Raises:
            ArgumentError: for another format, or if two Variables have one path.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")], name="m")
            >>> model.get_state_tree("numpy_array")["trainable_variables"]["m"]["d"]["bias"].tolist()
            [0.0, 0.0]
        """
        return _state_tree.get_state_tree(cast("Model", self), value_format)

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Assign the values of nested dicts, such as `get_state_tree` returns, to the Variables.

        Args:
            state_tree: dicts by the same keys, with arrays or tensors. Variables that it lacks stay as they are.

        Raises:
            UnknownNameError: for a key that stands for no Variable. Then nothing is assigned.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")], name="m")
            >>> model.set_state_tree({"trainable_variables": {"m": {"d": {"bias": np.ones(2)}}}})
            >>> model.get_weights()[1].tolist()
            [1.0, 1.0]
        """
        _state_tree.set_state_tree(cast("Model", self), state_tree)

    def to_json(self, **kwargs: Any) -> str:
        """Return the architecture of the model as JSON text, which `model_from_json` reads.

        Args:
            **kwargs: arguments of `json.dumps`, such as `indent`.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> keras.models.model_from_json(model.to_json()).output_shape
            (None, 2)
        """
        return json.dumps(serialization.serialize(self), **kwargs)
