from __future__ import annotations

import re
import threading
from importlib.machinery import ModuleSpec
from importlib.metadata import EntryPoint
from types import ModuleType

import numpy as np
import pytest

import keraslite
from keraslite.backend import contract, registry
from keraslite.backend.device import requested_device
from keraslite.errors import ArgumentError, ConfigError, MissingCapabilityError, MixedEnginesError, UnknownBackendError


def complete_engine(name: str = "toy", **changes) -> ModuleType:
    engine = ModuleType(f"keraslite_{name}")
    engine.__dict__.update(dict.fromkeys(contract.ATTRIBUTES))
    engine.__dict__.update({name: getattr(contract.defaults, name) for name in contract.OPTIONAL}, dtype_names={})
    everything = dict.fromkeys(contract.primitives)
    engine.__dict__.update(name=name, contract_version=contract.VERSION, tensor_types=(), kernels=everything)
    engine.__dict__.update(capabilities=frozenset(), quirks={}, **changes)
    return engine


@pytest.fixture
def plugin(monkeypatch):
    """A function that offers an engine through an entry point."""
    offered: dict[str, ModuleType] = {}

    def offer(engine: ModuleType, name: str = "toy") -> None:
        monkeypatch.setitem(__import__("sys").modules, engine.__name__, engine)
        engine.__spec__ = ModuleSpec(engine.__name__, None)
        entry = EntryPoint(name, engine.__name__, registry.GROUP)
        offered[name] = engine
        monkeypatch.setattr(registry, "_entry_points", lambda: {name: entry})

    yield offer
    for name in offered:
        registry._loaded.pop(name, None)
    registry._engine_of_type.clear()


def test_every_engine_keeps_the_contract(backend):
    engine = registry.load(backend)
    assert contract.missing(engine) == []
    assert engine.name == backend


def test_plugin_is_found_and_used(plugin):
    engine = complete_engine()
    plugin(engine)
    assert registry.known()[-1] == "toy"
    assert "toy" in registry.installed()
    with registry.use_backend("toy"):
        assert registry.current() is engine
    assert registry.current() is not engine


def test_another_contract_version(plugin):
    plugin(complete_engine(contract_version=99))
    with pytest.raises(MissingCapabilityError, match=r"contract version 2\. Received engine 'toy' of version 99"):
        registry.load("toy")


def test_all_missing_names_in_one_message(plugin, monkeypatch):
    engine = complete_engine()
    del engine.scan, engine.to_numpy
    plugin(engine)
    monkeypatch.setattr(contract.checking, "primitives", {*contract.primitives, "a_new_primitive"})
    with pytest.raises(MissingCapabilityError, match=r"lacks 3 of .*: to_numpy, scan, kernels\['a_new_primitive'\]"):
        registry.load("toy")


def test_what_is_optional_comes_with_one_line(plugin):
    engine = complete_engine()
    for name in contract.OPTIONAL:
        delattr(engine, name)
    plugin(engine)
    line = "from keraslite.backend.contract.defaults import *"
    with pytest.raises(MissingCapabilityError, match=rf"borrow, .*Begin its module with `{re.escape(line)}`\.$"):
        registry.load("toy")
    exec(line, engine.__dict__)
    assert registry.load("toy").other_devices == ()


def test_name_of_entry_point_and_engine_agree(plugin):
    plugin(complete_engine(name="other"), "toy")
    with pytest.raises(ConfigError, match="Entry point 'toy' needs an engine of that name. Received 'other'"):
        registry.load("toy")


def test_unknown_name():
    with pytest.raises(
        UnknownBackendError, match=r"needs the name of an engine. Received 'jaxx'. Did you mean 'jax'\?"
    ):
        registry.load("jaxx")
    with pytest.raises(UnknownBackendError, match="Received 3"):
        registry.check_name(3)


def test_use_backend_nests_and_survives_exceptions():
    outside = registry.current()
    numpy = registry.load("numpy")
    with keraslite.use_backend("numpy") as engine:
        assert engine is registry.current() is numpy
    with pytest.raises(KeyError), keraslite.use_backend("numpy"):
        raise KeyError
    assert registry.current() is outside


def test_active_engine_is_per_thread(plugin):
    engine = complete_engine()
    plugin(engine)
    seen = []
    with registry.use_backend("toy"):
        thread = threading.Thread(target=lambda: seen.append(registry.current()))
        thread.start()
        thread.join()
        assert registry.current() is engine
    assert seen == [registry.default()]


def test_engine_of(backend):
    engine = registry.load(backend)
    tensor = engine.to_tensor(np.ones(3, "float32"), None, None)
    host = "host_arrays" in engine.capabilities
    assert registry.engine_of(tensor) is (None if host else engine)
    for other in (3, 2.5, None, "x", [tensor], np.ones(2), np.float32(1)):
        assert registry.engine_of(other) is None
    assert registry.engine_of_all(tensor, np.ones(2), 3) is (None if host else engine)


@pytest.mark.skipif(not {"jax", "torch"} <= set(registry.installed()), reason="needs jax and torch")
def test_mixed_engines():
    tensors = [registry.load(name).to_tensor(np.ones(3), None, None) for name in ("jax", "torch")]
    with pytest.raises(MixedEnginesError, match="Received tensors of 'jax' and 'torch'"):
        registry.engine_of_all(*tensors)
    assert issubclass(MixedEnginesError, TypeError)


def test_collect_takes_kernels_and_leaves_helpers():
    package = "keraslite_toy"
    one, two, helper = (ModuleType(f"{package}.{name}") for name in ("one", "two", "helper"))

    def make(module: ModuleType, name: str):
        def function():
            return module, name

        function.__module__ = module.__name__
        setattr(module, name, function)
        return function

    own = make(one, "exp")
    hidden = make(one, "_hidden")
    two.__dict__.update(cos=np.cos, exp=np.exp, lookup=make(helper, "lookup"), np=np, Any=dict)
    kernels = contract.collect(one, two)
    assert kernels == {"exp": own, "cos": np.cos}
    assert hidden not in kernels.values()


def test_device_scope(backend):
    engine = registry.current()
    assert engine.default_device() == engine.devices()[0]
    with keraslite.device("CPU"):
        assert engine.default_device() == requested_device() == "cpu:0"
        tensor = engine.to_tensor(np.ones(3, "float32"), None, None)
        assert engine.device_of(tensor) == "cpu:0"
    assert requested_device() is None
    with pytest.raises(ArgumentError, match=f"needs a device of engine '{backend}': .*Received 'tpu:9'"):  # noqa: SIM117
        with keraslite.device("tpu:9"):
            pass
    with pytest.raises(ArgumentError, match="needs a name like 'cpu:0'"), keraslite.device(0):
        pass
