"""Data sets of images, texts and sounds in folders."""

from __future__ import annotations

import os
import subprocess
import sys
import wave
from pathlib import Path

import keras_peer
import numpy as np
import pytest
from PIL import Image

from keraslite import layers, losses, models
from keraslite.errors import ArgumentError, CorruptFileError, DataError, FileError
from keraslite.utils import (
    audio_dataset_from_directory,
    image_dataset_from_directory,
    set_random_seed,
    text_dataset_from_directory,
)
from keraslite.utils.folders.wav import read_wav, resampled

FUNCTIONS = {
    "image": image_dataset_from_directory,
    "text": text_dataset_from_directory,
    "audio": audio_dataset_from_directory,
}
needs_keras = pytest.mark.skipif(not keras_peer.available(), reason="needs Keras")


def write_wav(path: Path, samples: np.ndarray, rate: int = 8000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((samples.shape[1], 2, rate, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three classes of files, some of them deeper, and files that belong to none."""
    top, rng = tmp_path_factory.mktemp("files"), np.random.default_rng(0)
    for name in ("b", "a", "c"):
        (top / name / "sub").mkdir(parents=True)
        for i in range(5):
            where = top / name / ("sub" if i == 3 else "")
            Image.fromarray(rng.integers(0, 256, (20 + i, 30, 3), "uint8")).save(where / f"{i}.png")
            (where / f"{i}.txt").write_text(f"text {i} of {name}, é", encoding="utf-8")
            write_wav(where / f"{i}.wav", rng.integers(-(2**15), 2**15, (10 + i, 1)))
        (top / name / "other.csv").write_text("1")
    (top / ".hidden").mkdir()
    (top / "c" / "UPPER.PNG").write_bytes((top / "c" / "0.png").read_bytes())
    return top


def described(made, directory):
    return [
        {
            "class_names": each.class_names,
            "paths": [os.path.relpath(path, directory) for path in each.file_paths],
            "elements": [element if isinstance(element, tuple) else (element,) for element in each],
        }
        for each in (made if isinstance(made, list) else [made])
    ]


ALIKE = [
    {},
    {"batch_size": None},
    {"batch_size": 4},
    {"labels": None, "label_mode": None},
    {"labels": None},
    {"label_mode": None},
    {"label_mode": "categorical"},
    {"class_names": ["c", "a"]},
    {"class_names": ["c", "a"], "label_mode": "binary"},
    {"validation_split": 0.3, "subset": "training"},
    {"validation_split": 0.3, "subset": "validation"},
    {"validation_split": 0.21, "subset": "both"},
]
OF_IMAGES = [
    {"color_mode": "rgba"},
    {"interpolation": "nearest"},
    {"interpolation": "area"},
    {"crop_to_aspect_ratio": True},
    {"pad_to_aspect_ratio": True},
    {"data_format": "channels_first"},
    {"image_size": (20, 30)},
    {"image_size": (40, 7)},
]
CASES = [(kind, options) for kind in FUNCTIONS for options in ALIKE] + [("image", options) for options in OF_IMAGES]
CASES += [("text", {"max_length": 7}), ("audio", {"output_sequence_length": 12})]


@needs_keras
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_without_shuffling_all_is_as_in_keras(folder, kind, options):
    options = {"shuffle": False, **options}
    if kind == "image":
        options = {"image_size": (9, 8), **options}
    expected = keras_peer.call(
        "utils.files_on_keras:folder", "tensorflow", name=kind, directory=str(folder), options=options
    )
    found = described(FUNCTIONS[kind](folder, verbose=False, **options), folder)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours["class_names"] == theirs["class_names"]
        assert ours["paths"] == theirs["paths"] or not theirs["paths"]
        assert len(ours["elements"]) == len(theirs["elements"])
        for element, other in zip(ours["elements"], theirs["elements"], strict=True):
            assert_alike(element, other)


def assert_alike(element, other):
    assert len(element) == len(other)
    for part, there in zip(element, other, strict=True):
        if isinstance(there, (list, str)):
            assert np.asarray(part).tolist() == there
        else:
            assert part.shape == there.shape
            assert part.dtype == there.dtype or there.dtype == np.uint8  # Keras with "nearest"
            np.testing.assert_allclose(part, there, atol=2e-3)


@needs_keras
@pytest.mark.parametrize("options", [{}, {"validation_split": 0.3, "subset": "training"},
                                     {"validation_split": 0.3, "subset": "validation"}, {"labels": None}])  # fmt: skip
def test_shuffled_files_are_those_of_keras(folder, options):
    options = {"seed": 7, "image_size": (4, 4), "batch_size": None, **options}
    expected = keras_peer.call(
        "utils.files_on_keras:folder", "tensorflow", name="image", directory=str(folder), options=options
    )
    (found,) = described(image_dataset_from_directory(folder, verbose=False, **options), folder)
    assert found["paths"] == expected[0]["paths"]
    orders = [sorted(float(element[0].sum()) for element in each["elements"]) for each in (found, expected[0])]
    np.testing.assert_allclose(*orders, rtol=1e-5)


def order(dataset) -> list[str]:
    return [str(text) for texts in dataset for text in np.atleast_1d(texts)]


def test_each_pass_has_an_order_of_its_own_that_the_seed_decides(folder):
    def passes(seed):
        dataset = text_dataset_from_directory(folder, labels=None, batch_size=2, seed=seed, verbose=False)
        return [order(dataset) for _ in range(3)]

    first = passes(1)
    assert first == passes(1)
    assert first != passes(2)
    assert len({tuple(each) for each in first}) == 3
    assert len({tuple(sorted(each)) for each in first}) == 1
    set_random_seed(3)
    drawn = passes(None)
    set_random_seed(3)
    assert drawn == passes(None)


def test_both_parts_have_every_file_once(folder):
    parts = text_dataset_from_directory(folder, labels=None, validation_split=0.3, subset="both", verbose=False)
    texts = [sorted(order(part)) for part in parts]
    assert len(texts[1]) == 4
    assert sorted(texts[0] + texts[1]) == sorted(path.read_text("utf-8") for path in folder.rglob("*.txt"))


def test_it_says_what_it_found(folder, capsys):
    image_dataset_from_directory(folder, validation_split=0.25, subset="both", seed=1)
    assert capsys.readouterr().out.splitlines() == [
        "Found 16 files belonging to 3 classes.",
        "Using 12 files for training.",
        "Using 4 files for validation.",
    ]
    text_dataset_from_directory(folder, labels=None)
    assert capsys.readouterr().out == "Found 15 files.\n"


def test_engines_take_it(folder, differentiating_backend):
    model = models.Sequential([layers.Input((8, 8, 3)), layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
    data = image_dataset_from_directory(folder, image_size=(8, 8), batch_size=4, seed=1, verbose=False)
    data = data.map(lambda x, y: (x / 255, y)).prefetch(-1)
    history = model.fit(data, epochs=3, validation_data=data, verbose=0)
    assert history.history["loss"][2] < history.history["loss"][0]
    assert model.predict(data, verbose=0).shape == (16, 3)
    plain = image_dataset_from_directory(folder, image_size=(8, 8), shuffle=False, batch_size=16, verbose=False)
    ((x, y),) = plain
    np.testing.assert_allclose(model.evaluate(data, verbose=0), model.evaluate(x / 255, y, verbose=0), rtol=1e-4)
    np.testing.assert_allclose(
        model.predict(plain.map(lambda x, y: x / 255), verbose=0),
        model.predict(x / 255, verbose=0),
        rtol=1e-4,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"labels": [0] * 3}, DataError, "3 labels, and 16 files"),
        ({"labels": "guessed"}, ArgumentError, "needs `labels`"),
        ({"labels": [0.5] * 16}, ArgumentError, "needs `labels`"),
        ({"labels": [0] * 16, "class_names": ["a"]}, ArgumentError, "class_names"),
        ({"labels": [7] * 16, "label_mode": "categorical"}, ArgumentError, "labels from 7 to 7"),
        ({"label_mode": "binary"}, ArgumentError, "two classes"),
        ({"label_mode": "one_hot"}, ArgumentError, "label_mode"),
        ({"class_names": ["a", "d"]}, ArgumentError, "'d'"),
        ({"class_names": ["a", "a"]}, ArgumentError, "each once"),
        ({"color_mode": "hsv"}, ArgumentError, "color_mode"),
        ({"interpolation": "linear"}, ArgumentError, "interpolation"),
        ({"image_size": (0, 3)}, ArgumentError, "image_size"),
        ({"batch_size": 0}, ArgumentError, "batch_size"),
        ({"format": "torch"}, ArgumentError, "format"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, ArgumentError, "not both"),
        ({"validation_split": 0.2}, ArgumentError, "together"),
        ({"subset": "training"}, ArgumentError, "together"),
        ({"validation_split": 1.2, "subset": "training", "seed": 1}, ArgumentError, "validation_split"),
        ({"validation_split": 0.2, "subset": "training"}, ArgumentError, "needs `seed`"),
        ({"validation_split": 0.2, "subset": "test", "seed": 1}, ArgumentError, "subset"),
        ({"validation_split": 0.01, "subset": "training", "seed": 1}, DataError, "on both sides"),
        ({"seed": -1}, ArgumentError, "seed"),
    ],
)
def test_bad_arguments(folder, options, error, message):
    with pytest.raises(error, match=message):
        image_dataset_from_directory(folder, verbose=False, **options)


def test_bad_folders(tmp_path, folder):
    with pytest.raises(FileError, match="nowhere"):
        image_dataset_from_directory(tmp_path / "nowhere")
    with pytest.raises(DataError, match="one folder for each class"):
        image_dataset_from_directory(tmp_path)
    with pytest.raises(DataError, match=r"Other files there: none"):
        image_dataset_from_directory(tmp_path, labels=None)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.webp").write_text("1")
    with pytest.raises(DataError, match=r"which has none\. Other files there: 1 of \.webp"):
        image_dataset_from_directory(tmp_path)


@pytest.mark.parametrize("content", [b"", b"text", None])
def test_a_damaged_image_is_named(tmp_path, folder, content):
    (tmp_path / "a").mkdir()
    whole = (folder / "a" / "0.png").read_bytes()
    (tmp_path / "a" / "whole.png").write_bytes(whole)
    (tmp_path / "a" / "broken.png").write_bytes(whole[:200] if content is None else content)
    with pytest.raises(CorruptFileError, match=r"a.broken\.png needs to be an image"):
        list(image_dataset_from_directory(tmp_path, image_size=(4, 4), verbose=False))


def test_images_of_16_bits_and_pictures_of_a_film(tmp_path):
    deep = (np.arange(4, dtype="uint16") * 16384).reshape(2, 2)
    Image.fromarray(deep).save(tmp_path / "a.png")
    frames = [Image.new("L", (2, 2), value) for value in (255, 0)]
    frames[0].save(tmp_path / "b.gif", save_all=True, append_images=frames[1:])
    data = image_dataset_from_directory(tmp_path, None, image_size=(2, 2), shuffle=False, verbose=False)
    ((first, second),) = data
    np.testing.assert_array_equal(first[:, :, 0], deep >> 8)
    assert second.min() == 255


def test_links_are_followed_on_demand(tmp_path, folder):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.txt").write_text("here")
    os.symlink(folder / "b", tmp_path / "a" / "there")
    counts = [
        len(text_dataset_from_directory(tmp_path, batch_size=1, follow_links=follow, verbose=False))
        for follow in (False, True)
    ]
    assert counts == [1, 6]


@pytest.mark.parametrize("kind", ["image", "text"])
@pytest.mark.parametrize("native", ["tf", "grain"])
def test_native_data_sets(folder, kind, native):
    pytest.importorskip({"tf": "tensorflow", "grain": "grain"}[native])
    options = {"image_size": (4, 4)} if kind == "image" else {}
    options = {"shuffle": False, "batch_size": 6, "verbose": False, **options}
    ours, theirs = FUNCTIONS[kind](folder, **options), FUNCTIONS[kind](folder, format=native, **options)
    assert theirs.class_names == ["a", "b", "c"]
    assert theirs.file_paths == ours.file_paths
    for (x, y), (others, labels) in zip(ours, theirs, strict=True):
        others = np.asarray(others)
        found = [each.decode() for each in others] if isinstance(others[0], bytes) else others.tolist()
        assert found == x.tolist()
        assert np.asarray(labels).tolist() == y.tolist()
    shuffled = FUNCTIONS[kind](folder, format=native, seed=1, **{**options, "shuffle": True})
    assert sum(len(np.asarray(labels)) for _, labels in shuffled) == len(ours.file_paths)


@pytest.mark.parametrize("engine", ["numpy", "torch", "jax"])
def test_nothing_imports_tensorflow(engine, tmp_path):
    environment = {**os.environ, "KERAS_BACKEND": engine, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(Path(__file__).with_name("without_tensorflow.py")), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


# ---- sounds -----------------------------------------------------------------------------------------------------


def test_sounds_of_different_lengths(folder, tmp_path):
    ((sounds, labels),) = audio_dataset_from_directory(folder, ragged=True, shuffle=False, verbose=False)
    assert sounds.dtype == object
    assert [len(sound) for sound in sounds[:5]] == [10, 11, 12, 14, 13]
    assert labels.shape == (15,)
    for name, channels in (("1.wav", 1), ("2.wav", 2)):
        write_wav(tmp_path / name, np.zeros((4, channels)))
    with pytest.raises(DataError, match="one number of channels"):
        list(audio_dataset_from_directory(tmp_path, None, verbose=False))
    with pytest.raises(ArgumentError, match="not both"):
        audio_dataset_from_directory(folder, ragged=True, output_sequence_length=3)
    (tmp_path / "1.wav").write_bytes(b"RIFF0000WAVEdata")
    with pytest.raises(CorruptFileError, match=r"1\.wav needs to be a WAV file"):
        list(audio_dataset_from_directory(tmp_path, None, batch_size=None, shuffle=False, verbose=False))


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize("channels", [1, 2])
def test_wav_files_of_every_kind(tmp_path, subtype, channels):
    soundfile = pytest.importorskip("soundfile")
    sound = np.random.default_rng(0).uniform(-1, 1, (50, channels)).astype("float32")
    path = str(tmp_path / "x.wav")
    soundfile.write(path, sound, 16000, subtype=subtype)
    found, rate = read_wav(path)
    assert (rate, found.dtype) == (16000, np.float32)
    expected, _ = soundfile.read(path, dtype="float32", always_2d=True)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(("rate", "new_rate"), [(8000, 16000), (16000, 8000), (44100, 16000), (8000, 11025)])
def test_another_sampling_rate_keeps_the_sound(tmp_path, rate, new_rate):
    def sound(rate):
        seconds = np.arange(rate // 10) / rate
        return (np.sin(2 * np.pi * 440 * seconds) + 0.5 * np.sin(2 * np.pi * 1500 * seconds))[:, None] * 10000

    write_wav(tmp_path / "x.wav", sound(rate), rate)
    data = audio_dataset_from_directory(tmp_path, None, batch_size=None, sampling_rate=new_rate, verbose=False)
    (found,) = data
    expected = sound(new_rate) / 2**15
    assert abs(len(found) - len(expected)) <= 1
    inner = slice(200, min(len(found), len(expected)) - 200)
    np.testing.assert_allclose(found[inner], expected[inner], atol=2e-3)
    assert resampled(found, 5, 5) is found
