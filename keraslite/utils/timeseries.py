"""`timeseries_dataset_from_array`."""

from __future__ import annotations

import numpy as np

from keraslite.backend.contract.tensor import Spec
from keraslite.check import number, one_of, positive_int
from keraslite.errors import ArgumentError, DataError
from keraslite.layers.on_host import arrays
from keraslite.random import host as host_random
from keraslite.training.data.conversion import to_array
from keraslite.training.data.dataset import Dataset
from keraslite.training.data.plans import Items
from keraslite.utils.folders.native import in_format

__all__ = ["timeseries_dataset_from_array"]

_WHERE = "timeseries_dataset_from_array"


def timeseries_dataset_from_array(
    data: object,
    targets: object,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str | None = None,
) -> Dataset:
    """Return a data set of windows of a time series.

    Window `i` has the steps `i * sequence_stride + k * sampling_rate` for `k` from 0 to `sequence_length - 1`, and the
    target `targets[i * sequence_stride]`.

    Args:
        data: array or tensor whose first axis is time.
        targets: array or tensor with one target for each window that starts at that step. None: windows alone.
        sequence_length: steps of a window.
        sequence_stride: steps from the start of a window to that of the next.
        sampling_rate: steps of the series from one step of a window to the next.
        batch_size: windows of a batch. None gives single windows.
        shuffle: whether each pass has a new order.
        seed: seed of the order, a non-negative int. None draws one.
        start_index: first step of the data and targets that is used. None: 0.
        end_index: first step of the data and targets that is no longer used. None: the length.
        format: None for a `Dataset` that every engine takes, "tf" for a `tf.data.Dataset`, "grain" for Grain's.

    Returns:
        A `Dataset`. Its elements are `windows` or `(windows, targets)`; windows have the shape
        `(batch, sequence_length, ...)` and the dtype of the data.

    Raises:
        ArgumentError: if an argument is out of its range.
        DataError: if no window fits in.

    Example:
        >>> import numpy as np
        >>> from keraslite import utils
        >>> series = np.arange(6)
        >>> data = utils.timeseries_dataset_from_array(series[:-3], series[3:], sequence_length=3)
        >>> [(windows.tolist(), targets.tolist()) for windows, targets in data]
        [([[0, 1, 2]], [3])]
    """
    length = positive_int(sequence_length, "sequence_length", _WHERE)
    stride = positive_int(sequence_stride, "sequence_stride", _WHERE)
    rate = positive_int(sampling_rate, "sampling_rate", _WHERE)
    one_of(format, (None, "tf", "grain"), "format", _WHERE)
    if batch_size is not None:
        positive_int(batch_size, "batch_size", _WHERE)
    series = to_array(arrays(data), "data")
    start, end = _span(start_index, end_index, len(series))
    goals = None if targets is None else np.asarray(to_array(arrays(targets), "targets"))[start:end]
    series = np.asarray(series)[start:end]
    count = len(series) - (length - 1) * rate
    if goals is not None:
        count = min(count, len(goals))
    if count < 1:
        raise DataError(
            f"`{_WHERE}` needs data for one window at least. Received {len(series)} steps"
            f"{'' if goals is None else f' and {len(goals)} targets'} for windows over {(length - 1) * rate + 1} steps."
        )
    order_seed = None
    starts = np.arange(0, count, stride)
    if shuffle:
        order_seed = host_random.next_seed() if seed is None else int(number(seed, "seed", _WHERE, 0))
    samples = _Windows(series, goals, starts, np.arange(length) * rate)
    return in_format(Dataset(Items(samples, batch_size, order_seed)), samples, batch_size, format)  # type: ignore[return-value]


def _span(start: int | None, end: int | None, length: int) -> tuple[int, int]:
    first, last = 0 if start is None else start, length if end is None else end
    if not 0 <= first < last <= length:
        raise ArgumentError(
            f"`{_WHERE}` needs 0 <= `start_index` < `end_index` <= {length}, the length of the data. Received "
            f"start_index={start!r} and end_index={end!r}."
        )
    return first, last


class _Windows:
    """Windows of a series, read by index."""

    is_quick = True

    def __init__(self, series: np.ndarray, targets: np.ndarray | None, starts: np.ndarray, steps: np.ndarray):
        self._series, self._targets, self._starts, self._steps = series, targets, starts, steps

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index: int) -> object:
        return self.batch(np.asarray(index))

    def batch(self, indices: np.ndarray) -> object:
        """Some windows in one array, with their targets."""
        starts = self._starts[indices]
        windows = self._series[starts[..., None] + self._steps]
        return windows if self._targets is None else (windows, self._targets[starts])

    def specs(self) -> tuple[Spec, ...]:
        """Shapes and dtypes of a window and its target."""
        window = ((len(self._steps), *self._series.shape[1:]), self._series.dtype.name)
        if self._targets is None:
            return (window,)
        return window, (self._targets.shape[1:], self._targets.dtype.name)
