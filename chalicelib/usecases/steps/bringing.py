"""What one function does with one part of a release's files: it brings them, puts right what is not as it was pushed,
and gives each of two folders what the other one has."""

from collections.abc import Sequence

from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.release import File
from chalicelib.usecases.release_ports import Bucket
from chalicelib.usecases.steps.placing import Placing, Spot

MOST_CARRIED = 5_000
"""Files that one function carries over before another one goes on."""


def bring(bucket: Bucket, spot: Spot, files: Sequence[File]) -> None:
    """Place files of the release that a spot is of."""
    try:
        bucket.place(spot.bucket, files, spot.folder)
    except StepFailed as failed:  # the bucket knows the folder, people know the release
        raise StepFailed(failed.reason, **{**failed.facts, "tag": spot.tag}) from failed


def wrong(bucket: Bucket, spot: Spot, files: Sequence[File]) -> list[str]:
    """The paths at which there is something else than these files also after they were placed once more.

    What is the same in two releases is not brought with either of them. So where somebody edited or deleted it, or a
    way back stopped halfway, nothing but this would ever put it right.
    """
    found = set(bucket.wrong(spot.bucket, files, spot.folder))
    if not found:
        return []
    again = [each for each in files if each.path in found]
    bring(bucket, spot, again)
    return bucket.wrong(spot.bucket, again, spot.folder)


def share(bucket: Bucket, placing: Placing, number: int) -> None:
    """Each folder gets what the other one has: a page that is open, or an edge location that has not heard yet, finds
    its files on either side of the switch. NotReady where there is more than one function does.

    The new folder gets all that the new release does not have just as it is in the old one: what lay there may be of a
    release long ago. In the old folder, which is being shown, nothing is written over. Pages come after the files that
    they refer to.
    """
    new, old = placing.at_new, placing.at_old
    if old.folder:
        files, (after, until) = placing.within(number), placing.span(number)
        live, spare = bucket.contents(new.bucket, (old.folder, new.folder), after, until)
        own = {each.path for each in files}
        over = sorted(path for path, what in live.items() if path not in own and spare.get(path) != what)
        bucket.carry(new.bucket, over[:MOST_CARRIED], old.folder, new.folder)
        if len(over) > MOST_CARRIED:
            raise NotReady(f"{len(over) - MOST_CARRIED} files of part {number} are still to be carried")
        lacking = [each for each in files if each.path not in live]
        _bring_some(bucket, Spot(old.bucket, old.folder, new.tag), lacking, pages=False)
        _bring_some(bucket, Spot(old.bucket, old.folder, new.tag), lacking, pages=True)
    _bring_some(bucket, new, placing.pages_within(number), pages=True)


def _bring_some(bucket: Bucket, spot: Spot, files: Sequence[File], *, pages: bool) -> None:
    some = [each for each in files if each.page is pages]
    if some:
        bring(bucket, spot, some)
