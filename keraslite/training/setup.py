"""`TrainingSetup`: what `compile` left behind, and the state of a layer that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keraslite.backend.trials import Verdict
from keraslite.layers.call_context import CallInfo
from keraslite.layers.state import LayerState
from keraslite.training.compile_losses import CompileLoss, LossMean
from keraslite.training.compile_metrics import CompileMetrics

if TYPE_CHECKING:
    from keraslite.layers.base import Layer
    from keraslite.ops.symbolic import SymbolicTensor
    from keraslite.training.prediction import Predictor
    from keraslite.training.program import StepProgram
    from keraslite.training.stopping import StopGuard

__all__ = ["TrainerState", "TrainingSetup"]


class TrainingSetup:
    """What `compile` left behind, and what `fit` and the like made from it. Files and copies of a model omit it.

    Attributes:
        compiled: whether `compile` was called.
        config: the arguments of `compile`.
        loss: the losses of all outputs; None without any.
        metrics: the metrics given to `compile`; None without any.
        tracker: the mean of the whole loss.
        run_eagerly, steps_per_execution, jit_compile: as given to `compile`.
        programs: the compiled steps by kind ("train", "test", "predict"), each with what it depends on.
        guard: what ends training by rules of callbacks, from the last `fit` that had some.
        outputs: symbolic outputs and inputs by the layers of the model and the shapes of the data.
        decided: what was decided about whole calls of `fit` and the like.
    """

    def __init__(self) -> None:
        self.compiled = False
        self.config: dict[str, Any] | None = None
        self.loss: CompileLoss | None = None
        self.metrics: CompileMetrics | None = None
        self.tracker: LossMean | None = None
        self.run_eagerly = False
        self.steps_per_execution = 1
        self.jit_compile: bool | str = "auto"
        self.programs: dict[str, tuple[object, StepProgram | Predictor]] = {}
        self.guard: StopGuard | None = None
        self.outputs: dict[tuple[object, ...], tuple[Any, SymbolicTensor | Any]] = {}
        self.decided: dict[tuple[str, str], Verdict] = {}


class TrainerState(LayerState):
    """The state of a layer that can be trained.

    Attributes:
        training: what `compile` left behind.
    """

    __slots__ = ("training",)

    def __init__(self, layer: Layer, info: CallInfo):
        super().__init__(layer, info)
        self.training = TrainingSetup()
