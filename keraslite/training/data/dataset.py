"""`Dataset`: elements made again for each pass, ahead of their use."""

from __future__ import annotations

import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from keraslite.backend import registry
from keraslite.backend.scopes import making_data
from keraslite.check import non_negative_int, number, positive_int
from keraslite.errors import ArgumentError, DataError
from keraslite.layers.base import Layer
from keraslite.layers.on_host import OnHost, arrays
from keraslite.random import host as host_random
from keraslite.random.positions import position
from keraslite.training.data.jobs import Turn, cores
from keraslite.training.data.layer_on_host import LayerOnHost
from keraslite.training.data.plans import (
    Batched,
    Cached,
    Concatenated,
    Mapped,
    MappedInOrder,
    Part,
    Plan,
    Repeated,
    Shuffled,
    Unbatched,
)
from keraslite.training.data.source import Place, Source

__all__ = ["Dataset", "PipelineSource"]

_MOST_WORKERS = 16


class Dataset:
    """Batches or samples, read anew for each pass: what the functions `..._dataset_from_directory` return.

    `fit`, `evaluate`, `predict` and `adapt` take it on every engine, and so does a `for` loop. Its elements are NumPy
    arrays, or tuples and dicts of them. Threads read ahead, so that memory holds a few elements at a time. If it is
    shuffled, each pass has a new order, and the orders of all passes depend on the seed alone.

    Methods such as `map`, `take` and `batch` return a new data set and leave this one as it is. They have the names and
    the order of arguments of those of `tf.data.Dataset`.

    Attributes:
        class_names: names of the classes in the order of their labels; None if there are none.
        file_paths: paths of the files in the order of a data set that is not shuffled; None if there are none.
    """

    def __init__(
        self,
        plan: Plan,
        class_names: Sequence[str] | None = None,
        file_paths: Sequence[str] | None = None,
        ahead: int = 2,
    ):
        self._plan, self._ahead = plan, ahead
        self._passes = itertools.count()
        self.class_names = None if class_names is None else list(class_names)
        self.file_paths = None if file_paths is None else list(file_paths)

    # ---- reading --------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[object]:
        """One pass over the elements."""
        workers = 0 if self._plan.is_quick else min(cores(), _MOST_WORKERS)
        return self._plan.elements(Turn(next(self._passes), workers, self._ahead))

    def as_numpy_iterator(self) -> Iterator[object]:
        """One pass over the elements; they are NumPy arrays in any case."""
        return iter(self)

    @property
    def num_batches(self) -> int | None:
        """The number of elements of a pass; None if it is unknown or if there is no end."""
        return self._plan.count

    def cardinality(self) -> int:
        """Return the number of elements of a pass: -1 if there is no end, -2 if it is unknown."""
        if self._plan.count is not None:
            return self._plan.count
        return -1 if isinstance(self._plan, Repeated) and self._plan.is_endless else -2

    def __len__(self) -> int:
        if self._plan.count is None:
            raise TypeError("The number of elements is unknown, or there is no end. Use `cardinality()`.")
        return self._plan.count

    def __bool__(self) -> bool:
        return True

    def _fixed(self) -> FixedOrder:
        """The elements by index, in the order of the first pass."""
        return FixedOrder(self._plan)

    # ---- new data sets --------------------------------------------------------------------------------------------

    def map(
        self,
        map_func: Callable[..., object] | Layer,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
    ) -> Dataset:
        """Return a data set with a function of each element.

        What keraslite computes in the function runs on the host, with NumPy. Random layers draw by their seed, the
        epoch and the number of the element.

        Args:
            map_func: a function of an element; of several arguments if the element is a tuple. A layer is called with
                the inputs alone, as `layer.on_host()`, and leaves labels and weights as they are.
            num_parallel_calls: None calls the function for one element after the other. Any number, such as
                `tf.data.AUTOTUNE`, lets all threads call it at once. A layer is always called by all threads.
            deterministic: accepted; elements always keep their order.
        """
        if isinstance(map_func, Layer):
            return self._with(Mapped(self._plan, _OfInputs(LayerOnHost(map_func))), self.file_paths)
        if not callable(map_func):
            raise ArgumentError(f"`map` needs a function or a layer. Received {map_func!r}.")
        if isinstance(map_func, OnHost) or num_parallel_calls is not None:
            plan = Mapped(self._plan, _OfElement(map_func))
            plan.fresh = plan.fresh and isinstance(map_func, OnHost)
            return self._with(plan, self.file_paths)
        return self._with(MappedInOrder(self._plan, _OfElement(map_func)), self.file_paths)

    def take(self, count: int) -> Dataset:
        """Return a data set of the first elements.

        Args:
            count: the number of elements. -1 stands for all.
        """
        return self._with(Part(self._plan, 0, None if count == -1 else non_negative_int(count, "count", "take")))

    def skip(self, count: int) -> Dataset:
        """Return a data set without the first elements, which are not read.

        Args:
            count: the number of elements to leave out.
        """
        return self._with(Part(self._plan, non_negative_int(count, "count", "skip"), None))

    def batch(self, batch_size: int, drop_remainder: bool = False, **kwargs: object) -> Dataset:
        """Return a data set of batches, whose arrays have one axis more.

        Args:
            batch_size: the number of elements of a batch.
            drop_remainder: whether a last batch with fewer elements is left out.
            **kwargs: `num_parallel_calls`, `deterministic` and `name` are accepted and change nothing.
        """
        _check_ignored(kwargs, "batch")
        return self._with(Batched(self._plan, positive_int(batch_size, "batch_size", "batch"), bool(drop_remainder)))

    def unbatch(self) -> Dataset:
        """Return a data set of the single samples of the batches."""
        return self._with(Unbatched(self._plan))

    def shuffle(self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True) -> Dataset:
        """Return a data set with the elements in another order.

        Args:
            buffer_size: the number of elements among which the next one is drawn.
            seed: seed of the order, a non-negative int. None draws one.
            reshuffle_each_iteration: whether each pass has a new order.
        """
        size = positive_int(buffer_size, "buffer_size", "shuffle")
        seed = host_random.next_seed() if seed is None else int(number(seed, "seed", "shuffle", 0))
        return self._with(Shuffled(self._plan, size, seed, bool(reshuffle_each_iteration)))

    def repeat(self, count: int | None = None) -> Dataset:
        """Return a data set that goes through the elements several times.

        Args:
            count: how often. None or -1: without end.
        """
        times = None if count in (None, -1) else non_negative_int(count, "count", "repeat")
        return self._with(Repeated(self._plan, times))

    def concatenate(self, dataset: Dataset) -> Dataset:
        """Return a data set with the elements of this one, then those of another.

        Args:
            dataset: the other data set.
        """
        if not isinstance(dataset, Dataset):
            raise ArgumentError(f"`concatenate` needs another `Dataset`. Received {type(dataset).__name__}.")
        return self._with(Concatenated(self._plan, dataset._plan))

    def cache(self, filename: str = "") -> Dataset:
        """Return a data set that keeps its elements in memory after the first whole pass.

        Args:
            filename: "", because elements are not kept in files.
        """
        if filename:
            raise ArgumentError(
                f'`cache` needs `filename` to be "": it keeps elements in memory. Received {filename!r}.'
            )
        return self._with(Cached(self._plan), self.file_paths)

    def prefetch(self, buffer_size: int) -> Dataset:
        """Return a data set that reads this number of elements ahead.

        Args:
            buffer_size: the number of elements. -1, which is `tf.data.AUTOTUNE`, leaves it as it is: some are always
                read ahead.
        """
        ahead = self._ahead if buffer_size == -1 else non_negative_int(buffer_size, "buffer_size", "prefetch")
        return self._with(self._plan, self.file_paths, ahead)

    def _with(self, plan: Plan, file_paths: Sequence[str] | None = None, ahead: int | None = None) -> Dataset:
        return Dataset(plan, self.class_names, file_paths, self._ahead if ahead is None else ahead)

    def __repr__(self) -> str:
        count = self.cardinality()
        size = {-1: "without end", -2: "of unknown length"}.get(count, f"of {count} elements")
        return f"<Dataset {size}>"


