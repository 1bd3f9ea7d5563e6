"""Checks that the documentation in the code is complete and true.

`public.py` walks the public names, `sections.py` reads a docstring, `examples.py` finds and runs the `>>> ` blocks.
`python -m tests.docstrings` prints, per package, how much is documented and which parameters no docstring names.
"""
