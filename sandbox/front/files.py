"""Uploaded files, in three steps: files.getUploadURLExternal, a POST to the URL it gives, files.completeUploadExternal.

https://docs.slack.dev/messaging/working-with-files#upload
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sandbox.front.blocks import files_of
from sandbox.front.content import Arguments, SlackError, decoded

MOST_BYTES = 20_000_000
MOST_ALT = 1_000


@dataclass
class File:
    """One file on its way."""

    name: str
    length: int
    alt: str
    content: bytes | None = None
    complete: bool = False


class Files:
    """By id."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._files: dict[str, File] = {}

    def begin(self, arguments: Arguments) -> dict[str, Any]:
        """files.getUploadURLExternal."""
        name, length = str(arguments.get("filename") or ""), str(arguments.get("length") or "")
        if not name or not length.isdecimal() or not 0 < int(length) <= MOST_BYTES:
            raise SlackError("invalid_arguments")
        alt = str(arguments.get("alt_txt") or "")
        if len(alt) > MOST_ALT:
            raise SlackError("alt_txt_too_large")
        made = f"F{secrets.token_hex(5).upper()}"
        self._files[made] = File(name, int(length), alt)
        return {"file_id": made, "upload_url": f"{self._origin}/upload/v1/{made}"}

    def take(self, file_id: str, content: bytes) -> bool:
        """The bytes; False where they are not what was announced."""
        file = self._files.get(file_id)
        if file is None or len(content) != file.length:
            return False
        file.content = content
        return True

    def complete(self, arguments: Arguments) -> dict[str, Any]:
        """files.completeUploadExternal: from now on blocks may show them."""
        wanted = decoded(arguments, "files")
        if not isinstance(wanted, list) or not wanted:
            raise SlackError("invalid_arguments")
        found = [(each, self._files.get(str(each.get("id")))) for each in wanted if isinstance(each, dict)]
        if any(file is None or file.content is None for _, file in found):
            raise SlackError("file_not_found")
        for _, file in found:
            if file is not None:
                file.complete = True
        return {"files": [{"id": each["id"], "title": each.get("title", "")} for each, _ in found]}

    def content(self, file_id: str) -> bytes | None:
        """What was uploaded."""
        file = self._files.get(file_id)
        return file.content if file is not None and file.complete else None

    def shown(self, file_id: str) -> bool:
        """True where blocks may show it."""
        return self.content(file_id) is not None

    def refuse_unknown(self, blocks: list[dict[str, Any]] | None) -> None:
        """Raise SlackError where blocks show a file that is not there."""
        for file_id in files_of(blocks or []):
            if not self.shown(file_id):
                problem = f"[ERROR] invalid slack file {file_id} [json-pointer:/blocks]"
                raise SlackError("invalid_blocks", [problem])
