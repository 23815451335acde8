"""An edge on a thread of its own, in front of a bucket of the emulator, with a clock that a test moves."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import boto3
from moto.server import ThreadedMotoServer

from sandbox.edge.server import Edge, Site
from sandbox.platform import worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COPY = Site("ECOPY", "web", "staging")
POINTER = Site("EPOINTER", "web", "production", pointer=True)


class Seen(NamedTuple):
    """What a viewer got."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def how(self) -> str:
        """Hit, Miss, RefreshHit, Error."""
        return self.headers["x-cache"].partition(" ")[0]


class Time:
    """Moves only when told."""

    now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class _Still(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Redirects are answers too."""


_OPENER = build_opener(_Still)


class Running:
    """The edge, its bucket and its time."""

    def __init__(self, edge: Edge, aws: str, time: Time) -> None:
        self.edge, self.aws, self.time = edge, aws, time
        self.s3 = boto3.client("s3", endpoint_url=aws, **CREDENTIALS)

    def put(self, key: str, body: bytes, cache: str = "no-cache") -> None:
        """An object of the bucket."""
        self.s3.put_object(Bucket="web", Key=key, Body=body, CacheControl=cache, ContentType="text/plain")

    def get(self, site: Site, path: str, location: int = 0, *, etag: str = "") -> Seen:
        """As a browser near one location."""
        headers = {"If-None-Match": etag} if etag else {}
        request = Request(self.edge.urls[site.id][location] + path, headers=headers)  # noqa: S310 - own http URL
        try:
            with _OPENER.open(request, timeout=5) as answer:
                return Seen(answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()})
        except HTTPError as other:
            return Seen(other.code, other.read(), {k.lower(): v for k, v in other.headers.items()})


CREDENTIALS: dict[str, Any] = {
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}


@contextmanager
def emulator() -> Iterator[str]:
    """An S3 that answers over HTTP; its address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def running(aws: str, sites: Sequence[Site] = (COPY, POINTER)) -> Iterator[Running]:
    """Serve until the block ends."""
    loop, time = asyncio.new_event_loop(), Time()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    edge = Edge(sites, aws, time)
    asyncio.run_coroutine_threadsafe(edge.__aenter__(), loop).result(10)
    try:
        yield Running(edge, aws, time)
    finally:
        asyncio.run_coroutine_threadsafe(edge.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def accounts_found() -> Iterator[None]:
    """Names are looked up as in the sandbox's functions: the key-value store's SDK puts the account before the host."""
    before = socket.getaddrinfo
    worker.find_accounts()
    try:
        yield
    finally:
        socket.getaddrinfo = before
