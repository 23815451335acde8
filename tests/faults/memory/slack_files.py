"""Files of the memory's Slack: an address for each, bytes, and a while until it can be shown.

Facts: docs.slack.dev, files.getUploadURLExternal (what is never completed is dropped), files.completeUploadExternal;
"Slack file object" (an image block names a file that the app may see, and that has been looked through).
"""

from collections.abc import Callable
from typing import Any

LOOKED_THROUGH_AFTER = 5.0
"""Seconds; Slack names no number, only that it is done by a job of its own."""


class Files:
    """`completed` by id, with when; `bytes` of each that was sent."""

    def __init__(self, now: Callable[[], float], origin: str) -> None:
        self._now = now
        self._origin = origin
        self._known: set[str] = set()
        self.bytes: dict[str, int] = {}
        self.completed: dict[str, float] = {}

    def address(self, given: dict[str, Any]) -> dict[str, Any] | str:
        """files.getUploadURLExternal."""
        if not given.get("filename") or int(given.get("length", 0)) <= 0:
            return "invalid_arguments"
        file = f"F{len(self._known) + 1:08}"
        self._known.add(file)
        return {"upload_url": f"{self._origin}/upload/{file}", "file_id": file}

    def take(self, file: str, length: int) -> None:
        """The bytes of a file."""
        self.bytes[file] = length

    def complete(self, given: dict[str, Any]) -> dict[str, Any] | str:
        """files.completeUploadExternal; a second time there is nothing to complete."""
        ids = [each["id"] for each in given["files"]]
        if any(each not in self.bytes or each in self.completed for each in ids):
            return "file_not_found"
        self.completed |= {each: self._now() for each in ids}
        return {"files": [{"id": each} for each in ids]}

    def can_be_shown(self, blocks: list[dict[str, Any]]) -> bool:
        """Whether every picture of a message is there and was looked through."""
        named = [each["slack_file"]["id"] for each in blocks if each["type"] == "image"]
        return all(
            file in self.completed and self._now() >= self.completed[file] + LOOKED_THROUGH_AFTER
            for file in named
        )
