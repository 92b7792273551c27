"""How ministack is changed in place, so that an upgrade that moves a name fails at start and names it.

PATCHES.md beside this file lists every change and what breaks without it.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

Untyped = Any
"""What ministack, which has no types, passes around."""

PINNED = "1.5.33"


class MovedNameError(Exception):
    """ministack no longer has a name that an adapter changes."""


def existing(owner: ModuleType | type, name: str) -> Untyped:
    """An attribute that must be there; MovedNameError when it is not."""
    if not hasattr(owner, name):
        raise MovedNameError(
            f"{owner.__name__}.{name} is gone: cloud/ministack_adapter was written for ministack {PINNED}."
        )
    return getattr(owner, name)


def wrap(owner: ModuleType | type, name: str, wrapper: Callable[[Untyped], Untyped]) -> None:
    """Replace an attribute by `wrapper(the attribute)`, once."""
    original = existing(owner, name)
    if not hasattr(original, "__unchanged_original__"):
        replacement = wrapper(original)
        replacement.__unchanged_original__ = original
        setattr(owner, name, replacement)
