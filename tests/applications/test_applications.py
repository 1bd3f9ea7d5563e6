"""`keraslite.applications` against real Keras: layers and weights, predictions from Keras's files, arguments."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import keras_peer
import numpy as np
import pytest
from applications import applications_on_keras as peer
from docstrings import examples
from utils.file_server import serving

import keraslite
from keraslite import applications, config, layers, naming, ops
from keraslite.applications import imagenet_utils, weight_files
from keraslite.errors import ArgumentError, CorruptFileError, WeightsMismatchError

needs_keras = pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")

EVERY = [name for name in applications.__all__ if inspect.isfunction(getattr(applications, name))]
NO_TOP: dict[str, Any] = {"include_top": False}
#: The smallest of each family: what its predictions are compared with, and at which size of images.
SMALLEST = {
    "VGG16": (".weights.h5", 32),
    "ResNet50": (".weights.h5", 32),
    "ResNet50V2": (".weights.h5", 32),
    "MobileNet": (".h5", 32),
    "MobileNetV2": (".weights.h5", 32),
    "MobileNetV3Small": (".weights.h5", 32),
    "DenseNet121": (".weights.h5", 32),
    "Xception": (".weights.h5", 71),
    "EfficientNetB0": (".h5", 32),
    "EfficientNetV2B0": (".weights.h5", 32),
    "InceptionV3": (".weights.h5", 75),
    "ConvNeXtTiny": (".h5", 32),
}
FIRST, LAST = "channels_first", "channels_last"
#: What is compared layer by layer.
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("VGG16", {**NO_TOP, "pooling": "max"}, FIRST),
    ("ResNet50", {**NO_TOP, "pooling": "avg", "name": "mine"}, FIRST),
    ("MobileNet", {"alpha": 0.75, "depth_multiplier": 2, "classes": 7}, FIRST),
    ("MobileNetV2", {"alpha": 1.4, "input_shape": (97, 130, 3), "classes": 7}, LAST),
    ("MobileNetV3Small", {"alpha": 1.3, "minimalistic": True, "include_preprocessing": False}, LAST),
    ("MobileNetV3Large", {"alpha": 0.75, "dropout_rate": 0.0, "input_shape": (3, 65, 70)}, FIRST),
    ("EfficientNetB0", {**NO_TOP, "pooling": "max", "input_shape": (3, 65, 70)}, FIRST),
    ("InceptionResNetV2", {**NO_TOP, "pooling": "max"}, LAST),
    ("NASNetMobile", {}, LAST),
]
#: The same, in tests of minutes.
MORE: list[tuple[str, dict[str, Any], str]] = [
    *[(name, {}, LAST) for name in EVERY],
    # Keras's NASNetLarge without its classifier takes images of any size, whose cells do not fit together.
    *[(name, {**NO_TOP, "pooling": "avg"}, LAST) for name in EVERY if name != "NASNetLarge"],
    ("NASNetLarge", {**NO_TOP, "pooling": "avg", "input_shape": (331, 331, 3)}, LAST),
    ("ResNet50V2", {**NO_TOP, "pooling": "max", "input_shape": (64, 40, 1)}, LAST),
    ("MobileNetV2", {**NO_TOP, "alpha": 0.35, "pooling": "avg"}, FIRST),
    ("DenseNet121", {**NO_TOP, "pooling": "max"}, LAST),
    ("Xception", {**NO_TOP, "pooling": "max"}, FIRST),
    ("EfficientNetB1", {**NO_TOP, "pooling": "max", "input_shape": (3, 65, 70)}, FIRST),
    ("EfficientNetV2B1", {**NO_TOP, "pooling": "max"}, FIRST),
    ("InceptionV3", {**NO_TOP, "pooling": "max"}, FIRST),
    ("NASNetLarge", {**NO_TOP, "pooling": "max", "input_shape": (50, 70, 3)}, LAST),
    ("ConvNeXtTiny", {**NO_TOP, "pooling": "max", "include_preprocessing": False, "name": "mine"}, LAST),
    ("EfficientNetV2S", {"include_preprocessing": False, "classes": 7}, LAST),
]


def built(name: str, options: dict[str, Any], data_format: str = "channels_last") -> Any:
    naming.reset_names()
    config.set_image_data_format(data_format)
    try:
        return getattr(applications, name)(**{"weights": None, **options})
    finally:
        config.set_image_data_format("channels_last")


def asked(function: str, name: str, **arguments: Any) -> Any:
    """What a function of the helper process returns. Keras builds NASNet on JAX only."""
    backend = "jax" if name.startswith("NASNet") else "torch"
    return keras_peer.call(f"applications.applications_on_keras:{function}", backend=backend, name=name, **arguments)


def same_layers(name: str, options: dict[str, Any], data_format: str) -> None:
    theirs = asked("describe", name, options=options, data_format=data_format)
    found = peer.described(built(name, options, data_format))
    assert len(found["layers"]) == len(theirs["layers"])
    for ours, other in zip(found["layers"], theirs["layers"], strict=True):
        assert ours == other
    assert found == theirs


@needs_keras
@pytest.mark.parametrize(("name", "options", "data_format"), CASES)
def test_layers_and_weights_are_those_of_keras(name, options, data_format):
    same_layers(name, options, data_format)


@needs_keras
@pytest.mark.slow
@pytest.mark.parametrize(("name", "options", "data_format"), MORE)
def test_layers_and_weights_of_every_size(name, options, data_format):
    same_layers(name, options, data_format)


@needs_keras
def test_arguments_are_those_of_keras():
    expected = asked("signatures", "applications")
    for path, theirs in expected.items():
        module = applications if "." not in path else getattr(applications, path.partition(".")[0])
        assert signature(getattr(module, path.rpartition(".")[2])) == theirs, path
    assert set(EVERY) == {path for path in expected if "." not in path}


def signature(function: Any) -> list[list[Any]]:
    """Names of parameters and their defaults."""
    return peer.signature(function)


# ---- files of Keras ---------------------------------------------------------------------------------------------


def small(name: str, size: int) -> dict[str, Any]:
    """Options for small images; VGG comes without the 120 million weights of its classifier."""
    head = {**NO_TOP, "pooling": "avg"} if "VGG" in name else {"classes": 5, "classifier_activation": None}
    return {"input_shape": (size, size, 3), **head}


@functools.cache
def saved(name: str, size: int, kinds: tuple[str, ...], folder: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Keras's files of a model, images, and its predictions."""
    paths = [f"{folder}/{name}{kind}" for kind in kinds]
    images = np.random.default_rng(1).uniform(0, 255, (2, size, size, 3)).astype("float32")
    return paths, images, asked("save", name, options=small(name, size), paths=paths, images=images)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("applications"))


