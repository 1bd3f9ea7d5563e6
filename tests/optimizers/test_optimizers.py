"""Optimizers: Keras's numbers and state over 20 steps, on all engines, compiled and not."""

from __future__ import annotations

import inspect
import json
import re

import keras_peer
import numpy as np
import pytest
from optimizers_cases import ALL, CLASSES, IDS, NOT_AS_KERAS, OWN, SHARED, gradients, values

from keraslite import constraints, ops, optimizers
from keraslite.backend import registry
from keraslite.errors import ArgumentError, NotBuiltError, StateError, UnknownNameError, WeightsMismatchError
from keraslite.optimizers import schedules
from keraslite.transforms import jit
from keraslite.variable import Variable

NAMES = ("kernel", "bias", "scale")
STEPS = 20


def make(name, arguments):
    arguments = {
        key: schedules.deserialize(value) if isinstance(value, dict) else value for key, value in arguments.items()
    }
    return CLASSES[name](**arguments)


def variables(dtype="float32"):
    return [Variable(v, dtype=dtype, name=n) for v, n in zip(values(), NAMES, strict=True)]


def tensors(arrays):
    return [ops.convert_to_tensor(a) for a in arrays]


_expected = {}


def keras_run(name, arguments, **more):
    """What Keras computes; asked once for all engines."""
    key = json.dumps([name, arguments, more], sort_keys=True)
    if key not in _expected:
        # On PyTorch: JAX compiles every operation of every shape first.
        _expected[key] = keras_peer.call("optimizers_on_keras:run", backend="torch", name=name, arguments=arguments,
                                         values=values(), grads=gradients(STEPS), **more)  # fmt: skip
    return _expected[key]


def assert_state(optimizer, expected):
    assert len(optimizer.variables) == len(expected["state"])
    for mine, theirs in zip(optimizer.variables, expected["state"], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=2e-5, atol=2e-6, err_msg=mine.path)


@pytest.mark.parametrize(("name", "arguments"), [
    pytest.param(*case, id=title, marks=[] if case[1].keys() == {"learning_rate"} else [pytest.mark.one_engine])
    for case, title in zip(ALL, IDS, strict=True)
])  # fmt: skip
def test_twenty_steps_are_keras(backend, name, arguments):
    expected = keras_run(name, arguments)
    optimizer, trained = make(name, arguments), variables()
    optimizer.build(trained)
    for step, grads in enumerate(gradients(STEPS)):
        optimizer.apply(tensors(grads), trained)
        for mine, theirs in zip(trained, expected["history"][step], strict=True):
            np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-5, atol=1e-6, err_msg=f"step {step}")
    assert_state(optimizer, expected)
    assert int(np.asarray(ops.convert_to_numpy(optimizer.iterations))) == expected["iterations"]


# Not with a schedule: it counts calls, as Keras's does.
ACCUMULABLE = [s for s in SHARED if "gradient_accumulation_steps" not in s and "learning_rate" not in s]


@pytest.mark.parametrize("shared", ACCUMULABLE, ids=str)
def test_accumulating_is_one_large_batch(backend, shared):
    whole, parts = make("Adam", shared), make("Adam", {**shared, "gradient_accumulation_steps": 2})
    at_once, piecewise = variables(), variables()
    grads = gradients(12)
    for first, second in zip(grads[::2], grads[1::2], strict=True):
        whole.apply(tensors([(a + b) / 2 for a, b in zip(first, second, strict=True)]), at_once)
        parts.apply(tensors(first), piecewise)
        parts.apply(tensors(second), piecewise)
        for mine, theirs in zip(piecewise, at_once, strict=True):
            np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-6)
    for variable in parts.variables[2:]:
        if "accumulator" in variable.name:
            assert not variable.numpy().any()


def step_by_step(name, arguments):
    """What the optimizer computes without a compiler."""
    optimizer, trained = make(name, arguments), variables()
    for grads in gradients(STEPS):
        optimizer.apply(tensors(grads), trained)
    return {"history": [[v.numpy() for v in trained]], "state": [v.numpy() for v in optimizer.variables]}


