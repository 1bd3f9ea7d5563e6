"""What was decided about the fast paths of a model, for `config.explain_fast_paths`."""

from __future__ import annotations

from keraslite.backend.trials import Verdict
from keraslite.callbacks.callback_list import CallbackList
from keraslite.training.feed import Feed
from keraslite.training.setup import TrainingSetup

__all__ = ["keep", "verdicts"]

_BATCH_HOOKS = {
    "fit": ("on_train_batch_begin", "on_train_batch_end"),
    "evaluate": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": (),  # its outputs are always looked at
}


def keep(setup: TrainingSetup, where: str, feed: Feed, callbacks: CallbackList) -> None:
    """Remember what a call of `fit`, `evaluate` or `predict` came to, apart from its programs."""
    found = [Verdict(where, "fetch_ahead", *feed.verdict)]
    hooks = _BATCH_HOOKS[where]
    if hooks:
        names = [name for hook in hooks for name in callbacks.listening(hook)]
        reason = (
            "nobody looks at single batches" if not names else f"{', '.join(dict.fromkeys(names))} looks at batches"
        )
        found.append(Verdict(where, "silent_steps", not names, reason))
    setup.decided.update({(where, each.path): each for each in found})


def verdicts(setup: TrainingSetup) -> list[Verdict]:
    """One for each program and fast path of a model."""
    found = [each for _, program in setup.programs.values() for each in program.verdicts()]
    return [*found, *setup.decided.values()]
