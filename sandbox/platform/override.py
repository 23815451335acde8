"""How moto is changed: by replacing named parts of it, and only parts that are really there."""

from __future__ import annotations


def override(owner: object, name: str, replacement: object) -> None:
    """Replace `owner.name`; raises AttributeError when a new version of moto has no such part any more."""
    getattr(owner, name)
    setattr(owner, name, replacement)
