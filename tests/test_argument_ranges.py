"""Every parameter of every public class has a declared range, which its constructor keeps to."""

from __future__ import annotations

import inspect
import re
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import keraslite
from keraslite import layers, losses, optimizers
from keraslite.declared import ranges_of
from keraslite.errors import ArgumentError, MissingCapabilityError, TakenNameError
from keraslite.serialization import Configurable

PACKAGES = (
    "", "callbacks", "constraints", "dtype_policies", "initializers", "layers", "losses", "metrics", "models",
    "optimizers", "optimizers.schedules", "random", "regularizers", "utils",
)  # fmt: skip

#: Classes whose objects are no settings.
TENSORS = ("SymbolicTensor", "Variable")

#: Parameters without a range, by name (as "Class.parameter" where it is about one class), and who checks them.
OWN_CHECK = {
    r".*_?initializer": "`initializers.get` finds it",
    r".*_regularizer": "`regularizers.get` finds it",
    r".*_constraint": "`constraints.get` finds it",
    r"(recurrent_)?activation": "`activations.get` finds it",
    r"(FlaxLayer|TorchModuleWrapper)\.\w+|JaxLayer\.(params|state)|TFSMLayer\.filepath": "its engine",
    r"ReversibleEmbedding\.reverse_dtype": "`dtypes.canonical` finds it",
    r"dtype|(Float)?DTypePolicy\.name|DTypePolicyMap\.(default_policy|policy_map)": "`dtype_policies.get` finds it",
    r"StatelessScope\.state_mapping": "pairs of a Variable and a value",
    r"(STFT|STFTSpectrogram|MelSpectrogram)\.window": "a name, values or None; it tells the names",
    r"weights": "an array, checked where it is assigned to a weight",
    r"SeedGenerator\.seed": "`fold_seed` checks it for all that draws",
    r"(Wrapper|TimeDistributed|Bidirectional|SpectralNormalization)\.(layer|backward_layer)": "a layer",
    r"RNN\.cell|StackedRNNCells\.cells": "a cell",
    r"LossScaleOptimizer\.inner_optimizer|OptimizerMap\.default_optimizer": "an optimizer",
    r"(MultiOptimizer|OptimizerMap)\.optimizer_map": "optimizers, checked by name or when the optimizer is built",
    r"Lambda\.(output_shape|mask)": "a value or a function that gives it",
    r"InputLayer\.(shape|batch_size|batch_shape|input_tensor)": "together one shape; their errors name the input",
    r"InputSpec\.(shape|axes)": "sizes of a tensor",
    r"MeanMetricWrapper\.fn": "a function or the name of a metric's",
    r"(Function|Functional|Model)\.(inputs|outputs)|Sequential\.layers": "a graph",
    r"CSVLogger\.filename|ModelCheckpoint\.filepath|TensorBoard\.log_dir": "a path, which `os.fspath` takes",
    r"OrbaxCheckpoint\.directory|BackupAndRestore\.backup_dir": "a path, which `os.fspath` takes",
    r"TensorBoard\.embeddings_metadata": "paths; checked with the names of the model's layers",
    r"RemoteMonitor\.headers": "a dict of names and texts, checked by urllib",
    r"CallbackList\.(callbacks|model)": "objects of training",
    r"Progbar\.(stateful_metrics|stateless_metrics)": "names, in any collection",
    r"CustomObjectScope\.custom_objects": "a dict of names",
    r"(String|Integer)Lookup\.(vocabulary|idf_weights|mask_token|oov_token|salt)": "tokens; checked together",
    r"TextVectorization\.(vocabulary|idf_weights)": "tokens; checked together",
    r"FeatureSpace\.(features|crosses)": "kinds of features; checked with their names",
    r"Hashing\.(mask_value|salt)": "a text or an int; one int or two",
}  # fmt: skip

