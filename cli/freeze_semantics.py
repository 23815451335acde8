"""What a schema can not say of freeze windows: that zones and dates exist, and that a window has a length."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.domain.freezes import DATED, WEEKLY
from cli.document import Document
from cli.findings import Path, shown
from cli.reading import sequence


def check(document: Document, environment: Path, own: object) -> None:
    """Add findings for the freezes of an environment."""
    for at, freeze in enumerate(sequence(own, "freezes")):
        if isinstance(freeze, dict):
            path = (*environment, "freezes", at)
            _zone(document, (*path, "zone"), freeze.get("zone"))
            _window(document, path, freeze.get("from"), freeze.get("to"))


def _zone(document: Document, path: Path, zone: object) -> None:
    if not isinstance(zone, str) or not zone:
        return  # the schema says it
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, such as `Europe`
        document.add(
            path, f"there is no time zone {shown(zone)}", "an IANA name such as Europe/Berlin or UTC"
        )


def _window(document: Document, path: Path, begin: object, end: object) -> None:
    if not (isinstance(begin, str) and isinstance(end, str)):
        return
    dates = []
    for key, moment in (("from", begin), ("to", end)):
        if DATED.match(moment):
            try:
                dates.append(datetime.strptime(moment, "%Y-%m-%d %H:%M"))  # noqa: DTZ007 - as the wall shows it
            except ValueError:
                document.add(
                    (*path, key), f"there is no day {shown(moment)}", "a date such as 2026-12-24 00:00"
                )
                return
    weekly = [moment for moment in (begin, end) if WEEKLY.match(moment)]
    if len(dates) == 1 and len(weekly) == 1:
        document.add((*path, "to"), "one end is weekly and the other a date", "write both the same way")
    if begin == end or (len(dates) == 2 and dates[1] < dates[0]):
        document.add((*path, "to"), f"it ends at {shown(end)}, not after its beginning", "a later moment")
