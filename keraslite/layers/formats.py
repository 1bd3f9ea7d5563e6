"""Where channels lie: last, or right behind the batch."""

from __future__ import annotations

from keraslite import config, ranges

#: What `data_format` may be; None is the one set in `config`.
FORMAT = ranges.one_of("channels_last", "channels_first") | None


def known_format(data_format: str | None) -> str:
    """`data_format`, or for None the one set in `config`."""
    return config.image_data_format() if data_format is None else data_format
