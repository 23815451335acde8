"""The site as a browser sees it: one GET through the CDN."""

import hashlib
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import IO

from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.release_ports import Fetched

SECONDS = 10
CHUNK = 1 << 20


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A page that leads elsewhere is not the page that was enabled."""

    def redirect_request(self, *_arguments: object) -> None:
        """Urllib then raises the answer as an HTTPError."""


class HttpViewer:
    """The port Viewer over HTTP."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._opener = urllib.request.build_opener(_NoRedirects)

    def fetch(self, url: str) -> Fetched:
        """Its status and the digest of its body; Unavailable where no HTTP came back, or none could be asked for."""
        try:
            return self._fetched(url)
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable(f"GET {url}: {type(error).__name__}") from error

    def _fetched(self, url: str) -> Fetched:
        request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})  # noqa: S310 - the team's own
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                return Fetched(answer.status, _digest(answer))
        except urllib.error.HTTPError as error:
            with error:
                return Fetched(error.code, _digest(error))


def _digest(body: IO[bytes]) -> str:
    found = hashlib.sha256()
    while chunk := body.read(CHUNK):
        found.update(chunk)
    return found.hexdigest()
