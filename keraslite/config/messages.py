"""The output of progress, summaries and callbacks."""

from __future__ import annotations

import logging
import sys

from keraslite.config.switches import is_interactive_logging_enabled

__all__ = ["say"]

_logger = logging.getLogger("keraslite")


def say(text: str) -> None:
    """Print a text, or log it line by line if interactive logging is off."""
    if is_interactive_logging_enabled():
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        return
    for line in text.splitlines():
        if line.strip():
            _logger.info(line)
