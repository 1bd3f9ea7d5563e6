"""Ops on images against SciPy, colorsys and plain loops in float64."""

from __future__ import annotations

import colorsys
import itertools
import math
from typing import Any

import numpy as np
from scipy import ndimage, signal

from keraslite import ops, random
from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(11)


def array(*shape):
    return GENERATOR.uniform(0.02, 0.98, size=shape)


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


# ---- rows --------------------------------------------------------------------------------------------------------

IMAGES, BYTES = array(2, 5, 7, 3), GENERATOR.integers(0, 256, size=(2, 5, 7, 3)).astype("uint8")
FIRST = np.moveaxis(IMAGES, -1, 1)
LARGE = array(2, 13, 14, 2)
NEAR = np.clip(LARGE + GENERATOR.normal(scale=0.1, size=LARGE.shape), 0, 1)
VOLUME = array(2, 4, 5, 6, 2)
PATCHES = np.sin(np.arange(144.0)).reshape(2, 2, 3, 12)
GREYS = np.array([[[0.5, 0.5, 0.5], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]]], "float64")
SURFACE, PLACES = array(5, 6), GENERATOR.uniform(-8, 14, size=(2, 3, 20))
# Numbers that bring no pixel onto another, where linear interpolation has a kink.
AFFINE = np.array([[1.217, 0.113, -1.331, 0.219, 0.823, 0.7431, 0, 0],
                   [0.527, -0.311, 2.233, 0.127, 1.531, -1.733, 0.023, -0.031]])  # fmt: skip
