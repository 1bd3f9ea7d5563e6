"""What an optimizer keeps: step, learning rate, slots; and how it is configured, saved and loaded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import ArrayLike

from keraslite import declared, initializers, ops, ranges
from keraslite.backend import dtypes, scopes
from keraslite.backend.contract import DTypeLike, Tensor, TensorLike
from keraslite.backend.placement import Layout
from keraslite.errors import ArgumentError, StateError, WeightsMismatchError
from keraslite.optimizers.schedules import ExponentialDecay, LearningRateSchedule
from keraslite.optimizers.types import InitializerLike, LearningRate
from keraslite.serialization import Configurable, builtin_class, deserialize, is_config, serialize
from keraslite.variable import Variable, name_scope


class ScheduleConfig(ranges.Range):
    """The config of a schedule, or of a function; becomes that."""

    words = "a config"

    def accept(self, value):
        if not isinstance(value, dict) or not isinstance(value.get("class_name"), str):
            raise ranges.Refused(self.words)
        return deserialize(value)

    def good(self):
        return [serialize(ExponentialDecay(0.1, 10, 0.5))]

    def bad(self):
        return [{}, {"class_name": 3}]


SHARED = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)
"""Constructor arguments of every optimizer that are plain attributes."""

RATE = (ranges.unsigned | ranges.function | ScheduleConfig()).saying(
    "a float, a LearningRateSchedule or a function, and not negative"
)
"""A learning rate."""


def _with_module(value: Any) -> object:
    """A config, with the module of Keras that earlier versions left out."""
    if is_config(value) and not value.get("module") and not value.get("registered_name"):
        for module in ("keras.optimizers", "keras.optimizers.schedules"):
            if builtin_class(module, value["class_name"]) is not None:
                return {**value, "module": module}
    return value


class OptimizerState(Configurable):
    """The Variables of an optimizer, in the order of files; `Optimizer` adds what happens to them."""

    #: What is in configs of earlier versions of Keras, and means nothing any more.
    _no_longer: ClassVar[frozenset[str]] = frozenset(("jit_compile", "is_legacy_optimizer"))
    name: str
    gradient_accumulation_steps: int | None
    _variables: list[Variable]
    _trainable_variables: list[Variable]
    _index: dict[int, int]
    _iterations: Variable
    _learning_rate: Any

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, Variable) and not hasattr(type(self), name):
            self._track(value)
        super().__setattr__(name, value)

    def _track(self, variable: Variable) -> None:
        if all(variable is not v for v in self._variables):
            self._variables.append(variable)

    def _scalar(self, value: TensorLike, dtype: str, name: str, backend: str | None = None) -> Variable:
        with name_scope(self.name, reset=True):
            array = np.asarray(value, dtypes.to_numpy_dtype(dtype))
            variable = Variable(array, (), dtype, False, False, "only_first_replica", name=name, backend=backend)
        self._track(variable)
        return variable

    def add_variable(
        self,
        shape: int | Sequence[int],
        initializer: InitializerLike = "zeros",
        dtype: DTypeLike | None = None,
        aggregation: str | None = "none",
        layout: object = None,
        name: str | None = None,
        *,
        like: Variable | None = None,
    ) -> Variable:
        """Return a new Variable of the optimizer's state.

        Args:
            shape: of the Variable; a tuple of ints.
            initializer: an initializer or its name; zeros by default.
            dtype: of the Variable; None (default) is `config.floatx()`.
            aggregation: how copies on several devices are combined: "none" (default), "mean", "sum" or
                "only_first_replica".
            layout: an engine's layout over several devices; None (default) for that of `like`.
            name: of the Variable; None (default) makes one.
            like: a Variable whose device, engine and layout the new one has; None (default) for the active ones.
        """
        where = {"device": like.device, "backend": like.engine.name} if like is not None else {}
        if layout is None and like is not None and like.layout is not None:
            same = like.layout.misfit(tuple(shape) if not isinstance(shape, int) else (shape,)) is None
            layout = like.layout if same else Layout(like.layout.mesh)
        with name_scope(self.name, reset=True):
            variable = Variable(
                initializers.get(initializer),
                shape,
                dtype,
                False,
                False,
                aggregation,
                name=name,
                layout=layout,
                **where,
            )
        self._track(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: InitializerLike = "zeros"
    ) -> Variable:
        """Return a new Variable of the shape, dtype, device and layout of another.

        Args:
            reference_variable: the other Variable.
            name: the new one is called by the path of the other and this; None (default) for "slot".
            initializer: an initializer or its name; zeros by default.
        """
        path = reference_variable.path.replace("/", "_")
        called, dtype = f"{path}_{name or 'slot'}", reference_variable.dtype
        return self.add_variable(reference_variable.shape, initializer, dtype, name=called, like=reference_variable)

    def add_optimizer_variables(
        self,
        trainable_variables: Iterable[Variable],
        name: str | Sequence[str],
        initializer: InitializerLike | Sequence[InitializerLike] = "zeros",
    ) -> Any:
        """Return one new Variable for each of `trainable_variables`.

        Args:
            trainable_variables: the Variables whose shapes and dtypes the new ones have.
            name: the last part of their names, or several.
            initializer: an initializer or its name, or one for each of several names; zeros by default.

        Returns:
            A list of Variables; with several names a tuple of such lists.
        """
        if isinstance(name, str):
            first = cast("InitializerLike", initializer)
            return [self.add_variable_from_reference(v, name, first) for v in trainable_variables]
        one_each = isinstance(initializer, (list, tuple))
        starts = cast("Sequence[InitializerLike]", initializer if one_each else [initializer] * len(name))
        parts: tuple[list[Variable], ...] = tuple([] for _ in name)
        for variable in trainable_variables:
            for part, one, start in zip(parts, name, starts, strict=True):
                part.append(self.add_variable_from_reference(variable, one, start))
        return parts

    def _get_variable_index(self, variable: Variable) -> int:
        index = self._index.get(id(variable))
        if index is None:
            raise ArgumentError(
                f"`{self.name}` needs variables it was built with. Received {variable.path!r}. Make a new optimizer "
                "for new variables."
            )
        return index

    def _move_scalars(self) -> None:
        """Step and learning rate go to the engine of the variables, if they were made while another was active."""
        engine = self._trainable_variables[0].engine if self._trainable_variables else self._iterations.engine
        for name in ("_iterations", "_learning_rate"):
            old = getattr(self, name)
            if isinstance(old, Variable) and old.engine is not engine:
                with scopes.outside():
                    value = old.numpy()
                at = next(i for i, v in enumerate(self._variables) if v is old)
                new = self._scalar(value, old.dtype, old.name, engine.name)
                self._variables[at] = self._variables.pop()
                object.__setattr__(self, name, new)

    @property
    def variables(self) -> list[Variable]:
        """The Variables of the state in the order of files: step, learning rate, averages, accumulators, slots."""
        return list(self._variables)

    @property
    def iterations(self) -> Variable | Tensor:
        """The number of updates so far: a Variable, or with gradient accumulation a tensor."""
        if self.gradient_accumulation_steps:
            return ops.floor_divide(self._iterations.value, self.gradient_accumulation_steps)
        return self._iterations

    @property
    def learning_rate(self) -> Variable | Tensor | float:
        """The current learning rate: a Variable, which may be assigned at any time, or the value of a schedule."""
        return self._learning_rate if isinstance(self._learning_rate, Variable) else self._current_learning_rate()

    @learning_rate.setter
    def learning_rate(self, value: LearningRate | Variable) -> None:
        if scopes.scope() is None and not self._iterations.engine.is_tracing():  # values are known
            value = declared.accepted(RATE, "learning_rate", value, type(self).__name__)
        if callable(value) and not isinstance(value, Variable):
            if isinstance(self._learning_rate, Variable):
                self._variables = [v for v in self._variables if v is not self._learning_rate]
            self._learning_rate = value
        elif isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(value)
        else:
            raise StateError(
                f"`learning_rate` of {self.name!r} can be assigned where it was made from a float. It was made from "
                f"{self._learning_rate!r}. Make the optimizer with a float."
            )

    def _set_learning_rate(self, given: LearningRate | Variable) -> None:
        if isinstance(given, LearningRateSchedule) or (callable(given) and not isinstance(given, Variable)):
            self._learning_rate = given
            return
        object.__setattr__(self, "_learning_rate", self._scalar(cast("TensorLike", given), "float32", "learning_rate"))

    def _current_learning_rate(self) -> Tensor | float:
        rate = self._learning_rate
        if isinstance(rate, Variable):
            return rate.value
        if isinstance(rate, LearningRateSchedule) or _takes_argument(rate):
            return rate(self._iterations.value)
        return rate()

    # ---- configuration and files -------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        rate = self._learning_rate
        shared = {"name": self.name, "learning_rate": None, **{name: getattr(self, name) for name in SHARED}}
        config = {**shared, **super().get_config()}
        config["learning_rate"] = float(rate.numpy()) if isinstance(rate, Variable) else serialize(rate)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Return an optimizer made from what `get_config` returned, here or in an earlier version of Keras.

        Args:
            config: the arguments of the constructor by name.
            custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.
        """
        config = {
            name: deserialize(_with_module(value), custom_objects)
            for name, value in config.items()
            if name not in cls._no_longer
        }
        return super().from_config(config)

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Assign all of `variables`.

        Args:
            weights: a value for each of `variables`, in their order and of their shapes.

        Raises:
            WeightsMismatchError: if their number or a shape differs.
        """
        if len(weights) != len(self.variables):
            raise WeightsMismatchError(
                f"Optimizer {self.name!r} needs values of its {len(self.variables)} variables. "
                f"Received {len(weights)}. Build it on the same variables first."
            )
        for variable, value in zip(self.variables, weights, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise WeightsMismatchError(
                    f"Optimizer {self.name!r} needs a value of shape {variable.shape} for {variable.path!r}. "
                    f"Received shape {tuple(np.shape(value))}."
                )
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    def save_own_variables(self, store: MutableMapping[str, np.ndarray]) -> None:
        """Write the state into `store` under "0", "1", ...

        Args:
            store: a mutable mapping.
        """
        for i, variable in enumerate(self.variables):
            store[str(i)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, ArrayLike]) -> None:
        """Assign the state from what `save_own_variables` wrote.

        Args:
            store: a mapping.
        """
        self.set_weights([store[str(i)] for i in range(len(store.keys()))])


def _takes_argument(function: Callable[..., object]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(p.kind in positional and p.default is p.empty for p in parameters)
