"""Dtype policies by name, by path, and per context."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from keraslite import dtype_policies, mixed_precision, ops
from keraslite.dtype_policies import DTypePolicy, DTypePolicyMap, dtype_policy, set_dtype_policy, use_dtype_policy
from keraslite.errors import ArgumentError
from keraslite.layers import Dense, Layer


@pytest.mark.parametrize(
    ("name", "compute", "variable"),
    [
        ("float32", "float32", "float32"),
        ("bfloat16", "bfloat16", "bfloat16"),
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
        ("int32", "int32", "int32"),
    ],
)
def test_names(name, compute, variable):
    policy = DTypePolicy(name)
    assert (policy.name, policy.compute_dtype, policy.variable_dtype) == (name, compute, variable)
    assert policy == DTypePolicy(name)
    assert DTypePolicy.from_config(policy.get_config()) == policy
    assert repr(policy) == f'<DTypePolicy "{name}">'


def test_get():
    assert dtype_policies.get(None) == DTypePolicy("float32")
    assert dtype_policies.get("mixed_float16").compute_dtype == "float16"
    assert dtype_policies.get(np.float16).name == "float16"
    assert dtype_policies.get(dtype_policies.serialize(DTypePolicy("bfloat16"))).name == "bfloat16"
    with pytest.raises(ArgumentError, match=r"Received 'mixed_floot16'. Did you mean 'mixed_float16'\?"):
        dtype_policies.get("mixed_floot16")
    with pytest.raises(ArgumentError, match=r"`dtype` needs to be a dtype"):
        dtype_policies.get(3)


def test_the_process_default_holds_in_every_thread_and_a_block_in_one():
    seen = []

    def look():
        seen.append(dtype_policy().name)

    try:
        mixed_precision.set_global_policy("mixed_bfloat16")
        with use_dtype_policy("mixed_float16"):
            look()
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
        look()
    finally:
        set_dtype_policy("float32")
    assert seen == ["mixed_float16", "mixed_bfloat16", "mixed_bfloat16"]


def test_inputs_are_converted(backend):
    policy = DTypePolicy("mixed_float16")
    x = ops.convert_to_tensor(np.ones(2, "float32"))
    assert ops.dtype(policy.convert_input(x, True, "float16")) == "float16"
    assert policy.convert_input(x, False, "float16") is x
    assert policy.convert_input("text", True, "float16") == "text"


def test_a_map_goes_by_path():
    policies = DTypePolicyMap("float32", {"encoder/.*": "mixed_bfloat16", "head": "float16"})
    assert policies["encoder/dense"].name == "mixed_bfloat16"
    assert policies["head"].name == "float16"
    assert policies["other"] is policies.default_policy
    assert len(policies) == 2
    assert policies.name == "map_float32"
    with pytest.raises(ArgumentError, match=r"needs a new key. Received 'head'"):
        policies["head"] = "float32"
    policies["head2"] = "float64"
    policies["head.*"] = "float64"
    policies["h.*"] = "float64"
    with pytest.raises(ArgumentError, match=r"needs one match for 'header/x'"):
        policies["header/x"]
    del policies["head"]
    assert "head" not in policies


def test_layers_find_their_policy_in_a_map(backend):
    class Block(Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.one = Dense(2, name="one", dtype=self.dtype_policy)
            self.two = Dense(2, name="two", dtype=self.dtype_policy)

        def call(self, x):
            return self.two(self.one(x))

    block = Block(name="block", dtype=DTypePolicyMap("float32", {"block/one": "bfloat16"}))
    block(np.ones((1, 3), "float32"))
    assert (block.one.kernel.dtype, block.two.kernel.dtype) == ("bfloat16", "float32")
    assert block.one.compute_dtype == "bfloat16"
    assert block.two.compute_dtype == "float32"
