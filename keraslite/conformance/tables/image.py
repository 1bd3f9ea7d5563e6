"""Ops on images against SciPy, colorsys and plain loops in float64."""

from __future__ import annotations

import colorsys

import numpy as np

from keraslite.conformance.image_formulas import (
    BEYOND,
    affine_transform,
    by_pixel,
    crop_images,
    elastic_transform,
    extract_patches,
    extract_patches_3d,
    gaussian_blur,
    map_coordinates,
    pad_images,
    perspective_transform,
    psnr,
    reconstruct_patches,
    resize,
    rgb_to_grayscale,
    scale_and_translate,
    sobel_edges,
    ssim,
    warp_images,
)
from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(11)


def array(*shape):
    return GENERATOR.uniform(0.02, 0.98, size=shape)


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
