"""Numbers at equal or growing distances."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, reals, where
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import ndim, saturate_cast
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DType, Tensor, TensorLike, composite, given_name, primitive
from keraslite.ops.dimension import Dimension, apply
from keraslite.ops.division import divide
from keraslite.ops.dtype import Dtypes, Names, WrongDType, asked, promote_float
from keraslite.ops.elementwise import absolute, add, multiply, power, sign, subtract
from keraslite.ops.exponential import exp, log
from keraslite.ops.manipulation import broadcast_to, expand_dims, reshape
from keraslite.ops.order import moveaxis
from keraslite.ops.planning import whole_number, whole_numbers
from keraslite.ops.rounding import floor, trunc
from keraslite.ops.shape import Dims, Mismatch, broadcast
from keraslite.ops.symbolic import is_symbolic

__all__ = ["arange", "geomspace", "linspace", "logspace"]


def _range_dtype(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    given = asked(attributes)
    if given and lattice.is_complex(given):
        raise WrongDType(f"needs a real dtype. Received dtype={given}. Use `ops.cast` on the result.")
    start, stop, step = attributes["start"], attributes["stop"], attributes["step"]
    if not given:
        bounds = [b for b in (start, stop, step) if b is not None]
        given = lattice.promote(*("int?" if isinstance(b, (int, Dimension)) else _weak(b) for b in bounds))
    if lattice.is_int(given):
        _need_room(given, *((0, start) if stop is None else (start, stop)), 1 if step is None else step)
    return (), given


def _need_room(dtype: str, start: Any, stop: Any, step: Any) -> None:
    """Raise where the first or the last number of a range is none that an integer `dtype` can hold."""
    if dtype == "int32" and step == 1 and type(start) is type(stop) is int and 0 <= start <= stop < 2**31:
        return  # nearly always: let it cost nothing
    start, stop, step = [b.item() if isinstance(b, np.generic) else b for b in (start, stop, step)]
    for bound in (start, stop, step):
        if type(bound) is not int and (type(bound) is not float or not math.isfinite(bound)):
            return  # only the engine knows it
    if step and (stop - start) * step > 0:
        whole_number(start, dtype, "arange", keeps=True)
        whole = isinstance(start, int) and isinstance(stop, int) and isinstance(step, int)
        count = -((start - stop) // step) if whole else math.ceil((stop - start) / step)
        whole_number(start + (count - 1) * step, dtype, "arange", keeps=True)


def _weak(bound: TensorLike) -> str:
    return "float?" if isinstance(bound, float) else dtype_of(bound)


def _range_shape(start: Any, stop: Any = None, step: Any = None, dtype: str | None = None) -> Dims:
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    if step == 0:
        raise ArgumentError("`arange` needs a step that is not 0. Received step=0.")
    for bound in (start, stop, step):
        if isinstance(bound, (tuple, str)) or (isinstance(bound, float) and not math.isfinite(bound)):
            raise Mismatch(f"needs finite numbers. Received {bound!r}.")
    if any(isinstance(b, Dimension) for b in (start, stop, step)):
        gap = stop - start + step - (1 if step > 0 else -1)
        return (gap if step == 1 else apply("//", gap, step),)
    return (max(0, math.ceil((stop - start) / step)),)


@primitive(shape=_range_shape, dtype=_range_dtype)
def arange(
    start: float | Dimension | Tensor,
    stop: float | Dimension | Tensor | None = None,
    step: float | Dimension | Tensor | None = None,
    dtype: DType = None,
) -> Tensor:
    """Return numbers at equal distances, from `start` up to but not including `stop`.

    Args:
        start: the first number; with one argument it is `stop`, and the first number is 0.
        stop: the end, which is not included.
        step: the distance; None (default) for 1.
        dtype: None (default) for int32, or `config.floatx()` if one of the numbers is a float. Integers are rounded
            towards 0, and it is an error if they cannot hold a number of the range.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.arange(1, 7, 2)).tolist()
        [1, 3, 5]
    """
    ...


def _spaced_dtype(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    operands, common = promote_float(dtypes, attributes)
    result = asked(attributes) or common
    return operands, (result, common) if attributes.get("retstep") else result


def _spaced_shape(
    start: Dims, stop: Dims, num: int, endpoint: bool, retstep: bool, dtype: str | None, axis: int
) -> Any:
    common = broadcast(start, stop)
    at = axis % (len(common) + 1)
    result = (*common[:at], num, *common[at:])
    return [result, common] if retstep else result


@composite(shape=_spaced_shape, dtype=_spaced_dtype)
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType = None,
    axis: int = 0,
) -> Tensor:
    """Return `num` numbers at equal distances from `start` to `stop`.

    Args:
        start: the first number, or a tensor of them that broadcasts with `stop`.
        stop: the last number if `endpoint`, or the first one that is left out.
        num: how many, at least 0; 50 by default.
        endpoint: whether `stop` is the last number; True by default.
        retstep: whether to return `(numbers, distance)`; False by default.
        dtype: of the result; None (default) for a float dtype. Integers are rounded down. Numbers outside of their
            range are an error, or the nearest integers in it if `start` or `stop` is a tensor of an engine.
        axis: the position of the new axis; 0 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.linspace(0.0, 1.0, 5)).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if num < 0:
        raise ArgumentError(f"`linspace` needs `num` of 0 or more. Received {num}.")
    name, dtype = dtype_of(start), given_name(dtype)
    step = divide(subtract(stop, start), max(num - 1, 1) if endpoint else max(num, 1))
    index = reshape(arange(num, dtype=name), (num, *(1,) * ndim(step)))
    start = broadcast_to(start, dims_of(step))
    values = add(expand_dims(start, 0), multiply(index, expand_dims(step, 0)))
    if endpoint and num > 1:
        values = where(equal(index, num - 1), stop, values)
    if dtype is not None and lattice.is_int(dtype):
        values = floor(values)
    values = moveaxis(saturate_cast(values, dtype or name), 0, axis)
    return (values, step) if retstep else values  # type: ignore[return-value]  # a checker takes a pair apart too


