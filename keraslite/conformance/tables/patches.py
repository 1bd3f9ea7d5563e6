"""Windows as columns, space and depth, and adaptive pooling against plain loops in float64."""

from __future__ import annotations

import itertools

import numpy as np

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(12)


def array(*shape):
    return GENERATOR.normal(size=shape)


def taps(sizes, kernel_size, dilation, padding, stride):
    """(row of a column, window) and the pixels of the padded image that both meet in."""
    kernel, dilation, padding, stride = (np.broadcast_to(v, 2) for v in (kernel_size, dilation, padding, stride))
    counts = (np.array(sizes) + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    for i, tap in enumerate(itertools.product(*map(range, kernel))):
        for j, at in enumerate(itertools.product(*map(range, counts))):
            yield i, j, np.array(at) * stride + np.array(tap) * dilation


def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    down, across = np.broadcast_to(padding, 2)
    places = list(taps(x.shape[2:], kernel_size, dilation, padding, stride))
    padded = np.pad(x, ((0, 0), (0, 0), (down, down), (across, across)))
    result = np.zeros((*x.shape[:2], places[-1][0] + 1, places[-1][1] + 1), x.dtype)
    for i, j, (row, column) in places:
        result[:, :, i, j] = padded[:, :, row, column]
    return result.reshape(len(x), -1, result.shape[-1])


def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    (down, across), (height, width) = np.broadcast_to(padding, 2), np.broadcast_to(output_size, 2)
    places = list(taps((height, width), kernel_size, dilation, padding, stride))
    columns = x.reshape(len(x), -1, places[-1][0] + 1, x.shape[-1])
    result = np.zeros((*columns.shape[:2], height + 2 * down, width + 2 * across), x.dtype)
    for i, j, (row, column) in places:
        result[:, :, row, column] += columns[:, :, i, j]
    return result[:, :, down : down + height, across : across + width]


def space_to_depth(x, block_size, data_format="channels_last"):
    rows, columns = (1, 2) if data_format == "channels_last" else (2, 3)
    parts = []
    for i, j in itertools.product(range(block_size), repeat=2):
        key = [slice(None)] * 4
        key[rows], key[columns] = slice(i, None, block_size), slice(j, None, block_size)
        parts.append(x[tuple(key)])
    if data_format == "channels_last":
        return np.concatenate(parts, -1)
    return np.stack(parts, 2).reshape(len(x), -1, *parts[0].shape[2:])


def depth_to_space(x, block_size, data_format="channels_last"):
    last = data_format == "channels_last"
    b = block_size
    shape = (x.shape[0], x.shape[1] * b, x.shape[2] * b, x.shape[3] // b**2) if last else (
        x.shape[0], x.shape[1] // b**2, x.shape[2] * b, x.shape[3] * b)  # fmt: skip
    order = space_to_depth(np.arange(np.prod(shape)).reshape(shape), b, data_format)
    result = np.zeros(shape, x.dtype)
    result.flat[order.ravel()] = x.ravel()
    return result


def adaptive(reduce):
    def pool(inputs, output_size, data_format="channels_last"):
        if data_format == "channels_first":
            return np.moveaxis(pool(np.moveaxis(inputs, 1, -1), output_size), -1, 1)
        rank = inputs.ndim - 2
        sizes = np.broadcast_to(output_size, rank)
        result = np.zeros((inputs.shape[0], *sizes, inputs.shape[-1]))
        for at in itertools.product(*map(range, sizes)):
            part = [slice(i * n // m, -(-(i + 1) * n // m))
                    for i, n, m in zip(at, inputs.shape[1:-1], sizes, strict=True)]  # fmt: skip
            result[(slice(None), *at)] = reduce(inputs[(slice(None), *part)], axis=tuple(range(1, rank + 1)))
        return result

    return pool


IMAGE, LINE, VOLUME, CHANNELS = array(2, 7, 8, 3), array(2, 9, 4), array(2, 5, 4, 6, 2), array(2, 3, 6, 7)
COUNTS = GENERATOR.integers(0, 9, size=(2, 8, 4, 6)).astype("int32")
ADAPTIVE = (
    call(IMAGE, 3),
    call(IMAGE, 1),
    call(IMAGE, (7, 4)),
    call(IMAGE, output_size=(9, 11)),
    call(LINE, 4),
    call(VOLUME, (2, 4, 3)),
    call(CHANNELS, 4, data_format="channels_first"),
)
ROWS = [
    Row(
        "unfold",
        (call(CHANNELS, 2), call(CHANNELS, (2, 3), 1, (1, 0), 2),
         call(CHANNELS, 2, dilation=2, padding=1, stride=(1, 2)), call(CHANNELS, 3, 1, 2, 3), call(COUNTS, 2)),
        unfold,
    ),
    Row(
        "fold",
        (call(array(2, 12, 30), (6, 7), 2), call(array(2, 18, 12), (6, 7), (2, 3), 1, (1, 0), 2),
         call(array(2, 12, 12), output_size=(4, 3), kernel_size=2, dilation=2, padding=1, stride=1),
         call(array(2, 4, 4), 4, 2, stride=2), call(COUNTS.reshape(2, 8, 24)[..., :9], 4, 2)),
        fold,
    ),
    Row("depth_to_space", (call(array(2, 2, 3, 12), 2), call(array(2, 12, 2, 3), 2, data_format="channels_first"),
                           call(COUNTS[:, :, :, :4], 2)), depth_to_space),
    Row("space_to_depth", (call(array(2, 4, 6, 3), 2), call(array(2, 3, 4, 6), 2, data_format="channels_first"),
                           call(COUNTS, 2)), space_to_depth),
    Row("adaptive_average_pool", ADAPTIVE, adaptive(np.mean), dtypes={"int32": "float32"}),
    Row("adaptive_max_pool", ADAPTIVE, adaptive(np.max), dtypes={"int32": "int32"}),
]  # fmt: skip
