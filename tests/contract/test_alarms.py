"""The port Alarms, on its fake and on an emulator."""

from tests.contract.worlds import World


def test_only_alarms_in_alarm_are_firing(world: World) -> None:
    """OK and INSUFFICIENT_DATA are not firing; the order is the one asked for."""
    for name, state in (
        ("errors", "ALARM"),
        ("latency", "OK"),
        ("new", "INSUFFICIENT_DATA"),
        ("ill", "ALARM"),
    ):
        world.set_alarm(name, state)
    assert world.alarms.firing(["ill", "latency", "new", "errors"]) == ["ill", "errors"]


def test_an_alarm_that_does_not_exist_is_firing(world: World) -> None:
    """Nobody watches where an alarm was deleted or misspelt, so it counts as trouble."""
    world.set_alarm("errors", "OK")
    assert world.alarms.firing(["errors", "erors"]) == ["erors"]


def test_alarms_that_were_not_named_do_not_count(world: World) -> None:
    """An alarm of somebody else in ALARM changes nothing."""
    world.set_alarm("errors", "OK")
    world.set_alarm("elsewhere", "ALARM")
    assert world.alarms.firing(["errors"]) == []


def test_no_names_no_alarms(world: World) -> None:
    """Without configured alarms nothing fires."""
    world.set_alarm("elsewhere", "ALARM")
    assert world.alarms.firing([]) == []
