"""Which files a release brings where: worked out anew by each step from the two manifests, in parts of one size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import Files
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import Difference, File, Manifest, difference
from chalicelib.domain.settings import Site
from chalicelib.usecases.release_ports import Bucket
from chalicelib.usecases.steps.work import Work

PART = 1_000
"""Files that one function handles: seconds of its time, however large the release is."""


def site_of(work: Work) -> Site:
    """Where the frontend is served from."""
    site = work.settings.site
    if site is None:
        raise StepFailed(Reason.INTERNAL, step="Reading the settings", what="it is no frontend")
    return site


@dataclass(frozen=True)
class Placing:
    """The release of a deployment beside the one that is live: none (no `old_tag`), or one whose manifest is not there
    any more (no `old`)."""

    site: Site
    new: Manifest
    old: Manifest | None = None
    old_tag: str = ""

    @classmethod
    def of(cls, work: Work, bucket: Bucket) -> "Placing":
        """As the plan says; StepFailed where the release in the bucket is not the one that was approved."""
        site, plan = site_of(work), work.plan
        new = bucket.manifest(site.bucket, plan.version)
        if new.digest != plan.sha256:
            raise StepFailed(Reason.RELEASE_BROKEN, tag=plan.version, what="its manifest is another one")
        return cls(site, new, _if_readable(bucket, site, plan.old_version), plan.old_version)

    @property
    def unread(self) -> bool:
        """Whether nobody can tell what is live where the new release goes: all of it is brought, and there is no way
        back."""
        return bool(self.old_tag) and self.old is None and not self.site.pointer

    # --- forward ------------------------------------------------------------------------------------------------

    @cached_property
    def _changes(self) -> Difference:
        return difference(self.old, self.new)

    @property
    def assets(self) -> Sequence[File]:
        """What is brought before the switch: with a folder for each release also pages, which nobody is shown."""
        return self.new.files if self.site.pointer else _assets(self._changed)

    @property
    def new_pages(self) -> Sequence[File]:
        """What the switch begins with: no page that is shown refers to them yet, and those that come next may."""
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
        """Nothing where each release has a folder, or there is nothing to go back to."""
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

    @property
    def new_folder(self) -> str:
        """Where the new release is served from."""
        return self.site.folder(self.new.tag)

    @property
    def old_folder(self) -> str:
        """Where the old release is served from; empty where there is none."""
        return self.site.folder(self.old_tag) if self.old_tag else ""

    @cached_property
    def shared(self) -> Sequence[str]:
        """The paths by which two folders are gone through, in order; none where both releases have the same folder."""
        if not self.site.pointer or not self.old_tag:
            return []
        return sorted({each.path for each in (*self.new.files, *self.old_files)})

    def span(self, number: int) -> tuple[str, str]:
        """The paths that a part of `shared` stands for: after the first and up to the second, each empty for all."""
        first, end = number * PART, (number + 1) * PART
        after = self.shared[first - 1] if first else ""
        return after, self.shared[end - 1] if end < len(self.shared) else ""

    # --- what to tell -------------------------------------------------------------------------------------------

    def stale(self) -> list[str]:
        """Paths that caches may still answer for with what was there before: those that changed under the same name
        and may be kept, and pages. With a folder for each release every address is new."""
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


def parts(files: Sequence[object]) -> list[int]:
    """The numbers of the parts that these make."""
    return list(range(-(-len(files) // PART)))


def part(files: Sequence[File], number: int) -> Sequence[File]:
    """The files of one part."""
    return files[number * PART : (number + 1) * PART]


def _if_readable(bucket: Bucket, site: Site, tag: str) -> Manifest | None:
    try:
        return bucket.manifest(site.bucket, tag) if tag else None
    except StepFailed:  # somebody deleted or changed it: no reason to refuse every release that follows
        return None


def _assets(files: Sequence[File]) -> list[File]:
    return [each for each in files if not each.page]


def _pages(files: Sequence[File]) -> list[File]:
    return [each for each in files if each.page]
