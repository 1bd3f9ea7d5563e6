"""FlaxLayer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Unpack

from keraslite import random
from keraslite.errors import ArgumentError
from keraslite.layers.foreign.jax_function import FunctionOfTrees
from keraslite.layers.types import FlaxOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class FlaxLayer(FunctionOfTrees):
    """Makes a layer of a `flax.linen.Module`. It needs the engine of JAX.

    The collection "params" of the module is trained; all other collections are state. The module gets random numbers
    under the name "dropout" in training, and under "params" and "dropout" when the layer is built.

    Files of weights hold the module's variables. Files of models cannot hold a module, which is code: make the layer in
    Python and use `load_weights`.

    Args:
        module: the module. Its method takes `inputs`, and `training` if training changes what it computes.
        method: the name of a method, or a function of the module, `inputs` and maybe `training`, that is called instead
            of `__call__`. Default: None.
        variables: the first variables, a dict of collections such as `module.init` returns. Default: None, what
            `module.init` returns when the layer is built.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`), and `seed`, a
            non-negative int from which the random numbers are drawn.

    Input:
        what the method takes as `inputs`, a tensor or a nest of them.

    Output:
        what it returns.

    Weights:
        the leaves of the collection "params", under their names in the module, then those of the other collections,
        which are not trainable.

    Raises:
        ArgumentError: if `module` is no module, or has no such method.
        MissingCapabilityError: on another engine.
        SerializationError: from `get_config`, if the module is not registered.

    Example:
        >>> import keraslite as keras
        >>> import numpy as np
        >>> if keras.config.backend() == "jax":
        ...     import flax.linen as nn
        ...     layer = keras.layers.FlaxLayer(nn.Dense(3))
        ...     assert layer(np.ones((1, 2), "float32")).shape == (1, 3)
        ...     assert [weight.name for weight in layer.weights] == ["bias", "kernel"]
    """

    foreign_kind = "flax.linen.Module"
    config_excludes = FunctionOfTrees.config_excludes | {"variables", "seed"}
    needs_rng = True

    def __init__(
        self,
        module: object,
        method: str | Callable[..., object] | None = None,
        variables: Mapping[str, object] | None = None,
        **kwargs: Unpack[FlaxOptions],
    ) -> None:
        if not callable(getattr(module, "init", None)) or not callable(getattr(module, "apply", None)):
            raise ArgumentError(f"`FlaxLayer` needs a `flax.linen.Module`. Received {module!r:.100}.")
        called = getattr(module, method or "__call__", None) if not callable(method) else method
        if called is None:
            raise ArgumentError(f"`FlaxLayer` needs `method` to name a method of the module. Received {method!r}.")
        seed = kwargs.pop("seed", None)
        super().__init__(**kwargs)
        self.module, self.method = module, method
        self.seed_generator = random.SeedGenerator(seed)
        self._draws_weights = variables is None
        takes = "training" in inspect.signature(called).parameters
        self._wrap(module, {"method": method, "takes_training": takes, "variables": variables})
