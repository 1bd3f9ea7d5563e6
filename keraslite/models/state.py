"""`ModelState`: what a model keeps for its own work besides what every layer does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keraslite.layers.call_context import CallInfo
from keraslite.training.setup import TrainerState

if TYPE_CHECKING:
    from keraslite.layers.base import Layer
    from keraslite.models.compiled_graph import CompiledGraph
    from keraslite.models.graph import Graph
    from keraslite.models.host_part import HostPart


class ModelState(TrainerState):
    """The state of one model.

    Attributes:
        calls: what calls the graph, compiled where that pays; None without a graph.
        graph: the graph between inputs and outputs; None for code of a subclass, or until a `Sequential` is drawn.
        graph_layers: the layers of a functional model, in the order of the graph.
        host: the layers at the inputs that work on the host, apart from the rest of the graph; None for none.
        inputs: the nest of symbolic inputs of the graph.
        outputs: the nest of symbolic outputs of the graph.
        shape_from_call: whether the first call decided the shape of a `Sequential`'s input.
        stack: the layers of a `Sequential`, with its input.
    """

    __slots__ = ("calls", "graph", "graph_layers", "host", "inputs", "outputs", "shape_from_call", "stack")

    def __init__(self, layer: Layer, info: CallInfo):
        super().__init__(layer, info)
        self.graph: Graph | None = None
        self.calls: CompiledGraph | None = None
        self.graph_layers: list[Layer] = []
        self.host: HostPart | None = None
        self.stack: list[Layer] = []
        self.inputs: Any = None
        self.outputs: Any = None
        self.shape_from_call = False
