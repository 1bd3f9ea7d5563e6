"""pytest plugin: gives `pytest --pyargs keraslite.conformance` its option `--backend`.

pytest imports this in every project of an environment, so it imports nothing of keraslite, and does nothing unless the
suite is asked for by that name.
"""

import os

SUITE = "keraslite.conformance"


def _asks_for_the_suite(arguments):
    return any(str(a).partition("::")[0] == SUITE or str(a).startswith(SUITE + ".") for a in arguments)


def pytest_load_initial_conftests(early_config, parser, args):
    """Add the option, before anything is collected; before keraslite is imported, too."""
    if not (early_config.known_args_namespace.pyargs and _asks_for_the_suite(args)):
        return
    parser.addoption(
        "--backend",
        dest="conformance_backend",
        default=None,
        metavar="NAME",
        help="keraslite's conformance suite: the engine to test, or several with commas (default: the configured one)",
    )
    for name in ("OMP_NUM_THREADS", "JAX_DISABLE_MOST_OPTIMIZATIONS"):  # a case compiles its program, and runs it once
        os.environ.setdefault(name, "1")