class FixedOrder:
    """The elements of a plan by index, in one order. What has to be made one after the other is made at once."""

    def __init__(self, plan: Plan):
        if isinstance(plan, Repeated) and plan.is_endless:
            raise ArgumentError(
                "Splitting needs a data set with an end. Received one without. Call `take` on it first."
            )
        self._jobs = list(plan.jobs(Turn(0, 0, 0)))

    def __len__(self) -> int:
        return len(self._jobs)

    def __getitem__(self, index: int) -> object:
        return self._jobs[index]()


def _check_ignored(kwargs: Mapping[str, object], where: str) -> None:
    unknown = kwargs.keys() - {"num_parallel_calls", "deterministic", "name"}
    if unknown:
        raise ArgumentError(f"`{where}` needs arguments that it has. Received {sorted(unknown)}.")


@contextmanager
def _making(index: int, epoch: int) -> Iterator[None]:
    """Layers know that data is made, and draw by where the element stands."""
    token = making_data.set(True)
    try:
        with position(index, epoch):
            yield
    finally:
        making_data.reset(token)


class _OfElement:
    """A user's function of elements, run on the host."""

    def __init__(self, function: Callable[..., object]):
        self.function = function

    def __call__(self, element: object, index: int, epoch: int) -> object:
        with registry.use_backend(registry.host()), _making(index, epoch):
            parts = element if isinstance(element, tuple) else (element,)
            try:
                found = self.function(*parts)
            except TypeError as error:
                _check_takes(self.function, parts, error)
                raise
        if found is None:
            raise DataError("`map` needs a function that returns an element. Received None from it.")
        return arrays(found)


