"""Saving and loading whole models, and their weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keraslite import allowance, serialization
from keraslite.backend.tracebacks import shortened, shortens
from keraslite.errors import ArgumentError, CorruptFileError
from keraslite.layers.base import Layer
from keraslite.saving import archive, assets, damage, files, hdf5, json_text, weights
from keraslite.saving.narrowing import narrowed
from keraslite.saving.walk import parts


@shortens
def save_model(
    model: object, filepath: object, overwrite: bool = True, zipped: bool | None = None, **kwargs: object
) -> None:
    """Write architecture, weights, `compile` arguments and optimizer state to a `.keras` file.

    Args:
        model: a built model.
        filepath: a path ending in `.keras`.
        overwrite: whether an existing file may be replaced.
        zipped: True or None; Keras writes a folder for False.
        kwargs: arguments from earlier versions of Keras: `save_format="keras"` (or "keras_v3", or None), and
            `include_optimizer=False`, which leaves out the optimizer's state.

    Example:
        >>> from keraslite import Input, layers, models
        >>> model = models.Sequential([Input((4,)), layers.Dense(3)])
        >>> models.save_model(model, "model.keras")
        >>> models.load_model("model.keras").count_params()
        15
    """
    form, optimizer = kwargs.pop("save_format", None), kwargs.pop("include_optimizer", True)
    if kwargs or zipped is False:
        raise ArgumentError(f"`save_model` writes one zip file. Received {kwargs or {'zipped': zipped}}.")
    if form not in (None, "keras", "keras_v3"):
        raise ArgumentError(
            f'`save_model` needs `save_format` to be "keras". Received {form!r}. Leave it out, and use `save_weights` '
            "for weights alone."
        )
    path = files.path_of(filepath, "save_model")
    if not path.endswith(".keras"):
        raise ArgumentError(f"`save_model` needs a path that ends in `.keras`. Received {path!r}.")
    files.write_file(path, packed(model, optimizer=bool(optimizer))[0], overwrite)


def load_model(
    filepath: object,
    custom_objects: Mapping[str, object] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
    max_bytes: float | None = None,
) -> object:
    """Return the model in a `.keras` file, which we or Keras 3 wrote.

    A file cannot run code, and it cannot ask for much more memory than it has bytes.

    Args:
        filepath: a path.
        custom_objects: classes and functions by name, besides the registered ones; None (default) for none.
        compile: whether to restore what `compile` was given, and the optimizer's state; True by default. With False,
            models within the model are not compiled either.
        safe_mode: accepted for Keras's sake: code is never loaded from a file.
        max_bytes: how much memory the file may ask for in all: for what its parts are unpacked to, for the weights of
            layers, optimizer and metrics, and for tables that layers make. `math.inf` for no limit. Default: None,
            which is 64 MiB and 8 times the size of the file.

    Raises:
        CorruptFileError: if the file is damaged, or no model.
        UnsafeModelError: if it asks for code, for other files, or for more memory than `max_bytes`.
        SerializationError: if the model cannot be made from its config.
        UnknownNameError: if it names a class or function that is not known here.
        WeightsMismatchError: if its weights do not fit its layers.

    Example:
        >>> from keraslite import Input, layers, models
        >>> model = models.Sequential([Input((4,)), layers.Dense(3)])
        >>> model.save("model.keras")
        >>> models.load_model("model.keras").output_shape
        (None, 3)
    """
    with shortened():
        path = files.path_of(filepath, "load_model")
        with allowance.limited(allowance.Allowance(path, max_bytes)):
            return loads(files.read_file(path), custom_objects, compile=compile, where=path)


def dumps(model: object) -> bytes:
    """Return the content of a `.keras` file."""
    return packed(model)[0]


def packed(model: Any, *, optimizer: bool = True) -> tuple[bytes, dict[str, Any]]:
    """Return the content of a `.keras` file, and the user's classes and functions that it names.

    Args:
        model: a built model.
        optimizer: whether the state of the optimizer is part of it; True by default.

    Raises:
        NotBuiltError: if the model has no weights yet.

    Example:
        >>> from keraslite import Input, layers, models, saving
        >>> content, used = saving.packed(models.Sequential([Input((4,)), layers.Dense(3)]))
        >>> type(content), used
        (<class 'bytes'>, {})
    """
    weights.check_built(model)
    with serialization.sharing_scope() as sharing, serialization.noting_used() as used:
        config = sharing.marked(serialization.serialize(model))
    stored = hdf5.packed(weights.entries(model, optimizer=optimizer))
    content = archive.pack(config, stored, assets.stored(parts(model)))
    return content, used


def loads(
    content: bytes,
    custom_objects: Mapping[str, Any] | None = None,
    *,
    compile: bool = True,
    where: str = "the archive",
    prepare: Callable[[Any], None] | None = None,
) -> Any:
    """Return the model in the content of a `.keras` file. It goes through `prepare` before it gets its weights.

    What it asks for is not limited here.
    """
    with damage.reading(where):
        unpacked = archive.Unpacked(content, where)
        config = narrowed(unpacked.config(), where)
    if not compile:
        config = _not_compiled(config)
    with serialization.custom_object_scope(dict(custom_objects or {})), serialization.sharing_scope():
        model = _deserialize(config, where)
    if not isinstance(model, Layer):
        raise CorruptFileError(f"{where} needs to hold a model. Received {type(model).__name__}.")
    if prepare is not None:
        prepare(model)
    with unpacked.weights() as file:
        found, _ = weights.read(hdf5.contents(file, where), model, where=where)
        assets.restore(found, unpacked.assets())
    return model


def _not_compiled(config: Any) -> Any:
    """Return the config of a model without what it, and the models in it, were compiled with."""
    if isinstance(config, list):
        return [_not_compiled(item) for item in config]
    if not isinstance(config, dict):
        return config
    left_out = "compile_config" if "class_name" in config else None
    return {key: _not_compiled(value) for key, value in config.items() if key != left_out}


def _deserialize(config: dict[str, Any], where: str) -> Any:
    with damage.making(where):
        return serialization.deserialize(config)


def model_from_json(json_string: str, custom_objects: Mapping[str, object] | None = None) -> object:
    """Return a new model from the JSON text that `Model.to_json` returned. Its weights are new.

    Args:
        json_string: the text.
        custom_objects: classes and functions by name, besides the registered ones; None (default) for none.

    Example:
        >>> from keraslite import Input, layers, models
        >>> model = models.Sequential([Input((4,)), layers.Dense(3)])
        >>> models.model_from_json(model.to_json()).count_params()
        15
    """
    where = "`json_string`"
    if not isinstance(json_string, (str, bytes)):
        raise ArgumentError(f"`model_from_json` needs text. Received {type(json_string).__name__}.")
    allowed = allowance.Allowance(where, deferred=False, advice="Make it smaller")
    allowed.grow(len(json_string))
    with allowance.limited(allowed):
        config = json_text.parse(json_string, where)
        with damage.making(where), serialization.custom_object_scope(custom_objects or {}):
            return serialization.deserialize(config)


def unpickle(
    content: bytes, custom_objects: Mapping[str, object], prepare: Callable[[Any], None] | None = None
) -> object:
    """Called by `pickle` and `copy`. The classes come through `pickle` by reference, never from `content`."""
    return loads(content, custom_objects, where="the pickled model", prepare=prepare)
