"""Layers that move the pixels of images: Keras's numbers, formats, parts of samples, the places where they run."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import keras_peer
import numpy as np
import pytest
from layers.image_rows import ROWS, ImageRow, sample
from layers.images_on_keras import METHODS

from keraslite import Input, KerasTensor, Model, Sequential, layers, ops, random, saving, tree, use_backend, utils
from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.images.warp import Warp

every_row = pytest.mark.parametrize("row", ROWS, ids=str)
one_per_class = pytest.mark.parametrize("row", {row.cls: row for row in reversed(ROWS)}.values(), ids=lambda r: r.cls)


def make(row: ImageRow, **more: Any):
    seed = {"seed": 3} if row.random else {}
    return getattr(layers, row.cls)(**row.kwargs, **seed, bounding_box_format="xyxy", **more)


def numbers(nest: Any) -> Any:
    return tree.map(lambda x: np.asarray(ops.convert_to_numpy(x)) if hasattr(x, "shape") else x, nest)


def tensors(nest: Any) -> Any:
    return tree.map(lambda x: ops.convert_to_tensor(x) if isinstance(x, np.ndarray) else x, nest)


def data_for(row: ImageRow) -> dict[str, Any]:
    data = sample()
    if row.cls == "CutMix":
        del data["bounding_boxes"]
    return data


def close(found: Any, wanted: Any, tolerance: float = 1e-3) -> None:
    assert sorted(found) == sorted(wanted) if isinstance(found, dict) else True
    for a, b in zip(tree.leaves(numbers(found)), tree.leaves(numbers(wanted)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=tolerance)


def test_every_image_layer_is_tested():
    classes = {
        name for name, value in vars(layers).items()
        if isinstance(value, type) and issubclass(value, layers.BaseImagePreprocessingLayer)
    } - {"BaseImagePreprocessingLayer"}  # fmt: skip
    tested = {row.cls for row in ROWS}
    if importlib.util.find_spec("layers.test_colours") is not None:
        colours = importlib.import_module("layers.test_colours")
        tested |= {cls for cls, _ in (*colours.RANDOM, *colours.FIXED, *colours.SURE)}
        tested |= {layer.__class__.__name__ for layer in colours.every_layer()}
    assert not classes - tested - {"RandAugment", "AugMix"}


# ---- next to Keras ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected():
    if not keras_peer.available():
        pytest.skip("needs real Keras")
    rows = [
        [
            row.cls,
            {**row.kwargs, "bounding_box_format": "xyxy", **({"seed": 3} if row.random else {})},
            row.drawn,
            [part for part in METHODS if part not in row.differs],
        ]
        for row in ROWS
    ]
    return keras_peer.call("layers.images_on_keras:run", backend="torch", rows=rows, data=sample())


@every_row
def test_as_in_keras(row, expected, backend):
    keras = expected[ROWS.index(row)]
    if keras is None:
        assert row.cls == "Mosaic"  # Keras 3.15 has none
        return
    layer, data = make(row), sample()
    parts = {part: data[part] for part in keras["parts"]}
    if row.drawn:
        transformation = {"input_shape": data["images"].shape, **tensors(keras["transformation"])}
        found = {part: getattr(layer, METHODS[part])(tensors(value), transformation) for part, value in parts.items()}
    else:
        found = layer({"images": data["images"], **parts})
    for part, wanted in keras["parts"].items():
        if part in row.inexact:  # ties between two pixels
            assert (numbers(found[part]) == wanted).mean() > 0.9
        else:
            close(found[part], wanted)
    config = layer.get_config()
    for name, value in keras["config"].items():
        assert name in ("name", "dtype") or name not in config or plain(config[name]) == plain(value)


def plain(value: Any) -> Any:
    return [float(x) for x in value] if isinstance(value, (list, tuple)) else value


# ---- formats of the data ----------------------------------------------------------------------------------------


@every_row
@pytest.mark.one_engine
def test_channels_first(row, backend):
    data = data_for(row)
    turned = dict(data)
    for part in ("images", "segmentation_masks"):
        turned[part] = np.moveaxis(data[part], -1, 1)
    wanted = numbers(make(row)(data))
    found = numbers(make(row, data_format="channels_first")(turned))
    for part in ("images", "segmentation_masks"):
        found[part] = np.moveaxis(found[part], 1, -1)
    if row.note == "noise":  # which is drawn in another order
        found["images"] = wanted["images"]
    close(found, wanted)


@every_row
@pytest.mark.one_engine
def test_single_samples_are_batches_of_one(row, backend):
    data = data_for(row)
    single, one = tree.map(lambda x: x[0], data), tree.map(lambda x: x[:1], data)
    close(make(row)(single), tree.map(lambda x: x[0], numbers(make(row)(one))))
    close(make(row)(single["images"]), numbers(make(row)(one["images"]))[0])


@every_row
@pytest.mark.one_engine
def test_bytes(row, backend):
    images = sample()["images"].round()
    found, wanted = make(row)(images.astype("uint8")), make(row)(images)
    keeps = make(row).keeps_integers
    assert ops.dtype(found) == ("uint8" if keeps else "float32")
    wanted = numbers(wanted)
    close(found, np.clip(wanted, 0, 255).round() if keeps else wanted, tolerance=1.0 if keeps else 1e-3)
    half = make(row, dtype="float16")(images.astype("uint8"))
    assert ops.dtype(half) == ("uint8" if keeps else "float16")


@every_row
@pytest.mark.one_engine
def test_outside_of_training(row, backend):
    data = data_for(row)
    found = numbers(make(row)(data, training=False))
    if not row.always:
        close(found, data)
        assert {part: found[part].dtype for part in ("images", "segmentation_masks")} == {
            part: data[part].dtype for part in ("images", "segmentation_masks")
        }
    elif row.cls == "RandomCrop":
        assert found["images"].shape == (3, 5, 7, 3)
        assert found["segmentation_masks"].dtype == data["segmentation_masks"].dtype
    else:
        close(found, make(row)(data))


@every_row
@pytest.mark.one_engine
def test_masks_without_channels_and_other_parts_stay(row, backend):
    data = {**data_for(row), "name": np.array([1, 2, 3])}
    wanted = numbers(make(row)(data))
    found = numbers(make(row)({**data, "segmentation_masks": data["segmentation_masks"][..., 0]}))
    np.testing.assert_array_equal(found["segmentation_masks"], wanted["segmentation_masks"][..., 0])
    np.testing.assert_array_equal(found["name"], [1, 2, 3])


@every_row
def test_symbolic_is_actual(row, backend):
    data = data_for(row)
    symbols = tree.map(lambda x: KerasTensor((None, *x.shape[1:]), str(x.dtype)), data)
    promised, found = make(row)(symbols), make(row)(data)
    for symbol, value in zip(tree.leaves(promised), tree.leaves(found), strict=True):
        assert symbol.dtype == ops.dtype(value)
        assert symbol.shape[1:] == tuple(value.shape)[1:]
        assert symbol.shape[0] is None
    shape = make(row).compute_output_shape((None, 9, 12, 3))
    assert shape[1:] == tuple(make(row)(data["images"]).shape)[1:]


@one_per_class
@pytest.mark.one_engine
def test_sizes_that_are_not_known(row, backend):
    promised = make(row)(KerasTensor((None, None, None, 3)))
    wanted = tuple(make(row)(sample()["images"]).shape)
    assert promised.shape[3] == 3
    assert all(a in (None, b) for a, b in zip(promised.shape, wanted, strict=True))


# ---- parts that move together -----------------------------------------------------------------------------------

MOVING = [
    ("RandomFlip", {}), ("RandomRotation", {"factor": 0.4}),
    ("RandomZoom", {"height_factor": 0.4, "width_factor": 0.3}),
    ("RandomTranslation", {"height_factor": 0.3, "width_factor": 0.2}),
    ("RandomShear", {"x_factor": 0.3, "y_factor": 0.2}), ("RandomPerspective", {"scale": 0.4}),
    ("RandomCrop", {"height": 40, "width": 44}), ("CenterCrop", {"height": 40, "width": 44}),
    ("CenterCrop", {"height": 80, "width": 40}), ("Resizing", {"height": 60, "width": 90}),
    ("Resizing", {"height": 50, "width": 50, "crop_to_aspect_ratio": True}),
    ("Resizing", {"height": 50, "width": 50, "pad_to_aspect_ratio": True}), ("Mosaic", {}),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "kwargs"), MOVING, ids=[f"{cls}-{i}" for i, (cls, _) in enumerate(MOVING)])
def test_boxes_and_masks_move_with_the_pixels(cls, kwargs, backend):
    images = np.zeros((6, 48, 60, 1), "float32")
    images[:, 18:30, 20:36] = 1  # one square per image
    fills = issubclass(getattr(layers, cls), Warp) and cls != "RandomPerspective"
    still = {"fill_mode": "constant"} if fills else {}
    seed = {} if cls in ("CenterCrop", "Resizing") else {"seed": 5}
    layer = getattr(layers, cls)(**kwargs, **still, **seed, bounding_box_format="yxyx")
    boxes = {"boxes": np.array([[[18.0, 20.0, 30.0, 36.0]]] * 6, "float32"), "labels": np.ones((6, 1), "int32")}
    found = numbers(layer({"images": images, "segmentation_masks": images.astype("uint8"), "bounding_boxes": boxes}))
    assert found["segmentation_masks"].dtype == np.uint8
    assert ((found["images"] > 0.5) == (found["segmentation_masks"] > 0)).mean() > 0.97
    for image, moved, labels in zip(found["images"], found["bounding_boxes"]["boxes"],
                                    found["bounding_boxes"]["labels"], strict=True):  # fmt: skip
        seen = np.zeros(image.shape[:2], bool)
        for top, left, bottom, right in moved[labels == 1]:
            rows = slice(int(max(top - 1, 0)), int(np.ceil(bottom + 1)))
            seen[rows, int(max(left - 1, 0)) : int(np.ceil(right + 1))] = True
        assert (image[..., 0] > 0.5)[~seen].sum() == 0  # all that is bright lies in a box
        if cls != "Mosaic" and (image > 0.5).any():
            rows, columns = np.nonzero(image[..., 0] > 0.5)
            tight = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
            np.testing.assert_allclose(moved[0], tight, atol=2.1)


def test_boxes_of_any_number_are_filled_up(backend):
    layer = layers.RandomFlip("horizontal", seed=1, bounding_box_format="xywh")
    boxes = {"boxes": [np.ones((1, 4), "float32"), np.ones((2, 4), "float32"), np.zeros((0, 4), "float32")],
             "labels": [np.array([1]), np.array([1, 2]), np.zeros((0,), "int64")]}  # fmt: skip
    found = numbers(layer({"images": sample()["images"], "bounding_boxes": boxes}))["bounding_boxes"]
    assert found["boxes"].shape == (3, 2, 4)
    np.testing.assert_array_equal(found["labels"], [[1, -1], [1, 2], [-1, -1]])
    np.testing.assert_array_equal(found["boxes"][[0, 2, 2], [1, 0, 1]], np.full((3, 4), -1.0))


@pytest.mark.parametrize(
    ("cls", "kwargs"), [("CutMix", {}), ("Mosaic", {}), ("MixUp", {}), ("MixUp", {"alpha": 4.0})], ids=str
)
def test_labels_are_mixed_by_what_is_seen(cls, kwargs, backend):
    count = 8
    images = np.broadcast_to(np.arange(count, dtype="float32")[:, None, None, None], (count, 20, 30, 1))
    labels = np.eye(count, dtype="float32")
    found = numbers(getattr(layers, cls)(**kwargs, seed=3)({"images": images, "labels": labels}))
    for image, label in zip(found["images"], found["labels"], strict=True):
        if cls == "MixUp":
            np.testing.assert_allclose(image, (label * np.arange(count)).sum(), rtol=1e-4)
        else:
            shares = [(image == number).mean() for number in range(count)]
            np.testing.assert_allclose(label, shares, atol=1e-5)
    assert np.abs(found["labels"] - labels).max() > 0.1


# ---- draws ------------------------------------------------------------------------------------------------------


@one_per_class
def test_draws_are_per_image_and_the_same_on_every_engine(row):
    if not row.random or row.mixes:
        return
    varied = {"factor": 0.4, "height_factor": 0.3, "width_factor": 0.2, "x_factor": 0.3}
    kwargs = {name: varied.get(name, value) for name, value in row.kwargs.items()}
    if row.cls in ("RandomPerspective", "RandomElasticTransform", "RandomErasing"):
        kwargs["factor"] = (1.0, 1.0)
    images = np.repeat(sample()["images"][:1], 8, axis=0)
    found = []
    for name in registry.installed():
        with use_backend(name):
            found.append(numbers(getattr(layers, row.cls)(**kwargs, seed=9)(images)))
    assert len(np.unique(found[0].reshape(8, -1), axis=0)) > (1 if row.cls == "RandomFlip" else 5)
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-4, atol=2e-2)


def test_every_corner_moves_and_every_part_is_erased(backend):
    layer = layers.RandomPerspective(scale=1.0, seed=1)
    drawn = numbers(layer.get_random_transformation(np.zeros((200, 8, 8, 1), "float32")))
    moved = np.abs(drawn["end_points"] - drawn["start_points"]).max(axis=0)
    assert (moved > 3).all()
    assert (moved <= 3.5).all()
    erasing = layers.RandomErasing((1.0, 1.0), scale=(0.1, 0.4), fill_value=0, seed=1)
    erased = numbers(erasing(np.ones((300, 10, 10, 1), "float32"))) == 0
    assert erased.mean(axis=(1, 2, 3)).min() >= 0.05
    assert erased.mean(axis=(1, 2, 3)).max() <= 0.45
    assert erased.any(axis=0).all()
    some = layers.RandomErasing(factor=(0.5, 0.5), seed=1).get_random_transformation(np.ones((400, 4, 4, 1), "float32"))
    assert 0.4 < numbers(some["apply_erasing"]).mean() < 0.6


# ---- where they run ---------------------------------------------------------------------------------------------


def every_layer() -> list[Any]:
    return [make(row) for row in ROWS if not row.mixes]


def in_place(made: list[Any], index: Any, image: Any) -> list[Any]:
    with random.position(index):
        return [layer(image, training=True) for layer in made]


def wanted(made: list[Any]) -> list[list[np.ndarray]]:
    return [[numbers(x) for x in in_place(made, i, image)] for i, image in enumerate(sample()["images"])]


def equal(found: Any, expected: Any) -> None:
    for one, other in zip(found, expected, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(np.asarray(a) / 255, b / 255, atol=1e-5)


def test_on_the_host(backend):
    made = every_layer()
    expected = wanted(made)
    on_host = [layer.on_host() for layer in made]
    equal([in_place(on_host, i, image) for i, image in enumerate(sample()["images"])], expected)


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
@pytest.mark.one_engine
def test_in_a_tf_data_set(backend):
    import tensorflow as tf

    made = every_layer()
    expected = wanted(made)
    data = tf.data.Dataset.from_tensor_slices(sample()["images"]).enumerate()
    mapped = data.map(lambda i, x: tuple(in_place(made, i, x)), num_parallel_calls=2)
    equal([[x.numpy() for x in row] for row in mapped], expected)


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
def test_batches_in_a_tf_data_set_may_have_any_size():  # TensorFlow computes, whatever engine is active
    import tensorflow as tf

    images = sample()["images"]
    for layer in every_layer():

        def mapped(x, layer=layer):
            with random.position(3):
                return layer(x, training=True)

        whole = tf.data.Dataset.from_tensors(images)
        hidden = tf.data.Dataset.from_generator(
            lambda: [images], output_signature=tf.TensorSpec((None, *images.shape[1:]))
        )
        (expected,), (found,) = list(whole.map(mapped)), list(hidden.map(mapped))
        np.testing.assert_allclose(found.numpy() / 255, expected.numpy() / 255, atol=1e-4, err_msg=layer.name)


UNKNOWN_SIZES = [
    layers.Resizing(7, 8),
    layers.Resizing(7, 8, "nearest", crop_to_aspect_ratio=True),
    layers.Resizing(14, 8, "bicubic", antialias=True, pad_to_aspect_ratio=True, fill_value=7.0),
    layers.Resizing(7, 8, "area", data_format="channels_first"),
    layers.Resizing(7, 8, crop_to_aspect_ratio=True, bounding_box_format="rel_xywh"),
    layers.CenterCrop(4, 5, bounding_box_format="xyxy"),
    layers.CenterCrop(14, 5, bounding_box_format="xyxy"),
    layers.RandomCrop(4, 5, seed=1, bounding_box_format="xyxy"),
    layers.RandomCrop(14, 5, seed=1, bounding_box_format="xyxy"),
    layers.RandomFlip(seed=1, bounding_box_format="xyxy"),
    layers.RandomShear(0.2, 0.2, seed=1, bounding_box_format="rel_xywh"),
    layers.RandomElasticTransform((1.0, 1.0), seed=1, bounding_box_format="xyxy"),
]


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
@pytest.mark.parametrize(
    ("layer", "kind"),
    [(layer, "parts") for layer in UNKNOWN_SIZES]
    + [(layer, "bytes") for layer in UNKNOWN_SIZES[:4]]
    + [(layer, "single") for layer in UNKNOWN_SIZES[4:8]],
    ids=lambda part: getattr(part, "name", part),
)
def test_images_of_any_size_in_a_tf_data_set(layer, kind):  # as `tf.io.decode_jpeg` makes them
    import tensorflow as tf

    def mapped(x):
        with random.position(3):
            return layer(x, training=True)

    images = np.random.default_rng(0).random((2, 12, 9, 3), "float32") * 255
    data: Any = {"single": images[0], "bytes": images.astype("uint8"), "parts": {"images": images}}[kind]
    first = getattr(layer, "data_format", None) == "channels_first"
    data = tree.map(lambda x: np.ascontiguousarray(np.moveaxis(x, -1, -3)) if first else x, data)
    if kind == "parts" and layer.bounding_box_format:
        boxes = {"boxes": np.array([[[0.1, 0.2, 3, 4]], [[1, 0, 5, 3]]], "float32"), "labels": np.ones((2, 1))}
        data = {**data, "bounding_boxes": boxes, "segmentation_masks": images[..., :1].astype("int32")}
    spec = tree.map(lambda x: tf.TensorSpec([n if n < 7 else None for n in x.shape], x.dtype), data)
    unknown = tf.data.Dataset.from_generator(lambda: [data], output_signature=spec).map(mapped)
    (expected,), (found,) = list(tf.data.Dataset.from_tensors(data).map(mapped)), list(unknown)
    for a, b in zip(tree.leaves(found), tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1 if kind == "bytes" else 2e-3)
    if isinstance(layer, (layers.Resizing, layers.CenterCrop)):
        shape = tree.leaves(unknown.element_spec)[0 if kind != "parts" or not layer.bounding_box_format else 2].shape
        assert (layer.height, layer.width) == tuple(shape[-2:] if first else shape[-3:-1])


class Placed:
    """A data set of PyTorch's kind."""

    def __init__(self, made):
        self.made, self.images = made, sample()["images"]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return in_place(self.made, index, self.images[index])


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
@pytest.mark.filterwarnings("ignore:.*fork.*", "ignore:.*multi-threaded.*")
def test_in_a_loader_with_workers(backend):
    from torch.utils.data import DataLoader

    made = every_layer()
    expected = wanted(made)
    equal(list(DataLoader(Placed(made), batch_size=None, num_workers=2)), expected)


