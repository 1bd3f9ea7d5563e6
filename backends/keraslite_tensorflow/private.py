"""Names of TensorFlow that are not public. No other file of this package has any."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import tensorflow as tf

from keraslite.backend.private import PrivateNames, find

names = PrivateNames("tensorflow", seen="2.21.0")


def _in_a_graph(graph: Any) -> bool:
    return not tf.executing_eagerly()


in_xla = names.get(
    "tensorflow.python.ops.control_flow_util.GraphOrParentsInXlaContext",
    use="to know whether a graph is built for XLA, which has no fused LSTM",
    lost="an LSTM within a `tf.function` is written out step by step",
    instead=_in_a_graph,
)

could_possibly_record = names.get(
    "tensorflow.python.eager.record.could_possibly_record",
    use="to know whether a gradient may be asked for, so as to choose how many steps of an LSTM a turn of a loop does",
    lost="XLA's LSTM on inputs whose gradient nobody asks for does 4 steps a turn instead of 20",
    instead=lambda: True,
)

_AUTOGRAPH = "tensorflow.python.autograph.core.config"
_rules, _rule = (
    names.get(
        f"{_AUTOGRAPH}.{name}",
        use="to keep AutoGraph from rewriting our code within a `tf.function`, for which there is no public way",
        lost="each op prints that AutoGraph can't find its source",
    )
    for name in ("CONVERSION_RULES", "DoNotConvert")
)


def leave_as_they_are(*packages: str) -> None:
    """Have AutoGraph leave the code of packages as it is."""
    if isinstance(_rules, tuple) and _rule is not None:
        find(_AUTOGRAPH).CONVERSION_RULES += tuple(map(_rule, packages))


_call_flat = names.get(
    "tensorflow.python.eager.polymorphic_function.concrete_function.ConcreteFunction._call_flat",
    use="to call a graph without a look at the arguments, which takes longer than running a small graph",
    lost="up to 50 us a call",
)


def caller(program: Any) -> Callable[[list[Any]], Any]:
    """Calls a concrete function with a list of tensors of the signature that it was made for.

    What it captured are Variables' handles, which stay.
    """
    takes = [] if _call_flat is None else list(inspect.signature(_call_flat).parameters)
    if takes != ["self", "tensor_inputs", "captured_inputs"]:
        return lambda tensors: program(*tensors)
    call, captured = program._call_flat, program.captured_inputs
    return lambda tensors: call(tensors, captured)


for _name in ("_should_act_as_resource_variable", "_shared_name"):
    names.attribute(
        "tensorflow.Variable",
        _name,
        use="to let `tf.GradientTape.gradient` take a Variable",
        lost="it takes `variable.storage` in its place",
    )

#: What TensorFlow asks a resource variable for, of a Variable.
of_resources: dict[str, Callable[[Any], Any]] = {
    "handle": attrgetter("storage.handle"),
    "_should_act_as_resource_variable": lambda variable: True,
    "_shared_name": attrgetter("storage._shared_name"),
}

_has_trainable = names.attribute(
    "tensorflow.Variable",
    "_trainable",
    use="to change whether a `tf.Variable` is trainable",
    lost="a `tf.GradientTape` of the user's own goes on watching what was frozen",
)


def set_trainable(variable: tf.Variable, flag: bool) -> None:
    if _has_trainable(variable):
        variable._trainable = flag  # type: ignore[attr-defined]


handle = names.get(
    "tensorflow.python.ops.resource_variable_ops.ResourceVariable.handle",
    use="to let one operation of TensorFlow update a variable and its slots in place",
    lost="optimizers run their formulas, op by op",
    by=lambda _: attrgetter("handle"),
)

_gradients = names.get(
    "tensorflow.python.framework.ops.gradient_registry._registry",
    use="to let go of a graph with a gradient of ours: TensorFlow keeps what `tf.custom_gradient` registers",
    lost="graphs with an LSTM, `det` or `custom_gradient` stay in memory for ever",
)


def let_gradient_go_with_graph(output: tf.Tensor) -> None:
    """Let what `tf.custom_gradient` has registered for `output` live as long as its graph, which it refers to."""
    entry = _gradients.get(_registered_name(output)) if isinstance(_gradients, dict) else None
    if not isinstance(entry, dict) or not callable(entry.get("type")):
        return
    graph: Any = output.graph
    while hasattr(getattr(graph, "outer_graph", None), "outer_graph"):  # above a function stands a graph without an end
        graph = graph.outer_graph
    gradient = entry["type"]
    graph.keraslite_gradients = [*getattr(graph, "keraslite_gradients", ()), gradient]
    kept = weakref.ref(gradient)
    entry["type"] = lambda *args: kept()(*args)  # type: ignore[misc]
    weakref.finalize(graph, _gradients.pop, _registered_name(output), None).atexit = False


def _registered_name(output: tf.Tensor) -> str:
    try:
        return output.op.get_attr("_gradient_op_type").decode()
    except ValueError:  # it has none
        return ""
