"""Event files, read back with the tensorboard package."""

from __future__ import annotations

import io

import numpy as np
import pytest
from training_models import engine, linear, regression  # noqa: F401

from keraslite import callbacks, layers
from keraslite.backend import registry
from keraslite.callbacks.event_file import EventFile, crc32c, png
from keraslite.errors import ArgumentError, MissingCapabilityError
from keraslite.models import Model

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder):
    events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
    events.Reload()
    return events


def scalars(events, tag):
    return [(event.step, event.value) for event in events.Scalars(tag)]


def test_checksum():  # RFC 3720, B.4
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_epochs_of_training_and_validation(engine, tmp_path):  # noqa: F811
    x, y = regression()
    model = linear(metrics=["mae"])
    board = callbacks.TensorBoard(tmp_path, histogram_freq=1, write_steps_per_second=True)
    history = model.fit(x, y, epochs=2, validation_split=0.5, callbacks=[board], verbose=0).history
    train, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    for tag, name in (("epoch_loss", "loss"), ("epoch_mae", "mae")):
        assert scalars(train, tag) == [(i, pytest.approx(v, rel=1e-6)) for i, v in enumerate(history[name])]
        assert scalars(validation, tag) == [
            (i, pytest.approx(v, rel=1e-6)) for i, v in enumerate(history["val_" + name])
        ]
    assert scalars(train, "epoch_learning_rate") == [(0, pytest.approx(0.1)), (1, pytest.approx(0.1))]
    assert len(scalars(train, "epoch_steps_per_second")) == 2
    assert [step for step, _ in scalars(validation, "evaluation_loss_vs_iterations")] == [1, 2]
    (first, _) = train.Histograms("sequential/dense/kernel/histogram" if "sequential/dense/kernel/histogram" in
                                  train.Tags()["histograms"] else train.Tags()["histograms"][0])  # fmt: skip
    assert first.histogram_value.num == 12


def test_every_batch(engine, tmp_path):  # noqa: F811
    x, y = regression()
    linear().fit(x, y, batch_size=5, epochs=2, callbacks=[callbacks.TensorBoard(tmp_path, update_freq=2)], verbose=0)
    assert [step for step, _ in scalars(read(tmp_path / "train"), "batch_loss")] == [2, 4, 6, 8]


def test_values_of_an_event_file(tmp_path):
    file = EventFile(tmp_path)
    file.scalar("a", -1.5, 300)
    file.histogram("h", np.array([[1.0, 2.0], [2.0, np.inf]]), 1, bins=2)
    file.histogram("empty", np.array([]), 1)
    file.close()
    events = read(tmp_path)
    assert scalars(events, "a") == [(300, -1.5)]
    value = events.Histograms("h")[0].histogram_value
    assert (value.min, value.max, value.num, value.sum, value.sum_squares) == (1.0, 2.0, 3.0, 5.0, 9.0)
    assert value.bucket == [1.0, 2.0]
    assert events.Tags()["histograms"] == ["h"]


def test_the_graph_of_a_model(engine, tmp_path):  # noqa: F811
    x, y = regression()
    linear().fit(x, y, verbose=0, callbacks=[callbacks.TensorBoard(tmp_path)])
    nodes = read(tmp_path / "train").Graph().node
    assert [(node.op, list(node.input)) for node in nodes] == [("InputLayer", []), ("Dense", [nodes[0].name])]
    linear().fit(x, y, verbose=0, callbacks=[callbacks.TensorBoard(tmp_path / "none", write_graph=False)])
    with pytest.raises(ValueError, match="no graph"):
        read(tmp_path / "none" / "train").Graph()


