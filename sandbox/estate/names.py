"""How clients find the service: at a fixed address, or by a name that they look up before every connection."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Protocol
from urllib.request import urlopen

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.estate.remote import Cloud

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

TTL = 5.0
"""Real seconds that an answer is kept: the 60 of an alias of a load balancer, at the sandbox's tenfold pace."""


class Place(Protocol):
    """Where clients connect to."""

    async def open(self) -> Streams:
        """A new connection; OSError where there is none to be had."""


class Address:
    """A fixed address."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def open(self) -> Streams:
        """Connect to it."""
        return await asyncio.open_connection(self._host, self._port)


class Name:
    """A name, looked up through a resolver that all clients share and that keeps an answer for `TTL`."""

    def __init__(self, look_up: Callable[[], Awaitable[str]], port: int, ttl: float = TTL) -> None:
        self._look_up = look_up
        self._port = port
        self._ttl = ttl
        self._known, self._until = "", 0.0
        self._asking = asyncio.Lock()

    async def open(self) -> Streams:
        """Connect to what the name means now, as far as the resolver knows."""
        return await asyncio.open_connection(await self._resolve(), self._port)

    async def _resolve(self) -> str:
        async with self._asking:  # everybody waits for the one who asks
            if time.monotonic() >= self._until:
                self._known = await self._look_up()
                self._until = time.monotonic() + self._ttl
            return self._known


class Route53Names:
    """Looks up an alias record at the emulator, and the address of the load balancer that it names."""

    def __init__(self, endpoint: str, name: str) -> None:
        self._cloud = Cloud(endpoint)
        self._name = name

    async def __call__(self) -> str:
        """The address; OSError where the name has none."""
        return await asyncio.to_thread(self._address)

    def _address(self) -> str:
        try:
            target = self._alias()
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"{self._name} could not be looked up: {error}") from error
        with urlopen(f"{self._cloud.endpoint}/_sandbox/balancers", timeout=10) as answer:  # noqa: S310 # the sandbox's own
            for balancer in json.load(answer):
                if balancer["dns"].lower() == target:
                    return str(balancer["address"])
        raise OSError(f"{self._name} names {target}, and no load balancer has that name")

    def _alias(self) -> str:
        route53 = self._cloud("route53")
        domain = self._name.partition(".")[2]
        zone = route53.list_hosted_zones_by_name(DNSName=domain, MaxItems="1")["HostedZones"][0]["Id"]
        records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return next(
            str(each["AliasTarget"]["DNSName"]).lower().rstrip(".")
            for each in records
            if each["Name"].rstrip(".") == self._name and each["Type"] == "A"
        )