#: What a class needs besides.
NEEDED: dict[str, dict[str, Any]] = {
    **{f"Adaptive{kind}Pooling{rank}D": {"output_size": 2} for kind in ("Average", "Max") for rank in (1, 2, 3)},
    "Activation": {"activation": "relu"}, "AlphaDropout": {"rate": 0.5},
    "AveragePooling1D": {"pool_size": 2}, "AveragePooling2D": {"pool_size": 2},
    "AveragePooling3D": {"pool_size": 2}, "CSVLogger": {"filename": "log.csv"}, "CategoryEncoding": {"num_tokens": 3},
    **{f"ConvLSTM{rank}D": {"filters": 6, "kernel_size": 3} for rank in (1, 2, 3)},
    "CategoricalGeneralizedCrossEntropy": {}, "Conv1D": {"filters": 6, "kernel_size": 3},
    "Conv1DTranspose": {"filters": 6, "kernel_size": 3}, "Conv2D": {"filters": 6, "kernel_size": 3},
    "Conv2DTranspose": {"filters": 6, "kernel_size": 3}, "Conv3D": {"filters": 6, "kernel_size": 3},
    "Conv3DTranspose": {"filters": 6, "kernel_size": 3},
    "CosineDecay": {"initial_learning_rate": 0.1, "decay_steps": 10},
    "CosineDecayRestarts": {"initial_learning_rate": 0.1, "first_decay_steps": 10},
    "CustomObjectScope": {"custom_objects": {}}, "Dense": {"units": 3}, "DepthwiseConv1D": {"kernel_size": 3},
    "DepthwiseConv2D": {"kernel_size": 3}, "Dot": {"axes": 1}, "Dropout": {"rate": 0.5},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 3}, "Embedding": {"input_dim": 5, "output_dim": 3},
    "ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5},
    "GRU": {"units": 3}, "GRUCell": {"units": 3}, "GaussianDropout": {"rate": 0.5}, "GaussianNoise": {"stddev": 0.5},
    "FeatureSpace": {"features": {"a": "float"}},
    "Discretization": {"num_bins": 3}, "HashedCrossing": {"num_bins": 3}, "Hashing": {"num_bins": 3},
    "InputLayer": {"shape": (3,)}, "InverseTimeDecay": {"initial_learning_rate": 0.1, "decay_steps": 10,
                                                        "decay_rate": 0.5},
    "IoU": {"num_classes": 3, "target_class_ids": [0]}, "LSTM": {"units": 3}, "LSTMCell": {"units": 3},
    "CenterCrop": {"height": 3, "width": 3}, "RandomCrop": {"height": 3, "width": 3},
    "MaxNumBoundingBoxes": {"max_number": 3}, "RandomRotation": {"factor": 0.1}, "RandomZoom": {"height_factor": 0.1},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1}, "Rescaling": {"scale": 0.5},
    "Resizing": {"height": 3, "width": 3}, "Pipeline": {"layers": []},
    "Lambda": {"function": lambda x: x}, "LearningRateScheduler": {"schedule": lambda epoch: 0.1},
    "MeanIoU": {"num_classes": 3}, "MeanMetricWrapper": {"fn": losses.mean_squared_error},
    "ModelCheckpoint": {"filepath": "a.keras"}, "OrbaxCheckpoint": {"directory": "checkpoints"},
    "BackupAndRestore": {"backup_dir": "backup"},
    "GroupedQueryAttention": {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3}, "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
    "OneHotMeanIoU": {"num_classes": 3}, "Optimizer": {"learning_rate": 0.1}, "Permute": {"dims": (2, 1)},
    "PiecewiseConstantDecay": {"boundaries": [5], "values": [0.1, 0.2]},
    "PolynomialDecay": {"initial_learning_rate": 0.1, "decay_steps": 10}, "PrecisionAtRecall": {"recall": 0.5},
    **{
        f"Random{what}": {"factor": 0.5}
        for what in ("Brightness", "Contrast", "Hue", "Saturation", "ColorDegeneration", "Sharpness")
    },
    "RandomPosterization": {"factor": 3},
    "Progbar": {"target": 3}, "RecallAtPrecision": {"precision": 0.5}, "RepeatVector": {"n": 2},
    "ReversibleEmbedding": {"input_dim": 5, "output_dim": 3},
    "Reshape": {"target_shape": (2, 3)}, "SensitivityAtSpecificity": {"specificity": 0.5},
    "SeparableConv1D": {"filters": 6, "kernel_size": 3}, "SeparableConv2D": {"filters": 6, "kernel_size": 3},
    "SimpleRNN": {"units": 3}, "SimpleRNNCell": {"units": 3}, "SpatialDropout1D": {"rate": 0.5},
    "SpatialDropout2D": {"rate": 0.5}, "SpatialDropout3D": {"rate": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}  # fmt: skip
