"""Kinds are plug-ins in one file: a module of a package that defines one subclass of that package's base class.

The package finds its modules; there is no central list. A user's own kinds are modules named in the configuration
under `[plugins] modules`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Generic, TypeVar

from vedette.errors import UsageError

T = TypeVar("T")


class Kinds(Generic[T], Mapping[str, type[T]]):
    """The kinds of one base class, by their `kind`, found when first asked for."""

    def __init__(self, package: str, base: type[T], noun: str) -> None:
        """`noun` is the word for messages: "channel", "source"."""
        self.package, self.base, self.noun = package, base, noun
        self._found: dict[str, type[T]] | None = None

    def add(self, module: ModuleType) -> list[str]:
        """Take in the kinds that a module defines; the names of those found."""
        found = self._all()
        names = []
        for _, cls in inspect.getmembers(module, inspect.isclass):
            name = vars(cls).get("kind")
            if cls.__module__ == module.__name__ and issubclass(cls, self.base) and isinstance(name, str):
                if found.get(name, cls).__module__ != cls.__module__:
                    raise UsageError(
                        f"{self.noun} kind {name!r} of {cls.__module__} is taken by {found[name].__module__}"
                    )
                found[name] = cls
                names.append(name)
        return names

    def forget(self) -> None:
        """Look for modules anew when next asked."""
        self._found = None

    def __getitem__(self, name: str) -> type[T]:
        """The class of a kind; an unknown one is a UsageError that lists the known."""
        try:
            return self._all()[name]
        except KeyError:
            raise UsageError(
                f"unknown {self.noun} kind {name!r}: use one of {', '.join(sorted(self._all()))}"
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._all()))

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, type[T]]:
        if self._found is None:
            self._found = {}
            package = importlib.import_module(self.package)
            for info in pkgutil.iter_modules(package.__path__, self.package + "."):
                if not info.name.rpartition(".")[2].startswith("_"):
                    self.add(importlib.import_module(info.name))
        return self._found
