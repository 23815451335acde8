"""The shared virtual clock: it runs at its rate, jumps for everybody at once, and never runs backward."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sandbox.clock import FILE_VARIABLE, VirtualClock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def clock(tmp_path: Path) -> VirtualClock:
    return VirtualClock.create(tmp_path / "clock", rate=0)


def test_starts_at_the_present(clock: VirtualClock) -> None:
    """A new clock shows the real time of its making."""
    assert clock.now() == pytest.approx(time.time(), abs=5)


def test_a_stopped_clock_moves_only_when_advanced(clock: VirtualClock) -> None:
    """With rate 0 the time is exactly what fast-forwards made it."""
    start = clock.now()
    clock.advance(7200)
    assert clock.now() == start + 7200


def test_a_change_of_rate_keeps_the_present(clock: VirtualClock) -> None:
    """Changing the rate makes no jump."""
    before = clock.now()
    clock.set_rate(1000)
    clock.set_rate(0)
    assert before <= clock.now() < before + 1000


@pytest.mark.parametrize("change", [lambda c: c.advance(-1), lambda c: c.set_rate(-1)])
def test_time_never_runs_backward(clock: VirtualClock, change) -> None:  # type: ignore[no-untyped-def] # a lambda
    """A negative step or rate is refused."""
    with pytest.raises(ValueError, match="backward"):
        change(clock)


def test_another_view_of_the_file_sees_the_same_time(clock: VirtualClock) -> None:
    """Two views of one file agree to the bit while the clock stands."""
    other = VirtualClock(clock.path)
    clock.advance(60)
    assert other.now() == clock.now()


def test_install_makes_time_virtual_in_another_process(clock: VirtualClock) -> None:
    """A process that installs the clock reads it through plain `time.time`."""
    clock.advance(86400)
    code = "from sandbox import clock; clock.install(); import time; print(repr(time.time()))"
    output = subprocess.check_output([sys.executable, "-c", code], env={FILE_VARIABLE: str(clock.path)})
    assert float(output) == clock.now()


def test_a_waiting_thread_notices_a_fast_forward(clock: VirtualClock) -> None:
    """Whoever waits for two hours is done as soon as somebody advances the clock by two hours."""
    waiter = threading.Thread(target=clock.sleep, args=(7200,), daemon=True)
    waiter.start()
    clock.advance(7201)
    waiter.join(timeout=30)
    assert not waiter.is_alive()


def test_readers_never_see_half_a_change(clock: VirtualClock) -> None:
    """While a writer jumps a day at a time, no reader sees a time that goes back."""
    start = clock.now()

    def advance() -> None:
        for _ in range(2000):
            clock.advance(1)

    writer = threading.Thread(target=advance)
    writer.start()
    seen = [clock.now() for _ in range(5000)]
    writer.join()
    assert seen == sorted(seen)
    assert clock.now() == pytest.approx(start + 2000)
