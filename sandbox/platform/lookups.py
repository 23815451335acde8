"""What moto looks up again for each request, and that stays the same: its services, and what each can do."""

from __future__ import annotations

from functools import cache

from moto import backends
from moto.core import responses
from moto.core.utils import method_names_from_class

from sandbox.platform.override import override


def install() -> None:
    """Bind this into moto; once in a process."""
    services = frozenset(backends.list_of_moto_modules())  # folders of the package
    override(backends, "list_of_moto_modules", lambda: services)
    override(responses, "method_names_from_class", cache(method_names_from_class))
