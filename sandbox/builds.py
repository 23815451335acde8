"""The team's build server while the sandbox is kept up: it builds a version more of a service whenever somebody asks.

POST /cameras or /web    {"ok": true, "version": "143"}
"""

from __future__ import annotations

import itertools
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from sandbox.front import endpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sandbox.house import House


def of_house(house: House, first: int) -> Mapping[str, Callable[[], str]]:
    """What it can build: each call builds and reports, or pushes, the next version, and returns it."""
    numbers = {"cameras": itertools.count(first), "web": itertools.count(1)}

    def cameras() -> str:
        version = str(next(numbers["cameras"]))
        house.report_build(version, "passed")
        return version

    return {"cameras": cameras, "web": lambda: house.push(str(next(numbers["web"])))}


@contextmanager
def serving(folder: Path, builds: Mapping[str, Callable[[], str]]) -> Iterator[str]:
    """Answer on the loopback address until the block ends; the page finds it among the endpoints."""
    building = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            build = builds.get(self.path.removeprefix("/"))
            if build is None:
                self._answer(404, {"ok": False, "error": f"nobody builds {self.path}"})
                return
            try:
                with building:
                    version = build()
            except (OSError, RuntimeError) as error:
                self._answer(500, {"ok": False, "error": str(error)})
            else:
                self._answer(200, {"ok": True, "version": version})

        def _answer(self, status: int, document: dict[str, object]) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoints.add(folder, builds=address)
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
