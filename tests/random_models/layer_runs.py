"""Random layers: arguments and inputs from a seed, compared with Keras's stage by stage.

A layer is described by {"make": object, "args": inputs, "call": keywords} and, where it has them, "adapt" (data it
learns from), "masked" (inputs pass `Masking` first), "unknown" (axes whose size is not known in the symbolic call),
"near" (how far results may be apart), "gradient" and "trained" (False where these are not compared), "peer" (the engine
of Keras), "scores" (whether a second output are scores of attention) and "unlike" (parts of results and configs that
differ on purpose). An input is {"array": values, "dtype": name}, {"texts": nest of str}, or a list of inputs;
{"input": ...} stands for one in "call".
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import keras_peer
import numpy as np

import keraslite
from keraslite.backend import registry
from random_models import build, layer_choices, layer_differences
from random_models.drawing import Draw
from random_models.source import written
from random_models.training import weights as values_for

Spec = dict[str, Any]
Stages = dict[str, Any]


def draw(family: str, seed: int) -> Spec:
    """A layer of a family ("" for any) and what it is called with."""
    d = Draw(seed, 30)
    return layer_choices.draw(d, family)


def keras_run(spec: Spec) -> Stages:
    """All stages by real Keras."""
    import keras
    from keras.src.backend.common.variables import AutocastScope

    keras.utils.clear_session(free_memory=False)
    with warnings.catch_warnings(), AutocastScope(None):  # an error within a call leaves its own scope behind
        warnings.simplefilter("ignore")
        return Trial(keras, spec).run()


class Trial:
    """One library's work on one layer."""

    def __init__(self, k: Any, spec: Spec, differentiates: bool = True):
        self.k, self.spec, self.differentiates = k, spec, differentiates
        self.layer: Any = None

    def run(self) -> Stages:
        """Each stage's result, or {"error": text}."""
        stages: Stages = {}
        wanted: dict[str, Callable[[], Any]] = {"make": self._make, "call": self._call, "symbolic": self._symbolic}
        if self.differentiates and self.spec.get("gradient", True):
            wanted["gradient"] = self._gradient
        if self.spec.get("trained", True):
            wanted["trained"] = self._trained
        for name, stage in wanted.items():
            try:
                stages[name] = stage()
            except Exception as error:  # which side refuses, and why, is what is asked for
                stages[name] = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:400]}
                if name in ("make", "call"):
                    break
        return stages

    # ---- the stages ---------------------------------------------------------------------------------------------

    def _make(self) -> Stages:
        self.layer = build.value(self.k, self.spec["make"])
        config = _plain(self.layer.get_config())
        if "adapt" in self.spec:
            self.layer.adapt(self._given(self.spec["adapt"]))
        return {"config": config, "again": _plain(type(self.layer).from_config(_plain(config)).get_config())}

    def _call(self) -> Stages:
        self._called(self._inputs())
        described = [[w.path, list(w.shape)] for w in self.layer.weights]
        if "adapt" not in self.spec and described:
            kinds = [str(self.k.backend.standardize_dtype(w.dtype)) for w in self.layer.weights]
            given = values_for(described, self.spec.get("seed", 0))
            self.layer.set_weights(
                [x if "float" in kind else np.abs(x).astype(kind) for x, kind in zip(given, kinds, strict=True)]
            )
        outputs = self._called(self._inputs())
        leaves = build.flat(outputs)
        losses = [float(self.k.ops.convert_to_numpy(x)) for x in self.layer.losses]
        return {
            "weights": described,
            "trainable": [w.path for w in self.layer.trainable_weights],
            "outputs": self._arrays(leaves),
            "dtypes": [self._dtype(x) for x in leaves],
            "masks": [None if mask is None else np.asarray(self._numpy(mask)) for mask in map(self._mask, leaves)],
            "losses": losses,
            "vocabulary": [str(x) for x in self.layer.get_vocabulary()] if self._has_words() else [],
        }

    def _symbolic(self) -> Stages:
        layer = build.value(self.k, self.spec["make"])
        if "adapt" in self.spec:
            layer.adapt(self._given(self.spec["adapt"]))
        inputs = [self._symbol(each) for each in self.spec["args"]]
        found = build.flat(layer(*inputs, **self._keywords(self._symbol)))
        return {"shapes": [list(x.shape) for x in found], "dtypes": [self._dtype(x) for x in found]}

    def _gradient(self) -> Stages:
        """Of the sum of sines of the outputs, by weights and inputs that are floats."""
        variables = list(self.layer.trainable_variables)
        if self.k is keraslite:
            return {"gradients": self._our_gradient(variables)}
        return {"gradients": self._torch_gradient(variables)}

    def _our_gradient(self, variables: list[Any]) -> list[np.ndarray]:
        inputs, floats = self._inputs(), []

        def held(x: Any) -> Any:
            if isinstance(x, list):
                return [held(each) for each in x]
            if "float" not in self._dtype(x):
                return x
            floats.append(keraslite.Variable(x, dtype=self._dtype(x)))
            return floats[-1]

        inputs = held(inputs)
        if not variables + floats:
            return []
        function = keraslite.transforms.value_and_grad(lambda: self._loss(inputs), variables + floats)
        found = keraslite.transforms.jit(function)()[1]
        return [self._numpy(x).astype("float64") for x in found]

    def _torch_gradient(self, variables: list[Any]) -> list[np.ndarray]:
        inputs = self._inputs()
        floats = [x for x in build.flat(inputs) if hasattr(x, "dtype") and "float" in self._dtype(x)]
        for x in floats:
            x.requires_grad_(True)
        for variable in variables:
            variable.value.grad = None
        leaves = [*(variable.value for variable in variables), *floats]
        loss = self._loss(inputs)
        if leaves and loss.requires_grad:
            loss.backward()
        return [np.zeros(tuple(x.shape)) if x.grad is None else x.grad.detach().cpu().double().numpy() for x in leaves]

    def _loss(self, inputs: Any) -> Any:
        ops = self.k.ops
        leaves = [x for x in build.flat(self._called(inputs)) if "float" in self._dtype(x)]
        return sum((ops.sum(ops.sin(ops.cast(x, "float32"))) for x in leaves), ops.zeros(()))

    def _trained(self) -> Stages:
        outputs = build.flat(self._called(self._inputs(), training=True))
        after = [w for w in self.layer.weights if "seed" not in w.path]
        return {"outputs": self._arrays(outputs), "after": [self._numpy(w).astype("float64") for w in after]}

    # ---- parts --------------------------------------------------------------------------------------------------

    def _called(self, inputs: list[Any], **more: Any) -> Any:
        if getattr(self.layer, "stateful", False):
            self.layer.reset_state()
        if self.spec.get("masked"):
            inputs = [self.k.layers.Masking()(inputs[0]), *inputs[1:]]
        return self.layer(*inputs, **self._keywords(self._given), **more)

    def _keywords(self, fill: Callable[[Any], Any]) -> dict[str, Any]:
        """The keywords of the call, with {"input": ...} filled in."""

        def walk(x: Any) -> Any:
            if isinstance(x, list):
                return [walk(each) for each in x]
            return fill(x["input"]) if isinstance(x, dict) else x

        return {name: walk(x) for name, x in self.spec["call"].items()}

    def _inputs(self) -> list[Any]:
        return [self._given(each) for each in self.spec["args"]]

    def _given(self, nest: Any) -> Any:
        if isinstance(nest, list):
            return [self._given(each) for each in nest]
        if "texts" in nest:
            return np.array(nest["texts"])
        if nest.get("plain"):
            return nest["array"].astype(nest["dtype"])
        return self.k.ops.convert_to_tensor(nest["array"], dtype=nest["dtype"])

    def _symbol(self, nest: Any) -> Any:
        if isinstance(nest, list):
            return [self._symbol(each) for each in nest]
        shape = list(np.shape(nest["texts"])) if "texts" in nest else list(nest["array"].shape)
        for axis in self.spec.get("unknown", (0,)):
            if axis < len(shape):
                shape[axis] = None
        return self.k.KerasTensor(tuple(shape), dtype="string" if "texts" in nest else nest["dtype"])

    def _arrays(self, leaves: list[Any]) -> list[np.ndarray]:
        return [_wide(self._numpy(x)) for x in leaves]

    def _numpy(self, x: Any) -> np.ndarray:
        if hasattr(x, "numpy") and self._dtype(x) == "string":
            return np.asarray(x.numpy())
        if hasattr(x, "dtype") and self._dtype(x) == "bfloat16":
            x = self.k.ops.cast(x, "float32")
        return np.asarray(self.k.ops.convert_to_numpy(x))

    def _dtype(self, x: Any) -> str:
        kind = getattr(x, "dtype", None)
        if isinstance(x, (str, np.str_)) or getattr(kind, "kind", "") in ("U", "O"):
            return "string"
        return str(self.k.backend.standardize_dtype(kind))

    def _mask(self, x: Any) -> Any:
        if self.k is keraslite:
            from keraslite import masking

            return masking.get_mask(x)
        return getattr(x, "_keras_mask", None)

    def _has_words(self) -> bool:
        return hasattr(self.layer, "get_vocabulary")