@pytest.mark.skipif(importlib.util.find_spec("grain") is None, reason="needs grain")
def test_in_a_grain_data_set(backend):
    import grain

    made = every_layer()
    expected = wanted(made)
    on_host = Placed([layer.on_host() for layer in made])
    equal(list(grain.MapDataset.range(3).map(on_host.__getitem__)), expected)


class Batches(utils.PyDataset):
    """Batches that go through all layers."""

    def __init__(self, made, workers):
        super().__init__(workers=workers)
        self.made, self.seen = made, {}

    def __len__(self):
        return 3

    def __getitem__(self, index):
        self.seen[index] = [layer(sample()["images"][index], training=True) for layer in self.made]
        return np.ones((1, 2), "float32"), np.ones((1, 1), "float32")


@pytest.mark.parametrize("workers", [1, 2])
def test_in_a_py_dataset_and_a_generator(workers, differentiating_backend):
    made = every_layer()
    expected = wanted(made)
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    data = Batches(made, workers)
    model.fit(data, verbose=0)
    equal([data.seen[i] for i in range(3)], expected)
    seen = []

    def batches():
        for index in range(3):
            seen.append(in_place(made, index, sample()["images"][index]))
            yield np.ones((1, 2), "float32"), np.ones((1, 1), "float32")

    model.fit(batches(), verbose=0)
    equal(seen, expected)
    assert all(type(x) is np.ndarray for row in seen for x in row)


