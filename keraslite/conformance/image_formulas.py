"""Operations on images in plain NumPy, which the rows of tables compare the engines with."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from scipy import ndimage, signal

from keraslite import ops, random


def channels_last(op) -> Any:
    """A reference for images with channels last as one for either order, and for single images."""

    def run(images, *args, data_format="channels_last", **kwargs):
        if data_format == "channels_first":
            result = run(np.moveaxis(images, -3, -1), *args, **kwargs)
            return np.moveaxis(result, -1, images.ndim - 3)
        if images.ndim == 3:
            return run(images[None], *args, **kwargs)[0]
        return op(images, *args, **kwargs)

    return run


def like(images, result):
    """`result` in the dtype of `images`, integers rounded."""
    if images.dtype.kind == "f":
        return result
    limits = np.iinfo(images.dtype)
    return np.clip(np.rint(result), limits.min, limits.max).astype(images.dtype)


# ---- sizes -------------------------------------------------------------------------------------------------------


def kernel(method, x):
    x = abs(x)
    if method == "bilinear":
        return max(1 - x, 0)
    if method == "bicubic":
        return 1.5 * x**3 - 2.5 * x**2 + 1 if x < 1 else -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0
    radius = int(method[-1])
    return float(np.sinc(x) * np.sinc(x / radius)) if x < radius else 0


def line(values, target, method, antialias):
    """`values`, `(size, ...)`, at `target` places."""
    size = len(values)
    if method == "nearest":
        return np.stack([values[math.floor((i + 0.5) * size / target)] for i in range(target)])
    if method == "area":
        return values.repeat(target, 0).reshape(target, size, *values.shape[1:]).mean(1)
    ratio, result = size / target, []
    for i in range(target):
        weights = [kernel(method, (j + 0.5 - (i + 0.5) * ratio) / (max(ratio, 1) if antialias else 1))
                   for j in range(size)]  # fmt: skip
        result.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    return np.stack(result)


@channels_last
def resize(images, size, interpolation="bilinear", antialias=False, crop_to_aspect_ratio=False,
           pad_to_aspect_ratio=False, fill_mode="constant", fill_value=0.0):  # fmt: skip
    result = images.astype("float64")
    height, width = images.shape[1:3]
    rows, columns = int(width * size[0] / size[1]), int(height * size[1] / size[0])
    if crop_to_aspect_ratio:
        top, left = (height - min(rows, height)) // 2, (width - min(columns, width)) // 2
        result = result[:, top : top + rows, left : left + columns]
    if pad_to_aspect_ratio:
        down, across = max(rows - height, 0) // 2, max(columns - width, 0) // 2
        pads = ((0, 0), (down, down), (across, across), (0, 0))
        result = np.pad(result, pads, constant_values=fill_value)
    for axis, target in ((1, size[0]), (2, size[1])):
        moved = np.moveaxis(result, axis, 0)
        result = np.moveaxis(line(moved, target, interpolation, antialias), 0, axis)
    return like(images, result)


def scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias=True):
    name = {"linear": "bilinear", "cubic": "bicubic", "triangle": "bilinear"}.get(method, method)
    result = images.astype("float64")
    for axis, s, t in zip(spatial_dims, scale, translation, strict=True):
        values, made = np.moveaxis(result, axis, 0), []
        for i in range(output_shape[axis]):
            source = (i + 0.5 - t) / s
            if not 0 <= source <= len(values):
                made.append(np.zeros_like(values[0]))
                continue
            weights = [kernel(name, (j + 0.5 - source) / (max(1 / s, 1) if antialias else 1))
                       for j in range(len(values))]  # fmt: skip
            made.append(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
        result = np.moveaxis(np.stack(made), 0, axis)
    return like(images, result)


# ---- colours -----------------------------------------------------------------------------------------------------


def by_pixel(convert):
    return channels_last(lambda images: np.apply_along_axis(lambda c: convert(*c), -1, images))


@channels_last
def rgb_to_grayscale(images):
    grey = (images * [0.2989, 0.587, 0.114]).sum(-1, keepdims=True)
    return grey if images.dtype.kind == "f" else np.floor(grey).astype(images.dtype)


# ---- borders -----------------------------------------------------------------------------------------------------


@channels_last
def pad_images(images, top_padding=None, left_padding=None, bottom_padding=None, right_padding=None,
               target_height=None, target_width=None):  # fmt: skip
    def pair(size, before, after, target):
        total = before + after if target is None else target - size
        before = total - after if before is None else before
        return before, total - before

    _, height, width, _ = images.shape
    rows = pair(height, top_padding, bottom_padding, target_height)
    return np.pad(images, ((0, 0), rows, pair(width, left_padding, right_padding, target_width), (0, 0)))


@channels_last
def crop_images(images, top_cropping=None, left_cropping=None, bottom_cropping=None, right_cropping=None,
                target_height=None, target_width=None):  # fmt: skip
    def part(size, before, after, target):
        begin = size - after - target if before is None else before
        return slice(begin, size - after if after is not None else begin + target)

    _, height, width, _ = images.shape
    rows = part(height, top_cropping, bottom_cropping, target_height)
    return images[:, rows, part(width, left_cropping, right_cropping, target_width)]


# ---- windows -----------------------------------------------------------------------------------------------------


def normal_weights(size, sigma):
    weights = np.exp(-((np.arange(size) - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return weights / weights.sum()


def filtered(images, window, mode):
    pads = [(0, 0), *(((k - 1) // 2, k // 2) if mode == "same" else (0, 0) for k in window.shape), (0, 0)]
    images = np.pad(images.astype("float64"), pads)
    return np.stack([[signal.correlate2d(image[..., c], window, "valid") for c in range(image.shape[-1])]
                     for image in images]).transpose(0, 2, 3, 1)  # fmt: skip


@channels_last
def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0)):
    (height, width), (down, across) = np.broadcast_to(kernel_size, 2), np.broadcast_to(sigma, 2)
    window = np.outer(normal_weights(height, down), normal_weights(width, across))
    return like(images, filtered(images, window, "same"))


def sobel_edges(images, data_format="channels_last"):
    rows, columns = (1, 2) if data_format == "channels_last" else (2, 3)
    images = images.astype("float64")
    edges = []
    for axis, other in ((rows, columns), (columns, rows)):
        rise = ndimage.correlate1d(images, [-1, 0, 1], axis, mode="mirror")
        edges.append(ndimage.correlate1d(rise, [1, 2, 1], other, mode="mirror"))
    return np.stack(edges, -1)


def ssim(image1, image2, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, data_format="channels_last"):
    if image1.ndim == 3:
        return ssim(image1[None], image2[None], max_val, filter_size, filter_sigma, k1, k2, data_format)[0]
    if data_format == "channels_first":
        image1, image2 = np.moveaxis(image1, 1, -1), np.moveaxis(image2, 1, -1)
    window = np.outer(normal_weights(filter_size, filter_sigma), normal_weights(filter_size, filter_sigma))
    x, y = image1.astype("float64"), image2.astype("float64")
    a, b = filtered(x, window, "valid"), filtered(y, window, "valid")
    va, vb = filtered(x * x, window, "valid") - a * a, filtered(y * y, window, "valid") - b * b
    both = filtered(x * y, window, "valid") - a * b
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    likeness = (2 * a * b + c1) / (a * a + b * b + c1) * (2 * both + c2) / (va + vb + c2)
    return likeness.mean((1, 2, 3))


def psnr(x1, x2, max_val):
    return 10 * np.log10(max_val**2 / np.mean((x1.astype("float64") - x2) ** 2))


def extract_patches(images, size, strides=None, dilation_rate: Any = 1, padding="valid", data_format="channels_last"):
    size = np.broadcast_to(size, len(size) if isinstance(size, tuple) else 2)
    rank = len(size)
    strides = np.broadcast_to(size if strides is None else strides, rank)
    dilation = np.broadcast_to(dilation_rate, rank)
    if images.ndim == rank + 1:
        return extract_patches(images[None], tuple(size), strides, dilation, padding, data_format)[0]
    if data_format == "channels_first":
        made = extract_patches(np.moveaxis(images, 1, -1), tuple(size), strides, dilation, padding)
        return np.moveaxis(made, -1, 1)
    whole, spatial = (size - 1) * dilation + 1, np.array(images.shape[1:-1])
    if padding == "same":
        missing = np.maximum((-(-spatial // strides) - 1) * strides + whole - spatial, 0)
        images = np.pad(images, [(0, 0), *((m // 2, m - m // 2) for m in missing), (0, 0)])
    counts = (np.array(images.shape[1:-1]) - whole) // strides + 1
    result = np.zeros((len(images), *counts, size.prod() * images.shape[-1]), images.dtype)
    for at in itertools.product(*map(range, counts)):
        part = tuple(slice(i * s, i * s + w, d) for i, s, w, d in zip(at, strides, whole, dilation, strict=True))
        result[(slice(None), *at)] = images[(slice(None), *part)].reshape(len(images), -1)
    return result


def extract_patches_3d(volumes, size, *args, **kwargs):
    return extract_patches(volumes, tuple(np.broadcast_to(size, 3)), *args, **kwargs)


def reconstruct_patches(patches, size, output_size=None, strides=None, padding="valid", data_format="channels_last"):
    """Found by looking where `extract_patches` takes each element from."""
    size = np.broadcast_to(size, len(size) if isinstance(size, tuple) else 2)
    if patches.ndim == len(size) + 1:
        return reconstruct_patches(patches[None], tuple(size), output_size, strides, padding, data_format)[0]
    patches = np.moveaxis(patches, 1, -1) if data_format == "channels_first" else patches
    spatial = size * patches.shape[1:-1] if output_size is None else np.broadcast_to(output_size, len(size))
    dims = (len(patches), *spatial, patches.shape[-1] // size.prod())
    places = extract_patches(1 + np.arange(np.prod(dims)).reshape(dims), tuple(size), padding=padding)
    result = np.zeros(np.prod(dims) + 1, patches.dtype)
    result[places] = patches
    result = result[1:].reshape(dims)
    return np.moveaxis(result, -1, 1) if data_format == "channels_first" else result


# ---- places between pixels ---------------------------------------------------------------------------------------

#: NumPy's names of what is beyond the border.
BEYOND: dict[str, Any] = {
    "constant": "constant", "nearest": "edge", "wrap": "wrap", "mirror": "reflect", "reflect": "symmetric",
}  # fmt: skip


def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    extra: Any = {"constant_values": fill_value} if fill_mode == "constant" else {}
    room = math.ceil(np.abs(coordinates).max()) + 2
    padded = np.pad(inputs.astype("float64"), room, BEYOND[fill_mode], **extra)
    places = coordinates.astype("float64") + room
    places = np.floor(places + 0.5) if order == 0 else places
    result = ndimage.map_coordinates(padded, places.reshape(len(places), -1), order=order, mode="nearest")
    return like(inputs, result.reshape(places.shape[1:]))


def drawn(images, x, y, interpolation, fill_mode, fill_value):
    """`images`, channels last, at columns `x` and rows `y`, `(batch, height, width)`."""
    order = ("nearest", "bilinear").index(interpolation)
    return np.stack([
        np.stack([map_coordinates(image[..., c], np.stack([v, u]), order, fill_mode, fill_value)
                  for c in range(image.shape[-1])], -1)
        for image, u, v in zip(images, x, y, strict=True)
    ])  # fmt: skip


@channels_last
def affine_transform(images, transform, interpolation="bilinear", fill_mode="constant", fill_value=0):
    batch, height, width, _ = images.shape
    y, x = np.mgrid[:height, :width]
    transform = np.broadcast_to(transform, (batch, 8))
    a0, a1, a2, b0, b1, b2, c0, c1 = transform.T[..., None, None]
    k = c0 * x + c1 * y + 1
    return drawn(images, (a0 * x + a1 * y + a2) / k, (b0 * x + b1 * y + b2) / k, interpolation, fill_mode, fill_value)


def warp_images(images, transform, order, mode, value):
    return affine_transform(images, transform, ("nearest", "bilinear")[order], mode, value)


@channels_last
def perspective_transform(images, start_points, end_points, interpolation="bilinear", fill_value=0):
    """The null space of the equations for all pairs of points (direct linear transformation)."""
    start, end = (np.broadcast_to(p, (len(images), 4, 2)) for p in (start_points, end_points))
    transforms = []
    for from_, to in zip(end, start, strict=True):
        rows = []
        for (x, y), (u, v) in zip(from_, to, strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
        null = np.linalg.svd(np.array(rows))[2][-1]
        transforms.append(null[:8] / null[8])
    return affine_transform(images, np.array(transforms), interpolation, "constant", fill_value)


@channels_last
def elastic_transform(images, alpha=20.0, sigma=5.0, interpolation="bilinear", fill_mode="reflect", fill_value=0.0,
                      seed=None):  # fmt: skip
    batch, height, width, _ = images.shape
    noise = ops.convert_to_numpy(random.normal((batch, height, width, 2), 0.0, sigma, "float32", seed))
    weights = normal_weights(2 * math.ceil(3 * sigma) + 1, sigma)
    field = alpha * filtered(noise, np.outer(weights, weights), "same")
    y, x = np.mgrid[:height, :width]
    return drawn(images, field[..., 0] + x, field[..., 1] + y, interpolation, fill_mode, fill_value)