# One call at least of every mechanism that may differ in a trace.
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("shared", [
    pytest.param({}, id=""),
    pytest.param(SHARED[5], id="ema", marks=pytest.mark.one_engine),
    pytest.param(SHARED[8], id="accumulated", marks=pytest.mark.one_engine),
    pytest.param(SHARED[-1], id="schedule", marks=pytest.mark.one_engine),
])  # fmt: skip
def test_jit_is_eager(backend, name, shared):
    arguments = {"learning_rate": 0.05, **OWN[name][-1], **shared}
    expected = step_by_step(name, arguments) if name in NOT_AS_KERAS else keras_run(name, arguments)
    optimizer, trained = make(name, arguments), variables()

    @jit
    def step(grads):
        optimizer.apply(grads, trained)
        return ops.sum(trained[0].value)

    for grads in gradients(STEPS):  # the state is made during the first call
        step(tensors(grads))
    for mine, theirs in zip(trained, expected["history"][-1], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-5, atol=1e-6)
    assert_state(optimizer, expected)


@pytest.mark.parametrize("name", CLASSES)
def test_variables_have_keras_order_and_names(backend, name):
    for own in [{}, *OWN[name], {"use_ema": True, "gradient_accumulation_steps": 2}, SHARED[-2]]:
        arguments = {"learning_rate": 0.05, "name": "mine", **own}
        expected = keras_run(name, arguments)
        optimizer = make(name, arguments)
        optimizer.build(variables())
        paths = [v.path for v in optimizer.variables]
        if name == "Nadam":  # Keras leaves its last variable without a name
            assert paths.pop() == "mine/momentum_product"
            assert expected["paths"][-1].startswith("variable")
        if name == "ScheduleFreeAdamW":  # what Keras's need not know
            assert paths.pop() == "mine/averaged"
        if name == "Adafactor":  # in Keras rows and columns are both called like their variable
            paths = [re.sub("^mine/(.*)_(rows|columns)$", r"mine/\1", path) for path in paths]
            expected["paths"] = [re.sub("^(bias|scale)$", r"mine/\1", path) for path in expected["paths"]]
        assert paths == expected["paths"][: len(paths)]
        shapes = [s.shape for s in expected["state"]]
        assert [v.shape for v in optimizer.variables][: len(shapes)] == shapes
        assert not any(v.trainable for v in optimizer.variables)


def test_slots_are_called_after_the_path(backend):
    from keraslite.variable import name_scope

    with name_scope("model"), name_scope("dense"):
        kernel = Variable(np.ones((2, 2), "float32"), name="kernel")
    adam = optimizers.Adam(name="adam")
    adam.build([kernel])
    assert [v.path for v in adam.variables] == [
        "adam/iteration", "adam/learning_rate", "adam/model_dense_kernel_momentum", "adam/model_dense_kernel_velocity",
    ]  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
