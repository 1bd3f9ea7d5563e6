"""`DTypePolicy`."""

from __future__ import annotations

from typing import Any

from keraslite import config, ops
from keraslite.backend import dtypes, scopes
from keraslite.backend.contract import DTypeLike
from keraslite.check import nearest
from keraslite.errors import ArgumentError, DTypeError
from keraslite.serialization import Configurable, builtin
from keraslite.transforms import depends_on

MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}

#: The policy of layers that are given none: per thread or task over a process default; None is floatx.
active: scopes.Local[Any] = scopes.local("dtype_policy", None)
depends_on(lambda: getattr(active.get(), "name", None))  # layers made while something is traced look at it


@builtin("keras", also=["keras.dtype_policies", "keras.mixed_precision"])
class DTypePolicy(Configurable):
    """The dtype that a layer computes in, and the dtype of its variables.

    Args:
        name: the name of a dtype, which is used for both; or "mixed_float16" or "mixed_bfloat16", to compute in
            16 bits with variables in float32. None (default) takes the name of the active policy.

    Raises:
        ArgumentError: if there is no such dtype or policy.

    Example:
        >>> from keraslite import DTypePolicy, layers
        >>> policy = DTypePolicy("mixed_bfloat16")
        >>> policy.compute_dtype, policy.variable_dtype
        ('bfloat16', 'float32')
        >>> layers.Dense(2, dtype=policy).compute_dtype
        'bfloat16'
    """

    def __init__(self, name: str | None = None):
        if name is None:
            name = active.get().name if active.get() is not None else config.floatx()
        if not isinstance(name, str):
            raise ArgumentError(f"`DTypePolicy` needs `name` to be a string. Received {name!r}.")
        self._name = name
        if name in MIXED:
            self._compute, self._variable = MIXED[name], "float32"
            return
        try:
            self._compute = self._variable = dtypes.canonical(name)
        except DTypeError:
            known = sorted({*MIXED, *dtypes.NAMES})
            raise ArgumentError(
                f"`DTypePolicy` needs a dtype, 'mixed_float16' or 'mixed_bfloat16'. Received {name!r}."
                f"{nearest(name, known)}"
            ) from None

    @property
    def name(self) -> str:
        """The name that the policy was made with."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype that inputs and variables are cast to within a layer's call."""
        return self._compute

    @property
    def variable_dtype(self) -> str:
        """The dtype in which variables are kept."""
        return self._variable

    @property
    def quantization_mode(self) -> None:
        """Always None: policies say nothing about quantisation here."""
        return None

    def convert_input(self, x: Any, autocast: bool, dtype: DTypeLike) -> Any:
        """Return `x`, cast to `dtype` if it is a floating tensor and `autocast` holds.

        Args:
            x: anything.
            autocast: whether to cast at all.
            dtype: in any spelling.
        """
        from_dtype = getattr(x, "dtype", None)
        if not autocast or from_dtype is None or not dtypes.is_float(dtypes.canonical(from_dtype)):
            return x
        return ops.cast(x, dtypes.canonical(dtype))

    def get_config(self) -> dict[str, Any]:
        """The name as plain data."""
        return {"name": self._name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash((DTypePolicy, self.name))

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self.name}">'


@builtin("keras", also=["keras.dtype_policies"])
class FloatDTypePolicy(DTypePolicy):
    """The same as `DTypePolicy`, under a name that Keras has kept.

    Args:
        name: a dtype name, "mixed_float16" or "mixed_bfloat16". None is the active policy's.

    Example:
        >>> import keraslite as keras
        >>> keras.FloatDTypePolicy("mixed_bfloat16").variable_dtype
        'float32'
    """
