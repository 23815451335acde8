"""The picture of a message that is posted already: uploaded once, and shown as soon as the chat service can.

Its state is in the record of the message, written before each step, so that whoever dies is followed by somebody who
goes on from there and gives up after a few tries. The message without the picture comes first, and never waits for it.
"""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.domain.errors import NotReady, RateLimited, Refused, Unavailable
from chalicelib.telemetry import log
from chalicelib.usecases.chat_ports import Chat, Message, Picture, Posted, Upload, digest
from chalicelib.usecases.lines import Later

TRIES = 8
_FIRST, _LONGEST = 3.0, 300.0
"""Seconds until the next look, doubled each time: ten minutes in all."""


class Pictures:
    """One step of a picture at a time. `save` keeps the record of the message."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def without(self, message: Message, posted: Posted | None) -> Message:
        """The message as it can be shown at once: with its picture only where people see that already."""
        picture = message.picture
        if picture is None:
            return message
        upload = posted.upload if posted is not None else None
        seen = upload is not None and upload.shown and upload.digest == digest(picture)
        return replace(message, picture=replace(picture, file=upload.file) if upload and seen else None)

    def add(self, message: Message, posted: Posted, save: Callable[[Posted], None]) -> Posted:
        """The record once the picture is shown or given up; raises Later until then."""
        picture = message.picture
        if picture is None:
            return posted
        upload = self._begun(picture, posted)
        if upload.tries > TRIES:
            log("warning", "a picture was given up", picture=picture.title, tries=TRIES)
            return replace(posted, upload=upload)

        def keep(now: Upload) -> Upload:
            save(replace(posted, upload=now))
            return now

        try:
            return replace(posted, upload=self._step(message, picture, posted, keep(upload), keep))
        except Refused as refused:
            log("warning", "chat takes no picture", said=refused.text)
            return replace(posted, upload=replace(upload, tries=TRIES + 1))
        except RateLimited as limited:
            raise Later(max(limited.seconds, _pause(upload))) from limited
        except (NotReady, Unavailable) as error:
            log("info", "a picture comes later", said=str(error), tries=upload.tries)
            raise Later(_pause(upload)) from error

    def _begun(self, picture: Picture, posted: Posted) -> Upload:
        """How far it is, with one try more."""
        this = digest(picture)
        before = posted.upload
        if before is None or before.digest != this:
            before = Upload(this)
        return replace(before, tries=before.tries + 1)

    def _step(
        self,
        message: Message,
        picture: Picture,
        posted: Posted,
        upload: Upload,
        keep: Callable[[Upload], Upload],
    ) -> Upload:
        if not upload.file:
            upload = keep(replace(upload, file=self._chat.upload(picture)))
        filed = replace(picture, file=upload.file)
        if not upload.released:
            self._chat.release(filed)
            keep(replace(upload, released=True))
            raise Later(_FIRST)
        self._chat.update(posted.channel, posted.timestamp, replace(message, picture=filed))
        return replace(upload, shown=True)


def _pause(upload: Upload) -> float:
    return float(min(_FIRST * 2**upload.tries, _LONGEST))
