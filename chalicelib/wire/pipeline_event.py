"""What the function that updates the service is called with."""

from collections.abc import Mapping
from typing import Any


def build_of(event: Mapping[str, Any]) -> str:
    """The id of the build that an event of CodeBuild is about ("Build notifications input format reference"); nothing
    where the table's stream calls."""
    name = str(event.get("detail", {}).get("build-id", ""))
    return name.rpartition(":build/")[2]
