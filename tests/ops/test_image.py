"""Images beyond the rows: unknown sizes, half precision, random fields, errors, and real Keras."""

from __future__ import annotations

from typing import Any

import keras_peer
import numpy as np
import pytest

from keraslite import config, ops, random, transforms
from keraslite.conformance.rows import assert_close
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

GENERATOR = np.random.default_rng(3)
IMAGES = GENERATOR.uniform(size=(2, 6, 7, 3)).astype("float32")


def host(x):
    return ops.convert_to_numpy(x)


@pytest.mark.usefixtures("backend")
def test_data_format_comes_from_the_configuration():
    first = np.moveaxis(IMAGES, -1, 1)
    config.set_image_data_format("channels_first")
    assert tuple(ops.shape(ops.image.resize(first, (3, 4)))) == (2, 3, 3, 4)
    assert tuple(ops.shape(ops.image.rgb_to_grayscale(first))) == (2, 1, 6, 7)
    assert tuple(ops.shape(ops.adaptive_average_pool(first, 2))) == (2, 3, 2, 2)


def test_unknown_sizes_stay_exact():
    n, h = Dimension("n"), Dimension("h")
    x = SymbolicTensor((n, h, 8, 3))
    assert ops.shape(ops.image.resize(x, (h * 2, 4))) == (n, 2 * h, 4, 3)
    assert ops.shape(ops.image.pad_images(x, 1, 2, 1, 2)) == (n, h + 2, 12, 3)
    assert ops.shape(ops.image.crop_images(x, 1, 2, 1, 2)) == (n, h - 2, 4, 3)
    assert ops.shape(ops.image.crop_images(x, 1, 2, target_height=3, target_width=4)) == (n, 3, 4, 3)
    patches = ops.image.extract_patches(x, 2)
    assert ops.shape(patches) == (n, (h - 2) // 2 + 1, 4, 12)
    assert ops.shape(ops.image.reconstruct_patches(patches, 2)) == (n, ((h - 2) // 2 + 1) * 2, 8, 3)
    assert ops.shape(ops.image.sobel_edges(x)) == (n, h, 8, 3, 2)
    assert ops.shape(ops.image.affine_transform(x, np.zeros(8, "float32"))) == (n, h, 8, 3)
    assert ops.shape(ops.image.elastic_transform(x)) == (n, h, 8, 3)
    assert ops.shape(ops.space_to_depth(SymbolicTensor((n, 2 * h, 8, 3)), 2)) == (n, h, 4, 12)
    assert ops.shape(ops.unfold(SymbolicTensor((n, 3, h, 8)), 2)) == (n, 12, 7 * (h - 1))


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype):
    wide = ops.convert_to_tensor(IMAGES)
    half = ops.cast(wide, dtype)
    flat = np.array([1.1, 0.1, -0.7, 0.2, 0.9, 0.3, 0, 0], "float32")
    for run in (
        lambda x: ops.image.resize(x, (9, 4)),
        lambda x: ops.image.resize(x, (9, 4), "nearest"),
        lambda x: ops.image.gaussian_blur(x),
        lambda x: ops.image.affine_transform(x, flat),
        lambda x: ops.image.ssim(x, ops.multiply(x, 0.5), filter_size=3),
        lambda x: ops.image.hsv_to_rgb(x),
        lambda x: ops.adaptive_average_pool(x, 4),
    ):
        made = run(half)
        assert ops.dtype(made) == dtype
        assert_close(ops.cast(made, "float32"), run(ops.cast(half, "float32")), 0.02)


@pytest.mark.usefixtures("backend")
def test_integers_round_and_saturate():
    bytes_ = np.array([[0, 0, 255, 255], [0, 0, 255, 255]], "uint8")[None, ..., None]
    wide = host(ops.image.resize(bytes_, (2, 12), "bicubic"))
    assert wide.dtype == np.uint8
    assert wide.min() == 0  # bicubic undershoots: not 250 of a wrapped -5
    assert wide.max() == 255
    assert (np.diff(wide[0, 0, :, 0].astype(int)) >= 0).all()


@pytest.mark.usefixtures("backend")
def test_bad_coordinates_read_nothing_outside():
    places = np.array([[np.nan, np.inf, -np.inf, 1e30, 1.0]], "float32")
    for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
        for order in (0, 1):
            assert host(ops.image.map_coordinates(np.arange(4, dtype="float32"), places, order, mode))[-1] == 1


# ---- random fields -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("dims", [(40, 40, 30, 2), (2, 530, 510, 1)], ids=["many small ones", "two large ones"])
@pytest.mark.parametrize("mode", ["constant", "mirror"])
def test_every_image_has_its_own_transform(dims, mode):
    rng = np.random.default_rng(3)
    images = rng.random(dims, "float32")
    identity = np.array([1, 0, 0, 0, 1, 0, 0, 0])
    transforms = (identity + rng.uniform(-0.2, 0.2, (dims[0], 8)) * [1, 1, 20, 1, 1, 20, 0, 0]).astype("float32")
    got = host(ops.image.affine_transform(images, transforms, fill_mode=mode))
    y, x = np.mgrid[: dims[1], : dims[2]].astype("float32")
    for i in (0, dims[0] - 1):
        a0, a1, a2, b0, b1, b2 = transforms[i, :6]
        places = np.stack([b0 * x + b1 * y + b2, a0 * x + a1 * y + a2])
        want = host(ops.image.map_coordinates(images[i, ..., 0], places, 1, mode))
        np.testing.assert_allclose(got[i, ..., 0], want, atol=2e-4)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("mode", ["constant", "nearest", "wrap", "mirror", "reflect"])
def test_places_that_are_no_numbers_make_pixels_that_are_none(bad, mode):
    transforms = np.array([[1, 0, np.nan, 0, 1, bad, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0]], "float32")
    images = np.arange(24, dtype="float32").reshape(2, 3, 4, 1)
    got = host(ops.image.affine_transform(images, transforms, fill_mode=mode))
    assert np.isnan(got[0]).all()
    np.testing.assert_array_equal(got[1], images[1])


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    "run",
    [
        lambda x: ops.image.affine_transform(x, np.eye(3).ravel()[:8], "nearest", fill_value=300),
        lambda x: ops.image.map_coordinates(x, np.zeros((3, 1)), 0, fill_value=300),
    ],
    ids=["affine_transform", "map_coordinates"],
)
def test_a_fill_value_that_the_dtype_cannot_hold(run):
    with pytest.raises(ArgumentError, match="`fill_value` needs numbers from 0 to 255"):
        run(np.zeros((2, 2, 1), "uint8"))


@pytest.mark.usefixtures("backend")
def test_elastic_transform_moves_by_what_it_says():
    rows, columns = np.mgrid[0:60, 0:70].astype("float32")
    ramps = np.stack([columns, rows], -1)[None].repeat(2, 0)  # a pixel's value is its place
    for alpha, sigma in ((2.0, 1.0), (1.0, 4.0)):
        moved = host(ops.image.elastic_transform(ramps, alpha, sigma, fill_mode="nearest", seed=1)) - ramps
        inside = moved[:, 10:-10, 10:-10]
        assert 0.2 * alpha < inside.std() < 0.36 * alpha  # 0.28 alpha, whatever sigma
        assert abs(np.corrcoef(inside[..., 0].ravel(), inside[..., 1].ravel())[0, 1]) < 0.3
        assert abs(np.corrcoef(inside[0].ravel(), inside[1].ravel())[0, 1]) < 0.3  # each image its own


@pytest.mark.usefixtures("backend")
def test_elastic_transform_and_seeds():
    once, again = (host(ops.image.elastic_transform(IMAGES, 3.0, 1.0, seed=4)) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    generator = random.SeedGenerator(4)
    first, second = (host(ops.image.elastic_transform(IMAGES, 3.0, 1.0, seed=generator)) for _ in range(2))
    assert np.abs(first - second).max() > 0.01
    compiled = transforms.jit(lambda x: ops.image.elastic_transform(x, 3.0, 1.0, seed=generator))
    third, fourth = host(compiled(IMAGES)), host(compiled(IMAGES))
    assert np.abs(third - fourth).max() > 0.01


# ---- gradients ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("differentiating_backend")
def test_gradients_where_colours_have_none():
    grey = ops.convert_to_tensor(np.array([[[0.5, 0.5, 0.5], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]], "float32"))
    for run in (ops.image.rgb_to_hsv, ops.image.hsv_to_rgb):
        gradient = host(transforms.grad(lambda x, run=run: ops.sum(run(x)))(grey))
        assert np.isfinite(gradient).all()


@pytest.mark.usefixtures("differentiating_backend")
def test_equal_signals_have_an_infinite_ratio_and_no_gradient():
    x = ops.convert_to_tensor(IMAGES)
    assert np.isinf(host(ops.psnr(x, x, 1.0)))
    assert not host(transforms.grad(lambda x: ops.psnr(x, ops.convert_to_tensor(IMAGES), 1.0))(x)).any()


@pytest.mark.usefixtures("differentiating_backend")
def test_blur_has_a_gradient_by_sigma():
    x = ops.convert_to_tensor(IMAGES)

    def loss(sigma):
        return ops.sum(ops.square(ops.image.gaussian_blur(x, 5, sigma)))

    sigma, step = np.array([0.8, 1.3], "float32"), 1e-2
    slope = host(transforms.grad(loss)(ops.convert_to_tensor(sigma)))
    ahead, behind = (float(host(loss(ops.convert_to_tensor(sigma + s)))) for s in (step, -step))
    assert slope.sum() == pytest.approx((ahead - behind) / (2 * step), rel=0.02)


# ---- errors ------------------------------------------------------------------------------------------------------

X = np.ones((2, 5, 6, 3), "float32")
TEXT: Any = "a"
ERRORS = [
    (lambda: ops.image.resize(X[0, 0], (3, 3)), "`resize` needs an image of rank 3 or a batch of images of rank 4"),
    (lambda: ops.image.resize(X, 3), "`resize` needs `size` to be two positive integers"),
    (lambda: ops.image.resize(X, (0, 3)), "`resize` needs `size` to be two positive integers"),
    (lambda: ops.image.resize(X, (3, 3), "bilinera"), "Did you mean 'bilinear'?"),
    (lambda: ops.image.resize(X, (3, 3), fill_mode="reflect"), "`fill_mode` to be one of 'constant'"),
    (lambda: ops.image.resize(X, (3, 3), fill_value=TEXT), "`resize` needs numbers as `fill_value`"),
    (lambda: ops.image.resize(X, (3, 3), "area", False, True, True), "at most one of `crop_to_aspect_ratio`"),
    (lambda: ops.image.resize(X, (3, 3), data_format="NHWC"), "`data_format` to be one of"),
    (lambda: ops.image.rgb_to_grayscale(X[..., :2]), "`rgb_to_grayscale` needs 3 channels. Received 2 on axis 3"),
    (lambda: ops.image.rgb_to_hsv(X[..., :1]), "`rgb_to_hsv` needs 3 channels"),
    (lambda: ops.image.hsv_to_rgb(X, data_format="channels_first"), "`hsv_to_rgb` needs 3 channels. Received 5"),
    (lambda: ops.image.pad_images(X, 1, 1), "`pad_images` needs exactly two of `top_padding`, `bottom_padding`"),
    (lambda: ops.image.pad_images(X, 1, 1, 1, 1, 7), "needs exactly two of"),
    (lambda: ops.image.pad_images(X, -1, 1, 1, 1), "`top_padding` to be a non-negative integer"),
    (lambda: ops.image.pad_images(X, 1, 1, target_height=3, target_width=9), "fit an image of size 5 on that axis"),
    (lambda: ops.image.crop_images(X, 1, 1), "`crop_images` needs exactly two of"),
    (lambda: ops.image.crop_images(X, 3, 1, 2, 1), "fit an image of size 5 on that axis"),
    (lambda: ops.image.crop_images(X, 1, 1, target_height=9, target_width=2), "fit an image of size 5 on that axis"),
    (lambda: ops.image.gaussian_blur(X, (3, 0)), "`kernel_size` to be a positive integer or a tuple of 2"),
    (lambda: ops.image.gaussian_blur(X, 3, (1.0, 1.0, 1.0)), "`sigma` to be one number or two"),
    (lambda: ops.image.sobel_edges(X[0]), "`sobel_edges` needs a batch of images, of rank 4"),
    (lambda: ops.image.sobel_edges(X[:, :1]), "at least two rows and columns"),
    (lambda: ops.image.ssim(X, X[:, :3]), "`ssim` needs two tensors of one shape"),
    (lambda: ops.image.ssim(X, X), "at least `filter_size` rows and columns (11)"),
    (lambda: ops.image.ssim(X, X, filter_size=3, max_val=TEXT), "`ssim` needs numbers as `max_val`"),
    (lambda: ops.psnr(X, X[:1], 1.0), "`psnr` needs two tensors of one shape"),
    (lambda: ops.image.extract_patches(X, 9), "spatial sizes of at least the window's"),
    (lambda: ops.image.extract_patches(X[0, 0], 2), "`extract_patches` needs images of rank 3 or 4"),
    (lambda: ops.image.extract_patches(X, (2, 0)), "`size` to be a positive integer"),
    (lambda: ops.image.extract_patches(X, 2, padding="full"), "`padding` to be one of 'valid', 'same'"),
    (lambda: ops.image.extract_patches_3d(X, (2, 2)), "`extract_patches_3d` needs `size`"),
    (lambda: ops.image.reconstruct_patches(X, 3), "vectors of a multiple of 9 elements"),
    (lambda: ops.image.reconstruct_patches(X[0, 0], 1), "`reconstruct_patches` needs patches of rank 3 or 4"),
    (lambda: ops.image.reconstruct_patches(X, 1, strides=2), "`strides` equal to `size` or None"),
    (lambda: ops.image.reconstruct_patches(X, 1, padding="same"), '`output_size` for padding="same"'),
    (lambda: ops.image.reconstruct_patches(X, 1, (4, 6)), "they cover (5, 6). Received output_size=(4, 6)"),
    (lambda: ops.image.reconstruct_patches(X, (1, 3), (5, 15), padding="same"), "they cover (5, 18)"),
    (lambda: ops.image.map_coordinates(X, np.zeros((3, 5)), 1), "`coordinates` with one entry for each axis"),
    (lambda: ops.image.map_coordinates(X, np.zeros((4, 5)), 2), "`order` to be one of 0, 1"),
    (lambda: ops.image.map_coordinates(X, np.zeros((4, 5)), 1, "edge"), "`fill_mode` to be one of"),
    (lambda: ops.image.affine_transform(X, np.zeros(6)), "`transform` of shape (8,), or one of them for each image"),
    (lambda: ops.image.affine_transform(X, np.zeros((3, 8))), "Received shape (3, 8) and images of shape (2, 5, 6, 3)"),
    (lambda: ops.image.affine_transform(X, np.zeros(8), "cubic"), "`interpolation` to be one of 'nearest', 'bilinear'"),
    (lambda: ops.image.perspective_transform(X, np.zeros((3, 2)), np.zeros((4, 2))), "`start_points` of shape (4, 2)"),
    (lambda: ops.image.perspective_transform(X, np.zeros((4, 2)), np.zeros((4, 3))), "`end_points` of shape (4, 2)"),
    (lambda: ops.image.elastic_transform(X, sigma=0.0), "`elastic_transform` needs a positive `sigma`"),
    (lambda: ops.image.elastic_transform(X, alpha=np.ones(2)), "`alpha` to be one number"),
    (lambda: ops.image.scale_and_translate(X, X.shape, np.ones(2), np.ones(2), (1, 2), "nearest"), "`method` to be"),
    (lambda: ops.image.scale_and_translate(X, X.shape, np.ones(1), np.ones(2), (1, 2), "cubic"), "each of 2 axes"),
    (lambda: ops.image.scale_and_translate(X, (5, 6), np.ones(1), np.ones(1), (1,), "cubic"), "rank of `images` (4)"),
    (lambda: ops.image.scale_and_translate(X, (3, 5, 6, 3), np.ones(1), np.ones(1), (1,), "cubic"), "outside `s"),
    (lambda: ops.image.scale_and_translate(X, X.shape, np.ones(1), np.ones(1), (4,), "cubic"), "`spatial_dims` to be"),
]  # fmt: skip


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("run", "text"), ERRORS, ids=[text for _, text in ERRORS])
def test_errors(run, text):
    with pytest.raises(ArgumentError) as caught:
        run()
    assert text in str(caught.value)


@pytest.mark.usefixtures("backend")
def test_colours_are_floats():
    with pytest.raises(DTypeError, match=r"`rgb_to_hsv` needs images of a float dtype .* Received dtype uint8"):
        ops.image.rgb_to_hsv(X.astype("uint8"))


# ---- Keras -------------------------------------------------------------------------------------------------------

# Multiples of 4: their means over sixtieths are never halves, which float32 may round either way.
BYTES = (GENERATOR.integers(0, 256, size=(2, 6, 7, 3)) // 4 * 4).astype("uint8")
TRANSFORMS = np.array([[1.2, 0.1, -1.3, 0.2, 0.8, 0.7, 0, 0], [0.5, -0.3, 2.2, 0.1, 1.5, -1.7, 0, 0]], "float32")
CORNERS = np.array([[[0, 0], [0, 5], [7, 0], [7, 5]]] * 2, "float32")
MOVED = CORNERS + np.array([[0.5, 1], [1, -1], [-1, -0.5], [0.5, 0.3]], "float32")
THEIRS = {  # where Keras's backends agree
    **{
        f"resize {method} {size} {antialias}": ("resize", [IMAGES, size, method, antialias], {})
        for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        for size in ((3, 4), (9, 5))
        for antialias in (False, True)
    },
    "resize bytes": ("resize", [BYTES, (9, 5)], {}),
    **{f"crop {size}": ("resize", [IMAGES, size], {"crop_to_aspect_ratio": True}) for size in ((3, 5), (9, 4))},
    **{f"pad {size}": ("resize", [IMAGES, size], {"pad_to_aspect_ratio": True, "fill_value": 0.3})
       for size in ((3, 5), (9, 4))},
    "rgb_to_grayscale": ("rgb_to_grayscale", [IMAGES], {}),
    "rgb_to_grayscale bytes": ("rgb_to_grayscale", [BYTES], {}),
    "rgb_to_hsv": ("rgb_to_hsv", [IMAGES], {}),
    "hsv_to_rgb": ("hsv_to_rgb", [IMAGES], {}),
    "pad_images": ("pad_images", [IMAGES, 1, 2], {"target_height": 9, "target_width": 12}),
    "crop_images": ("crop_images", [IMAGES, 1, 2], {"target_height": 3, "target_width": 4}),
    "gaussian_blur": ("gaussian_blur", [IMAGES], {}),
    "ssim": ("ssim", [IMAGES, IMAGES**2], {"filter_size": 3}),
    "extract_patches": ("extract_patches", [IMAGES, 3, 2, 1, "same"], {}),
    **{f"affine_transform {mode}": ("affine_transform", [IMAGES, TRANSFORMS, "bilinear", mode, 0.3], {})
       for mode in ("constant", "nearest", "wrap", "reflect")},
    "perspective_transform": ("perspective_transform", [IMAGES, CORNERS, MOVED], {}),
    **{f"map_coordinates {mode}": ("map_coordinates", [IMAGES[0, ..., 0], IMAGES[0, :2, :, 0] * 20 - 8, 1, mode], {})
       for mode in ("constant", "nearest", "wrap", "mirror", "reflect")},
    "scale_and_translate": ("scale_and_translate", [IMAGES, (2, 8, 5, 3), np.array([1.7, 0.6], "float32"),
                                                    np.array([0.3, -0.4], "float32"), (1, 2), "cubic"], {}),
}  # fmt: skip


@pytest.mark.skipif(not keras_peer.available(), reason="compares with real Keras")
def test_keras_agrees():
    theirs = keras_peer.call("image_on_keras:run_all", backend="numpy", cases=THEIRS)
    for name, (op, args, kwargs) in THEIRS.items():
        ours = host(getattr(ops.image, op)(*args, **kwargs))
        assert ours.dtype == theirs[name].dtype, name
        np.testing.assert_allclose(ours, theirs[name], rtol=1e-4, atol=2e-5, err_msg=name)
