"""`audio_dataset_from_directory`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keraslite.backend.contract.tensor import Spec
from keraslite.check import positive_int
from keraslite.errors import ArgumentError, DataError
from keraslite.training.data.dataset import Dataset
from keraslite.utils.folders.listing import files_of
from keraslite.utils.folders.making import Choices, check_choices, datasets_of
from keraslite.utils.folders.wav import read_wav, resampled

if TYPE_CHECKING:
    from keraslite.utils.folders.listing import Listing

__all__ = ["audio_dataset_from_directory"]


def audio_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Dataset:
    """Return a data set of the sound files in a folder, which end in .wav.

    The order of the files, the split and the labels are those of Keras for the same seed.

    Args:
        directory: the folder. With `labels="inferred"` it has one folder for each class.
        labels: "inferred" for the names of the folders, None for no labels, or an integer for each file, in the order
            of their sorted paths.
        label_mode: "int" for int32 labels, "binary" for 0.0 and 1.0 in shape `(batch, 1)`, "categorical" for one-hot
            vectors in float32, None for no labels.
        class_names: folders that are classes, in the order of their labels. None takes all, sorted by name.
        batch_size: sounds of a batch. None gives single sounds.
        sampling_rate: samples per second of the sounds in the data set, to which files with another rate are resampled.
            None leaves them as they are.
        output_sequence_length: samples of each sound; longer ones are cut off, shorter ones end with zeros. None: those
            of the longest sound of a batch.
        ragged: whether the sounds of a batch keep their lengths, in an array of arrays.
        shuffle: whether each pass has a new order. Otherwise files are sorted by path.
        seed: seed of the order, a non-negative int. None draws one.
        validation_split: share of the files for validation, between 0 and 1.
        subset: "training", "validation" or "both" parts of `validation_split`; "both" gives a list of two data sets.
        follow_links: whether folders behind links are searched.
        verbose: whether the number of files is printed.

    Returns:
        A `Dataset` with the attributes `class_names` and `file_paths` and methods such as `map`, `take` and `prefetch`.
        Its elements are `sounds` or `(sounds, labels)`: float32 arrays of shape `(batch, samples, channels)` with
        values in [-1, 1], and labels.

    Raises:
        DataError: if there are no sounds, or labels that do not match them.
        CorruptFileError: while the data set is read, if a file is damaged; the error has its path.

    Example:
        >>> import pathlib, tempfile, wave
        >>> import keraslite as keras
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> (folder / "silence").mkdir()
        >>> with wave.open(str(folder / "silence" / "1.wav"), "wb") as file:
        ...     file.setparams((1, 2, 8000, 0, "NONE", ""))
        ...     file.writeframes(bytes(2 * 400))
        >>> data = keras.utils.audio_dataset_from_directory(folder)
        Found 1 files belonging to 1 classes.
        >>> [(sounds.shape, labels.tolist()) for sounds, labels in data]
        [((1, 400, 1), [0])]
    """
    where = "audio_dataset_from_directory"
    choices = Choices(labels, label_mode, batch_size, shuffle, seed, validation_split, subset, None, verbose, where)
    check_choices(choices)
    rate = None if sampling_rate is None else positive_int(sampling_rate, "sampling_rate", where)
    length = None
    if output_sequence_length is not None:
        length = positive_int(output_sequence_length, "output_sequence_length", where)
        if ragged:
            raise ArgumentError(f"`{where}` needs `ragged` or `output_sequence_length`, not both.")
    listing = files_of(directory, labels, class_names, (".wav",), follow_links, where, verbose)

    def samples_of(part: Listing, targets: np.ndarray | None) -> SoundFiles:
        return SoundFiles(part.paths, targets, rate, length, ragged)

    return datasets_of(listing, choices, samples_of)  # type: ignore[return-value]


class SoundFiles:
    """Sound files as arrays of one sampling rate."""

    is_quick = False

    def __init__(self, paths: list[str], labels: np.ndarray | None, rate: int | None, length: int | None, ragged: bool):
        self._paths, self._labels = paths, labels
        self._rate, self._length, self._ragged = rate, length, ragged

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> object:
        sound = self._sound(self._paths[index])
        return sound if self._labels is None else (sound, self._labels[index])

    def batch(self, indices: np.ndarray) -> object:
        """Some sounds in one array, with their labels."""
        sounds = [self._sound(self._paths[index]) for index in indices.tolist()]
        batch = _together(sounds) if self._ragged else _padded(sounds)
        return batch if self._labels is None else (batch, self._labels[indices])

    def specs(self) -> tuple[Spec, ...]:
        """Shapes and dtypes of a sample."""
        sound = ((-1, -1), "float32")
        return (sound,) if self._labels is None else (sound, (self._labels.shape[1:], self._labels.dtype.name))

    def _sound(self, path: str) -> np.ndarray:
        sound, rate = read_wav(path)
        if self._rate is not None:
            sound = resampled(sound, rate, self._rate)
        if self._length is None:
            return sound
        return np.pad(sound[: self._length], ((0, max(self._length - len(sound), 0)), (0, 0)))


def _padded(sounds: list[np.ndarray]) -> np.ndarray:
    channels = {sound.shape[1] for sound in sounds}
    if len(channels) > 1:
        raise DataError(
            f"A batch of sounds needs one number of channels. Received {sorted(channels)}. Convert the files."
        )
    batch = np.zeros((len(sounds), max(map(len, sounds)), channels.pop()), np.float32)
    for row, sound in zip(batch, sounds, strict=True):
        row[: len(sound)] = sound
    return batch


def _together(sounds: list[np.ndarray]) -> np.ndarray:
    batch = np.empty(len(sounds), object)
    for i, sound in enumerate(sounds):
        batch[i] = sound
    return batch