def _wide(x: np.ndarray) -> np.ndarray:
    """Numbers in float64, texts as str."""
    if x.dtype.kind in "OS":
        return np.vectorize(lambda t: t.decode() if isinstance(t, bytes) else str(t), otypes=["U"])(x)
    return x if x.dtype.kind == "U" else x.astype("float64")


def _plain(config: Any) -> Any:
    return json.loads(json.dumps(config))


# ---- both next to each other ------------------------------------------------------------------------------------


def compared(family: str, seed: int, engine: str) -> tuple[list[str], list[str]]:
    """What is wrong here, and what only Keras refuses, or both."""
    spec = draw(family, seed)
    if "float64" not in registry.load(engine).capabilities:
        spec = narrow(spec)
    if "image" in spec:
        from random_models import image_runs

        return image_runs.compared(spec, engine)
    peer = spec.get("peer", "torch")
    differentiates = peer == "torch"
    theirs = keras_peer.call("random_models.layer_runs:keras_all", backend=peer, spec=spec, gradient=differentiates)
    with keraslite.use_backend(engine), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keraslite.utils.clear_session(free_memory=False)
        ours = Trial(keraslite, spec, differentiates and engine != "numpy").run()
    return layer_differences.found(spec, ours, theirs)


def narrow(nest: Any) -> Any:
    """A description without numbers of 64 bits, for an engine that does not have them. Arrays of the host keep them."""
    if isinstance(nest, dict):
        return nest if nest.get("plain") else {key: narrow(value) for key, value in nest.items()}
    if isinstance(nest, list):
        return [narrow(each) for each in nest]
    return {"float64": "float32", "int64": "int32"}.get(nest, nest) if isinstance(nest, str) else nest


def keras_all(spec: Spec, gradient: bool) -> Stages:
    """`keras_run`, with gradients where Keras's engine is PyTorch."""
    return keras_run(spec if gradient else {**spec, "gradient": False})


def source(spec: Spec) -> str:
    """A line that makes the layer, and what it is called with."""
    rest = {key: _short(value) for key, value in spec.items() if key != "make"}
    return f"{written(spec['make'])}\n{rest!r}"


def _short(nest: Any) -> Any:
    """Arrays by their shape and dtype."""
    if isinstance(nest, dict) and "array" in nest:
        return f"{nest['dtype']}{list(np.shape(nest['array']))}"
    if isinstance(nest, dict):
        return {key: _short(value) for key, value in nest.items()}
    return [_short(each) for each in nest] if isinstance(nest, list) else nest
