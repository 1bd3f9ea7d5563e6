"""`DTypePolicyMap`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias

from keraslite.backend.contract import DTypeLike
from keraslite.dtype_policies.current import dtype_policy, get
from keraslite.dtype_policies.policy import DTypePolicy
from keraslite.errors import ArgumentError
from keraslite.serialization import builtin, deserialize, serialize

Given: TypeAlias = "DTypePolicy | DTypeLike | dict[str, Any] | None"


@builtin("keras.dtype_policies")
class DTypePolicyMap(DTypePolicy, MutableMapping):
    """Policies by the path of a layer, for the layers inside a layer or model.

    It is a mutable mapping. A key is a path such as "encoder/dense", or a regular expression that matches a whole
    path. A path that no key matches has the default policy.

    Args:
        default_policy: a policy, its name or a dtype, for paths without a match; None (default) is the active policy.
        policy_map: a dict of policies (or names, or dtypes) by path; None (default) for none.

    Raises:
        ArgumentError: if `default_policy` is a map itself, or if several keys match a path that is looked up.

    Example:
        >>> from keraslite import dtype_policies
        >>> policies = dtype_policies.DTypePolicyMap("float32", {"encoder/.*": "mixed_bfloat16"})
        >>> policies["encoder/dense"]
        <DTypePolicy "mixed_bfloat16">
        >>> policies["head"]
        <DTypePolicy "float32">
    """

    def __init__(self, default_policy: Given = None, policy_map: Mapping[str, Given] | None = None):
        if isinstance(default_policy, DTypePolicyMap):
            raise ArgumentError("`DTypePolicyMap` needs `default_policy` to be a policy. Received a map.")
        if policy_map is not None and not isinstance(policy_map, Mapping):
            raise ArgumentError(f"`DTypePolicyMap` needs `policy_map` to be a dict. Received {policy_map!r}.")
        default = dtype_policy() if default_policy is None else get(default_policy)
        self._default = default.default_policy if isinstance(default, DTypePolicyMap) else default
        self._is_default_given = default_policy is not None
        super().__init__(self._default.name)
        self._name = f"map_{self._default.name}"
        self._policies = {key: get(value) for key, value in (policy_map or {}).items()}

    @property
    def default_policy(self) -> DTypePolicy:
        """The policy of paths without a match."""
        return self._default

    def __getitem__(self, key: str) -> DTypePolicy:
        if key in self._policies:
            return self._policies[key]
        matches = [pattern for pattern in self._policies if re.fullmatch(pattern, key)]
        if len(matches) > 1:
            raise ArgumentError(f"`DTypePolicyMap` needs one match for {key!r}. Received {matches}.")
        return self._policies[matches[0]] if matches else self._default

    def __setitem__(self, key: str, policy: Given) -> None:
        if key in self._policies:
            raise ArgumentError(
                f"`DTypePolicyMap` needs a new key. Received {key!r}, which has {self._policies[key]!r}. "
                "Delete it first."
            )
        self._policies[key] = get(policy)

    def __delitem__(self, key: str) -> None:
        del self._policies[key]

    def __contains__(self, key: object) -> bool:
        return key in self._policies

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def get(self, key: str, default: object = None) -> Any:
        """Return the policy of a path.

        Args:
            key: the path of a layer.
            default: what to return if no key matches; None (default) for the default policy.
        """
        policy = self[key]
        return default if policy is self._default and default is not None else policy

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, DTypePolicyMap) and self._default == other._default and self._policies == other._policies
        )

    def __hash__(self) -> int:
        return hash((self._default, *self._policies))

    def get_config(self) -> dict[str, Any]:
        """Return the default policy and the map as plain data."""
        default = self._default.name if self._is_default_given else None
        return {"default_policy": default, "policy_map": serialize(self._policies)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> DTypePolicyMap:
        """The map that `get_config` made `config` from.

        Args:
            config: what `get_config` returned.
            custom_objects: classes of policies of yours by name, besides those that are registered.

        Returns:
            A new `DTypePolicyMap`.
        """
        config = dict(config)
        config["policy_map"] = deserialize(config.get("policy_map"), custom_objects)
        return cls(**config)

    def __repr__(self) -> str:
        shown = [(key, policy.name) for key, policy in self._policies.items()]
        return f"<DTypePolicyMap default_policy={self._default.name}, mapping={shown}>"
