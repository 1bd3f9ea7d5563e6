"""Convolutions and pooling against plain loops in float64."""

from __future__ import annotations

import itertools

import numpy as np

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(3)


def array(*shape):
    return GENERATOR.normal(size=shape)


# ---- references: loops over windows ------------------------------------------------------------------------------


def each(value, rank):
    return (value,) * rank if isinstance(value, int) else tuple(value)


def first(x):
    return np.moveaxis(x, -1, 1)


def last(x):
    return np.moveaxis(x, 1, -1)


def pads(size, window, stride, padding):
    if padding == "valid":
        return 0, (size - window) // stride + 1
    count = -(-size // stride)
    return max((count - 1) * stride + window - size, 0) // 2, count


def walk(x, window, strides, padding, dilation):
    """(output position, {tap: input position}) over all windows; taps outside are left out."""
    plans = [
        pads(n, (k - 1) * d + 1, s, padding)
        for n, k, s, d in zip(x.shape[1:-1], window, strides, dilation, strict=True)
    ]
    counts = [count for _, count in plans]
    for at in itertools.product(*map(range, counts)):
        inside = {}
        for tap in itertools.product(*map(range, window)):
            parts = zip(at, strides, tap, dilation, plans, strict=True)
            source = tuple(o * s + t * d - b for o, s, t, d, (b, _) in parts)
            if all(0 <= i < n for i, n in zip(source, x.shape[1:-1], strict=True)):
                inside[tap] = source
        yield at, counts, inside


def conv(inputs, kernel, strides=1, padding="valid", data_format="channels_last", dilation_rate=1):
    if data_format == "channels_first":
        return first(conv(last(inputs), kernel, strides, padding, "channels_last", dilation_rate))
    rank, (per_group, filters) = inputs.ndim - 2, kernel.shape[-2:]
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    groups = inputs.shape[-1] // per_group
    result = None
    every = slice(None)
    for at, counts, inside in walk(inputs, kernel.shape[:rank], strides, padding, dilation):
        if result is None:
            result = np.zeros((inputs.shape[0], *counts, filters))
        for tap, source in inside.items():
            for g in range(groups):
                channels = slice(g * per_group, (g + 1) * per_group)
                made = slice(g * filters // groups, (g + 1) * filters // groups)
                result[(every, *at, made)] += inputs[(every, *source, channels)] @ kernel[(*tap, every, made)]
    return result


def depthwise_conv(inputs, kernel, strides=1, padding="valid", data_format="channels_last", dilation_rate=1):
    single = kernel.reshape(*kernel.shape[:-2], 1, -1)
    return conv(inputs, single, strides, padding, data_format, dilation_rate)


def separable_conv(inputs, depthwise, pointwise, strides, padding, data_format="channels_last", dilation_rate=1):
    middle = depthwise_conv(inputs, depthwise, strides, padding, data_format, dilation_rate)
    return conv(middle, pointwise, 1, "valid", data_format)


def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format="channels_last",
                   dilation_rate=1):  # fmt: skip
    """Each input adds its kernel; then what Keras cuts off, from its documentation of sizes."""
    if data_format == "channels_first":
        made = conv_transpose(last(inputs), kernel, strides, padding, output_padding, "channels_last", dilation_rate)
        return first(made)
    rank = inputs.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    spatial, window = inputs.shape[1:-1], [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation, strict=False)]
    whole = [(n - 1) * s + w for n, s, w in zip(spatial, strides, window, strict=True)]
    room = [n + 20 for n in whole]
    result = np.zeros((inputs.shape[0], *room, kernel.shape[-2]))
    for at in itertools.product(*map(range, spatial)):
        for tap in itertools.product(*map(range, kernel.shape[:rank])):
            target = tuple(i * s + t * d for i, s, t, d in zip(at, strides, tap, dilation, strict=True))
            result[(slice(None), *target)] += inputs[(slice(None), *at)] @ kernel[tap].T
    cuts = []
    for i, (n, s, w) in enumerate(zip(spatial, strides, window, strict=True)):
        if output_padding is None:
            size = n * s if padding == "same" else n * s + max(w - s, 0)
            begin = max(w - s, 0) // 2 if padding == "same" else 0
        else:
            extra = each(output_padding, rank)[i]
            cut = 2 * (w // 2) if padding == "same" else 0
            size, begin = (n - 1) * s + w - cut + extra, max(cut - extra, 0) // 2
        cuts.append(slice(begin, begin + size))
    return result[(slice(None), *cuts)]


def pool(reduce):
    def run(inputs, pool_size, strides=None, padding="valid", data_format="channels_last"):
        if data_format == "channels_first":
            return first(run(last(inputs), pool_size, strides, padding))
        rank = inputs.ndim - 2
        window = each(pool_size, rank)
        result = None
        for at, counts, inside in walk(inputs, window, each(strides or window, rank), padding, (1,) * rank):
            if result is None:
                result = np.zeros((inputs.shape[0], *counts, inputs.shape[-1]))
            found = [inputs[(slice(None), *source)] for source in inside.values()]
            result[(slice(None), *at)] = reduce(found, axis=0)
        return result

    return run


# ---- rows --------------------------------------------------------------------------------------------------------

IMAGE, LINE, VOLUME = array(2, 7, 8, 4), array(2, 9, 4), array(2, 5, 4, 6, 2)
CONV = (
    call(IMAGE, array(3, 2, 4, 6)),
    call(IMAGE, array(3, 3, 4, 6), strides=2, padding="same"),
    call(IMAGE, array(2, 3, 4, 5), strides=(1, 3), padding="SAME"),
    call(IMAGE, array(3, 3, 4, 5), dilation_rate=(2, 1)),
    call(IMAGE, array(2, 3, 4, 5), padding="same", dilation_rate=2),
    call(IMAGE, array(3, 3, 2, 6), strides=2, padding="same"),
    call(IMAGE, array(3, 3, 1, 8), padding="same"),
    call(first(IMAGE), array(3, 2, 4, 6), data_format="channels_first"),
    call(first(IMAGE), array(3, 2, 2, 6), 2, "same", "channels_first"),
    call(LINE, array(3, 4, 5), strides=2, padding="same"),
    call(LINE, array(3, 2, 6), dilation_rate=2),
    call(VOLUME, array(2, 2, 3, 2, 3), strides=(2, 1, 2), padding="same"),
    call(IMAGE, array(1, 1, 4, 3), 3, "same"),
)
DEPTHWISE = (
    call(IMAGE, array(3, 3, 4, 2)),
    call(IMAGE, array(3, 2, 4, 1), (2, 2), "same"),
    call(IMAGE, array(3, 2, 4, 2), (1, 2)),
    call(IMAGE, array(3, 3, 4, 2), padding="same", dilation_rate=2),
    call(first(IMAGE), array(3, 3, 4, 2), 2, "same", "channels_first"),
    call(LINE, array(3, 4, 2), 2, "same"),
    call(LINE, array(3, 4, 2), dilation_rate=2),
)
# Strides and dilation at once, of which some libraries have only one.
BOTH = {"strides": 2, "dilation_rate": 2}
DILATED_CONV = (
    call(LINE, array(3, 4, 5), padding="same", **BOTH),
    call(LINE, array(3, 4, 5), **BOTH),
    call(IMAGE, array(3, 2, 4, 3), padding="same", strides=(2, 1), dilation_rate=(1, 3)),
    call(IMAGE, array(3, 2, 2, 6), **BOTH),
    call(IMAGE, array(3, 2, 1, 8), padding="same", **BOTH),
    call(first(IMAGE), array(3, 3, 4, 3), padding="same", data_format="channels_first", **BOTH),
    call(VOLUME, array(2, 2, 2, 2, 3), padding="same", **BOTH),
)
DILATED_DEPTHWISE = (
    call(LINE, array(3, 4, 2), padding="same", **BOTH),
    call(LINE, array(3, 4, 1), **BOTH),
    call(IMAGE, array(3, 2, 4, 2), padding="same", **BOTH),
    call(IMAGE, array(3, 2, 4, 2), strides=(1, 2), dilation_rate=(2, 1)),
    call(first(LINE), array(3, 4, 2), padding="same", data_format="channels_first", **BOTH),
)
DILATED_SEPARABLE = (
    call(LINE, array(3, 4, 2), array(1, 8, 5), padding="same", **BOTH),
    call(LINE, array(3, 4, 2), array(1, 8, 5), padding="valid", **BOTH),
    call(IMAGE, array(3, 3, 4, 2), array(1, 1, 8, 5), padding="same", **BOTH),
)
SMALL = array(6, 3, 4, 3)  # a batch unlike any window, whose sizes must be known
TRANSPOSED = (
    *(
        call(SMALL, array(3, 2, 5, 3), strides, padding, extra)
        for strides in (1, 2, (3, 4))
        for padding in ("valid", "same")
        for extra in (None, 0, *([1] if strides != 1 else []))
    ),
    call(SMALL, array(3, 2, 5, 3), padding="same", dilation_rate=2),
    call(SMALL, array(2, 3, 5, 3), padding="valid", dilation_rate=(1, 2)),
    call(SMALL, array(2, 3, 5, 3), padding="same", **BOTH),
    call(array(7, 5, 3), array(3, 2, 3), padding="valid", **BOTH),
    call(first(SMALL), array(3, 3, 5, 3), 2, "same", None, "channels_first"),
    call(array(3, 5, 3), array(4, 2, 3), 2, "same"),
    call(array(5, 2, 3, 2, 3), array(2, 3, 2, 2, 3), 2, "same"),
)
POOL = (
    call(IMAGE, 2),
    call(IMAGE, (3, 2), 2, "same"),
    call(IMAGE, 3, 1, "same"),
    call(IMAGE, (2, 3), (2, 1)),
    call(first(IMAGE), 3, 2, "same", "channels_first"),
    call(first(IMAGE), 2, None, "valid", "channels_first"),
    call(LINE, 2, 2, "same"),
    call(VOLUME, (2, 3, 2), 2, "same"),
)
SPARSE_POOL = tuple(call(x, window, strides, padding) for x, window, strides in ((IMAGE, 1, 2), (IMAGE, (2, 1), (1, 3)),
                    (LINE, 2, 3), (VOLUME, 1, (2, 1, 3))) for padding in ("valid", "same"))  # fmt: skip
ROWS = [
    Row("conv", CONV, lambda *a, **k: conv(*a, **{**k, **lower(k)}), tolerance=2e-5, mixes=False),
    Row("depthwise_conv", DEPTHWISE, depthwise_conv, tolerance=2e-5, mixes=False),
    Row("separable_conv", (call(IMAGE, array(3, 3, 4, 2), array(1, 1, 8, 5), 2, "same"),), separable_conv,
        tolerance=5e-5, mixes=False),
    Row("conv_transpose", TRANSPOSED, conv_transpose, tolerance=2e-5, mixes=False),
    Row("conv", DILATED_CONV, conv, tolerance=2e-5, mixes=False),
    Row("depthwise_conv", DILATED_DEPTHWISE, depthwise_conv, tolerance=2e-5, mixes=False),
    Row("separable_conv", DILATED_SEPARABLE, separable_conv, tolerance=5e-5, mixes=False),
    Row("max_pool", SPARSE_POOL, pool(np.max)),
    Row("average_pool", SPARSE_POOL, pool(np.mean)),
    Row("max_pool", POOL, pool(np.max), dtypes={"int32": "int32"}),
    Row("average_pool", POOL, pool(np.mean), dtypes={"int32": "float32"}),
]  # fmt: skip


def lower(options):
    return {"padding": options["padding"].lower()} if "padding" in options else {}