def test_what_users_write(engine, tmp_path):  # noqa: F811
    x, y = regression()
    board = callbacks.TensorBoard(tmp_path, histogram_freq=1, write_images=True)

    class Own(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            board.summary.scalar("twice", 2 * logs["loss"])
            board.summary.histogram("values", np.arange(6), step=7, buckets=3)
            board.summary.text("note", "*good*", step=epoch)
            board.summary.image("noise", np.full((4, 5, 6, 3), 0.5), step=epoch, max_outputs=2)

    history = linear().fit(x, y, batch_size=10, epochs=2, verbose=0, callbacks=[Own(), board]).history
    events = read(tmp_path / "train")
    assert scalars(events, "twice") == [(2 * i + 2, pytest.approx(2 * loss)) for i, loss in enumerate(history["loss"])]
    assert events.Histograms("values")[0].histogram_value.bucket == [2.0, 2.0, 2.0]
    assert [bytes(event.tensor_proto.string_val[0]) for event in events.Tensors("note")] == [b"*good*"] * 2
    assert events.summary_metadata["note"].plugin_data.plugin_name == "text"
    image = pytest.importorskip("PIL.Image")
    for tag in ("noise/0", "noise/1"):
        picture = np.asarray(image.open(io.BytesIO(events.Images(tag)[0].encoded_image_string)))
        np.testing.assert_array_equal(picture, np.full((5, 6, 3), 128, np.uint8))
    kernel = next(tag for tag in events.Tags()["images"] if "kernel" in tag)
    picture = np.asarray(image.open(io.BytesIO(events.Images(kernel)[0].encoded_image_string)))
    assert (picture.shape, picture.min(), picture.max()) == ((4, 3), 0, 255)
    with pytest.raises(ArgumentError, match="needs 'noise' to have the shape"):
        board.summary.image("noise", np.zeros((5, 6)))
    with pytest.raises(ArgumentError, match=r"needs one number for 'a'. Received shape \(2,\)"):
        board.summary.scalar("a", [1, 2])
    board.on_train_end()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_are_png(channels):
    image = pytest.importorskip("PIL.Image")
    values = np.random.default_rng(0).integers(0, 256, (3, 5, channels), dtype=np.uint8)
    found = np.asarray(image.open(io.BytesIO(png(values))))
    np.testing.assert_array_equal(found.reshape(3, 5, channels), values)


def test_how_often_is_checked():
    with pytest.raises(ArgumentError, match="update_freq"):
        callbacks.TensorBoard(update_freq="often")


@pytest.mark.one_engine
@pytest.mark.parametrize("asked", [2, (2, 5), (3, 3)])
def test_a_profile(asked, differentiating_backend, tmp_path):
    x, y = regression()
    board = callbacks.TensorBoard(tmp_path, profile_batch=asked)
    linear().fit(x, y, batch_size=5, epochs=2, callbacks=[board], verbose=0)
    found = [path.name for path in (tmp_path / "train").rglob("*") if path.is_file() and "tfevents" not in path.name]
    assert any(name.endswith(("xplane.pb", "pt.trace.json")) for name in found), found


def test_a_profile_that_cannot_be_made(differentiating_backend, tmp_path, monkeypatch):
    x, y = regression()
    with pytest.raises(ArgumentError, match="profile_batch"):
        callbacks.TensorBoard(tmp_path, profile_batch=(1, 2, 3))
    monkeypatch.setattr(registry.current(), "capabilities", registry.current().capabilities - {"profiles"})
    with pytest.raises(MissingCapabilityError, match="'profiles'"):
        linear().fit(x, y, callbacks=[callbacks.TensorBoard(tmp_path, profile_batch=1)], verbose=0)


def test_embeddings_for_the_projector(backend, tmp_path):
    plugin = pytest.importorskip("tensorboard.plugins.projector.projector_config_pb2")
    text_format = pytest.importorskip("google.protobuf.text_format")
    names = tmp_path / "names.tsv"
    names.write_text("a\nb\nc\n")
    x = layers.Input((2,))
    model = Model(x, layers.Dense(1)(layers.Flatten()(layers.Embedding(3, 4, name="words")(x))))
    model.compile("sgd", "mse")
    board = callbacks.TensorBoard(tmp_path / "logs", embeddings_freq=1, embeddings_metadata={"words": str(names)})
    board.set_model(model)
    board.on_train_begin()
    board.on_epoch_end(0, {})
    board.on_train_end()
    folder = tmp_path / "logs" / "train" / "plugins" / "org_tensorflow_tensorboard_projector"
    (entry,) = text_format.Parse((folder / "projector_config.pbtxt").read_text(), plugin.ProjectorConfig()).embeddings
    assert entry.tensor_name == "words"
    assert (folder / entry.metadata_path).read_text() == names.read_text()
    written = np.loadtxt(folder / entry.tensor_path, delimiter="\t")
    np.testing.assert_allclose(written, model.get_layer("words").get_weights()[0], rtol=1e-6)
    other = callbacks.TensorBoard(tmp_path / "logs", embeddings_freq=1, embeddings_metadata={"wrods": str(names)})
    other.set_model(model)
    with pytest.raises(ArgumentError, match="'wrods'. The model has 'words'"):
        other.on_train_begin()