def _check_takes(function: Callable[..., object], parts: tuple[object, ...], error: TypeError) -> None:
    """Say so if a call failed because the function takes another number of arguments than an element has parts."""
    try:
        inspect.signature(function).bind(*parts)
    except TypeError:
        count = len(parts)
        raise ArgumentError(
            f"`map` needs a function of {count} {'argument' if count == 1 else 'arguments'}, since an element has "
            f"{count} {'part' if count == 1 else 'parts'}. Received one that cannot be called so: {error}. Write it "
            f"as `lambda {', '.join(['x', 'y', 'w'][:count]) if count <= 3 else '*parts'}: ...`."
        ) from error
    except ValueError:  # a function in C, which does not say what it takes
        return


class _OfInputs:
    """A layer as a function of elements: it changes the inputs."""

    def __init__(self, function: Callable[[object], object]):
        self.function = function

    def __call__(self, element: object, index: int, epoch: int) -> object:
        with _making(index, epoch):
            if isinstance(element, tuple):
                return (self.function(element[0]), *element[1:])
            return self.function(element)


class PipelineSource(Source):
    """A `Dataset` as batches for training. It reads ahead itself, unless a function runs for one element at a time."""

    def __init__(self, dataset: Dataset):
        self._dataset = dataset
        self.num_batches = dataset.num_batches
        self.fresh, self.reads_ahead = dataset._plan.fresh, not dataset._plan.in_order

    def batches(self) -> Iterator[object]:
        """One pass over the data set."""
        return iter(self._dataset)

    def place(self) -> Place:
        """How often the data set was read."""
        return {"passes": next(copy.copy(self._dataset._passes))}

    def go_to(self, place: Place) -> None:
        """Have it read that often."""
        self._dataset._passes = itertools.count(place["passes"])
