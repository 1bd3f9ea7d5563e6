"""What was decided about the fast paths of a model, for `config.explain_fast_paths`."""

from __future__ import annotations

from typing import Any

from keraslite.backend.trials import Verdict

__all__ = ["keep", "verdicts"]

_BATCH_HOOKS = {
    "fit": ("on_train_batch_begin", "on_train_batch_end"),
    "evaluate": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": (),  # its outputs are always looked at
}


def keep(model: Any, where: str, feed: Any, callbacks: Any) -> None:
    """Remember what a call of `fit`, `evaluate` or `predict` came to, apart from its programs."""
    found = [Verdict(where, "fetch_ahead", *feed.verdict)]
    hooks = _BATCH_HOOKS[where]
    if hooks:
        names = [name for hook in hooks for name in callbacks.listening(hook)]
        reason = (
            "nobody looks at single batches" if not names else f"{', '.join(dict.fromkeys(names))} looks at batches"
        )
        found.append(Verdict(where, "silent_steps", not names, reason))
    model._training.decided.update({(where, each.path): each for each in found})


def verdicts(model: Any) -> list[Verdict]:
    """One for each program and fast path of a model."""
    state = model._training
    found = [each for _, program in state.programs.values() for each in program.verdicts()]
    return [*found, *state.decided.values()]
