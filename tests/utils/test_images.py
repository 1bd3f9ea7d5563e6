"""Images as arrays and files."""

from __future__ import annotations

import io
import sys

import keras_peer
import numpy as np
import pytest
from PIL import Image

from keraslite import config, ops
from keraslite.errors import ArgumentError, CorruptFileError, FileError, MissingCapabilityError
from keraslite.preprocessing.image import smart_resize
from keraslite.utils import array_to_img, img_to_array, load_img, save_img
from keraslite.utils.images.resizing import INTERPOLATIONS, resized

needs_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs Keras")
RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (20, 31, 3), "uint8")


def arrays() -> dict[str, np.ndarray]:
    return {
        "rgb": RNG.random((5, 7, 3)),
        "integers": PHOTO,
        "negative": RNG.normal(size=(5, 7, 3)),
        "grey": RNG.random((5, 7, 1)),
        "opacity": RNG.random((5, 7, 4)),
        "constant": np.full((5, 7, 3), 3.0),
        "large": RNG.random((5, 7, 1)) * 5000,
    }


@needs_keras
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("kind", arrays())
def test_array_to_img_is_as_in_keras(kind, scale):
    x = arrays()[kind]
    if not scale:
        x = np.clip(x * (1 if x.max() > 200 else 200), 0, None)
    expected, mode = keras_peer.call("utils.files_on_keras:array_to_img", x=x, options={"scale": scale})
    found = array_to_img(x, scale=scale)
    assert found.mode == mode
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_images_and_arrays(backend):
    image = array_to_img(ops.convert_to_tensor(PHOTO.transpose(2, 0, 1)), "channels_first", scale=False)
    np.testing.assert_array_equal(np.asarray(image), PHOTO)
    back = img_to_array(image)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, PHOTO)
    config.set_image_data_format("channels_first")
    assert img_to_array(image, dtype="uint8").shape == (3, 20, 31)
    assert img_to_array(image.convert("L"), "channels_last").shape == (20, 31, 1)
    assert img_to_array(PHOTO[:, :, 0]).shape == (1, 20, 31)


def test_bad_arrays():
    with pytest.raises(ArgumentError, match="three axes"):
        array_to_img(np.zeros((2, 2)))
    with pytest.raises(ArgumentError, match="channels"):
        array_to_img(np.zeros((2, 2, 2)))
    with pytest.raises(ArgumentError, match="data_format"):
        array_to_img(PHOTO, "channels_middle")
    with pytest.raises(ArgumentError, match="two or three axes"):
        img_to_array(np.zeros((1, 2, 2, 3)))


LOADING = [
    {},
    {"color_mode": "grayscale"},
    {"color_mode": "rgba"},
    {"target_size": [7, 9]},
    {"target_size": [40, 50], "interpolation": "bicubic"},
    {"target_size": [8, 8], "keep_aspect_ratio": True},
    {"target_size": [30, 8], "keep_aspect_ratio": True, "interpolation": "lanczos"},
]


@needs_keras
@pytest.mark.parametrize("options", LOADING)
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "LA", "CMYK"])
def test_load_img_is_as_in_keras(tmp_path, options, mode):
    path = tmp_path / ("image.tif" if mode == "CMYK" else "image.png")
    Image.fromarray(PHOTO).convert(mode).save(path)
    expected, expected_mode = keras_peer.call("utils.files_on_keras:load_img", path=str(path), options=options)
    found = load_img(path, **options)
    assert found.mode == expected_mode
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_load_img_keeps_the_range_of_16_bits(tmp_path):
    deep = (np.arange(4, dtype="uint16") * 16384).reshape(2, 2)
    Image.fromarray(deep).save(tmp_path / "x.png")
    np.testing.assert_array_equal(np.asarray(load_img(tmp_path / "x.png", "grayscale")), deep)
    np.testing.assert_array_equal(np.asarray(load_img(tmp_path / "x.png"))[:, :, 0], deep >> 8)


def test_load_img_reads_bytes():
    content = io.BytesIO()
    save_img(content, PHOTO, file_format="png", scale=False)
    np.testing.assert_array_equal(np.asarray(load_img(io.BytesIO(content.getvalue()))), PHOTO)


def test_bad_files(tmp_path):
    with pytest.raises(FileError, match="none.png"):
        load_img(tmp_path / "none.png")
    path = tmp_path / "x.png"
    save_img(path, PHOTO)
    content = path.read_bytes()
    for damaged in (b"", b"text", content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(CorruptFileError, match="x.png needs to be an image"):
            load_img(path)
    with pytest.raises(ArgumentError, match="color_mode"):
        load_img(path, "hsv")
    with pytest.raises(ArgumentError, match="interpolation"):
        load_img(path, interpolation="cubic")
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match="target_size"):
        load_img(path, target_size=(0, 1))


def test_save_img(tmp_path, capsys):
    path = tmp_path / "x.jpg"
    save_img(path, np.concatenate([PHOTO, PHOTO[:, :, :1]], -1), quality=90)
    assert "no opacity" in capsys.readouterr().out
    with Image.open(path) as image:
        assert (image.size, image.mode, image.format) == ((31, 20), "RGB", "JPEG")
    save_img(str(path), PHOTO, file_format="png", scale=False)
    np.testing.assert_array_equal(np.asarray(load_img(path)), PHOTO)
    with pytest.raises(ArgumentError, match="save_img"):
        save_img(tmp_path / "x.unknown", PHOTO)
    assert [file.name for file in tmp_path.iterdir()] == ["x.jpg"]


def test_pillow_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingCapabilityError, match="pip install 'keraslite.images.'"):
        load_img(tmp_path / "x.png")


@needs_keras
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("size", [(8, 8), (40, 13), (20, 31), (7, 30)])
def test_smart_resize_is_as_in_keras(backend, size, interpolation):
    options = {"size": size, "interpolation": interpolation}
    x = PHOTO.astype("float32")
    expected = keras_peer.call("utils.files_on_keras:smart_resize", x=x, options=options)
    found = smart_resize(x, size, interpolation)
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-2)
    batch = ops.convert_to_tensor(np.stack([x, x]).transpose(0, 3, 1, 2))
    tensor = smart_resize(batch, size, interpolation, data_format="channels_first")
    np.testing.assert_allclose(ops.convert_to_numpy(tensor)[1].transpose(1, 2, 0), expected, rtol=1e-4, atol=2e-2)


def test_smart_resize_needs_an_image():
    with pytest.raises(ArgumentError, match="image or a batch"):
        smart_resize(np.zeros((3, 3)), (2, 2))
    with pytest.raises(ArgumentError, match="height and width"):
        smart_resize(PHOTO, 3)
    with pytest.raises(ArgumentError, match="arguments that it has"):
        smart_resize(PHOTO, (3, 3), antialias=True)


@needs_keras
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("size", [(8, 8), (40, 50), (20, 10), (9, 31), (1, 1), (20, 31)])
def test_resizing_on_the_host_is_as_tensorflow_does_it(interpolation, size):
    expected = keras_peer.call("utils.files_on_keras:tf_resize", x=PHOTO, size=list(size), method=interpolation)
    found = resized(PHOTO, *size, interpolation)
    assert found.dtype == np.float32
    atol = 0.3 if interpolation == "bicubic" else 2e-3  # TensorFlow looks cubic weights up in a table
    np.testing.assert_allclose(found, expected, atol=atol)
