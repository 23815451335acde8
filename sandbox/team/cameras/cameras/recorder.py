"""The recorder: a worker without a port. Here it only shows that it works, with a heartbeat file."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cameras.settings import Settings

BEAT_SECONDS = 1.0


def record(settings: Settings) -> None:
    """Beat until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings.state.mkdir(parents=True, exist_ok=True)
    part = settings.heartbeat.with_suffix(".part")
    while True:
        part.write_text(json.dumps({"version": settings.version, "at": time.time()}), encoding="utf-8")
        part.replace(settings.heartbeat)  # a reader never sees half a heartbeat
        if stop.wait(BEAT_SECONDS):
            return