FAR = AFFINE * [4, 3, 20, 3, 5, -20, 0, 0]  # most places are beyond the border, some by several sizes
CORNERS = np.array([[0.11, 0.07], [0, 5.13], [7.09, 0], [7, 5.17]])
MOVED = np.array([[0.53, 1.07], [1.03, 4.11], [6.19, -1.13], [7.57, 4.51]])
SCALE, OFFSET = np.array([1.7, 0.6]), np.array([0.3, -0.37])
RESIZE = (
    call(IMAGES, (8, 3)),
    *(call(IMAGES, size, method) for method in ("nearest", "bicubic", "lanczos3", "lanczos5", "area")
      for size in ((3, 4), (9, 11))),
    *(call(IMAGES, (3, 9), method, antialias=True) for method in ("bilinear", "bicubic", "lanczos3", "lanczos5")),
    *(call(IMAGES, size, crop_to_aspect_ratio=True) for size in ((4, 4), (3, 8), (10, 4))),
    *(call(IMAGES, size, pad_to_aspect_ratio=True, fill_mode="constant", fill_value=0.4)
      for size in ((4, 4), (3, 8), (10, 3))),
    call(IMAGES[0], (3, 4)),
    call(FIRST, (3, 4), data_format="channels_first"),
    call(BYTES, (9, 5), "bicubic"),
    call(BYTES, (9, 5), "nearest", pad_to_aspect_ratio=True, fill_value=7.6),
    call(IMAGES, (5, 7), "lanczos3"),
)  # fmt: skip
MAP = (
    *(call(SURFACE, PLACES, order, mode, 0.7) for order in (1, 0)
      for mode in BEYOND),
    call(SURFACE[0], PLACES[:1], 1),
    call(SURFACE[:1], PLACES, 1, "mirror"),
    call(VOLUME[..., 0, 0], GENERATOR.uniform(-1, 4, size=(3, 15)), 1, fill_mode="reflect"),
)  # fmt: skip
ROWS = [
    Row("image.resize", RESIZE, resize),
    Row(
        "resampling.resample_bilinear",
        (call(IMAGES, 1, 2, 8, 3), call(IMAGES[0], rows=0, columns=1, height=3, width=9), call(FIRST, 2, 3, 9, 7)),
        lambda images, rows, columns, height, width: resize(
            images, (height, width), data_format="channels_last" if columns == images.ndim - 2 else "channels_first"
        ),
        mixes=False,
    ),
    Row(
        "image.scale_and_translate",
        (
            call(IMAGES, (2, 8, 5, 3), SCALE, OFFSET, (1, 2), "linear"),
            call(IMAGES, (2, 8, 5, 3), SCALE, OFFSET, (1, 2), "cubic", antialias=False),
            call(IMAGES, (2, 8, 5, 3), SCALE, OFFSET, (-3, -2), "lanczos3"),
            call(SURFACE, (9, 6), SCALE[:1], OFFSET[:1], (0,), "lanczos5", False),
        ),
        scale_and_translate,
        mixes=False,
        symbolic="static",
    ),
    Row("image.scale_and_translate", (call(BYTES, (2, 8, 5, 3), SCALE, OFFSET, (1, 2), "triangle"),),
        scale_and_translate, gradient=False, mixes=False, symbolic="static"),
    Row("image.rgb_to_grayscale", (call(IMAGES), call(IMAGES[0]), call(FIRST, data_format="channels_first"),
                                   call(BYTES)), rgb_to_grayscale),
    Row("image.rgb_to_hsv", (call(IMAGES), call(IMAGES[0]), call(FIRST, data_format="channels_first")),
        by_pixel(colorsys.rgb_to_hsv), mixes=False),
    Row("image.rgb_to_hsv", (call(GREYS),), by_pixel(colorsys.rgb_to_hsv), mixes=False, gradient=False),
    Row("image.hsv_to_rgb", (call(IMAGES), call(IMAGES[0]), call(FIRST, data_format="channels_first")),
        by_pixel(colorsys.hsv_to_rgb), mixes=False),
    Row(
        "image.pad_images",
        (call(IMAGES, 1, 2, 0, 3), call(IMAGES, 1, 2, target_height=9, target_width=12),
         call(IMAGES[0], bottom_padding=2, right_padding=1, target_height=8, target_width=8),
         call(FIRST, 1, 0, target_height=6, right_padding=2, data_format="channels_first"), call(BYTES, 1, 1, 1, 1)),
        pad_images,
    ),
    Row(
        "image.crop_images",
        (call(IMAGES, 1, 2, 0, 3), call(IMAGES, 1, 2, target_height=3, target_width=4),
         call(IMAGES[0], bottom_cropping=2, right_cropping=1, target_height=2, target_width=5),
         call(FIRST, 1, 0, target_height=3, right_cropping=2, data_format="channels_first"), call(BYTES, 1, 1, 1, 1)),
        crop_images,
    ),
    Row(
        "image.gaussian_blur",
        (call(IMAGES), call(IMAGES, (3, 5), (0.5, 2.0)), call(IMAGES, (4, 2), np.array([1.5, 0.8])),
         call(IMAGES[0], 3, 0.7), call(FIRST, data_format="channels_first"), call(BYTES)),
        gaussian_blur,
        mixes=False,
        symbolic="static",
    ),
    Row("image.sobel_edges", (call(IMAGES), call(FIRST, data_format="channels_first"), call(BYTES)), sobel_edges),
    Row(
        "image.ssim",
        (call(LARGE, NEAR), call(LARGE[0], NEAR[0], filter_size=5),
         call(LARGE, NEAR, 2.0, 4, 0.7, k1=0.05, k2=0.1),
         call(np.moveaxis(LARGE, -1, 1), np.moveaxis(NEAR, -1, 1), data_format="channels_first"),
         call(BYTES, BYTES // 2, 255, 3)),
        ssim,
        tolerance=2e-5,
    ),
    Row("psnr", (call(LARGE, NEAR, 1.0), call(LARGE, NEAR, max_val=2), call(BYTES, BYTES // 2, 255)), psnr),
    Row(
        "image.extract_patches",
        (
            call(IMAGES, 3),
            call(IMAGES, (2, 3), (1, 2), padding="same"),
            call(IMAGES, 3, 2, 1, "same"),
            call(IMAGES, 2, 1, dilation_rate=2),
            call(IMAGES, 2, 2, (2, 3)),
            call(IMAGES, 2, 1, 2, "same"),
            call(IMAGES[0], 2),
            call(FIRST, 2, data_format="channels_first"),
            call(VOLUME, (2, 2, 3)),
            call(BYTES, 2),
        ),
        extract_patches,
    ),
    Row(
        "image.extract_patches_3d",
        (call(VOLUME, 2), call(VOLUME, (2, 3, 2), 1, padding="same"), call(VOLUME, 2, 1, 2), call(VOLUME[0], 2),
         call(np.moveaxis(VOLUME, -1, 1), 2, strides=1, dilation_rate=1, data_format="channels_first")),
        extract_patches_3d,
    ),
    Row(
        "image.reconstruct_patches",
        (
            call(PATCHES, (2, 3)),
            call(PATCHES, (2, 3), (4, 9), (2, 3)),
            call(PATCHES, (2, 3), (3, 8), padding="same"),
            call(PATCHES[0], (3, 2)),
            call(np.moveaxis(PATCHES, -1, 1), (1, 3), data_format="channels_first"),
            call(PATCHES, (1, 2, 3)),
            call(np.stack([PATCHES, PATCHES + 1], 1), (1, 3, 2), (2, 5, 5), padding="same"),
            call(BYTES, 1),
        ),
        reconstruct_patches,
    ),
    Row("image.map_coordinates", MAP, map_coordinates, mixes=False),
    Row("image.map_coordinates", (call(BYTES[0, ..., 0], PLACES, 1, "nearest"), call(BYTES[0, 0], PLACES, 0)),
        map_coordinates, gradient=False, mixes=False),
    Row(
        "image.affine_transform",
        (
            call(IMAGES, AFFINE),
            *(call(IMAGES, AFFINE, "bilinear", mode, 0.3) for mode in BEYOND),
            call(IMAGES, AFFINE[1]),
            call(IMAGES[0], AFFINE[0]),
            call(IMAGES[0], AFFINE[:1], fill_mode="wrap", fill_value=1),
            call(FIRST, AFFINE, data_format="channels_first"),
        ),
        affine_transform,
        tolerance=5e-5,
        mixes=False,
    ),
    Row("image.affine_transform", (*(call(IMAGES, AFFINE, "nearest", mode, 0.3) for mode in BEYOND),
                                   call(BYTES, AFFINE)), affine_transform, gradient=False, mixes=False),
    Row(
        "image.warps.warp_images",
        (
            *(call(IMAGES, FAR, 1, mode, 0.3) for mode in BEYOND),
            call(IMAGES, AFFINE, 1, "mirror", 0.3),
            call(np.moveaxis(FIRST, 1, -1), AFFINE[:1], 1, "constant", 0),
        ),
        warp_images,
        tolerance=2e-4,
        mixes=False,
    ),
    Row(
        "image.perspective_transform",
        (
            call(IMAGES, CORNERS, MOVED),
            call(IMAGES, np.stack([CORNERS, CORNERS + 0.2]), np.stack([MOVED, MOVED + 0.3]), "nearest", 0.4),
            call(IMAGES[0], CORNERS, MOVED, interpolation="nearest", fill_value=1),
            call(FIRST, CORNERS, MOVED, data_format="channels_first"),
        ),
        perspective_transform,
        tolerance=2e-4,
        mixes=False,
    ),
    Row("image.perspective_transform", (call(BYTES, CORNERS, MOVED),), perspective_transform, gradient=False,
        mixes=False),
    Row(
        "image.elastic_transform",
        (
            call(IMAGES, 3.0, 1.0, seed=3),
            call(IMAGES, 2.0, 1.5, "nearest", "constant", 0.5, 4),
            call(IMAGES[0], alpha=0.0, seed=0),
            call(FIRST, alpha=2.0, sigma=0.8, fill_mode="wrap", seed=5, data_format="channels_first"),
            call(BYTES, 1.0, 1.0, seed=6),
        ),
        elastic_transform,
        tolerance=5e-5,
        mixes=False,
        vmap=False,  # as all that draws
    ),
]  # fmt: skip
