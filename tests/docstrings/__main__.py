"""`python -m tests.docstrings [PACKAGE ...]`: counts what is documented, and lists parameters that are not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("KERAS_BACKEND", "numpy")

from docstrings import report


def main() -> None:
    print(report.table())
    for package in sys.argv[1:]:
        for path, names in report.unnamed(package).items():
            print(f"{path}: {', '.join(names)}")


if __name__ == "__main__":
    main()