def same_predictions(name: str, size: int, kinds: tuple[str, ...], folder: str) -> None:
    paths, images, expected = saved(name, size, kinds, folder)
    model = built(name, {**small(name, size), "weights": paths[0]})
    found = model.predict(images, verbose=0)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    assert np.ptp(expected) > 1e-2  # images matter
    for path in paths[1:]:
        other = built(name, {**small(name, size), "weights": path})
        for ours, theirs in zip(other.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@needs_keras
@pytest.mark.one_engine
@pytest.mark.parametrize("name", SMALLEST)
def test_predictions_from_files_of_keras(name, backend, folder):
    kind, size = SMALLEST[name]
    same_predictions(name, size, (kind,), folder)


@needs_keras
@pytest.mark.slow
@pytest.mark.one_engine
@pytest.mark.parametrize("name", EVERY)
def test_predictions_of_every_size(name, backend, tmp_path):
    size = 75 if name.startswith(("Inception", "Xception")) else 32
    same_predictions(name, size, (".weights.h5", ".h5"), str(tmp_path))
    saved.cache_clear()
    for path in tmp_path.iterdir():  # up to 3 GB
        path.unlink()


@needs_keras
@pytest.mark.parametrize("name", ["ConvNeXtTiny", "InceptionResNetV2"])
def test_keras_reads_models_with_layers_of_their_own(name, tmp_path):
    image = keraslite.Input((75, 75, 3))
    model = built(name, {**NO_TOP, "input_tensor": image, "pooling": "max"})
    inner = next(layer for layer in model.layers if type(layer).__name__ in ("LayerScale", "CustomScaleLayer"))
    last = inner.output
    part = keraslite.Model(model.inputs, layers.GlobalAveragePooling2D()(last))
    part.save(tmp_path / "part.keras")
    images = np.random.default_rng(0).random((2, 75, 75, 3), "float32")
    expected = part.predict(images, verbose=0)
    found = asked("predict", name, path=str(tmp_path / "part.keras"), images=images)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    np.testing.assert_array_equal(
        keraslite.models.load_model(tmp_path / "part.keras").predict(images, verbose=0), expected
    )


# ---- published weights ------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server that has the files that a test puts into `server.files`, in place of those of the table."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    imagenet_utils._class_names.cache_clear()
    with serving() as found:
        yield found


def offered(server, monkeypatch, name: str, content: bytes, key: tuple[str, bool]) -> None:
    """Let the server have a file of published weights."""
    server.files[name] = content
    file = weight_files.RemoteFile(server.url + name, hashlib.md5(content).hexdigest(), f"kept_{name}")
    monkeypatch.setattr(weight_files, "FILES", {**weight_files.FILES, key: file})


def legacy_file(path: str, model: Any) -> bytes:
    """The weights of a model as Keras 2 wrote them, which is the form of the published files."""
    with h5py.File(path, "w") as file:
        names = [layer.name for layer in model.layers]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = (
            np.array(part, "S") for part in (names[:9], names[9:])
        )
        for layer in model.layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [f"{layer.name}/{each.name}:0".encode() for each in layer.weights]
            for each in layer.weights:
                group[f"{layer.name}/{each.name}:0"] = each.numpy()
    return Path(path).read_bytes()


def test_published_weights_are_downloaded_once(server, monkeypatch, tmp_path):
    original = built("MobileNetV2", {**NO_TOP, "alpha": 0.35})
    content = legacy_file(str(tmp_path / "x.h5"), original)
    offered(server, monkeypatch, "w.h5", content, ("mobilenetv2_0.35_224", False))
    for _ in range(2):
        model = applications.MobileNetV2(alpha=0.35, include_top=False)
        for ours, theirs in zip(model.get_weights(), original.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert len(server.asked) == 1
    assert (tmp_path / "models" / "kept_w.h5").is_file()
    offered(server, monkeypatch, "w.h5", content, ("mobilenetv2_0.35_96", True))
    with pytest.raises(WeightsMismatchError, match="missing: layer 'predictions'"):
        applications.MobileNetV2(alpha=0.35, input_shape=(96, 96, 3))


@needs_keras
@pytest.mark.slow
@pytest.mark.parametrize("include_top", [True, False])
@pytest.mark.parametrize("name", EVERY)
def test_published_files_are_those_of_keras(name, include_top, monkeypatch):
    class Asked(Exception):
        pass

    def get_file(fname: str, origin: str, file_hash: str | None, cache_subdir: str) -> None:
        raise Asked(origin, file_hash, fname)

    monkeypatch.setattr(weight_files, "get_file", get_file)
    with pytest.raises(Asked) as ours:
        getattr(applications, name)(include_top=include_top)
    assert list(ours.value.args) == asked("published", name, options={"include_top": include_top})


@needs_keras
def test_hashes_are_there_where_keras_has_them():
    with_hash = {key for (key, _), file in weight_files.FILES.items() if file.hash}
    assert {name for name in EVERY if not name.startswith("MobileNet")} <= with_hash
    assert len(weight_files.FILES) == len({file.origin for file in weight_files.FILES.values()}) == 176


def class_index() -> bytes:
    return json.dumps({str(i): [f"n{i:08}", f"class_{i}"] for i in range(1000)}).encode()


def test_predictions_are_named(server, monkeypatch, tmp_path):
    server.files["imagenet_class_index.json"] = class_index()
    file = weight_files.CLASS_INDEX._replace(
        origin=server.url + "imagenet_class_index.json", hash=hashlib.md5(class_index()).hexdigest()
    )
    monkeypatch.setattr(weight_files, "CLASS_INDEX", file)
    scores = np.zeros((2, 1000), "float32")
    scores[0, [3, 999]], scores[1, 7] = (0.25, 0.75), 1.0
    found = imagenet_utils.decode_predictions(ops.convert_to_tensor(scores), top=2)
    assert found[0] == [("n00000999", "class_999", 0.75), ("n00000003", "class_3", 0.25)]
    assert [len(each) for each in found] == [2, 2]
    assert applications.resnet.decode_predictions(scores)[1][0] == ("n00000007", "class_7", 1.0)
    assert len(server.asked) == 1
    imagenet_utils._class_names.cache_clear()
    monkeypatch.setattr(weight_files, "CLASS_INDEX", file._replace(hash=None))
    (tmp_path / "models" / "imagenet_class_index.json").write_text('{"0": []}')
    with pytest.raises(CorruptFileError, match="needs to name ImageNet's 1000 classes"):
        imagenet_utils.decode_predictions(scores)


# ---- images -----------------------------------------------------------------------------------------------------


@needs_keras
@pytest.mark.parametrize("data_format", [LAST, FIRST])
@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_images_are_scaled_as_in_keras(mode, data_format, backend):
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 3, 3), "uint8")
    expected = keras_peer.call(
        "applications.applications_on_keras:scaled", backend="torch", images=images, mode=mode, data_format=data_format
    )
    for given in (images, images.astype("float32"), ops.convert_to_tensor(images), images[0]):
        before = np.array(ops.convert_to_numpy(given))
        found = imagenet_utils.preprocess_input(given, data_format, mode)
        assert isinstance(found, np.ndarray) == isinstance(given, np.ndarray)
        found = ops.convert_to_numpy(found)
        assert found.dtype == "float32"
        np.testing.assert_allclose(found, expected if given.ndim == 4 else expected[0], atol=1e-4)
        np.testing.assert_array_equal(ops.convert_to_numpy(given), before)  # Keras writes over arrays of floats
    symbolic = imagenet_utils.preprocess_input(layers.Input((8, 8, 3)), LAST, mode)
    assert symbolic.shape == (None, 8, 8, 3)
    half = imagenet_utils.preprocess_input(images.astype("float16"), data_format, mode)
    assert half.dtype == "float16"


