"""How clients find the service: by a name that one resolver keeps for a while."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from sandbox.estate.names import Name

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, SECOND = "127.94.7.1", "127.94.7.2"


class Records:
    """What Route 53 would answer; counts how often it was asked."""

    def __init__(self) -> None:
        self.answer, self.asked = FIRST, 0

    async def __call__(self) -> str:
        """The address of the moment."""
        self.asked += 1
        return self.answer


async def reached(name: Name) -> str:
    """The address that a connection ends at."""
    reader, writer = await name.open()
    found = (await reader.readline()).decode().strip()
    writer.close()
    return found


def serving(story: Callable[[int], object]) -> None:
    """Run a story with a server on both addresses, each of which says where it is."""

    async def run() -> None:
        async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(f"{writer.get_extra_info('sockname')[0]}\n".encode())
            writer.close()

        async with await asyncio.start_server(say, FIRST, 0) as first:
            port = first.sockets[0].getsockname()[1]
            async with await asyncio.start_server(say, SECOND, port):
                await story(port)  # type: ignore[misc] # every story is a coroutine function

    asyncio.run(run())


def test_an_answer_is_kept_until_it_is_too_old() -> None:
    """Clients that connect within the time to live go where the name pointed when it was looked up."""

    async def story(port: int) -> None:
        records = Records()
        kept, fresh = Name(records, port, ttl=60), Name(records, port, ttl=0)
        assert await asyncio.gather(*(reached(kept) for _ in range(5))) == [FIRST] * 5
        assert records.asked == 1
        records.answer = SECOND
        assert await reached(kept) == FIRST
        assert await reached(fresh) == SECOND

    serving(story)


def test_a_name_without_an_answer_is_no_connection() -> None:
    """Clients try again, as after a refused connection."""

    async def fail() -> str:
        raise OSError("no such name")

    with pytest.raises(OSError, match="no such name"):
        asyncio.run(Name(fail, 9000).open())
