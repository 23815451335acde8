"""What one function does with one part of a release's files: it brings them, puts right what is not as it was pushed,
and gives each of two folders what only the other one has."""

from collections.abc import Sequence

from chalicelib.domain.errors import NotReady, StepFailed
from chalicelib.domain.release import File
from chalicelib.domain.settings import Site
from chalicelib.usecases.release_ports import Bucket
from chalicelib.usecases.steps.placing import Placing

MOST_CARRIED = 5_000
"""Files that one function carries to either folder before another one goes on."""


def bring(bucket: Bucket, site: Site, files: Sequence[File], tag: str) -> None:
    """Place files of a release."""
    try:
        bucket.place(site.bucket, files, site.folder(tag))
    except StepFailed as failed:  # the bucket knows the folder, people know the release
        raise StepFailed(failed.reason, **{**failed.facts, "tag": tag}) from failed


def wrong(bucket: Bucket, site: Site, files: Sequence[File], tag: str) -> list[str]:
    """The paths at which there is something else than these files also after they were placed once more.

    What is the same in two releases is not brought with either of them. So where somebody edited or deleted it, or a
    way back stopped halfway, nothing but this would ever put it right.
    """
    folder = site.folder(tag)
    found = set(bucket.wrong(site.bucket, files, folder))
    if not found:
        return []
    again = [each for each in files if each.path in found]
    bring(bucket, site, again, tag)
    return bucket.wrong(site.bucket, again, folder)


def share(bucket: Bucket, placing: Placing, number: int) -> None:
    """Each folder gets what only the other one has: a page that is open, or an edge location that has not heard yet,
    finds its files on either side of the switch. NotReady where there is more than one function does."""
    name, (after, until) = placing.site.bucket, placing.span(number)
    old, new = placing.old_folder, placing.new_folder
    before, now = (bucket.folder(name, each, after, until) for each in (old, new))
    brought = {each.path for each in placing.new.files}
    to_new, to_old = sorted(before - now), sorted((now & brought) - before)
    bucket.carry(name, to_new[:MOST_CARRIED], old, new)
    bucket.carry(name, to_old[:MOST_CARRIED], new, old)
    more = max(len(to_new), len(to_old)) - MOST_CARRIED
    if more > 0:
        raise NotReady(f"{more} files of part {number} are still to be carried")