def test_config_round_trip_with_every_argument_varied(backend, name):
    own = list(inspect.signature(CLASSES[name].__init__).parameters)[1:-1]
    covered = {key for arguments in OWN[name] for key in arguments} | {"learning_rate"}
    assert covered == set(own), "an argument that no case varies"
    shared = [{**arguments, "name": "mine"} for arguments in SHARED]
    for arguments in [{}, *OWN[name], *shared, {"learning_rate": 0.25}]:
        optimizer = make(name, arguments)
        config = json.loads(json.dumps(optimizers.serialize(optimizer)))
        assert config["module"] == "keras.optimizers"
        again = optimizers.deserialize(config)
        assert type(again) is CLASSES[name]
        assert again.get_config() == optimizer.get_config()
        for key, value in arguments.items():
            if key != "learning_rate":
                assert config["config"][key] == value
    assert make(name, {"learning_rate": 0.25}).get_config()["learning_rate"] == 0.25


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"Lamb"}))  # Keras 3.15.1 cannot load its own config of Lamb
def test_config_is_keras(name):
    for arguments in [{}, *OWN[name]]:
        ours = optimizers.serialize(make(name, {**arguments, "name": "mine"}))
        theirs = keras_peer.call("optimizers_on_keras:loaded_config", config=ours)
        lists = {key for key, value in theirs.items() if isinstance(value, list)}
        assert {key: theirs.pop(key) for key in lists} == {key: ours["config"].pop(key) for key in lists}
        assert theirs == pytest.approx(ours["config"], nan_ok=True)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_other_dtypes(backend, name, dtype):
    wide = "float64" if "float64" in registry.current().capabilities else "float32"
    if dtype == "float64" != wide:
        pytest.skip("no float64")
    optimizer, trained = CLASSES[name](learning_rate=0.05), variables(dtype)
    precise, reference = CLASSES[name](learning_rate=0.05), variables(wide)
    for grads in gradients(3):
        optimizer.apply([ops.cast(g, dtype) for g in tensors(grads)], trained)
        precise.apply([ops.cast(g, wide) for g in tensors(grads)], reference)
    for mine, theirs in zip(trained, reference, strict=True):
        assert mine.dtype == dtype
        tolerance = {"bfloat16": 3e-2, "float16": 5e-3, "float64": 1e-12}[dtype]
        np.testing.assert_allclose(mine.numpy().astype("float64"), theirs.numpy(), atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("name", CLASSES)
def test_a_kernel_of_an_engine_equals_the_formula(backend, name):
    for arguments in [{}, *OWN[name]]:
        by_kernel, by_formula = make(name, arguments), make(name, arguments)
        by_formula.kernel = None
        first, second = variables(), variables()
        for grads in gradients(5):
            by_kernel.apply(tensors(grads), first)
            by_formula.apply(tensors(grads), second)
        for mine, theirs in zip([*first, *by_kernel.variables], [*second, *by_formula.variables], strict=True):
            # A kernel takes 1 - 0.999 in float32, which has it to 6e-5; most of that cancels in the bias correction.
            np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=3e-5, atol=1e-7)


def test_learning_rate_may_be_assigned_between_compiled_steps(backend):
    sgd, variable = optimizers.SGD(1.0), Variable(np.zeros(2, "float32"), name="v")
    step = jit(lambda g: sgd.apply([g], [variable]))
    one = ops.ones((2,))
    step(one)
    step(one)
    sgd.learning_rate = 0.5
    step(one)
    sgd.learning_rate.assign(0.25)
    step(one)
    np.testing.assert_allclose(variable.numpy(), [-2.75, -2.75])
    assert sgd.get_config()["learning_rate"] == 0.25


def test_learning_rate_may_be_a_function(backend):
    for function in (lambda: 0.5, lambda step: 0.5 * ops.ones_like(ops.cast(step, "float32"))):
        sgd, variable = optimizers.SGD(function), Variable(np.zeros(2, "float32"))
        sgd.apply([ops.ones((2,))], [variable])
        np.testing.assert_allclose(variable.numpy(), [-0.5, -0.5])
        with pytest.raises(StateError, match="`learning_rate` of .* can be assigned where it was made from a float"):
            sgd.learning_rate = 0.1


def test_a_schedule_can_replace_a_float(backend):
    sgd = optimizers.SGD(1.0)
    sgd.learning_rate = schedules.PiecewiseConstantDecay([0], [0.5, 0.25])
    assert [v.name for v in sgd.variables] == ["iteration"]
    variable = Variable(np.zeros(2, "float32"))
    sgd.apply([ops.ones((2,))], [variable])
    sgd.apply([ops.ones((2,))], [variable])
    np.testing.assert_allclose(variable.numpy(), [-0.75, -0.75])


