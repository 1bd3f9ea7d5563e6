"""Names of PyTorch that are not public and that only recorded calls need. They are in the table of the engine."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from ..private import names

_MODE = "torch.utils._python_dispatch.TorchDispatchMode"
_Mode: Any = names.get(
    _MODE,
    use="to take down every ATen call of a step",
    lost="steps are not recorded",
    instead=object,
)
names.get(
    f"{_MODE}._should_skip_dynamo",
    use="to keep torch from importing its compiler when the first step is recorded",
    lost="some seconds at the first recording",
)


class DispatchMode(_Mode):
    """Has `__torch_dispatch__` called for each ATen call while it is active."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


_SCHEMA = "torch.ops.aten.add.Tensor._schema"
schema_of = names.get(
    _SCHEMA,
    use="to know what an ATen operator writes to, and the types of its arguments and results (`arguments`, `returns`)",
    lost="steps are not recorded",
    by=lambda _: attrgetter("_schema"),
)
unsafe_view = names.get(
    "torch.ops.aten._unsafe_view.default",
    use="to run a product and the sum with a bias as one call where a view stands between them",
    lost="they run as two",
)


def _script(name: str, use: str) -> Any:
    return names.get(f"torch._C.{name}", use=use, lost="steps are not recorded")


Graph = _script("Graph", "to put a recorded step into TorchScript's interpreter (and its methods)")
function_of = _script("_create_function_from_graph", "to call such a graph")
TensorType = _script("TensorType", "the type of a tensor in such a graph")
TupleType = _script("TupleType", "the type of several results")
ListType = _script("ListType", "the type of a list in such a graph")
OptionalType = _script("OptionalType", "the type of an argument that may be None")
optimizes = _script("_get_graph_executor_optimize", "to know whether the interpreter optimises")
set_optimizes = _script("_set_graph_executor_optimize", "to keep the interpreter from optimising a graph")


def lacking_for_records() -> list[str]:
    """The names that recorded steps need and this release lacks."""
    script = [path for path in names.entries if path.startswith("torch._C.") and path.count(".") == 2]
    return names.missing(_MODE, _SCHEMA, *script)
