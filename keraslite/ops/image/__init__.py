"""`keraslite.ops.image`: ops on images, single ones or batches, with channels last or first."""

from __future__ import annotations

from keraslite.ops.image.borders import crop_images, pad_images
from keraslite.ops.image.color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from keraslite.ops.image.filters import gaussian_blur, sobel_edges, ssim
from keraslite.ops.image.patches import extract_patches, extract_patches_3d, reconstruct_patches
from keraslite.ops.image.resizing import resize, scale_and_translate
from keraslite.ops.image.sampling import map_coordinates
from keraslite.ops.image.warps import affine_transform, elastic_transform, perspective_transform

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "reconstruct_patches",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]
