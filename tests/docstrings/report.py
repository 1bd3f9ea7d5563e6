"""Counts what is documented."""

from __future__ import annotations

from docstrings import examples, public, sections


def unnamed(package: str) -> dict[str, list[str]]:
    """Per class, function or method of a package: its parameters that no docstring names."""
    found = {}
    for one in _of(package):
        documented = {name for text in public.docstrings(one) for name in sections.named(text)}
        missing = [name for name in public.parameters(one) if name not in documented]
        if missing:
            found[one.path] = missing
    return found


def unannotated(package: str) -> dict[str, list[str]]:
    """Per class, function or method of a package: its parameters without an annotation."""
    found = {}
    for one in _of(package):
        bare = [name for name, parameter in public.parameters(one).items() if parameter.annotation is parameter.empty]
        if bare:
            found[one.path] = bare
    return found


def strangers(package: str) -> dict[str, list[str]]:
    """Per class, function or method: names in its own `Args:` that are none of its parameters."""
    found = {}
    for one in _of(package):
        own = public.docstrings(one)[:1] if (one.value.__doc__ or "") else []
        names = {name for text in own for name in sections.named(text)}
        wrong = sorted(names - set(public.parameters(one)))
        if wrong and not public.takes_any_keyword(one):
            found[one.path] = wrong
    return found


def total(unnamed: dict[str, list[str]]) -> int:
    return sum(map(len, unnamed.values()))


def with_example(package: str) -> tuple[int, int]:
    """How many public classes and functions of a package have an example, and how many there are."""
    shown = [any(">>> " in text for text in public.docstrings(one)[:1]) for one in _of(package) if one.owner is None]
    return sum(shown), len(shown)


def without_example(package: str) -> list[str]:
    """The public classes and functions of a package whose docstring has no example; errors need none."""
    every = [one for one in _of(package) if one.owner is None and package != "errors"]
    return [one.path for one in every if not any(">>> " in text for text in public.docstrings(one)[:1])]


def table() -> str:
    """Per package: public classes and functions, those with an example, undocumented parameters, and untyped ones."""
    heads = ("objects", "with example", "unnamed parameters", "without annotation")
    numbers = {package: _counts(package) for package in public.packages()}
    numbers["all"] = tuple(map(sum, zip(*numbers.values(), strict=True)))
    lines = [f"{'package':<16} {'  '.join(heads)}"]
    for package, row in numbers.items():
        lines.append(f"{package:<16} {'  '.join(f'{n:>{len(head)}}' for head, n in zip(heads, row, strict=True))}")
    return "\n".join([*lines, f"{len(examples.every())} examples in all"])


def _counts(package: str) -> tuple[int, ...]:
    shown, objects = with_example(package)
    return objects, shown, total(unnamed(package)), total(unannotated(package))


def _of(package: str) -> list[public.Public]:
    return [one for one in public.everything() if one.package == package]