SHAPES = [
    ((None, 224, 32, LAST, True), (224, 224, 3)),
    ((None, 224, 32, FIRST, True), (3, 224, 224)),
    ((None, 224, 32, LAST, False), (None, None, 3)),
    (((50, None, 3), 224, 32, LAST, False), (50, None, 3)),
    (((4, 50, 60), 224, 32, FIRST, True), (4, 50, 60)),
]


@pytest.mark.parametrize(("arguments", "expected"), SHAPES)
def test_shapes_of_images(arguments, expected):
    assert imagenet_utils.obtain_input_shape(*arguments) == expected


def test_the_image_may_come_from_other_layers(backend):
    raw = layers.Input((40, 40, 3), dtype="uint8", name="raw")
    scaled = layers.Rescaling(1 / 255)(raw)
    model = applications.MobileNet(
        weights=None, alpha=0.25, input_tensor=scaled, include_top=False, pooling="max", name="mine"
    )
    assert (model.name, model.input_names, model.output_shape) == ("mine", ["raw"], (None, 256))
    images = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), "uint8")
    found = model.predict(images, verbose=0)
    plain = applications.MobileNet(weights=None, alpha=0.25, input_shape=(40, 40, 3), include_top=False, pooling="max")
    plain.set_weights(model.get_weights())
    np.testing.assert_allclose(found, plain.predict((images / 255).astype("float32"), verbose=0), atol=1e-5)