def test_models_train_behind_them(differentiating_backend, tmp_path):
    x = inputs = Input((9, 12, 3))
    rows = [row for row in ROWS if not row.mixes and row.cls not in ("CenterCrop", "Resizing", "RandomCrop")]
    for row in rows[:12]:
        x = getattr(layers, row.cls)(**row.kwargs, **({"seed": 3} if row.random else {}))(x)
    x = layers.Pipeline([layers.RandomErasing(seed=1), layers.RandomCrop(8, 8, seed=2)])(x)
    x = layers.Rescaling(1 / 255)(layers.Resizing(4, 4)(x))
    model = Model(inputs, layers.Dense(1)(layers.Flatten()(x)))
    model.compile("sgd", "mse")
    data = np.repeat(sample()["images"], 4, axis=0)
    model.fit(data, np.ones((12, 1), "float32"), batch_size=4, epochs=2, verbose=0)
    before = model.predict(data, verbose=0)
    np.testing.assert_allclose(model.predict(data, verbose=0), before)
    model.save(tmp_path / "model.keras")
    again = saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict(data, verbose=0), before, rtol=1e-5)
    for one, other in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


# ---- Pipeline and files -----------------------------------------------------------------------------------------


def test_a_pipeline_calls_its_layers(backend):
    inner = [layers.RandomFlip(seed=1), layers.RandomRotation(0.2, seed=2), layers.Rescaling(1 / 255)]
    pipeline = layers.Pipeline(inner, name="steps")
    assert pipeline.layers == inner
    images = sample()["images"]
    with random.position(1):
        found = numbers(pipeline(images))
    with random.position(1):
        x = images
        for layer in inner:
            x = layer(x)
    np.testing.assert_allclose(found, numbers(x), rtol=1e-5)
    np.testing.assert_allclose(numbers(pipeline(images, training=False)), images / 255, rtol=1e-5)
    again = layers.Pipeline.from_config(pipeline.get_config())
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in inner]
    data = sample()
    assert sorted(layers.Pipeline(inner[:2])({"images": images, "labels": data["labels"]})) == ["images", "labels"]
    with pytest.raises(ArgumentError, match="a list of layers"):
        layers.Pipeline([abs])


@pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
@pytest.mark.one_engine
def test_files_go_both_ways(tmp_path, backend):
    image = sample()["images"]
    model = Sequential([
        Input((9, 12, 3)),
        layers.RandomFlip(seed=1),
        layers.Pipeline([layers.RandomRotation(0.1, seed=2), layers.CenterCrop(8, 8)]),
        layers.RandomZoom(0.1, seed=3),
        layers.Resizing(6, 6, crop_to_aspect_ratio=True),
        layers.Rescaling([1.0, 2.0, 3.0], offset=1),
    ])  # fmt: skip
    model(image, training=True)
    path = str(tmp_path / "model.keras")
    model.save(path)
    expected = numbers(model(image, training=False))
    outputs = keras_peer.call("layers.images_on_keras:pipeline", backend="torch", path=path, image=image)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-3)
    again = saving.load_model(path)
    np.testing.assert_allclose(numbers(again(image, training=False)), expected, rtol=1e-4, atol=1e-3)


# ---- bad input --------------------------------------------------------------------------------------------------

BOXED = {"images": np.ones((1, 4, 4, 3)), "bounding_boxes": {"boxes": np.ones((1, 1, 4)), "labels": np.ones((1, 1))}}


@pytest.mark.parametrize(("use", "text"), [
    (lambda: layers.RandomFlip("left"), "`mode` to be one of 'horizontal'"),
    (lambda: layers.RandomRotation(5.0), r"`factor` to be a number in \[-1\.0, 1\.0\], or a pair"),
    (lambda: layers.RandomRotation((0.3, 0.1)), "a pair of them"),
    (lambda: layers.RandomRotation(0.1, fill_mode="zeros"), "`fill_mode` to be one of"),
    (lambda: layers.RandomZoom(-1.0), "`height_factor` to be a number above"),
    (lambda: layers.RandomTranslation(0.1, 2.0), "`width_factor` to be a number in"),
    (lambda: layers.RandomPerspective(scale=2.0), "`scale` to be a number in"),
    (lambda: layers.RandomErasing(value_range=3), "`value_range` to be a pair of numbers"),
    (lambda: layers.MixUp(alpha=-1.0), "`alpha` to be a number of at least 0"),
    (lambda: layers.Resizing(0, 3), "`height` to be a positive integer"),
    (lambda: layers.RandomFlip(bounding_box_format="foo"), "`bounding_box_format` to be one of"),
    (lambda: layers.RandomFlip()(np.ones((4, 4))), "needs an image with 3 axes or a batch of images with 4"),
    (lambda: layers.RandomFlip()((np.ones((2, 4, 4, 3)), np.eye(2))), "dict of parts. Received a tuple of 2. Give"),
    (lambda: layers.MixUp()([np.ones((2, 4, 4, 3)), np.eye(2)]), "dict of parts. Received a list of 2. Give labels"),
    (lambda: layers.RandomFlip()(BOXED), "needs `bounding_box_format`"),
    (lambda: layers.CutMix(bounding_box_format="xyxy")(BOXED), "needs data without bounding boxes"),
    (lambda: layers.RandomFlip(bounding_box_format="xyxy")({**BOXED, "bounding_boxes": np.ones((1, 4))}),
     'bounding boxes as a dict with "boxes"'),
    (lambda: layers.RandomFlip(bounding_box_format="xyxy")({**BOXED, "bounding_boxes": {"boxes": np.ones((1, 4))}}),
     '"boxes" of shape'),
    (lambda: layers.MixUp()({"images": np.ones((2, 4, 4, 3)), "labels": np.array([1, 2])}), "labels in floats"),
    (lambda: layers.RandomRotation(0.1)({"labels": np.ones(3)}), 'needs "images" or "segmentation_masks"'),
    (lambda: layers.Rescaling("a"), "`scale` to be a number or an array"),
])  # fmt: skip
@pytest.mark.one_engine
def test_bad_input(use, text, backend):
    with pytest.raises(ArgumentError, match=text):
        use()
