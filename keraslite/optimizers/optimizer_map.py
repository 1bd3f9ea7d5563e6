"""Which optimizer updates which variable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from keraslite.errors import ArgumentError, RankError
from keraslite.optimizers.base import Optimizer
from keraslite.serialization import builtin, deserialize, serialize


@builtin("keras.optimizers")
class OptimizerMap(MutableMapping[str, Optimizer]):
    """A dict of optimizers by regular expressions, which match whole paths of variables.

    The optimizer of a path is that of the equal key, or of the one expression that matches the path, or the default.

    Args:
        default_optimizer: the optimizer of paths that no expression matches.
        optimizer_map: a dict of optimizers by expressions; None (default) for an empty one.

    Raises:
        ArgumentError: if a value is no optimizer, a key is there already, or several expressions match a path.

    Example:
        >>> from keraslite import optimizers
        >>> chosen = optimizers.OptimizerMap(optimizers.SGD(0.1), {"encoder/.*": optimizers.Adam(0.01)})
        >>> type(chosen["encoder/kernel"]).__name__, type(chosen["decoder/kernel"]).__name__
        ('Adam', 'SGD')
    """

    def __init__(self, default_optimizer: Optimizer, optimizer_map: Mapping[str, Optimizer] | None = None):
        if not isinstance(default_optimizer, Optimizer):
            raise RankError(
                f"`OptimizerMap` needs `default_optimizer` to be an optimizer. Received {default_optimizer!r}."
            )
        self._default = default_optimizer
        self._optimizers: dict[str, Optimizer] = {}
        self.update(optimizer_map or {})

    @property
    def default_optimizer(self) -> Optimizer:
        """The optimizer of paths that no expression matches."""
        return self._default

    def __getitem__(self, path: str) -> Optimizer:
        if path in self._optimizers:
            return self._optimizers[path]
        found = [words for words in self._optimizers if re.fullmatch(words, path)]
        if len(found) > 1:
            raise ArgumentError(f"`OptimizerMap` needs one expression that matches {path!r}. {found} match it.")
        return self._optimizers[found[0]] if found else self._default

    def __setitem__(self, words: str, optimizer: Optimizer) -> None:
        if words in self._optimizers:
            raise ArgumentError(f"`OptimizerMap` has {words!r} already. Delete it before you set it again.")
        if not isinstance(optimizer, Optimizer):
            raise ArgumentError(f"`OptimizerMap` needs an optimizer for {words!r}. Received {optimizer!r}.")
        self._optimizers[words] = optimizer

    def __delitem__(self, words: str) -> None:
        del self._optimizers[words]

    def __contains__(self, words: object) -> bool:
        return words in self._optimizers

    def __len__(self) -> int:
        return len(self._optimizers)

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def get_config(self) -> dict[str, Any]:
        """Return the optimizers as configs."""
        mapped = {words: serialize(optimizer) for words, optimizer in self._optimizers.items()}
        return {"default_optimizer": serialize(self._default), "optimizer_map": mapped}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> OptimizerMap:
        """Return a map made from what `get_config` returned.

        Args:
            config: the arguments of the constructor by name.
            custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.
        """
        mapped = (config.get("optimizer_map") or {}).items()
        return cls(
            deserialize(config["default_optimizer"], custom_objects),
            {words: deserialize(one, custom_objects) for words, one in mapped},
        )