# ---- mistakes ---------------------------------------------------------------------------------------------------

MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    ("ResNet50", {"weights": "imagenett"}, "the path of a file or None"),
    ("ResNet50", {"weights": 3}, "a path or None"),
    ("ResNet50", {"weights": "imagenet", "classes": 10}, "`classes` to be 1000"),
    ("ResNet50", {"weights": "imagenet", "classifier_activation": "relu"}, '"softmax" or None'),
    ("ResNet50", {"weights": "imagenet", "input_shape": (64, 64, 3)}, "to be 224 x 224"),
    ("ResNet50", {"weights": "imagenet", "input_shape": (64, 64, 1), **NO_TOP}, "3 channels"),
    ("ResNet50", {"input_shape": (31, 64, 3)}, "at least 32"),
    ("ResNet50", {"input_shape": (64, None, 3)}, "known sizes"),
    ("ResNet50", {"input_shape": (None, 64, 64, 3)}, "without the batch"),
    ("ResNet50", {"input_shape": (64, 64, None), **NO_TOP}, "known number of channels"),
    ("ResNet50", {"pooling": "mean"}, "`pooling` to be one of"),
    ("ResNet50", {"classes": 0}, "`classes` to be a positive integer"),
    ("ResNet50", {"input_tensor": np.zeros((1, 64, 64, 3))}, "`input_tensor` to be symbolic"),
    ("MobileNet", {"alpha": 0}, "`alpha` to be above 0"),
    ("MobileNet", {"alpha": 0.6, "weights": "imagenet"}, "`alpha` to be one of 0.25"),
    ("MobileNet", {"depth_multiplier": 2, "weights": "imagenet"}, "`depth_multiplier` to be 1"),
    ("MobileNetV2", {"alpha": "x"}, "`alpha` to be"),
    ("Xception", {"input_shape": (70, 71, 3)}, "at least 71"),
    ("NASNetMobile", {"input_shape": (None, None, 3), **NO_TOP}, "known sizes"),
]


@pytest.mark.parametrize(("name", "options", "text"), MISTAKES)
def test_mistakes(name, options, text):
    with pytest.raises(ArgumentError, match=text):
        built(name, options)


def test_channels_first_where_it_is_not_supported():
    with pytest.raises(ArgumentError, match="needs channels last"):
        built("ConvNeXtTiny", {}, FIRST)


def test_unknown_arguments():
    with pytest.raises(TypeError, match=r"ResNet50\(\) got an unexpected keyword argument 'classses'"):
        applications.ResNet50(classses=3)  # type: ignore[call-arg]


# ---- documentation ----------------------------------------------------------------------------------------------


@pytest.mark.one_engine
@pytest.mark.parametrize("name", EVERY)
def test_examples(name, backend):
    examples.run(examples.parsed(name, getattr(applications, name).__doc__))


def test_the_package_is_imported_when_it_is_used():
    code = (
        "import sys, keraslite\n"
        "assert 'keraslite.applications' not in sys.modules\n"
        "assert 'applications' in dir(keraslite)\n"
        "from keraslite.applications.resnet import ResNet50\n"
        "assert keraslite.applications.ResNet50 is ResNet50\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "KERAS_BACKEND": "numpy"})
