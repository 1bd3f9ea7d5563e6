"""LSTM and GRU on torch by fused loops: oneDNN's on a CPU (an LSTM's), cuDNN's on a GPU.

Those have no second derivatives and no rule for `vmap`, so in a transform the steps are written out.
"""

from __future__ import annotations

from typing import Any

import torch

from .private import gru_on_gpu, lstm_on_cpu, lstm_on_cpu_backward, lstm_on_gpu
from .replay import by_autograd
from .tracing import is_tracing, tried

# oneDNN's loop keeps what its gradient needs only in grad mode, and steps with gradients are replayed outside: hence an
# operator that has the mode among its arguments. It is in Python: where oneDNN's own will do, 0.1 ms are saved.
_library = torch.library.Library("keraslite", "FRAGMENT")
_library.define(
    "lstm(Tensor x, Tensor w, Tensor u, Tensor b, Tensor b2, Tensor h, Tensor c, bool train)"
    " -> (Tensor, Tensor, Tensor, Tensor)"
)


def _forward(x, w, u, b, b2, h, c, train):
    with torch.set_grad_enabled(train):
        outputs = _by_onednn(x, w, u, b, b2, h, c, train)
    return *outputs[:3], outputs[3] if train else x.new_empty(0)


def _by_onednn(x, w, u, b, b2, h, c, train):
    return lstm_on_cpu(x, w, u, b, b2, h, c, False, [], 2, h.shape[-1], 1, True, False, False, train)


def _keep(ctx, inputs, output):
    ctx.save_for_backward(*inputs[:7], *output)


def _backward(ctx, outputs, h, c, _):
    *given, space = ctx.saved_tensors
    size = given[5].shape[-1]
    return *lstm_on_cpu_backward(*given, outputs, h, c, False, 2, size, 1, True, True, False, [], False, space), None


_library.impl("lstm", _forward, "CPU")
torch.library.register_autograd("keraslite::lstm", _backward, setup_context=_keep, lib=_library)


def lstm(inputs, h, c, kernel, recurrent_kernel, bias, mask, return_sequences, unroll):
    found = None
    if mask is None and not _unfit(inputs):
        fused = _lstm_on_cpu if inputs.device.type == "cpu" else _lstm_on_gpu
        found = fused(inputs, h, c, kernel, recurrent_kernel, bias, return_sequences)
    if found is None:
        return _written_out(_lstm_step, inputs, (h, c), kernel, recurrent_kernel, bias, None, return_sequences, mask)
    return found


def _as_written_out(fused):
    """Whether outputs and gradients of a fused LSTM are right."""
    x, h, c, w, u, b = given = [torch.linspace(-1, 1, n, requires_grad=True) for n in (6, 2, 2, 24, 16, 8)]
    x, h, c, w, u = x.reshape(1, 2, 3), h.reshape(1, 2), c.reshape(1, 2), w.reshape(3, 8), u.reshape(2, 8)
    with torch.enable_grad():
        outputs, *states, _ = torch.ops.keraslite.lstm(x.transpose(0, 1), w.t(), u.t(), b, 0 * b, h, c, True)
        runs = [
            _written_out(_lstm_step, x, (h, c), w, u, b, None, True),
            (outputs.transpose(0, 1), *states),
            fused(x, h, c, w, u, b, True),
        ]
        runs = [(*run, *torch.autograd.grad([(y * y).sum() for y in run], given)) for run in runs]
    return all(torch.allclose(x, y, rtol=1e-3, atol=1e-5) for run in runs for x, y in zip(run, runs[0], strict=True))


@tried(_as_written_out)
def _lstm_on_cpu(inputs, h, c, kernel, recurrent_kernel, bias, return_sequences):
    dtype, train = inputs.dtype, torch.is_grad_enabled()
    if not _mkldnn or dtype.itemsize > 4:
        return None
    biases = [kernel.new_zeros(kernel.shape[-1])] * 2 if bias is None else [bias, torch.zeros_like(bias)]
    given = [inputs.transpose(0, 1), kernel.t(), recurrent_kernel.t(), *biases, h, c]
    layer: Any = torch.ops.keraslite.lstm if train and not by_autograd() else _by_onednn
    outputs, h, c, _ = layer(*(x.float().contiguous() for x in given), train)
    outputs, h, c = outputs.transpose(0, 1).to(dtype), h.to(dtype), c.to(dtype)
    return outputs if return_sequences else h, h, c


def _lstm_on_gpu(inputs, h, c, kernel, recurrent_kernel, bias, return_sequences):
    if lstm_on_gpu is None:
        return None
    weights = [kernel.t(), recurrent_kernel.t(), *([] if bias is None else [bias, torch.zeros_like(bias)])]
    outputs, h, c = lstm_on_gpu(
        inputs, (h[None], c[None]), weights, bias is not None, 1, 0.0, torch.is_grad_enabled(), False, True
    )
    return outputs if return_sequences else h[0], h[0], c[0]


_mkldnn = torch.backends.mkldnn.is_available()


def gru(inputs, h, kernel, recurrent_kernel, bias, mask, return_sequences, unroll):
    outer, inner = (None, None) if bias is None else bias.unbind()
    if mask is not None or _unfit(inputs) or inputs.device.type == "cpu" or gru_on_gpu is None:
        return _written_out(_gru_step, inputs, (h,), kernel, recurrent_kernel, outer, inner, return_sequences, mask)
    weights = [_reset_first(x, h.shape[-1]).t() for x in (kernel, recurrent_kernel)]
    weights += [] if bias is None else [_reset_first(x, h.shape[-1]) for x in (outer, inner)]
    outputs, h = gru_on_gpu(inputs, h[None], weights, bias is not None, 1, 0.0, torch.is_grad_enabled(), False, True)
    return outputs if return_sequences else h[0], h[0]


def _unfit(inputs):
    return is_tracing() or not inputs.numel()


def _reset_first(x, units):
    update, reset, candidate = x.split(units, -1)
    return torch.cat([reset, update, candidate], -1)


def _lstm_step(row, z, h, c):
    i, f, candidate, o = (row + z).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * candidate.tanh()
    return o.sigmoid() * c.tanh(), c


def _gru_step(row, recurrent, h):
    (z, r, x), (z_state, r_state, state) = row.chunk(3, -1), recurrent.chunk(3, -1)
    z = (z + z_state).sigmoid()
    return (z * h + (1 - z) * (x + (r + r_state).sigmoid() * state).tanh(),)


def _written_out(step, inputs, states, kernel, recurrent_kernel, outer, inner, return_sequences, mask=None):
    projected, outputs = inputs @ kernel, []
    rows = (projected if outer is None else projected + outer).unbind(1)
    masks = [None] * len(rows) if mask is None else mask.unsqueeze(-1).unbind(1)
    for row, kept in zip(rows, masks, strict=True):
        recurrent = states[0] @ recurrent_kernel
        new = step(row, recurrent if inner is None else recurrent + inner, *states)
        states = new if kept is None else [torch.where(kept, x, y) for x, y in zip(new, states, strict=True)]
        outputs.append(states[0])
    if not return_sequences:
        return states[0], *states
    return torch.stack(outputs, 1) if outputs else projected[..., : recurrent_kernel.shape[0]], *states
