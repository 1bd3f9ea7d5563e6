"""The numeric settings that every part reads at call time: `floatx`, `epsilon`, `image_data_format`.

`keraslite.config` reads them from the configuration file and says where each came from. They stand here because
`keraslite.backend` offers them too, as Keras's `backend` does.
"""

from __future__ import annotations

from keraslite import check
from keraslite.backend import dtypes, registry

__all__ = [
    "DATA_FORMATS",
    "FLOATX",
    "backend",
    "epsilon",
    "floatx",
    "image_data_format",
    "keep",
    "origins",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "values",
]

FLOATX = ("float32", "float64", "float16", "bfloat16")
DATA_FORMATS = ("channels_last", "channels_first")

#: Settings by name, and where each came from. `keraslite.config` keeps its own among them.
values: dict[str, object] = {}
origins: dict[str, str] = {}

_epsilon = 1e-7
_image_data_format = "channels_last"


def keep(name: str, value: object, origin: str) -> None:
    """Set a setting, and note where its value came from."""
    global _epsilon, _image_data_format
    values[name] = value
    origins[name] = origin
    if name == "epsilon" and isinstance(value, (int, float)):
        _epsilon = value
    elif name == "image_data_format":
        _image_data_format = str(value)
    elif name == "floatx":
        dtypes.set_default_float(str(value))


def backend() -> str:
    """Return the name of the active engine: "numpy", "torch", "jax", "tensorflow" or that of a plug-in.

    Returns:
        A string. `keraslite.use_backend` and `keraslite.config.set_backend` change the active engine.

    Example:
        >>> import keraslite as keras
        >>> with keras.use_backend("numpy"):
        ...     keras.backend.backend()
        'numpy'
    """
    return registry.current().name


def floatx() -> str:
    """Return the name of the float dtype that is used where nothing says otherwise.

    Returns:
        "float32" unless `set_floatx` or the configuration file says otherwise.

    Example:
        >>> import keraslite as keras
        >>> keras.config.floatx()
        'float32'
    """
    return dtypes.default_float()


def set_floatx(value: str) -> None:
    """Set the float dtype that is used where nothing says otherwise, for the process.

    Args:
        value: "float32", "float64", "float16" or "bfloat16".

    Raises:
        ArgumentError: if `value` is none of these.

    Example:
        >>> import keraslite as keras
        >>> keras.config.set_floatx("float16")
        >>> keras.config.floatx()
        'float16'
        >>> keras.config.set_floatx("float32")
    """
    keep("floatx", check.one_of(value, FLOATX, "value", "set_floatx"), "set_floatx()")


def epsilon() -> float:
    """Return the small number that keeps divisions and logarithms finite.

    Returns:
        1e-7 unless `set_epsilon` or the configuration file says otherwise.

    Example:
        >>> import keraslite as keras
        >>> keras.config.epsilon()
        1e-07
    """
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the small number that keeps divisions and logarithms finite, for the process.

    Args:
        value: a number of at least 0.

    Raises:
        ArgumentError: if `value` is no such number.

    Example:
        >>> import keraslite as keras
        >>> keras.config.set_epsilon(1e-5)
        >>> keras.config.epsilon()
        1e-05
        >>> keras.config.set_epsilon(1e-7)
    """
    keep("epsilon", check.number(value, "value", "set_epsilon", low=0), "set_epsilon()")


def image_data_format() -> str:
    """Return where images have their channels if a layer or an op is not told.

    Returns:
        "channels_last" (batch, height, width, channels) or "channels_first" (batch, channels, height, width).

    Example:
        >>> import keraslite as keras
        >>> keras.config.image_data_format()
        'channels_last'
    """
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set where images have their channels if a layer or an op is not told, for the process.

    Args:
        data_format: "channels_last" or "channels_first".

    Raises:
        ArgumentError: if `data_format` is neither.

    Example:
        >>> import keraslite as keras
        >>> keras.config.set_image_data_format("channels_first")
        >>> keras.layers.GlobalMaxPooling2D().data_format
        'channels_first'
        >>> keras.config.set_image_data_format("channels_last")
    """
    check.one_of(data_format, DATA_FORMATS, "data_format", "set_image_data_format")
    keep("image_data_format", data_format, "set_image_data_format()")