def _ends_fit(
    start: TensorLike, last: Callable[[Any], Any], num: int, endpoint: bool, dtype: DType, where: str
) -> None:
    """Raise where the first or the last of spaced numbers is none that an integer `dtype` can hold.

    `last(part)` is what stands at that part of the way. What engines make of such numbers differs.
    """
    name = given_name(dtype)
    if name is not None and lattice.is_int(name) and num > 0:
        part = 1.0 if endpoint and num > 1 else (num - 1) / num
        with np.errstate(all="ignore"):
            ends = [np.floor(np.asarray(x, "float64")) for x in (start, last(part))]
        for end in ends:
            whole_numbers(end, name, f"`{where}`")


def _on_host(*values: object) -> bool:
    return all(registry.engine_of(x) is None and not is_symbolic(x) for x in values)


def _linear_ends(args: tuple, dims: list) -> None:
    start, stop, num, endpoint, _, dtype, _ = args
    if dtype is not None and _on_host(start, stop):
        start, stop = np.asarray(start, "float64"), np.asarray(stop, "float64")
        _ends_fit(start, lambda part: start + (stop - start) * part, num, endpoint, dtype, "linspace")


linspace.op.check_values = _linear_ends


def _log_spaced_dtype(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    operands, common = reals(promote_float)(dtypes, attributes)
    return operands, asked(attributes) or common


def _log_spaced_shape(start: Dims, stop: Dims, num: int, *rest: Any) -> Dims:
    if num < 0:
        raise Mismatch(f"needs `num` of 0 or more. Received {num}.")
    return _spaced_shape(start, stop, num, True, False, None, rest[-1])


def _towards_0(values: Tensor, dtype: str | None) -> Tensor:
    # Where integers are wanted, what rounding left just below one is one.
    if dtype is None or not lattice.is_int(dtype):
        return values
    limits = ml_dtypes.finfo(lattice.to_numpy_dtype(dtype_of(values)))
    return saturate_cast(trunc(multiply(values, 1 + 8 * float(limits.eps))), dtype)


@composite(shape=_log_spaced_shape, dtype=_log_spaced_dtype, eager_check=True)
def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: float | Tensor = 10,
    dtype: DType = None,
    axis: int = 0,
) -> Tensor:
    """Return `base` to the powers `linspace(start, stop, num, endpoint, axis=axis)`.

    Args:
        start: the first exponent, or a tensor of them that broadcasts with `stop`.
        stop: the last exponent if `endpoint`, or the first one that is left out.
        num: how many, at least 0; 50 by default.
        endpoint: whether `stop` is the last exponent; True by default.
        base: the base; 10 by default.
        dtype: of the result; None (default) for a float dtype. Integers are rounded towards 0. Numbers outside of
            their range are treated as in `linspace`.
        axis: the position of the new axis; 0 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.logspace(0.0, 2.0, 3)).round(3))
        [  1.  10. 100.]
    """
    return _towards_0(power(base, linspace(start, stop, num, endpoint, axis=axis)), given_name(dtype))


def _logarithmic_ends(args: tuple, dims: list) -> None:
    start, stop, num, endpoint, base, dtype, _ = args
    if dtype is not None and _on_host(start, stop, base):
        start, stop = np.asarray(start, "float64"), np.asarray(stop, "float64")
        last = lambda part: np.power(float(base), start + (stop - start) * part)  # noqa: E731
        _ends_fit(np.power(float(base), start), last, num, endpoint, dtype, "logspace")


logspace.op.check_values = _logarithmic_ends


@composite(shape=_log_spaced_shape, dtype=_log_spaced_dtype, eager_check=True)
def geomspace(
    start: TensorLike, stop: TensorLike, num: int = 50, endpoint: bool = True, dtype: DType = None, axis: int = 0
) -> Tensor:
    """Return `num` numbers from `start` to `stop`, each the same multiple of the one before it.

    Args:
        start: the first number, not 0, or a tensor of them that broadcasts with `stop`.
        stop: the last number if `endpoint`, or the first one that is left out. Between numbers of different signs there
            is NaN.
        num: how many, at least 0; 50 by default.
        endpoint: whether `stop` is the last number; True by default.
        dtype: of the result; None (default) for a float dtype. Integers are rounded towards 0. Numbers outside of
            their range are treated as in `linspace`.
        axis: the position of the new axis; 0 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.geomspace(1.0, 8.0, 4)).round(3))
        [1. 2. 4. 8.]
    """
    alike = log(multiply(sign(start), sign(stop)))  # 0, or NaN
    values = exp(linspace(add(log(absolute(start)), alike), log(absolute(stop)), num, endpoint))
    values = multiply(sign(start), values)
    index = reshape(arange(num), (num, *(1,) * (ndim(values) - 1)))
    values = where(equal(index, 0), start, values)
    if endpoint and num > 1:
        values = where(equal(index, num - 1), stop, values)
    return moveaxis(_towards_0(values, given_name(dtype)), 0, axis)


def _geometric_ends(args: tuple, dims: list) -> None:
    start, stop, num, endpoint, dtype, _ = args
    if dtype is not None and _on_host(start, stop):
        start, stop = np.asarray(start, "float64"), np.asarray(stop, "float64")
        _ends_fit(start, lambda part: start * (stop / start) ** part, num, endpoint, dtype, "geomspace")


geomspace.op.check_values = _geometric_ends