_INPUT = layers.Input((2,))
MADE_OF = {
    "Bidirectional": {"layer": lambda: layers.LSTM(2)}, "LossScaleOptimizer": {"inner_optimizer": optimizers.Adam},
    "MultiOptimizer": {"optimizer_map": lambda: optimizers.OptimizerMap(optimizers.Adam())},
    "RNN": {"cell": lambda: layers.LSTMCell(2)}, "StackedRNNCells": {"cells": lambda: [layers.LSTMCell(2)]},
    "SpectralNormalization": {"layer": lambda: layers.Dense(2)}, "TimeDistributed": {"layer": lambda: layers.Dense(2)},
    "Wrapper": {"layer": lambda: layers.Dense(2)},
    "Functional": {"inputs": lambda: _INPUT, "outputs": lambda: _INPUT},
    "Function": {"inputs": lambda: _INPUT, "outputs": lambda: _INPUT},
}  # fmt: skip

#: Further arguments that go together with a value.
WITH = {
    r"AUC\.num_labels": lambda value: {"multi_label": True},
    r"(OneHot)?IoU\.target_class_ids": lambda value: {"num_classes": 9},
    r"GroupedQueryAttention\.num_query_heads": lambda value: {"num_key_value_heads": value},
    r"GroupedQueryAttention\.num_key_value_heads": lambda value: {"num_query_heads": 2 * value},
    r"Conv\dDTranspose\.output_padding": lambda value: {"strides": 3},
    r"PiecewiseConstantDecay\.boundaries": lambda value: {"values": [0.1] * (len(value) + 1)},
    r"PiecewiseConstantDecay\.values": lambda value: {"boundaries": range(len(value) - 1)},
    r"Discretization\.bin_boundaries": lambda value: {"num_bins": None if value is not None else 3},
    r"Discretization\.num_bins": lambda value: {"bin_boundaries": [0.5] if value is None else None},
    r"Normalization\.mean": lambda value: {"variance": value},
    r"Normalization\.variance": lambda value: {"mean": value},
    r"(\w+Lookup|TextVectorization)\.pad_to_max_tokens": lambda value: {"max_tokens": 9},
    r"STFTSpectrogram\.frame_length": lambda value: {"scaling": None},
    r"STFTSpectrogram\.fft_length": lambda value: {"frame_length": 1, "scaling": None, "window": None},
    r"MelSpectrogram\.(max_freq|sampling_rate)": lambda value: {"min_freq": 0},
    r"ModelCheckpoint\.(max_to_keep|resume)": lambda value: {"filepath": "a.ckpt"},
    r"ModelCheckpoint\.save_weights_only": lambda value: {"filepath": "a.weights.h5" if value else "a.keras"},
}
#: What is in the range but asks for something that is not there.
ASKS_TOO_MUCH = {
    ("InputLayer", "sparse"): (MissingCapabilityError, "needs dense tensors"),
    ("InputLayer", "ragged"): (MissingCapabilityError, "needs dense tensors"),
    ("StringLookup", "sparse"): (MissingCapabilityError, "there are no sparse tensors"),
    ("IntegerLookup", "sparse"): (MissingCapabilityError, "there are no sparse tensors"),
    ("CategoryEncoding", "sparse"): (MissingCapabilityError, "there are no sparse tensors"),
    ("Discretization", "sparse"): (MissingCapabilityError, "there are no sparse tensors"),
    ("HashedCrossing", "sparse"): (MissingCapabilityError, "there are no sparse tensors"),
    ("TextVectorization", "sparse"): (MissingCapabilityError, "there are no sparse tensors"),
    ("TextVectorization", "ragged"): (MissingCapabilityError, "there are no ragged tensors"),
    ("Hashing", "sparse"): (MissingCapabilityError, "there are no sparse tensors"),
}


def public_classes() -> dict[str, type]:
    """Every class of every public package, by the first name it has."""
    found: dict[str, type] = {}
    for path in PACKAGES:
        package: Any = keraslite
        for part in filter(None, path.split(".")):
            package = getattr(package, part)
        for name in sorted(dir(package)):
            value = getattr(package, name)
            public = not name.startswith("_") and isinstance(value, type) and value.__module__.startswith("keraslite")
            if public and not issubclass(value, Exception) and value not in found.values():
                found[f"{path}.{name}".lstrip(".")] = value
    return found


def parameters(cls: type) -> dict[str, inspect.Parameter]:
    if cls.__init__ is object.__init__:
        return {}
    every = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return {p.name: p for p in every if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}


CLASSES = {name: cls for name, cls in public_classes().items() if cls.__name__ not in TENSORS}
FOREIGN = {
    "FlaxLayer",
    "JaxLayer",
    "TFSMLayer",
    "TorchModuleWrapper",
}  # each on its engine: tests/layers/test_foreign.py
DECLARED = [(name, parameter) for name, cls in CLASSES.items() for parameter in parameters(cls)
            if parameter in ranges_of(cls) and cls.__name__ not in FOREIGN]  # fmt: skip


