"""Which files a release brings where: worked out anew by each step from the manifests, in parts that a function
can handle in its time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import Files, Plan
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import Difference, File, Manifest, difference
from chalicelib.domain.settings import Site
from chalicelib.usecases.release_ports import Bucket
from chalicelib.usecases.steps.work import Work

PART = 1_000
PART_BYTES = 64 * 1024**3
"""What one function handles at most, in files and in bytes of theirs: some ten seconds of its time, however large the
release or its files are. S3 copies a hundred MB of a file in a second, and a hundred files at once."""


def site_of(work: Work) -> Site:
    """Where the frontend is served from."""
    site = work.settings.site
    if site is None:
        raise StepFailed(Reason.INTERNAL, step="Reading the settings", what="it is no frontend")
    return site


class Spot(NamedTuple):
    """Where a release is served from."""

    bucket: str
    folder: str
    tag: str


def spots_of(site: Site, plan: Plan) -> tuple[Spot, Spot]:
    """Of the release that a plan brings and of the one before it, whose folder is empty where there is none."""
    old = plan.old_version
    new_folder = plan.folder or site.folder(plan.version)
    old_folder = plan.old_folder or (site.folder(old) if old else "")
    return Spot(site.bucket, new_folder, plan.version), Spot(site.bucket, old_folder, old)


@dataclass(frozen=True)
class Placing:
    """The release of a deployment beside the one that is live: none (no tag `at_old`), or one whose manifest is not
    there any more (no `old`). Where folders take turns, `spare` is the release that lies where the new one goes: none
    where nobody knows (no `spare_tag`)."""

    site: Site
    new: Manifest
    at_new: Spot
    at_old: Spot
    old: Manifest | None = None
    spare: Manifest | None = None
    spare_tag: str = ""

    @classmethod
    def of(cls, work: Work, bucket: Bucket) -> "Placing":
        """As the plan says; StepFailed where the release in the bucket is not the one that was approved."""
        site, plan = site_of(work), work.plan
        new, (old, spare) = bucket.manifests(site.bucket, plan.version, (plan.old_version, plan.spare))
        if new.digest != plan.sha256:
            raise StepFailed(Reason.RELEASE_BROKEN, tag=plan.version, what="its manifest is another one")
        return cls(site, new, *spots_of(site, plan), old, spare, plan.spare)

    @property
    def unread(self) -> bool:
        """Whether nobody can tell what is live where the new release goes: all of it is brought, and there is no way
        back."""
        return bool(self.at_old.tag) and self.old is None and not self.site.pointer

    # --- forward ------------------------------------------------------------------------------------------------

    @cached_property
    def _changes(self) -> Difference:
        return difference(self.old, self.new)

    @cached_property
    def _brought(self) -> Sequence[File]:
        """What the folder whose turn it is does not have as it should be."""
        if self.spare_tag and self.spare is None:
            raise StepFailed(Reason.RELEASE_MISSING, tag=self.spare_tag)
        lacks = difference(self.spare, self.new)
        return [*lacks.added, *lacks.changed]

    @property
    def assets(self) -> Sequence[File]:
        """What is brought first."""
        return _assets(self._brought if self.site.pointer else self._changes.added)

    @property
    def renewed(self) -> Sequence[File]:
        """What is brought next, still before the switch, where there is one folder: files whose names stay, such as a
        style sheet, since these may refer to those that came first."""
        return [] if self.site.pointer else _assets(self._changes.changed)

    @property
    def new_pages(self) -> Sequence[File]:
        """What the switch begins with: no page that is shown refers to them yet, and those that come next may. Where
        folders take turns pages come before it (`pages_within`), since nobody is shown them."""
        return [] if self.site.pointer else _pages(self._changes.added)

    @property
    def pages(self) -> Sequence[File]:
        """What the switch ends with."""
        return [] if self.site.pointer else _pages(self._changes.changed)

    @property
    def checked(self) -> Sequence[File]:
        """What is looked at before the switch."""
        return self.new.files if self.site.pointer else _assets(self.new.files)

    @property
    def shown(self) -> Sequence[File]:
        """What is looked at before it is said to be live."""
        return self.new.files if self.site.pointer else _pages(self.new.files)

    @property
    def _changed(self) -> Sequence[File]:
        return [*self._changes.added, *self._changes.changed]

    # --- back ---------------------------------------------------------------------------------------------------

    @cached_property
    def _changes_back(self) -> Difference:
        """Nothing where the earlier release is still in a folder of its own, or there is nothing to go back to."""
        before = self.old if self.old is not None and not self.site.pointer else self.new
        return difference(self.new, before)

    @property
    def old_assets(self) -> Sequence[File]:
        """What going back begins with."""
        return _assets([*self._changes_back.added, *self._changes_back.changed])

    @property
    def gone_pages(self) -> Sequence[File]:
        """Then come pages that only the earlier release has, since others of it refer to them."""
        return _pages(self._changes_back.added)

    @property
    def old_pages(self) -> Sequence[File]:
        """What going back ends with."""
        return _pages(self._changes_back.changed)

    @property
    def old_files(self) -> Sequence[File]:
        """All that the earlier release needs."""
        return self.old.files if self.old is not None else ()

    # --- both folders -------------------------------------------------------------------------------------------

    @cached_property
    def shared(self) -> Sequence[File]:
        """The files by whose paths two folders are gone through, in order: of each path the larger one. None where
        there is only one folder."""
        if not self.site.pointer:
            return []
        by_size = sorted((*self.new.files, *self.old_files), key=lambda each: each.size)
        return sorted({each.path: each for each in by_size}.values(), key=lambda each: each.path)

    def span(self, number: int) -> tuple[str, str]:
        """The paths that a part of `shared` stands for: after the first and up to the second, each empty for all."""
        before, last = part(self.shared, number - 1), number + 1 >= len(parts(self.shared))
        return before[-1].path if before else "", "" if last else part(self.shared, number)[-1].path

    def within(self, number: int) -> Sequence[File]:
        """The files of the new release in one part of `shared`."""
        names = frozenset(each.path for each in part(self.shared, number))
        return [each for each in self.new.files if each.path in names]

    def pages_within(self, number: int) -> Sequence[File]:
        """Those pages among them that are brought."""
        brought = frozenset(self._brought)
        return [each for each in _pages(self.within(number)) if each in brought]

    # --- what to tell -------------------------------------------------------------------------------------------

    def stale(self) -> list[str]:
        """Paths that caches may still answer for with what was there before: those that changed under the same name
        and may be kept, and pages. With a pointer the name under which an edge keeps a file holds the release."""
        if self.site.pointer:
            return []
        names = {each.path for each in self.old_files}
        return [each.path for each in self._changed if each.page or each.path in names or self.unread]

    def counts(self) -> Files:
        """The change in numbers, for whoever approves it."""
        changes = self._changes
        counted = Files(
            added=len(changes.added),
            changed=len(changes.changed),
            gone=len(changes.gone),
            pages=len(changes.pages),
            size=sum(each.size for each in self._changed),
        )
        return replace(counted, unread=self.unread)


def parts(files: Sequence[File]) -> list[int]:
    """The numbers of the parts that these make."""
    return [number for number, _ in enumerate(_cut(files))]


def part(files: Sequence[File], number: int) -> Sequence[File]:
    """The files of one part; none where there are not so many."""
    return next((each for at, each in enumerate(_cut(files)) if at == number), ())


def _cut(files: Sequence[File]) -> Iterator[Sequence[File]]:
    """In order, each part as large as it may be."""
    first, size = 0, 0
    for number, each in enumerate(files):
        if number > first and (number - first == PART or size + each.size > PART_BYTES):
            yield files[first:number]
            first, size = number, 0
        size += each.size
    if files:
        yield files[first:]


def _assets(files: Sequence[File]) -> list[File]:
    return [each for each in files if not each.page]


def _pages(files: Sequence[File]) -> list[File]:
    return [each for each in files if each.page]
