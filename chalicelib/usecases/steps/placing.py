"""Which files a release brings where: worked out anew by each step from the two manifests, in parts of one size."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from chalicelib.domain.errors import StepFailed
from chalicelib.domain.plan import Files
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import File, Manifest, difference
from chalicelib.domain.settings import Site
from chalicelib.usecases.release_ports import Bucket
from chalicelib.usecases.steps.work import Work

PART = 1_000
"""Files that one function copies: seconds of its time, however large the release is."""


def site_of(work: Work) -> Site:
    """Where the frontend is served from."""
    site = work.settings.site
    if site is None:
        raise StepFailed(Reason.INTERNAL, step="Reading the settings", what="it is no frontend")
    return site


@dataclass(frozen=True)
class Placing:
    """The release of a deployment beside the one that is live, which may be none."""

    bucket: Bucket
    site: Site
    new: Manifest
    old: Manifest | None

    @classmethod
    def of(cls, work: Work, bucket: Bucket) -> "Placing":
        """As the plan says; StepFailed where the release in the bucket is not the one that was approved."""
        site, plan = site_of(work), work.plan
        new = bucket.manifest(site.bucket, plan.version)
        if new.digest != plan.sha256:
            raise StepFailed(Reason.RELEASE_BROKEN, tag=plan.version, what="its manifest is another one")
        old = bucket.manifest(site.bucket, plan.old_version) if plan.old_version else None
        return cls(bucket, site, new, old)

    @cached_property
    def forward(self) -> list[File]:
        """What is brought for the new release: what differs, or with a folder for each release all of it."""
        if self.site.pointer:
            return list(self.new.files)
        changes = difference(self.old, self.new)
        return [*changes.added, *changes.changed]

    @cached_property
    def backward(self) -> list[File]:
        """What the new release has put over the old one's files; nothing where each has a folder."""
        if self.site.pointer or self.old is None:
            return []
        changes = difference(self.new, self.old)
        return [*changes.added, *changes.changed]

    @property
    def assets(self) -> list[File]:
        """What can be brought before the switch: with a folder for each release also pages, which nobody is shown."""
        return self.forward if self.site.pointer else _assets(self.forward)

    @property
    def pages(self) -> list[File]:
        """What is the switch itself."""
        return [] if self.site.pointer else _pages(self.forward)

    @property
    def old_assets(self) -> list[File]:
        """What going back begins with."""
        return _assets(self.backward)

    @property
    def old_pages(self) -> list[File]:
        """What going back ends with."""
        return _pages(self.backward)

    @property
    def new_folder(self) -> str:
        """Where the new release is served from."""
        return self.site.folder(self.new.tag)

    @property
    def old_folder(self) -> str:
        """Where the old release is served from; empty where there is none."""
        return self.site.folder(self.old.tag) if self.old else ""

    def stale(self) -> list[str]:
        """Paths that caches may still answer for with what was there before: those that changed under the same name
        and may be kept, and pages. With a folder for each release every address is new."""
        if self.site.pointer:
            return []
        names = {each.path for each in self.old.files} if self.old else set()
        return [each.path for each in self.forward if each.page or each.path in names]

    def counts(self) -> Files:
        """The change in numbers, for whoever approves it."""
        changes = difference(self.old, self.new)
        moved = [*changes.added, *changes.changed]
        return Files(
            added=len(changes.added),
            changed=len(changes.changed),
            gone=len(changes.gone),
            pages=len(changes.pages),
            size=sum(each.size for each in moved),
        )


def parts(files: Sequence[File]) -> list[int]:
    """The numbers of the parts that these files make."""
    return list(range(-(-len(files) // PART)))


def part(files: Sequence[File], number: int) -> Sequence[File]:
    """The files of one part."""
    return files[number * PART : (number + 1) * PART]


def _assets(files: Sequence[File]) -> list[File]:
    return [each for each in files if not each.page]


def _pages(files: Sequence[File]) -> list[File]:
    return [each for each in files if each.page]
