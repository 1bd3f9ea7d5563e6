"""The parts that belong to a layer, and their order."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from keraslite import Model, Sequential, ops, tree
from keraslite.errors import ArgumentError, NotBuiltError, StateError, TakenNameError, WeightsMismatchError
from keraslite.layers.base import Layer
from keraslite.layers.tracking import TrackedDict, TrackedList
from keraslite.metrics import Mean
from keraslite.random import SeedGenerator
from keraslite.variable import Variable


class Affine(Layer):
    def __init__(self, size=2, **options):
        super().__init__(**options)
        self.size = size

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.size), initializer="ones")
        self.bias = self.add_weight(name="bias", shape=(self.size,), initializer="zeros")

    def call(self, x):
        return x @ self.kernel + self.bias


class Everything(Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.first = Affine()
        self.several = [Affine(), Affine()]
        self.by_name = {"b": Affine(), "a": Affine()}
        self.seeds = SeedGenerator(1)
        self.given = Variable(np.ones(2, "float32"), trainable=False, name="given")

    def build(self, input_shape):
        self.fixed = self.add_weight(shape=(2,), name="fixed", trainable=False, initializer="zeros")
        self.own = self.add_weight(shape=(2,), name="own", initializer="zeros")

    def call(self, x):
        x = self.first(x)
        for layer in self.several:
            x = layer(x)
        return self.by_name["a"](x) + self.by_name["b"](x)


def paths(variables):
    return [variable.path for variable in variables]


def test_order_and_paths_are_those_of_keras(backend):
    layer = Everything(name="all")
    layer(np.ones((2, 2), "float32"))
    own = ["all/own", "given", "all/fixed"]
    below = [f"all/{each.name}/{w}" for each in layer._layers for w in ("kernel", "bias")]
    assert paths(layer.weights) == [*own, *below]
    assert paths(layer.variables) == [*own, layer.seeds.state.path, *below]
    assert paths(layer.trainable_weights) == ["all/own", *below]
    assert paths(layer.non_trainable_weights) == ["given", "all/fixed"]
    assert layer._layers[0].path == f"all/{layer.first.name}"
    # A dict's values in the order they came, as attributes: "b", then "a".
    assert [id(each) for each in layer._layers[3:]] == [id(layer.by_name["b"]), id(layer.by_name["a"])]


def test_freezing():
    layer = Everything()
    layer(np.ones((2, 2), "float32"))
    layer.first.trainable = False
    assert len(layer.trainable_weights) == 9
    layer.trainable = False
    assert layer.trainable_variables == []
    assert len(layer.non_trainable_weights) == len(layer.weights)
    assert not layer.several[0].trainable
    layer.trainable = True
    assert len(layer.trainable_weights) == 11
    frozen = Affine(trainable=False)
    frozen(np.ones((1, 2), "float32"))
    assert frozen.trainable_weights == []
    assert not frozen.kernel.trainable


def test_lists_and_dicts_track_what_comes_and_goes():
    class Growing(Layer):
        def __init__(self):
            super().__init__()
            self.items = []
            self.named = {}
            self.nested = [[Affine()], (Affine(),)]

    layer = Growing()
    a, b, c = Affine(), Affine(), Affine()
    layer.items.append(a)
    layer.items += [b]
    layer.named["c"] = c
    assert layer._layers[2:] == [a, b, c]
    layer.items.pop(0)
    assert layer._layers[2:] == [b, c]
    layer.named.update(c=a)
    assert layer._layers[2:] == [b, a]
    layer.items = [b]
    del layer.named
    assert layer._layers[2:] == [b]
    assert isinstance(layer.items, TrackedList)
    assert layer.items == [b]


def test_containers_copy_and_pickle():
    assert pickle.loads(pickle.dumps(TrackedList([1, 2]))) == [1, 2]
    assert copy.deepcopy(TrackedDict(a=1)) == {"a": 1}


def test_shared_sublayers_count_once():
    layer = Layer()
    layer.one = layer.two = Affine()
    assert len(layer._layers) == 1
    del layer.one
    assert len(layer._layers) == 1
    layer.two = None
    assert layer._layers == []


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (("w", (2, 3), "ones", "float16"), {}),
        (("w", (2, 3)), {"initializer": "ones", "dtype": "float16"}),
        (((2, 3), "ones", "float16"), {"name": "w"}),
        (((2, 3),), {"name": "w", "initializer": "ones", "dtype": "float16"}),
        (("w",), {"shape": (2, 3), "initializer": "ones", "dtype": "float16"}),
    ],
)
def test_weights_by_position(args, options):
    weight = Layer().add_weight(*args, **options)
    assert (weight.name, weight.shape, weight.dtype, float(weight.numpy().sum())) == ("w", (2, 3), "float16", 6.0)


def test_too_many_positions_for_a_weight():
    for args in [((2, 3), "ones", "float16", True), ("w", (2, 3), "ones", "float16", True)]:
        with pytest.raises(ArgumentError, match=r"needs its other arguments by name. Received \(True,\)"):
            Layer().add_weight(*args)
    with pytest.raises(ArgumentError, match="`name` to be a string"):
        Layer().add_weight((2,), name=5)


def test_trainable_is_true_or_false():
    layer = Layer()
    for value in (0, False, np.False_, np.True_, 1):
        layer.trainable = value
        assert layer.trainable is bool(value)
    for value in ("yes", "false", None, 2, [True]):
        with pytest.raises(ArgumentError, match="`Layer` needs `trainable` to be True or False"):
            layer.trainable = value


def test_no_state_after_building():
    layer = Affine()
    layer(np.ones((1, 3), "float32"))
    with pytest.raises(StateError, match=r"is built and takes no more weights. Received 'late'"):
        layer.add_weight(name="late", shape=(1,))
    with pytest.raises(StateError, match=r"is built and takes no more variables or layers"):
        layer.other = Affine()
    with pytest.raises(StateError, match=r"takes no more"):
        layer.build((None, 3))


def test_forgotten_super_init():
    class Forgetful(Layer):
        def __init__(self):
            pass

        def call(self, x):
            return x

    with pytest.raises(StateError, match=r"Forgetful needs `super\(\).__init__\(\)`"):
        Forgetful()(np.ones(2, "float32"))


def test_get_and_set_weights(backend):
    layer = Affine(3)
    with pytest.raises(NotBuiltError, match=r"has no weights to count yet"):
        layer.count_params()
    with pytest.raises(NotBuiltError, match=r"has no weights yet"):
        layer.set_weights([np.ones((2, 3))])
    layer.build((None, 2))
    assert layer.count_params() == 9
    layer.set_weights([np.full((2, 3), 2.0), np.ones(3)])
    assert layer.get_weights()[0].tolist() == [[2.0] * 3] * 2
    with pytest.raises(WeightsMismatchError, match=r"has 2 weights. Received 1"):
        layer.set_weights([np.ones(3)])
    with pytest.raises(WeightsMismatchError, match=r"kernel' needs shape \(2, 3\). Received \(3, 2\)"):
        layer.set_weights([np.ones((3, 2)), np.ones(3)])


def test_own_variables_go_to_a_store():
    layer, other = Affine(), Affine()
    layer.build((None, 2))
    other.build((None, 2))
    store = {}
    layer.kernel.assign(np.full((2, 2), 5.0))
    layer.save_own_variables(store)
    assert sorted(store) == ["0", "1"]
    other.load_own_variables(store)
    assert other.get_weights()[0].tolist() == [[5.0, 5.0], [5.0, 5.0]]
    with pytest.raises(WeightsMismatchError, match=r"It is not built"):
        Affine().load_own_variables(store)


def test_bad_options():
    with pytest.raises(ArgumentError, match=r"`Affine` has no argument 'trainible'. Did you mean 'trainable'\?"):
        Affine(trainible=False)
    with pytest.raises(ArgumentError, match=r"without '/'"):
        Affine(name="a/b")


def test_input_shape_options_of_keras_2():
    assert Affine(input_dim=100)._own.batch_shape_hint == (None, 100)
    assert Affine(input_shape=(28, 28, 1))._own.batch_shape_hint == (None, 28, 28, 1)
    assert Affine(batch_input_shape=(2, 3))._own.batch_shape_hint == (2, 3)
    assert "input_dim" not in Affine(input_dim=3).get_config()


def test_layers_and_metrics_under_the_names_libraries_use():
    inner, deep = Layer(name="inner"), Affine(name="deep")
    inner.deep = deep
    outer = Layer(name="outer")
    outer.inner = inner
    outer.mean = Mean()
    assert outer._flatten_layers() == [outer, inner, deep]
    assert outer._flatten_layers(include_self=False) == [inner, deep]
    assert outer._flatten_layers(recursive=False) == [outer, inner]
    assert outer._flatten_layers(False, False) == [inner]
    assert (outer._layers, outer._metrics, outer._seed_generators) == ([inner], [outer.mean], [])
    deep(np.ones((1, 3), "float32"))
    assert deep._trainable_variables == deep.weights
    assert deep._non_trainable_variables == []


def test_an_attribute_may_have_one_of_these_names(backend):
    class Stack(Layer):
        def __init__(self):
            super().__init__()
            self._layers = [Affine(2, name="a"), Affine(2, name="b")]
            self._metrics = {"mean": Mean()}

        def call(self, x):
            for layer in self._layers:
                x = layer(x)
            return x

    stack = Stack()
    stack(np.ones((1, 3), "float32"))
    assert [layer.name for layer in stack._flatten_layers()[1:]] == ["a", "b"]
    assert len(stack.weights) == sum(len(layer.weights) for layer in stack._layers) > 0
    assert stack.metrics == [stack._metrics["mean"]]
    stack._layers.pop()
    assert [layer.name for layer in stack._flatten_layers()[1:]] == ["a"]


OWN = ["_own", "losses", "metrics", "input", "path", "weights", "compute_dtype"]


@pytest.mark.parametrize("name", OWN)
def test_names_that_layers_keep_are_said_to_be_taken(name):
    with pytest.raises(TakenNameError, match=f"`Layer` needs another name for its attribute '{name}', which every"):
        setattr(Layer(), name, {"a": 1})
    assert issubclass(TakenNameError, AttributeError)


FREE = ["_info", "_path", "_nodes", "_known", "_tracker", "_home", "_building", "_graph", "_stack", "_calls", "_state"]


@pytest.mark.parametrize("kind", [Layer, Model, Sequential], ids=lambda kind: kind.__name__)
def test_a_layers_dict_holds_what_its_class_and_user_set(backend, kind):
    new = vars(kind(name="x"))
    assert set(new) <= {"stop_training"}

    class Own(kind):
        def __init__(self):
            super().__init__()
            for name in FREE:
                setattr(self, name, [name])
            self.inner = Affine()

        def build(self, shape):
            self.inner.build(shape)

        def call(self, x):
            return self.inner(x)

    layer = Own()
    assert ops.shape(layer(np.ones((1, 3), "float32"))) == (1, 2)
    assert set(vars(layer)) - set(new) == {*FREE, "inner"}
    assert [getattr(layer, name) for name in FREE] == [[name] for name in FREE]
    again = copy.deepcopy(layer) if kind is Layer else layer
    assert [getattr(again, name) for name in FREE] == [[name] for name in FREE]
    assert len(again.weights) == 2


def test_a_set_is_watched(backend):
    layer = Layer()
    layer.parts = set()
    one, two = Affine(name="one"), Affine(name="two")
    layer.parts.add(one)
    layer.parts |= {two}
    assert layer._layers == [one, two]
    layer.parts.discard(one)
    assert layer._layers == [two]
    layer.parts.clear()
    assert layer._layers == []
    assert copy.deepcopy(layer).parts == set()


def test_containers_in_containers_are_watched():
    layer = Layer()
    layer.pair = ([], {})
    layer.rows, layer.named = [], {}
    layer.rows.append([])
    layer.named["x"] = []
    inner = [Affine(name=name) for name in "abcd"]
    layer.pair[0].append(inner[0])
    layer.pair[1]["x"] = inner[1]
    layer.rows[0].append(inner[2])
    layer.named["x"].append(inner[3])
    assert layer._layers == inner
    del layer.pair, layer.rows, layer.named
    assert layer._layers == []


def kinds(nest):
    if isinstance(nest, dict):
        return type(nest).__name__, {key: kinds(item) for key, item in nest.items()}
    if isinstance(nest, (list, tuple, set)):
        return type(nest).__name__, [kinds(item) for item in nest]
    return nest


def test_tree_functions_of_containers_that_a_layer_watches():
    layer = Layer()
    layer.a, layer.b, layer.c, layer.d = [1, [2, 3]], {"x": 1, "y": [2]}, {5}, (1, [2])
    leaves = {"a": [1, 2, 3], "b": [1, 2], "c": [5], "d": [1, 2]}
    for name, flat in leaves.items():
        nest = getattr(layer, name)
        assert tree.is_nested(nest)
        assert tree.flatten(nest) == flat
        for again in (tree.map_structure(lambda x: x, nest), tree.pack_sequence_as(nest, flat),
                      tree.traverse(lambda x: None, nest)):  # fmt: skip
            assert kinds(again) == kinds(nest)
            tree.assert_same_structure(again, nest)
    assert tree.lists_to_tuples(layer.a) == (1, (2, 3))
    assert tree.lists_to_tuples(layer.b) == {"x": 1, "y": (2,)}
    tree.map_structure(lambda x: Affine(), layer.a)
    assert layer._layers == []
    for watched, plain in ((layer.a, [1, [2, 3]]), (layer.b, {"x": 1, "y": [2]})):
        with pytest.raises(ArgumentError, match="one structure"):
            tree.assert_same_structure(watched, plain)