def test_the_public_classes_are_found():
    assert len(CLASSES) > 170
    assert {"layers.Dense", "losses.Huber", "optimizers.Adam", "callbacks.EarlyStopping"} <= set(CLASSES)


def test_every_parameter_has_a_range_or_somebody_who_checks_it():
    free, used = [], set()
    for name, cls in CLASSES.items():
        for parameter in set(parameters(cls)) - set(ranges_of(cls)):
            full = f"{cls.__name__}.{parameter}"
            reasons = [who for who in OWN_CHECK if re.fullmatch(who, parameter) or re.fullmatch(who, full)]
            used.update(reasons)
            if not reasons:
                free.append(f"{name}: {parameter}")
    assert not free, "declare these in `argument_checks`"
    assert used == set(OWN_CHECK), "no longer needed"


@pytest.mark.parametrize("name", CLASSES)
def test_defaults_are_in_the_ranges_and_every_range_is_about_a_parameter(name):
    cls = CLASSES[name]
    for parameter, one in ranges_of(cls).items():
        if parameter in parameters(cls):
            default = parameters(cls)[parameter].default
            needed = default is None and NEEDED.get(cls.__name__, {}).get(parameter) is not None  # Keras's default
            assert default is inspect.Parameter.empty or one.takes(default) or needed, parameter
    of_subclasses = {p for other in CLASSES.values() if issubclass(other, cls) for p in parameters(other)}
    inherited = {p for base in cls.__mro__ for p in parameters(base)}
    own = set(vars(cls).get("argument_checks", {}))
    assert own <= of_subclasses | inherited, own - of_subclasses - inherited


@pytest.mark.parametrize(("name", "parameter"), DECLARED, ids=lambda text: text)
def test_bad_values_are_refused_by_name(name, parameter):
    cls = CLASSES[name]
    bad = ranges_of(cls)[parameter].bad()
    assert bad
    for value in bad:
        with pytest.raises(ArgumentError) as caught:
            made(cls, parameter, value)
        text = rf"`{cls.__name__}` needs `{parameter}` to be .+\. Received {parameter}="
        assert re.match(text, str(caught.value), re.DOTALL)


@pytest.mark.parametrize(
    ("name", "parameter"), [row for row in DECLARED if issubclass(CLASSES[row[0]], Configurable)], ids=lambda text: text
)
def test_bad_values_are_refused_when_they_are_set_later(name, parameter):
    cls = CLASSES[name]
    obj = cls(**usual(cls))
    before = dict(vars(obj))
    for value in ranges_of(cls)[parameter].bad():
        if not hasattr(value, "shape"):  # tensors are left as they are
            with pytest.raises((ArgumentError, TakenNameError)) as caught:
                setattr(obj, parameter, value)
            text = rf"`{cls.__name__}` needs (`{parameter}` to be .+\. Received {parameter}=|another name for)"
            assert re.match(text, str(caught.value), re.DOTALL)
    assert all(vars(obj)[key] is value for key, value in before.items())


def test_what_is_set_later_is_in_canonical_form():
    conv = layers.Conv2D(4, 3)
    conv.strides, conv.filters = 2, np.int64(6)
    assert conv.strides == (2, 2)
    assert type(conv.filters) is int
    assert conv.get_config()["strides"] == (2, 2)
    rate = keraslite.Variable(0.5)
    dropout = layers.Dropout(0.2)
    dropout.rate = rate
    assert dropout.rate is rate


@pytest.mark.parametrize(("name", "parameter"), DECLARED, ids=lambda text: text)
def test_good_values_are_taken(name, parameter):
    cls = CLASSES[name]
    for value in ranges_of(cls)[parameter].good():
        too_much = ASKS_TOO_MUCH.get((cls.__name__, parameter))
        with pytest.raises(too_much[0], match=too_much[1]) if too_much and value else nullcontext():
            assert isinstance(made(cls, parameter, value), cls)


def made(cls: type, parameter: str, value: Any) -> Any:
    """An object of the class, with that argument."""
    arguments = usual(cls)
    if ranges_of(cls)[parameter].takes(value):
        for what, further in WITH.items():
            arguments.update(further(value) if re.fullmatch(what, f"{cls.__name__}.{parameter}") else {})
    return cls(**{**arguments, parameter: value})


def usual(cls: type) -> dict[str, Any]:
    """What the constructor of a class needs."""
    made_of = {name: make() for name, make in MADE_OF.get(cls.__name__, {}).items()}
    return {**NEEDED.get(cls.__name__, {}), **made_of}
