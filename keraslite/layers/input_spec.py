"""`InputSpec`: what a layer needs of an input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from keraslite import declared, ranges, tree
from keraslite.backend import dtypes
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.shapes import described
from keraslite.serialization import builtin

if TYPE_CHECKING:
    from keraslite.layers.base import Layer


@builtin("keras", also=["keras.layers"])
@declared.guard
class InputSpec:
    """Describes the rank, the sizes and the dtype that a layer needs. What is None is free.

    Args:
        dtype: the name of a dtype. Default: None, any.
        shape: the sizes with the batch, None where a size is free; it says the rank too. Default: None, any.
        ndim: the rank. Default: None, any.
        max_ndim: the largest rank. Default: None, any.
        min_ndim: the smallest rank. Default: None, any.
        axes: sizes by axis, such as `{-1: 64}`. Default: None, any.
        allow_last_axis_squeeze: whether a last axis of size 1 may be missing or be one too many. Default: False.
        name: the name of the input, to match dicts of inputs. Default: None.
        optional: whether the input may be None. Default: False.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> from keraslite import layers
        >>> spec = layers.InputSpec(ndim=2, axes={-1: 4})
        >>> spec.problem((None, 3), "float32")
        'an input of size 4 along axis -1'
    """

    argument_checks = ranges.checks(
        ndim=ranges.unsigned_int | None,
        max_ndim=ranges.unsigned_int | None,
        min_ndim=ranges.unsigned_int | None,
        allow_last_axis_squeeze=ranges.flag,
        optional=ranges.flag,
        name=ranges.text | None,
    )

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: Mapping[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype = None if dtype is None else dtypes.canonical(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.name, self.optional = name, optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        try:
            self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        except (TypeError, ValueError, AttributeError):
            raise ArgumentError(f"`InputSpec` needs `axes` to be a dict of sizes by axis. Received {axes!r}.") from None

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal spec."""
        keys = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {key: getattr(self, key) for key in keys}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """Make a spec.

        Args:
            config: what `get_config` returned.
        """
        return cls(**config)

    def __repr__(self) -> str:
        keys = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes")
        shown = [f"{key}={value}" for key in keys if (value := getattr(self, key)) not in (None, {})]
        return f"InputSpec({', '.join(shown)})"

    def problem(self, shape: tuple[int | None, ...], dtype: str) -> str | None:
        """Say in words what an input lacks, or return None.

        Args:
            shape: the input's shape, None for unknown sizes.
            dtype: the name of its dtype.
        """
        ndim = len(shape)
        if self.shape is not None and self.allow_last_axis_squeeze:
            return self._squeezed_problem(shape)
        if self.ndim is not None and ndim != self.ndim:
            return f"an input with {_axes(self.ndim)}{self._pattern()}"
        if self.max_ndim is not None and ndim > self.max_ndim:
            return f"an input with at most {_axes(self.max_ndim)}"
        if self.min_ndim is not None and ndim < self.min_ndim:
            return f"an input with at least {_axes(self.min_ndim)}"
        if self.dtype is not None and dtype != self.dtype:
            return f"an input of dtype {self.dtype}"
        for axis, size in self.axes.items():
            if size is not None and -ndim <= axis < ndim and shape[axis] not in (size, None):
                return f"an input of size {size} along axis {axis}"
        if self.shape is not None and not _fits(shape, self.shape):
            return f"an input of shape {self.shape}"
        return None

    def _squeezed_problem(self, shape: tuple[int | None, ...]) -> str | None:
        expected = self.shape or ()
        candidates = [shape, (*shape, 1), shape[:-1] if shape[-1:] == (1,) else shape]
        return None if any(_fits(each, expected) for each in candidates) else f"an input of shape {expected}"

    def _pattern(self) -> str:
        return "" if self.shape is None else f", of shape {self.shape}"


def _axes(count: int) -> str:
    return f"{count} axis" if count == 1 else f"{count} axes"


def _advice(spec: InputSpec, shape: tuple[int | None, ...], dtype: str) -> str:
    ndim = len(shape)
    if ndim != (spec.ndim or ndim) or ndim > (spec.max_ndim or ndim) or ndim < (spec.min_ndim or ndim):
        return "Reshape the input; its first axis is the batch."
    if spec.dtype is not None and dtype != spec.dtype:
        return f"Cast the input to {spec.dtype}."
    return "Change the input, or make the layer anew for inputs of that size."


def _fits(shape: tuple[int | None, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(
        a is None or b is None or a == b for a, b in zip(shape, expected, strict=True)
    )


def check_inputs(layer: Layer, inputs: object) -> None:
    """Raise `ArgumentError` if `inputs`, the first argument of a call, do not fit `layer.input_spec`."""
    specs = layer.input_spec
    if specs is None:
        return
    if isinstance(specs, dict) and isinstance(inputs, dict):
        missing = [key for key in specs if key not in inputs]
        if missing:
            raise ArgumentError(f"{title(layer)} needs the inputs {list(specs)}. Received {list(inputs)}.")
        specs, values = list(specs.values()), [inputs[key] for key in specs]
    else:
        specs, values = tree.leaves(specs), tree.leaves(inputs)
    if len(specs) != len(values):
        counted = f"{len(specs)} input" + ("s" if len(specs) != 1 else "")
        raise ArgumentError(f"{title(layer)} needs {counted}. Received {len(values)}.")
    for index, (spec, value) in enumerate(zip(specs, values, strict=True)):
        if spec is None or (value is None and spec.optional):
            continue
        found = described(value)
        if found is None:
            advice = " Does the `call` that made it return nothing?" if value is None else ""
            raise ArgumentError(
                f"{title(layer)} needs a tensor. Received {value!r:.80} of type {type(value).__name__}.{advice}"
            )
        shape, dtype = found
        problem = spec.problem(shape, dtype)
        if problem is not None:
            which = f" as input {index}" if len(specs) > 1 else ""
            wrong_dtype = f" and dtype {dtype}" if spec.dtype is not None else ""
            raise ArgumentError(
                f"{title(layer)} needs {problem}. Received shape {shape}{wrong_dtype}{which}. "
                f"{_advice(spec, shape, dtype)}"
            )
