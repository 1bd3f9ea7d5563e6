"""Transforms of pure functions over flat lists of `tf.Tensor`. What each does stands in `docs/engines.md`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any

import tensorflow as tf

from .compiling import spec
from .gradients import own_gradient
from .interrupts import interrupts_kept
from .tensors import dtype_names, native

Tensors = list[Any]
_ZERO = tf.UnconnectedGradients.ZERO
# vectorized_map has no rule for the gradient of tf.cond: within it both branches run, and one is chosen.
_batching: ContextVar[bool] = ContextVar("keraslite_tensorflow_batching", default=False)
_forward: ContextVar[bool] = ContextVar("keraslite_tensorflow_forward", default=False)


def is_tracing() -> bool:
    """Whether a graph is built."""
    return not tf.executing_eagerly()


def is_batched() -> bool:
    """Whether one sample of a `vmap` is computed."""
    return _batching.get()


def is_forward() -> bool:
    """Whether `jvp` differentiates, which needs the derivatives of all gradients."""
    return _forward.get()


def no_gradient() -> AbstractContextManager[None]:
    return nullcontext()


def stop_gradient(variable: tf.Tensor) -> tf.Tensor:
    return tf.stop_gradient(variable)


def signature(x: tf.Tensor) -> Any:
    return tuple(x.shape), x.dtype


def abstract_eval(fn: Callable[[Tensors], Tensors], specs: Sequence[Any]) -> list[tuple[tuple[int, ...], str]]:
    graph = tf.function(lambda *tensors: fn(list(tensors)), autograph=False)
    with interrupts_kept():
        outputs = graph.get_concrete_function(*(spec(x) for x in specs)).structured_outputs
    return [(tuple(x.shape.as_list()), dtype_names[x.dtype]) for x in outputs]


def value_and_grad(fn: Callable[[Tensors], tuple[Any, Tensors]], values: Tensors) -> tuple[Any, Tensors, Tensors]:
    values = [tf.identity(x) for x in values]  # a tensor given twice is differentiated twice
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        loss, aux = fn(values)
    return loss, aux, _dense(tape.gradient(loss, values, unconnected_gradients=_ZERO))


def vjp(fn: Callable[[Tensors], tuple[Tensors, Tensors]], values: Tensors) -> tuple[Tensors, Tensors, Any]:
    values = [tf.identity(x) for x in values]
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(values)
        outputs, aux = fn(values)

    def pull(cotangents: Tensors) -> Tensors:
        return _dense(tape.gradient(outputs, values, cotangents, unconnected_gradients=_ZERO))

    return outputs, aux, pull


def jvp(fn: Any, values: Tensors, tangents: Tensors) -> tuple[Tensors, Tensors, Tensors]:
    values = [tf.identity(x) for x in values]
    token = _forward.set(True)
    try:
        with tf.autodiff.ForwardAccumulator(values, tangents) as forward:
            outputs, aux = fn(values)
    finally:
        _forward.reset(token)
    return outputs, aux, [forward.jvp(x, unconnected_gradients=_ZERO) for x in outputs]


def vmap(fn: Callable[[Tensors], Tensors], values: Tensors, axes: list[int]) -> Tensors:
    rows = [tf.experimental.numpy.moveaxis(x, axis, 0) if axis else x for x, axis in zip(values, axes, strict=True)]

    errors: list[Exception] = []

    @tf.autograph.experimental.do_not_convert
    def one(row: Tensors) -> Tensors:
        token = _batching.set(True)
        try:
            return fn(list(row))
        except Exception as error:
            errors.append(error)
            raise
        finally:
            _batching.reset(token)

    try:
        return tf.vectorized_map(one, rows)
    except Exception:
        if errors:  # as it was raised, and not in AutoGraph's wrapping
            raise errors[0] from None
        raise


def scan(step: Any, carry: Tensors, xs: Tensors, length: Any, reverse: bool, unroll: int, outputs: Any):
    if isinstance(length, int) and length > 0 and (length <= unroll or tf.executing_eagerly()):
        return _unrolled(step, carry, xs, length, reverse)
    # Rows are read from arrays: the gradient of a slice would be all of `x`, at every step.
    rows = [tf.TensorArray(x.dtype, size=length, element_shape=x.shape[1:]).unstack(x) for x in xs]
    arrays = [tf.TensorArray(native[dtype], size=length, element_shape=shape) for shape, dtype in outputs]
    at_once = max(min(unroll, length), 1) if isinstance(length, int) else 1
    rest = length % at_once if at_once > 1 else 0

    def advance(times: int, i: Any, carry: Tensors, arrays: Any) -> tuple[Any, Tensors, Any]:
        for _ in range(times):
            at = length - 1 - i if reverse else i
            carry, y = step(list(carry), [row.read(at) for row in rows])
            i, arrays = i + 1, [array.write(at, part) for array, part in zip(arrays, y, strict=True)]
        return i, carry, arrays

    state: Any = (tf.constant(0), list(carry), arrays)
    state = tf.while_loop(
        lambda i, *_: i < length - rest,
        lambda *state: advance(at_once, *state),
        state,
        maximum_iterations=length // at_once,
    )
    _, carry, arrays = advance(rest, *state)
    return list(carry), [_fixed(array.stack(), length) for array in arrays]


def _unrolled(step: Any, carry: Tensors, xs: Tensors, length: int, reverse: bool) -> tuple[Tensors, Tensors]:
    """`scan` without a loop of TensorFlow, which eager mode would run in Python, too."""
    rows = list(zip(*(tf.unstack(x, length) for x in xs), strict=True)) or [()] * length
    order = range(length)[::-1] if reverse else range(length)
    ys: list[Tensors] = [[]] * length
    carry = list(carry)
    for at in order:
        carry, ys[at] = step(carry, list(rows[at]))
    return list(carry), [tf.stack(parts) for parts in zip(*ys, strict=True)]


def cond(pred: Any, true_fn: Callable[[], Tensors], false_fn: Callable[[], Tensors]) -> Tensors:
    if _batching.get():
        return [tf.where(pred, x, y) for x, y in zip(true_fn(), false_fn(), strict=True)]
    return tf.nest.flatten(tf.cond(pred, true_fn, false_fn))


def switch(index: Any, branches: Sequence[Callable[[], Tensors]]) -> Tensors:
    if _batching.get():
        results = [branch() for branch in branches]
        chosen = results[-1]
        for i in reversed(range(len(branches) - 1)):
            chosen = [tf.where(index <= i, x, y) for x, y in zip(results[i], chosen, strict=True)]
        return chosen
    index = tf.clip_by_value(tf.cast(index, tf.int32), 0, len(branches) - 1)
    return tf.nest.flatten(tf.switch_case(index, list(branches)))


def while_loop(cond: Callable[[Tensors], Any], body: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    (values,) = tf.while_loop(lambda values: cond(list(values)), lambda values: (body(list(values)),), (list(values),))
    return list(values)


def checkpoint(fn: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    """The function as it is: `tf.recompute_grad` loses the gradients of tensors that `fn` closes over."""
    return fn(values)


def custom_gradient(fn: Callable[[Tensors], Any], pull: Any, values: Tensors) -> Tensors:
    @own_gradient
    def run(*values: Any) -> Any:
        outputs, residuals = fn(list(values))
        return tuple(outputs), lambda *cotangents: tuple(pull(residuals, list(cotangents)))

    return list(run(*values))


def _dense(gradients: Any) -> Tensors:
    return [tf.convert_to_tensor(x) for x in gradients]  # of a look-up they are IndexedSlices


def _fixed(x: tf.Tensor, length: Any) -> tf.Tensor:
    return tf.ensure_shape(x, (length, *x.shape[1:])) if isinstance(length, int) else x