def test_weight_decay_spares_excluded_variables(backend):
    expected = keras_run("SGD", {"learning_rate": 0.1, "weight_decay": 0.1}, exclude=["bias"])
    sgd, trained = optimizers.SGD(0.1, weight_decay=0.1), variables()
    sgd.exclude_from_weight_decay(var_names=["bias"])
    by_list = optimizers.SGD(0.1, weight_decay=0.1)
    also = variables()
    by_list.exclude_from_weight_decay(var_list=[also[1]])
    for grads in gradients(STEPS):
        sgd.apply(tensors(grads), trained)
        by_list.apply(tensors(grads), also)
    for mine, too, theirs in zip(trained, also, expected["history"][-1], strict=True):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-5)
        np.testing.assert_allclose(too.numpy(), theirs, rtol=1e-5)


def test_constraints_hold_after_an_update(backend):
    variable = Variable(np.ones(3, "float32"))
    variable.constraint = constraints.NonNeg()
    optimizers.SGD(1.0).apply([ops.convert_to_tensor(np.array([2.0, 0.5, 3.0], "float32"))], [variable])
    np.testing.assert_allclose(variable.numpy(), [0.0, 0.5, 0.0])


def test_missing_gradients(backend):
    sgd, trained = optimizers.SGD(1.0), variables()
    before = [v.numpy() for v in trained]
    with pytest.warns(UserWarning, match="Variables without a gradient are not updated: kernel"):
        sgd.apply([None, *tensors(gradients(1)[0])[1:]], trained)
    np.testing.assert_array_equal(trained[0].numpy(), before[0])
    assert not np.allclose(trained[1].numpy(), before[1])
    with pytest.raises(ArgumentError, match="Received None for every variable"):
        sgd.apply([None, None, None], trained)


@pytest.mark.parametrize("name", CLASSES)
def test_gradients_of_other_shapes(backend, name):
    optimizer, variable = CLASSES[name](), Variable(np.ones((4,), "float32"))
    for shape in ((3,), (5,), (1,), (), (4, 1), (1, 4)):
        with pytest.raises(ArgumentError, match=r"gradients of the shapes of their variables. Received one of shape"):
            optimizer.apply([np.ones(shape, "float32")], [variable])
    assert variable.numpy().tolist() == [1, 1, 1, 1]


def test_part_of_the_variables(backend):
    adam, trained = optimizers.Adam(0.1), variables()
    adam.build(trained)
    before = trained[0].numpy()
    adam.apply(tensors(gradients(1)[0])[1:], trained[1:])
    np.testing.assert_array_equal(trained[0].numpy(), before)
    assert not adam.variables[2].numpy().any()
    assert adam.variables[4].numpy().any()


def test_errors(backend):
    trained = variables()
    with pytest.raises(NotBuiltError, match="needs `trainable_variables` before the optimizer is built"):
        optimizers.SGD().apply(tensors(gradients(1)[0]))
    sgd = optimizers.SGD(name="sgd")
    sgd.build(trained)
    with pytest.raises(ArgumentError, match="one gradient for each of 3 variables. Received 1"):
        sgd.apply(tensors(gradients(1)[0])[:1])
    with pytest.raises(ArgumentError, match="`sgd` needs variables it was built with. Received 'kernel'"):
        sgd.apply(tensors(gradients(1)[0]), variables())
    for arguments, text in [
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "at most one of `clipnorm`"),
        ({"clipnorm": -1.0}, "`clipnorm` to be a number of at least 0"),
        ({"use_ema": True, "ema_momentum": 2}, "`ema_momentum`"),
        ({"gradient_accumulation_steps": 1}, "`gradient_accumulation_steps` to be an integer of at least 2"),
        ({"lr": 0.1}, "`Adam` has no argument 'lr'. Did you mean 'learning_rate'"),
        ({"clip_norm": 0.1}, "has no argument 'clip_norm'. Did you mean 'clipnorm'"),
        ({"learning_rate": "fast"}, "`learning_rate` to be a float, a LearningRateSchedule or a function"),
        ({"beta_1": 1.5}, "`beta_1`"),
    ]:
        with pytest.raises(ArgumentError, match=text):
            optimizers.Adam(**arguments)
    with pytest.raises(ArgumentError, match="`AdamW` needs `weight_decay`"):
        optimizers.AdamW(weight_decay=None)


