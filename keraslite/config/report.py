"""Reports on the settings and on the fast paths of a model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TextIO

from keraslite.backend import registry, settings
from keraslite.backend.trials import Verdict
from keraslite.errors import ArgumentError

__all__ = ["explain", "explain_fast_paths"]


def explain(file: TextIO | None = None) -> None:
    """Print each setting and where it came from, the engines that are installed, and the device.

    Args:
        file: where to print; None is the standard output.

    Example:
        >>> import io
        >>> import keraslite as keras
        >>> text = io.StringIO()
        >>> keras.config.explain(text)
        >>> "floatx" in text.getvalue()
        True
    """
    engine = registry.current()
    origin = "the process default" if engine is registry.default() else "use_backend()"
    rows = [("backend", engine.name, settings.origins["backend"] if origin != "use_backend()" else origin)]
    names = [name for name in settings.values if name != "backend"]
    rows += [(name, _shown(settings.values[name]), settings.origins[name]) for name in names]
    rows += [("installed", ", ".join(registry.installed()), "engines found here")]
    rows += [("device", engine.default_device(), f"of {', '.join(engine.devices())}")]
    width = max(len(value) for _, value, _ in rows)
    for name, value, where in rows:
        print(f"{name:<19} {value:<{width}}  {where}", file=file or sys.stdout)


def explain_fast_paths(subject: object, file: TextIO | None = None) -> None:
    """Print what was decided about each fast path of a model or jitted function, and why.

    The table has four columns:

    - program: such as the training step for one shape of batches;
    - fast path: `enable_fast_paths` describes them. There are two more: "compiled" (the engine compiles it) and
      "silent_steps" (`fit` and `evaluate` run steps without a break, because no callback watches batches);
    - taken: "yes", "no" or "not decided";
    - reason: for example what was timed, what has changed, or which callback watches batches.

    Args:
        subject: a model that was fitted, evaluated, asked for predictions or called; or what `transforms.jit` returned.
        file: where to print; None is the standard output.

    Raises:
        ArgumentError: if `subject` is neither.

    Example:
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> keras.config.explain_fast_paths(model)  # doctest: +ELLIPSIS
        program...
    """
    tell: Callable[[], Iterable[Verdict]] | None = getattr(subject, "_verdicts", None)
    tell = tell or getattr(subject, "verdicts", None)
    if tell is None:
        raise ArgumentError(
            "`explain_fast_paths` needs a model or a jitted function. "
            f"Received {type(subject).__name__} {subject!r:.60}."
        )
    words = {True: "yes", False: "no", None: "not decided"}
    found = [(each.program, each.path, words[each.taken], each.reason) for each in tell()]
    found = found or [("nothing", "", "", "it was not fitted, evaluated or called yet")]
    rows = [("program", "fast path", "taken", "reason"), *found]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        columns = [text.ljust(width) for text, width in zip(row, widths, strict=False)]
        print("  ".join([*columns, row[3]]), file=file or sys.stdout)


def _shown(value: object) -> str:
    return (", ".join(sorted(value)) or "none") if isinstance(value, frozenset) else str(value)
