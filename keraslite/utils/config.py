"""`Config`: named values of a program."""

from __future__ import annotations

import json
from collections.abc import ItemsView, Iterator, KeysView, ValuesView

from keraslite.check import nearest
from keraslite.errors import ArgumentError, StateError, UnknownNameError
from keraslite.layers.preprocessing.types import Nest

__all__ = ["Config"]


class Config:
    """Holds named values, read and set as attributes or like those of a dict. It may be frozen.

    Args:
        **kwargs: values by name.

    Raises:
        StateError: if a value is set or removed while it is frozen.

    Example:
        >>> from keraslite import utils
        >>> config = utils.Config(rate=0.1)
        >>> config.epochs = 3
        >>> config["rate"], config.epochs
        (0.1, 3)
        >>> config.freeze()
        >>> config.to_json()
        '{"rate": 0.1, "epochs": 3}'
    """

    _values: dict[str, Nest]
    _frozen: bool

    def __init__(self, **kwargs: Nest) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_frozen", False)
        self.update(kwargs)

    @property
    def frozen(self) -> bool:
        """Whether values cannot be changed."""
        return self._frozen

    def freeze(self) -> None:
        """Refuse changes from now on."""
        object.__setattr__(self, "_frozen", True)

    def unfreeze(self) -> None:
        """Allow changes again."""
        object.__setattr__(self, "_frozen", False)

    def _check_open(self) -> None:
        if self._frozen:
            raise StateError("`Config` needs to be open for changes. It is frozen. Call `unfreeze()` first.")

    # ---- as attributes ------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Nest:
        if name.startswith("__") or name in ("_values", "_frozen"):  # what `copy` and `pickle` look for
            raise AttributeError(name)
        if name not in self._values:
            raise UnknownNameError(f"`Config` has no value {name!r}.{nearest(name, list(self._values))}")
        return self._values[name]

    def __setattr__(self, name: str, value: Nest) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    # ---- as a dict ----------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Nest:
        if name not in self._values:
            raise KeyError(name)
        return self._values[name]

    def __setitem__(self, name: str, value: Nest) -> None:
        self._check_open()
        if not isinstance(name, str) or hasattr(type(self), name):
            raise ArgumentError(f"`Config` needs a name that is no method of its own. Received {name!r}.")
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        self._check_open()
        del self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __getstate__(self) -> dict[str, Nest]:
        return {"_values": dict(self._values), "_frozen": self._frozen}

    def __setstate__(self, state: dict[str, Nest]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, value)

    def get(self, keyname: str, value: Nest = None) -> Nest:
        """Return a value, or another one if there is none of the name.

        Args:
            keyname: the name.
            value: what is returned if the name is not there. Default: None.
        """
        return self._values.get(keyname, value)

    def pop(self, *args: Nest) -> Nest:
        """Remove a value and return it.

        Args:
            *args: the name and, if wanted, what is returned if it is not there.
        """
        self._check_open()
        return self._values.pop(*args)

    def update(self, *args: Nest, **kwargs: Nest) -> None:
        """Set several values.

        Args:
            *args: a dict, or pairs of names and values.
            **kwargs: values by name.
        """
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._values.keys()

    def values(self) -> ValuesView[Nest]:
        """Return the values."""
        return self._values.values()

    def items(self) -> ItemsView[str, Nest]:
        """Return pairs of names and values."""
        return self._values.items()

    def as_dict(self) -> dict[str, Nest]:
        """Return the values by name."""
        return dict(self._values)

    def to_json(self) -> str:
        """Return the values as JSON."""
        return json.dumps(self._values)

    def __repr__(self) -> str:
        return f"<Config {self._values}>"