def test_found_by_name(backend):
    for name, cls in CLASSES.items():
        assert type(optimizers.get(name)) is cls
        assert type(optimizers.get(name.lower())) is cls
        assert type(optimizers.get({"class_name": name.lower(), "config": {"learning_rate": 0.5}})) is cls
    sgd = optimizers.SGD()
    assert optimizers.get(sgd) is sgd
    assert optimizers.get(None) is None
    with pytest.raises(UnknownNameError, match="Received 'adm'. Did you mean 'Adam'"):
        optimizers.get("adm")
    with pytest.raises(UnknownNameError, match="Received 3"):
        optimizers.get(3)


def test_stateless_apply_assigns_nothing(backend):
    adam, trained = optimizers.Adam(0.05), variables()
    adam.build(trained)
    before = [v.numpy() for v in [*trained, *adam.variables]]
    state, new = [v.value for v in adam.variables], [v.value for v in trained]
    for grads in gradients(STEPS):
        new, state = adam.stateless_apply(state, tensors(grads), new)
    expected = keras_run("Adam", {"learning_rate": 0.05})
    for mine, theirs in zip([*new, *state], [*expected["history"][-1], *expected["state"]], strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(mine), theirs, rtol=1e-5, atol=1e-6)
    for mine, old in zip([*trained, *adam.variables], before, strict=True):
        np.testing.assert_array_equal(mine.numpy(), old)


def test_state_is_saved_and_loaded(backend):
    adam, trained = optimizers.Adam(0.05), variables()
    for grads in gradients(3):
        adam.apply(tensors(grads), trained)
    store = {}
    adam.save_own_variables(store)
    assert list(store) == [str(i) for i in range(8)]
    again, others = optimizers.Adam(0.1), variables()
    again.build(others)
    again.load_own_variables(store)
    for mine, theirs in zip(again.variables, adam.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    with pytest.raises(WeightsMismatchError, match="needs values of its 2 variables. Received 8"):
        optimizers.SGD().load_own_variables(store)
    store["2"] = np.zeros(7)
    with pytest.raises(WeightsMismatchError, match=r"needs a value of shape \(3, 2\) for .*kernel_momentum"):
        again.load_own_variables(store)


def test_averages_replace_variables_at_the_end(backend):
    sgd, trained = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), variables()
    for grads in gradients(4):
        sgd.apply(tensors(grads), trained)
    averages = [v.numpy() for v in sgd.variables[2:5]]
    sgd.finalize_variable_values(trained)
    for variable, average in zip(trained, averages, strict=True):
        np.testing.assert_array_equal(variable.numpy(), average)


def test_an_optimizer_written_for_keras(backend):
    class Momentum(optimizers.Optimizer):
        def __init__(self, learning_rate=0.01, beta=0.9, **options):
            super().__init__(learning_rate=learning_rate, **options)
            self.beta = beta

        def build(self, variables):
            if self.built:
                return
            super().build(variables)
            self.momenta = [self.add_variable_from_reference(v, name="momentum") for v in variables]

        def update_step(self, gradient, variable, learning_rate):
            m = self.momenta[self._get_variable_index(variable)]
            self.assign(m, self.beta * m - learning_rate * gradient)
            self.assign_add(variable, m)

        def get_config(self):
            return {**super().get_config(), "beta": self.beta}

    for shared in ({}, SHARED[0], SHARED[5], SHARED[8]):
        expected = keras_run("SGD", {"learning_rate": 0.05, "momentum": 0.8, **shared})
        optimizer, trained = Momentum(0.05, 0.8, **shared), variables()
        step = jit(lambda grads, optimizer=optimizer, trained=trained: optimizer.apply(grads, trained))
        for grads in gradients(STEPS):
            step(tensors(grads))
        for mine, theirs in zip(trained, expected["history"][-1], strict=True):
            np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-5, atol=1e-6)
        assert Momentum.from_config(optimizer.get_config()).get_config() == optimizer.get_config()


