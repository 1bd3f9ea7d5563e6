"""Image layers that change values: Keras's numbers for the same draws, formats, ranges, draws, bad input."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import keras_peer
import numpy as np
import pytest

from keraslite import Input, Sequential, layers, ops, optimizers, random, saving, transforms, use_backend
from keraslite.backend import registry
from keraslite.errors import ArgumentError

with_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")

#: Layers that draw, with arguments that Keras understands alike.
RANDOM: list[tuple[str, dict[str, Any]]] = [
    ("RandomBrightness", {"factor": (-0.3, 0.6)}),
    ("RandomContrast", {"factor": (0.7, 0.9)}),
    ("RandomHue", {"factor": (0.1, 0.9)}),
    ("RandomSaturation", {"factor": (0.1, 0.5)}),
    ("RandomColorDegeneration", {"factor": (-0.4, 0.9)}),
    ("RandomGrayscale", {"factor": 0.5}),
    ("RandomInvert", {"factor": (0.4, 0.6)}),
    ("RandomPosterization", {"factor": (2, 6)}),
    ("RandomSharpness", {"factor": (0.0, 1.0)}),
    ("RandomGaussianBlur", {"factor": (0.4, 0.9), "kernel_size": 5, "sigma": (0.5, 1.0)}),
    ("Solarization", {"addition_factor": 0.3, "threshold_factor": 0.8}),
]
#: Layers that do not draw.
FIXED: list[tuple[str, dict[str, Any]]] = [
    ("AutoContrast", {}),
    ("Equalization", {}),
    ("Equalization", {"bins": 20}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (3, 5), "clip_limit": 30.0}),
    ("ContrastLimitedAdaptiveHistogramEqualization", {"tile_grid_size": (1, 1), "clip_limit": 0.0}),
]
#: Layers whose draw is one value.
SURE: list[tuple[str, dict[str, Any]]] = [
    ("RandomBrightness", {"factor": (0.2, 0.2)}),
    ("RandomContrast", {"factor": (0.0, 0.0)}),
    ("RandomHue", {"factor": (1.0, 1.0)}),
    ("RandomSaturation", {"factor": (0.6, 0.6)}),
    ("RandomColorJitter", {"brightness_factor": (0.1, 0.1), "saturation_factor": (0.3, 0.3), "hue_factor": (1.0, 1.0)}),
    ("RandomColorDegeneration", {"factor": (0.3, 0.3)}),
    ("RandomGrayscale", {"factor": 1.0}),
    ("RandomInvert", {"factor": (1.0, 1.0)}),
    ("RandomPosterization", {"factor": (3, 3)}),
    ("RandomSharpness", {"factor": (0.9, 0.9)}),
    ("RandomGaussianBlur", {"factor": (1.0, 1.0), "sigma": (0.8, 0.8)}),
    ("Solarization", {"addition_factor": (0.1, 0.1), "threshold_factor": (0.6, 0.6)}),
    *FIXED,
]
#: Layers of which Keras ignores one bound, or in which it tosses a coin.
DRAWN_BY_KERAS = ("Solarization", "RandomHue", "RandomColorJitter")
names = {"ids": lambda case: case[0] if isinstance(case, tuple) else str(case)}
LEVELS = ("RandomPosterization", "Equalization", "ContrastLimitedAdaptiveHistogramEqualization")


def pictures(*shape: int, channels: int = 3) -> np.ndarray:
    """Images of whole numbers from 0 to 255, some dark, some bright, one even."""
    values = np.random.default_rng(4).beta(2, 3, size=(*shape, 18, 23, channels)) * 255
    values = np.round(values)
    if shape:
        values[-1] = 77
    return values.astype("float32")


def make(cls: str, kwargs: dict[str, Any], **more: Any):
    if cls == "RandomGrayscale":
        more.pop("value_range", None)
    return getattr(layers, cls)(**kwargs, **more)


def numbers(x) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(x))


def tensors(nest):
    if isinstance(nest, dict):
        return {key: tensors(value) for key, value in nest.items()}
    return None if nest is None else ops.convert_to_tensor(nest)


@with_keras
@pytest.mark.parametrize("value_range", [(0, 255), (0, 1)], ids=str)
@pytest.mark.parametrize("case", RANDOM, **names)
def test_images_are_those_of_keras_for_the_same_draws(case, value_range, backend):
    cls, kwargs = case
    images = pictures(5) / (255 / value_range[1])
    more = {} if cls == "RandomGrayscale" else {"value_range": value_range}
    theirs = keras_peer.call(
        "layers.colours_on_keras:transformed", backend="torch", cls=cls, kwargs={**kwargs, **more}, images=images
    )
    layer = make(cls, kwargs, **more)
    ours = layer.transform_images(ops.convert_to_tensor(images), tensors(theirs["drawn"]), training=True)
    np.testing.assert_allclose(numbers(ours), theirs["images"], atol=2e-4 * value_range[1] / 255, rtol=1e-5)


@with_keras
@pytest.mark.parametrize("value_range", [(0, 255), (0, 1)], ids=str)
@pytest.mark.parametrize("case", [case for case in SURE if case[0] not in DRAWN_BY_KERAS], **names)
@pytest.mark.one_engine
def test_calls_give_what_they_give_in_keras(case, value_range, backend):
    cls, kwargs = case
    more = {} if cls == "RandomGrayscale" else {"value_range": value_range}
    if cls == "RandomSaturation":
        kwargs = {"factor": (0.3, 0.3)}  # Keras's values leave their range above 0.5
    layer = make(cls, kwargs, **more)
    for image in pictures(3):
        image = image / (255 / value_range[1])
        theirs = keras_peer.call(
            "layers.colours_on_keras:called", backend="torch", cls=cls, kwargs={**kwargs, **more}, images=image
        )
        found = numbers(layer(image))
        level = value_range[1] / 255
        np.testing.assert_allclose(found, theirs, atol=level * (1.001 if cls == "Equalization" else 1e-3), rtol=1e-5)
        assert np.mean(np.abs(found - theirs) > 0.01 * level) < 0.05  # a half may be rounded up or down


@pytest.mark.parametrize("case", SURE, **names)
@pytest.mark.one_engine
def test_batches_formats_ranges_and_dtypes(case, backend):
    cls, kwargs = case
    images = pictures(4)
    layer = make(cls, kwargs)
    if cls in ("RandomHue", "RandomColorJitter"):  # half of the circle either way: the same colour
        assert kwargs.get("factor", kwargs.get("hue_factor")) == (1.0, 1.0)
    found = numbers(layer(images))
    assert found.shape == images.shape
    assert found.dtype == "float32"
    for one, image in zip(found, images, strict=True):
        np.testing.assert_allclose(numbers(layer(image)), one, atol=1e-3)
    first = make(cls, kwargs, data_format="channels_first")
    np.testing.assert_allclose(numbers(first(images.transpose(0, 3, 1, 2))).transpose(0, 2, 3, 1), found, atol=1e-3)
    np.testing.assert_allclose(numbers(layer(images.astype("uint8"))), found, atol=1e-3)
    small = numbers(make(cls, kwargs, value_range=(0, 1))(images / 255))
    np.testing.assert_allclose(small * 255, found, atol=2e-3)
    if cls not in ("RandomGrayscale", "RandomColorDegeneration"):
        moved = numbers(make(cls, kwargs, value_range=(-1, 1))(images / 127.5 - 1))
        np.testing.assert_allclose((moved + 1) * 127.5, found, atol=3e-3)
    again = numbers(layer(images, training=False))
    np.testing.assert_allclose(again, found if (cls, kwargs) in FIXED else images, atol=1e-3)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16", "float64", "uint8"])
@pytest.mark.parametrize("case", SURE, **names)
@pytest.mark.one_engine
def test_policies(case, dtype, backend):
    if dtype == "float64" and "float64" not in registry.current().capabilities:
        pytest.skip("no float64")
    cls, kwargs = case
    images = pictures(2)
    layer = make(cls, kwargs, dtype=dtype)
    found = layer(images)
    assert ops.dtype(found) == dtype.removeprefix("mixed_")
    wanted = numbers(make(cls, kwargs)(images))
    differences = np.abs(np.asarray(numbers(found), "float64") - wanted)
    assert np.median(differences) <= (2 if dtype != "float64" else 1e-4)


@pytest.mark.parametrize("case", RANDOM, **names)
def test_draws_are_per_image_by_seed_and_equal_on_every_engine(case):
    cls, kwargs = case
    images = np.repeat(pictures(1) + pictures(), 40, 0) / 2
    found = {}
    for name in registry.installed():
        with use_backend(name):
            found[name] = numbers(make(cls, kwargs, seed=5)(images))
    first, *others = found.values()
    assert len({image.tobytes() for image in first}) > 1
    for each in others:
        np.testing.assert_allclose(each, first, atol=2e-3)
    layer = make(cls, kwargs, seed=5)
    np.testing.assert_allclose(numbers(layer(images)), first, atol=2e-3)
    assert np.abs(numbers(layer(images)) - first).max() > 1


def drawn(layer, count: int = 3000) -> dict[str, np.ndarray]:
    found = layer.get_random_transformation(np.zeros((count, 2, 2, 3), "float32"), training=True)
    found = found if isinstance(found, dict) else {"": found}
    return {key: numbers(value).reshape(count, -1).astype("float64") for key, value in found.items()}


@pytest.mark.parametrize(
    ("cls", "kwargs", "key", "low", "high"),
    [
        ("RandomBrightness", {"factor": 0.2}, "rgb_delta", -51, 51),
        ("RandomBrightness", {"factor": (0.1, 0.2), "value_range": (0, 10)}, "rgb_delta", 1, 2),
        ("RandomContrast", {"factor": 0.3}, "contrast_factor", 0.7, 1.3),
        ("RandomContrast", {"factor": (0.2, 3.0)}, "contrast_factor", 0.8, 4.0),
        ("RandomHue", {"factor": 0.4}, "factor", -0.2, 0.2),
        ("RandomSaturation", {"factor": 0.5}, "factor", 0, 1),
        ("RandomSaturation", {"factor": (0.5, 0.8)}, "factor", 1, 4),
        ("RandomColorDegeneration", {"factor": 0.5}, "factor", 0, 0.5),
        ("RandomSharpness", {"factor": 0.5}, "factor", 0, 0.5),
        ("RandomPosterization", {"factor": 3}, "shift_factor", 5, 7),
        ("RandomPosterization", {"factor": (4, 8)}, "shift_factor", 0, 4),
        ("RandomGaussianBlur", {"sigma": 2.0}, "blur_factor", 0, 2),
        ("RandomGaussianBlur", {"sigma": (0.5, 2.5)}, "blur_factor", 0.5, 2.5),
        ("Solarization", {"addition_factor": (0.2, 0.4)}, "additions", 51, 102),
        ("Solarization", {"threshold_factor": 0.4, "value_range": (0, 1)}, "thresholds", 0, 102),
        ("RandomColorJitter", {"contrast_factor": 0.3}, "contrast", 0.7, 1.3),
        ("RandomColorJitter", {"brightness_factor": 0.2}, "brightness", -51, 51),
        ("RandomColorJitter", {"saturation_factor": 0.5}, "saturation", 0, 1),
        ("RandomColorJitter", {"hue_factor": 0.4}, "hue", -0.2, 0.2),
    ],
)  # fmt: skip
def test_draws_fill_their_bounds(cls, kwargs, key, low, high):
    values = drawn(make(cls, kwargs, seed=2))[key]
    assert low - 1e-5 <= values.min()
    assert values.max() <= high + 1e-5
    assert values.min() - low < 0.05 * (high - low)
    assert high - values.max() < 0.05 * (high - low)


@pytest.mark.parametrize(
    ("cls", "kwargs", "share"),
    [
        ("RandomGrayscale", {"factor": 0.3}, 0.3),
        ("RandomInvert", {"factor": 0.6}, 0.3),
        ("RandomInvert", {"factor": (0.2, 0.4)}, 0.3),
        ("RandomGaussianBlur", {"factor": (0.3, 0.3)}, 0.3),
    ],
)
def test_shares_of_images(cls, kwargs, share):
    values = next(iter(drawn(make(cls, kwargs, seed=2)).values()))
    assert abs(values.mean() - share) < 0.04


def test_saturation_ends_at_full_saturation(backend):
    images = pictures(2)
    found = numbers(layers.RandomSaturation((1.0, 1.0))(images))
    assert found.min() >= 0
    assert found.max() <= 255
    np.testing.assert_allclose(found.max(-1), images.max(-1), atol=1e-3)
    np.testing.assert_allclose(found[0].min(-1), 0, atol=1e-3)
    np.testing.assert_array_equal(found[1], images[1])  # greys have no hue


def test_equalization_of_an_image_does_not_depend_on_the_others(backend):
    images = pictures(4)
    layer = layers.Equalization()
    np.testing.assert_array_equal(numbers(layer(images))[:2], numbers(layer(images[:2])))
    np.testing.assert_array_equal(numbers(layer(images))[3], images[3])


def test_images_without_colour(backend):
    images = pictures(2, channels=1)
    for layer in (layers.RandomGrayscale(1.0), layers.RandomColorDegeneration((0.5, 0.5))):
        np.testing.assert_array_equal(numbers(layer(images)), images)
    for layer in (layers.RandomBrightness((0.1, 0.1)), layers.RandomSharpness((0.1, 0.1)), layers.Equalization()):
        assert numbers(layer(images)).shape == images.shape


@pytest.mark.parametrize("case", SURE, **names)
@pytest.mark.one_engine
def test_labels_boxes_and_masks_stay(case, backend):
    cls, kwargs = case
    data = {
        "images": pictures(2),
        "labels": np.array([3, 1]),
        "bounding_boxes": {"boxes": np.ones((2, 1, 4), "float32"), "labels": np.zeros((2, 1))},
        "segmentation_masks": np.arange(2 * 18 * 23).reshape(2, 18, 23, 1),
        "name": np.array([7, 8]),
    }
    layer = make(cls, kwargs, bounding_box_format="xyxy")
    found = layer(data)
    np.testing.assert_allclose(numbers(found["images"]), numbers(layer(data["images"])), atol=1e-3)
    for part in ("labels", "segmentation_masks", "name"):
        np.testing.assert_array_equal(numbers(found[part]), data[part])
    for part, value in data["bounding_boxes"].items():
        np.testing.assert_array_equal(numbers(found["bounding_boxes"][part]), value)


@with_keras
@pytest.mark.parametrize("case", [*RANDOM, *SURE], **names)
def test_config_is_that_of_keras(case):
    cls, kwargs = case
    plain = json.loads(json.dumps(kwargs))
    theirs = keras_peer.call("layers.colours_on_keras:config", backend="torch", cls=cls, kwargs={**plain, "name": "x"})
    layer = make(cls, kwargs, name="x")
    ours = json.loads(json.dumps(layer.get_config()))
    wanted = {"seed": None, **theirs} if cls == "RandomGrayscale" else theirs  # Keras forgets it
    assert ours == wanted
    assert json.loads(json.dumps(type(layer).from_config(theirs).get_config())) == wanted


@pytest.mark.parametrize(
    ("make_layer", "words"),
    [
        (lambda: layers.RandomBrightness(1.5), "`factor`"),
        (lambda: layers.RandomBrightness((0.5, 0.2)), "`factor`"),
        (lambda: layers.RandomBrightness((0.1, 0.2, 0.3)), "`factor`"),
        (lambda: layers.RandomContrast(-0.1), "`factor`"),
        (lambda: layers.RandomContrast((1.5, 2.0)), "at most 1"),
        (lambda: layers.RandomHue(1.1), "`factor`"),
        (lambda: layers.RandomSaturation(-0.1), "`factor`"),
        (lambda: layers.RandomColorJitter(hue_factor=2.0), "`hue_factor`"),
        (lambda: layers.RandomGrayscale(1.2), "`factor`"),
        (lambda: layers.RandomPosterization(9), "`factor`"),
        (lambda: layers.RandomPosterization(0), "`factor`"),
        (lambda: layers.RandomPosterization(2.5), "`factor`"),
        (lambda: layers.RandomGaussianBlur(kernel_size=4), "odd"),
        (lambda: layers.RandomGaussianBlur(sigma=-1.0), "`sigma`"),
        (lambda: layers.Solarization(addition_factor=2.0), "`addition_factor`"),
        (lambda: layers.Equalization(bins=1), "`bins`"),
        (lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(0, 1)), "`tile_grid_size`"),
        (lambda: layers.AutoContrast(value_range=(1, 1)), "two different numbers"),
        (lambda: layers.AutoContrast(value_range=3), "`value_range`"),
        (lambda: layers.RandomHue(0.5)(pictures(2, channels=4)), "3 channels"),
        (lambda: layers.RandomGrayscale(0.5)(pictures(2, channels=4)), "3 or 1 channels"),
        (lambda: layers.RandomColorJitter(saturation_factor=0.5)(pictures(2, channels=1)), "3 channels"),
        (lambda: layers.AutoContrast()(np.ones((4, 4))), "3 axes"),
        (lambda: layers.RandomBrightness(0.1)(np.ones((1, 2, 3, 4, 5))), "3 axes"),
    ],
)  # fmt: skip
@pytest.mark.one_engine
def test_bad_input(make_layer, words, backend):
    with pytest.raises(ArgumentError, match=words):
        make_layer()


def test_seed_generators_can_be_given(backend):
    images = np.zeros((3, 2, 2, 3), "float32")
    layer = layers.RandomBrightness(0.5)
    first, second = (
        numbers(layer.get_random_transformation(images, seed=random.SeedGenerator(9))["rgb_delta"]) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


# ---- where data is made -----------------------------------------------------------------------------------------

PLACED = [*RANDOM, ("RandomColorJitter", {"brightness_factor": 0.2, "contrast_factor": 0.3, "hue_factor": 0.4}), *FIXED]


def every_layer() -> list[Any]:
    """All layers, each with a seed if it draws."""
    return [make(cls, kwargs, **({} if (cls, kwargs) in FIXED else {"seed": 7})) for cls, kwargs in PLACED]


def in_place(made: list[Any], index: Any, image: Any) -> list[Any]:
    """What the layers make of one image at a place of its data."""
    with random.position(index):
        return [layer(image, training=True) for layer in made]


def expected(made: list[Any]) -> list[list[np.ndarray]]:
    return [[numbers(x) for x in in_place(made, index, image)] for index, image in enumerate(pictures(2))]


def equal(found, wanted) -> None:
    for images, others in zip(found, wanted, strict=True):
        for image, other, (cls, _) in zip(images, others, PLACED, strict=True):
            steps = np.abs(np.asarray(image) - other)
            assert np.mean(steps > 2e-3) < (0.001 if cls in LEVELS else 1e-9), cls


def test_in_a_compiled_program(differentiating_backend):
    made = every_layer()
    program = transforms.jit(lambda index, image: in_place(made, index, image))
    found = [
        [numbers(x) for x in program(ops.convert_to_tensor(index, "int32"), ops.convert_to_tensor(image))]
        for index, image in enumerate(pictures(2))
    ]
    equal(found, expected(made))


def test_on_the_host(backend):
    made = every_layer()
    hosts = [layer.on_host() for layer in made]
    found = [in_place(hosts, index, image) for index, image in enumerate(pictures(2))]
    assert all(type(x) is np.ndarray for images in found for x in images)
    equal(found, expected(made))


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
@pytest.mark.one_engine
def test_in_a_tf_data_set(backend):
    import tensorflow as tf

    made = every_layer()
    data = tf.data.Dataset.from_tensor_slices(pictures(2)).enumerate()
    found = [[x.numpy() for x in row] for row in data.map(lambda index, image: tuple(in_place(made, index, image)))]
    equal(found, expected(made))


class Placed:
    """A data set for loaders."""

    def __init__(self, made):
        self.made = made

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return in_place(self.made, index, pictures(2)[index])


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
@pytest.mark.filterwarnings("ignore:.*fork.*", "ignore:.*multi-threaded.*")
def test_in_a_loader_with_workers(backend):
    from torch.utils.data import DataLoader

    made = every_layer()
    wanted = expected(made)
    found = [[x.numpy()[0] for x in row] for row in DataLoader(Placed(made), batch_size=1, num_workers=2)]
    equal(found, wanted)


@pytest.mark.skipif(importlib.util.find_spec("grain") is None, reason="needs grain")
def test_in_a_grain_data_set(backend):
    import grain

    made = every_layer()
    hosts = [layer.on_host() for layer in made]
    data = grain.MapDataset.source(Placed(hosts))
    equal(list(data), expected(made))


def test_models_train_behind_them(differentiating_backend, tmp_path):
    model = Sequential([Input((18, 23, 3)), *every_layer(), layers.Flatten(), layers.Dense(1)])
    model.compile(optimizers.SGD(1e-9), "mse")
    model.fit(pictures(4), np.ones((4, 1)), batch_size=2, verbose=0)
    wanted = model.predict(pictures(2), verbose=0)
    model.save(tmp_path / "model.keras")
    found = saving.load_model(tmp_path / "model.keras").predict(pictures(2), verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
