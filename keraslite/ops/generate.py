"""The public function of a declared op, generated from text as dataclasses are.

So Python itself binds the arguments, and a call on tensors costs one look-up before the kernel.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from keraslite.backend.scopes import VariableBase
from keraslite.backend.tracebacks import shorten
from keraslite.ops.arguments import AXES, KEYED, SHAPES
from keraslite.ops.signature import has_dimension

if TYPE_CHECKING:
    from keraslite.ops.declare import Op

# `try` costs nothing where nothing is raised.
_TEMPLATE = """
def {name}({signature}):
{unwrap}
    try:
        plan = plans.get({key})
    except (TypeError, AttributeError, IndexError):
        plan = None
    try:
        if plan is None:
            return slow(({args}))
        try:
            return plan({args})
        except Exception as error:
            if has_dimension(({args})):
                return slow(({args}))
            explain(({args}), error)
            raise
    except Exception as error:
        shorten(error)
        raise
"""

_TEMPLATE_OF_NONE = """
def {name}({signature}):
    try:
        return slow(({args}))
    except Exception as error:
        shorten(error)
        raise
"""


def _key_text(op: Op) -> str:
    parts: list[str] = []
    rank_needed = any(kind in AXES for kind in op.kinds)
    for name, kind in zip(op.names, op.kinds, strict=True):
        if kind == "Tensor":
            parts += [f"{name}.__class__", f"getattr({name}, 'dtype', None)"]
            if rank_needed:
                parts.append(f"{name}.ndim")
                rank_needed = False
        elif kind == "Tensors":
            parts.append(f"tuple([(x.__class__, getattr(x, 'dtype', None)) for x in {name}])")
            if rank_needed:
                parts.append(f"{name}[0].ndim")
                rank_needed = False
        elif kind in AXES:
            parts += [name, f"{name}.__class__"]  # True and 1.0 equal 1, and are no axes
        elif kind in KEYED:
            parts.append(name)
        elif kind not in SHAPES:
            parts.append(f"{name}.__class__")  # lists have to become tuples, which a plan for an int would not do
    return "(" + ", ".join(parts) + ",)"


def generate(op: Op) -> Callable:
    """The public function: Python binds the arguments, one look-up finds the plan.

    Its text is compiled at its first call, for few of the ops are ever called and compiling takes a while.
    """
    space: dict[str, object] = {
        "__name__": __name__,
        "plans": op.plans,
        "slow": op.slow,
        "explain": op.explain,
        "has_dimension": has_dimension,
        "shorten": shorten,
        "VariableBase": VariableBase,
        "defaults": [p.default for p in op.parameters],
    }
    public = types.FunctionType(_STUB, space, op.name)

    def make() -> Callable:
        made: dict[str, Any] = {}
        exec(compile(_source(op), f"<op {op.name}>", "exec"), space, made)
        op.key = made["key"]
        public.__defaults__ = made[op.name].__defaults__  # before the code that needs them: threads may call
        public.__code__ = made[op.name].__code__
        return public

    space["make"] = make
    op.key = lambda *args: make() and op.key(*args)
    functools.update_wrapper(public, op.declared)
    public.autograph_info__ = {}  # type: ignore[attr-defined]  # AutoGraph of TensorFlow runs it as it is
    return public


def _source(op: Op) -> str:
    signature = ", ".join(
        p.name if p.default is p.empty else f"{p.name}=defaults[{i}]" for i, p in enumerate(op.parameters)
    )
    unwrap = "\n".join(
        f"    if isinstance({op.names[i]}, VariableBase): {op.names[i]} = {op.names[i]}.operand"
        for i in op.tensor_at
        if op.kinds[i] == "Tensor"
    )
    key = _key_text(op)
    args = "".join(f"{name}, " for name in op.names)
    source = _TEMPLATE.format(name=op.name, signature=signature, unwrap=unwrap, key=key, args=args)
    if not op.tensor_at:  # nothing to look a plan up by: the active engine decides
        source = _TEMPLATE_OF_NONE.format(name=op.name, signature=signature, args=args)
    return source + f"\ndef key({', '.join(op.names)}):\n    return {key}\n"


def _stub(*args: object, **kwargs: object) -> object:
    try:
        return make()(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821
    except Exception as error:
        shorten(error)
        raise


_STUB = _stub.__code__.replace(co_filename="<op>")
