"""Files and folders read where no TensorFlow may be imported. Runs in a process of its own: `FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import keraslite as keras

folder = Path(sys.argv[1])
for name in ("a", "b"):
    (folder / name).mkdir()
    keras.utils.save_img(folder / name / "1.png", np.zeros((6, 6, 3)))
    (folder / name / "1.txt").write_text("a text")
images = keras.utils.image_dataset_from_directory(folder, image_size=(4, 4), verbose=False)
texts = keras.utils.text_dataset_from_directory(folder, verbose=False)
windows = keras.utils.timeseries_dataset_from_array(np.arange(9.0), np.arange(9.0), 3)
halves = keras.utils.split_dataset(windows.unbatch(), left_size=0.5)
assert len(list(images.map(lambda x, y: (keras.ops.flip(x, 1), y)))) == len(list(texts)) == 1
assert [len(list(half)) for half in halves] == [4, 3]
vectors = keras.layers.TextVectorization()
vectors.adapt(texts.map(lambda x, y: x))
assert vectors.get_vocabulary()[2:] == ["text", "a"] or vectors.get_vocabulary()[2:] == ["a", "text"]
scaled = keras.layers.Normalization(axis=None)
scaled.adapt(windows.map(lambda x, y: x + 1))
assert abs(float(np.asarray(scaled.mean).reshape(())) - 5) < 1e-5
keras.utils.load_img(folder / "a" / "1.png")
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras", "grain"}))
