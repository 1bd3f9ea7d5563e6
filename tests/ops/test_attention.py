"""`dot_product_attention`: fused kernels compute what the written-out way computes, and are used where they are asked
for. Its values against NumPy are in the conformance suite."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, ops, transforms
from keraslite.backend import registry
from keraslite.errors import MissingCapabilityError

FUSING = ("jax", "torch")


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


def arrays(batch, length, keys, heads, shared, size, width):
    """Query, key, value, bias and a mask with a row that sees nothing."""
    rng = np.random.default_rng(0)
    shapes = (batch, length, heads, size), (batch, keys, shared, size), (batch, keys, shared, width)
    query, key, value, bias = (rng.normal(size=shape).astype("float32") for shape in (*shapes, (heads, length, keys)))
    mask = rng.random((batch, 1, length, keys)) > 0.3
    mask[0, 0, 0] = False
    return query, key, value, bias[None], mask


SIZES = {  # so large that an engine may go through it in pieces
    "one piece": (2, 5, 7, 4, 4, 8, 8),
    "pieces of rows": (1, 300, 520, 8, 8, 8, 8),
    "rows left over": (2, 257, 600, 4, 2, 8, 5),
    "pieces of samples": (60, 65, 70, 4, 1, 4, 6),
    "samples that do not divide": (7, 130, 1300, 1, 1, 4, 4),
    "one row": (2, 1, 530_000, 1, 1, 2, 2),
}
OPTIONS = {
    "plain": lambda bias, mask: {},
    "causal": lambda bias, mask: {"is_causal": True},
    "mask": lambda bias, mask: {"mask": mask},
    "mask of keys": lambda bias, mask: {"mask": mask[:, :, -1:]},
    "mask without batch": lambda bias, mask: {"mask": mask[-1, 0]},
    "bias": lambda bias, mask: {"bias": bias, "scale": 0.2},
    "all": lambda bias, mask: {"bias": bias[:, :1], "mask": mask, "is_causal": True},
    "cap": lambda bias, mask: {"attn_logits_soft_cap": 2.0, "mask": mask},
}


#: Every option in one piece, and those that a loop treats differently.
CASES = [("one piece", option) for option in OPTIONS] + [
    (sizes, option)
    for sizes in SIZES
    for option in ("all", "mask of keys")
    if sizes != "one piece" and (sizes, option) != ("one row", "all")
]


@pytest.mark.parametrize(("sizes", "options"), CASES)
def test_fused_is_written_out(sizes, options, backend):
    if sizes != "one piece" and registry.current().name not in FUSING:
        pytest.skip("no fused kernel")
    query, key, value, bias, mask = arrays(*SIZES[sizes])
    given = OPTIONS[options](bias, mask)
    fused, written = (
        host(ops.dot_product_attention(query, key, value, flash_attention=flag, **given)) for flag in (None, False)
    )
    np.testing.assert_allclose(fused, written, atol=1e-5)
    if "gradients" not in registry.current().capabilities:
        return

    def gradients(flag):
        def loss(query, key, value):
            attended = ops.dot_product_attention(query, key, value, flash_attention=flag, **given)
            return ops.sum(ops.sin(attended))

        operands = [ops.convert_to_tensor(x) for x in (query, key, value)]
        return transforms.jit(transforms.grad(loss, argnums=(0, 1, 2)))(*operands)

    for ours, theirs in zip(gradients(None), gradients(False), strict=True):
        np.testing.assert_allclose(host(ours), host(theirs), atol=1e-5 * max(1, np.abs(host(theirs)).max()))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_fused_is_written_out_in_other_dtypes(dtype, backend):
    if dtype == "float64" and "float64" not in registry.current().capabilities:
        pytest.skip("no float64")
    query, key, value, _, mask = arrays(*SIZES["rows left over"])
    operands = [ops.cast(x, dtype) for x in (query, key, value)]
    fused, written = (ops.dot_product_attention(*operands, mask=mask, flash_attention=flag) for flag in (None, False))
    assert ops.dtype(fused) == ops.dtype(written) == dtype
    tolerance = {"float16": 2e-3, "bfloat16": 2e-2, "float64": 1e-12}[dtype]
    np.testing.assert_allclose(*(host(x).astype("float64") for x in (fused, written)), atol=tolerance)


@pytest.mark.parametrize("options", OPTIONS)
def test_a_kernel_that_is_asked_for(options, backend):
    query, key, value, bias, mask = arrays(*SIZES["one piece"])
    given = OPTIONS[options](bias, mask)
    name = registry.current().name

    def attended(flag):
        return host(ops.dot_product_attention(query, key, value, flash_attention=flag, **given))

    if name not in FUSING or (name == "torch" and options == "cap"):
        needs = "attn_logits_soft_cap=None" if name == "torch" else "an engine with a fused kernel"
        with pytest.raises(MissingCapabilityError, match=needs):
            attended(True)
    else:
        np.testing.assert_allclose(attended(True), attended(False), atol=1e-5)


def test_the_switch_decides_where_a_call_does_not(backend):
    query, key, value, *_ = arrays(*SIZES["pieces of rows"])
    fused = host(ops.dot_product_attention(query, key, value))
    assert config.is_flash_attention_enabled() is None
    config.disable_flash_attention()
    try:
        assert config.is_flash_attention_enabled() is False
        written = host(ops.dot_product_attention(query, key, value))
    finally:
        config.enable_flash_attention()
    assert config.is_flash_attention_enabled() is None
    np.testing.assert_allclose(written, fused, atol=1e-5)
    np.testing.assert_array_equal(written, host(ops.dot_product_attention(query, key, value, flash_attention=False)))


def kernels_of_torch(**options):
    import torch

    called = []

    class Noting(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            called.append(function.__name__)
            return function(*args, **(kwargs or {}))

    query = torch.ones(1, 3, 2, 4)
    with Noting():
        ops.dot_product_attention(query, query, query, **options)
    return "scaled_dot_product_attention" in called


def loops_of_jax(**options):
    import jax

    shape = (1, 1024, 2, 4)
    program = jax.make_jaxpr(lambda x: ops.dot_product_attention(x, x, x, **options))(np.ones(shape, "float32"))
    return "scan" in str(program)


@pytest.mark.parametrize(("engine", "fuses"), [("torch", kernels_of_torch), ("jax", loops_of_jax)])
def test_a_fused_kernel_is_used_and_not_where_it_is_switched_off(engine, fuses):
    if engine not in registry.installed():
        pytest.skip(f"needs {engine}")
    with registry.use_backend(engine):
        assert fuses()
        assert not fuses(flash_attention=False)
        config.disable_flash_attention()
        try:
            assert not fuses()
            assert fuses(flash_attention=True)
        finally:
            config.enable_flash_attention()


def test_no_kernel_of_torch_for_a_bias_with_a_gradient():
    if "torch" not in registry.installed():
        pytest.skip("needs torch")
    import torch

    query, bias = torch.ones(1, 3, 2, 4), torch.zeros(1, 2, 3, 3, requires_grad=True)
    with pytest.raises(MissingCapabilityError, match="that a kernel of PyTorch takes .* Received .*[.] Use"):
        ops.dot_product_attention(query, query, query, bias, flash_attention=True)
    ops.dot_product_attention(query, query, query, bias).sum().backward()
    assert bias.grad is not None


@pytest.mark.parametrize("transform", ["vmap", "jvp", "second derivative", "vmap of a gradient"])
@pytest.mark.parametrize("sizes", ["one piece", "rows left over"])
def test_transforms(transform, sizes, differentiating_backend):
    if sizes != "one piece" and registry.current().name != "jax":
        pytest.skip("one kernel for all sizes")
    query, key, value, *_ = (ops.convert_to_tensor(x[:1]) for x in arrays(*SIZES[sizes]))

    def transformed(flag):
        def loss(query):
            return ops.sum(ops.sin(ops.dot_product_attention(query, key, value, flash_attention=flag)))

        def gradient(query):
            return transforms.grad(loss, argnums=0)(query)

        if transform == "vmap":
            return transforms.vmap(loss)(query[None])
        if transform == "jvp":
            return transforms.jvp(loss, (query,), (ops.cos(query),))[1]
        if transform == "second derivative":
            return transforms.grad(lambda query: ops.sum(ops.square(gradient(query))), argnums=0)(query)
        return transforms.vmap(gradient)(query[None])

    np.testing.assert_allclose(host(transformed(None)), host(transformed(False)), rtol=1e-3, atol=1e-4)