def test_global_norm_that_is_not_finite_shows(backend):
    sgd, trained = optimizers.SGD(0.1, global_clipnorm=1.0), variables()
    grads = gradients(1)[0]
    grads[1][0] = np.inf
    sgd.apply(tensors(grads), trained)
    assert all(np.isnan(v.numpy()).all() for v in trained)


def test_state_is_made_on_the_engine_of_the_variables(backend):
    with registry.use_backend("numpy"):
        adam = optimizers.Adam(0.05)
    trained = variables()
    adam.apply(tensors(gradients(1)[0]), trained)
    assert {v.engine.name for v in adam.variables} == {backend}
    assert [v.name for v in adam.variables[:2]] == ["iteration", "learning_rate"]


def rate_of(optimizer) -> float:
    return float(ops.convert_to_numpy(optimizer.learning_rate))


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf"), "0.1", True, None, [0.1]], ids=repr)
def test_a_learning_rate_out_of_range_is_refused_when_assigned_too(backend, value):
    for optimizer in (optimizers.Adam(0.25), optimizers.LossScaleOptimizer(optimizers.SGD(0.25))):
        with pytest.raises(ArgumentError, match=r"needs `learning_rate` to be a float.*Received learning_rate="):
            optimizer.learning_rate = value
        assert rate_of(optimizer) == 0.25


def test_what_a_learning_rate_may_become(backend):
    optimizer = optimizers.Adam(0.25)
    for value in (0.5, np.float32(0.5), np.asarray(0.5), ops.convert_to_tensor(0.5), Variable(0.5)):
        optimizer.learning_rate = value
        assert rate_of(optimizer) == 0.5
    optimizer.learning_rate = schedules.ExponentialDecay(0.125, 10, 0.5)
    assert rate_of(optimizer) == 0.125


def test_a_learning_rate_may_be_computed_in_a_compiled_step(backend):
    optimizer = optimizers.SGD(0.25)

    def step(factor):
        optimizer.learning_rate = optimizer.learning_rate.value * factor

    jit(step)(ops.convert_to_tensor(4.0))
    assert rate_of(optimizer) == 1.0


def native(array):
    """A variable of the active engine's own library, and a gradient."""
    name = registry.current().name
    if name == "tensorflow":
        import tensorflow as tf

        return tf.Variable(array), tf.constant(array)
    if name == "torch":
        import torch

        return torch.nn.Parameter(torch.tensor(array)), torch.tensor(array)
    return ops.convert_to_tensor(array), ops.convert_to_tensor(array)


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop"])
def test_variables_of_the_library_itself(backend, name):
    start = np.array([[1.0, 2.0], [3.0, -1.0]], "float32")
    parameter, gradient = native(start)
    mine, theirs = CLASSES[name](0.1), CLASSES[name](0.1)
    if backend not in ("tensorflow", "torch"):
        with pytest.raises(ArgumentError, match=r"apply` needs Variables.*Make a `Variable` of it"):
            theirs.apply_gradients([(gradient, parameter)])
        return
    variable = Variable(start)
    for _ in range(3):
        mine.apply_gradients([(gradient, variable)])
        theirs.apply_gradients([(gradient, parameter)])
    theirs.apply([gradient])
    mine.apply([gradient])
    np.testing.assert_allclose(ops.convert_to_numpy(parameter), variable.numpy(), rtol=1e-6)
    assert np.abs(variable.numpy() - start).max() > 0.05
    with pytest.raises(ArgumentError, match="needs variables it was built with"):
        theirs.apply_gradients([(gradient, native(start)[0])])
