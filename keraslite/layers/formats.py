"""Where channels lie: last, or right behind the batch."""

from __future__ import annotations

from keraslite import check, config

FORMATS = ("channels_last", "channels_first")


def checked_format(data_format: str | None, where: str) -> str:
    """`data_format`, one of `FORMATS`; None is the one set in `config`."""
    data_format = config.image_data_format() if data_format is None else data_format
    return check.one_of(data_format, FORMATS, "data_format", where)
