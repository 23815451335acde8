"""Fakes of the ports of frontend releases over one bucket and one CDN in memory."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from chalicelib.domain.errors import Conflict, StepFailed, Unavailable
from chalicelib.domain.reasons import Reason
from chalicelib.domain.release import File, Manifest
from chalicelib.domain.release_cleaning import (
    Cleaned,
    Kept,
    looked_into,
    service_of,
    surplus,
    unneeded_paths,
)
from chalicelib.usecases.release_ports import Fetched
from tests.fakes.recorder import Recorder

_ADDRESS = re.compile(r"(?:[A-Za-z0-9/!*'()_.~-]|%[0-9A-F]{2})*")
"""What the viewer-request function would leave as it is: nothing raw that a browser would have to encode."""
OLD = -1e9
"""When everything in memory was written."""


class Website:
    """What S3 and CloudFront hold. `texts` are files by their SHA-256, where somebody reads them."""

    def __init__(self) -> None:
        self.releases: dict[str, Manifest] = {}
        self.objects: set[tuple[str, int, str, str, str]] = set()
        self.folders: dict[str, dict[str, File]] = {}
        self.texts: dict[str, str] = {}
        self.pointers: dict[str, str] = {}
        """Store -> the folder that is live."""
        self.labels: dict[str, str] = {}
        """Folder -> the release that it was live with last."""
        self.invalidations: dict[str, tuple[str, ...]] = {}
        self.broken: set[str] = set()
        """The tags of manifests that somebody deleted or changed."""
        self.stubborn: Counter[str] = Counter()
        """How often what is placed at a path is written over at the same moment."""
        self.shown = ""
        """The folder that the site's address shows, where there is no pointer."""

    def push(self, release: Manifest) -> None:
        """A release as `pointsman push` leaves it."""
        self.releases[release.tag] = release
        self.objects |= {each.body for each in release.files}

    def served(self) -> dict[str, File]:
        """What the site's address shows now."""
        return self.folders.get(next(iter(self.pointers.values()), self.shown), {})


class FakeBucket(Recorder):
    """The port Bucket."""

    def __init__(self, website: Website) -> None:
        super().__init__()
        self._website = website

    def manifest(self, bucket: str, tag: str) -> Manifest:
        """As it was pushed."""
        with self._call("manifest", bucket=bucket, tag=tag):
            if tag not in self._website.releases or tag in self._website.broken:
                raise StepFailed(Reason.RELEASE_MISSING, tag=tag)
            return self._website.releases[tag]

    def manifests(
        self, bucket: str, tag: str, others: Sequence[str]
    ) -> tuple[Manifest, list[Manifest | None]]:
        """One after the other."""
        return self.manifest(bucket, tag), [self._if_readable(bucket, each) for each in others]

    def _if_readable(self, bucket: str, tag: str) -> Manifest | None:
        try:
            return self.manifest(bucket, tag) if tag else None
        except StepFailed:
            return None

    def place(self, bucket: str, files: Sequence[File], folder: str) -> None:
        """Each from its object."""
        with self._call("place", bucket=bucket, files=tuple(files), folder=folder):
            gone = [each.path for each in files if each.body not in self._website.objects]
            if gone:
                raise StepFailed(Reason.RELEASE_BROKEN, tag=folder, what=f"{gone[0]} is gone")
            there = self._website.folders.setdefault(folder, {})
            for each in reversed(files):  # many at a time: nobody may rely on an order
                if self._website.stubborn[each.path]:
                    self._website.stubborn[each.path] -= 1
                else:
                    there[each.path] = each
                self._done()

    def carry(self, bucket: str, paths: Sequence[str], source: str, target: str) -> None:
        """What the source has of it."""
        with self._call("carry", bucket=bucket, paths=tuple(paths), source=source, target=target):
            here, there = (self._website.folders.setdefault(each, {}) for each in (source, target))
            there |= {path: here[path] for path in paths if path in here}

    def contents(
        self, bucket: str, folders: Sequence[str], after: str = "", until: str = ""
    ) -> list[Mapping[str, str]]:
        """By name; a listing does not know headers."""
        with self._call("contents", bucket=bucket, folders=tuple(folders), after=after, until=until):
            there = [self._website.folders.get(each, {}) for each in folders]
            return [
                {
                    path: file.sha256
                    for path, file in one.items()
                    if path > after and (not until or path <= until)
                }
                for one in there
            ]

    def wrong(self, bucket: str, files: Sequence[File], folder: str) -> list[str]:
        """By content and headers."""
        with self._call("wrong", bucket=bucket, files=tuple(files), folder=folder):
            there = self._website.folders.get(folder, {})
            return [
                each.path for each in files if each.path not in there or there[each.path].body != each.body
            ]


class FakeCleaner(Recorder):
    """The port Cleaner; everything at once, then nothing is left. `doubts` is what it can not decide."""

    def __init__(self, website: Website) -> None:
        super().__init__()
        self._website = website
        self.doubts: tuple[str, ...] = ()

    def clean(self, bucket: str, kept: Kept) -> Cleaned:
        """As the domain decides. Nothing is ever young here."""
        with self._call("clean", bucket=bucket, kept=kept):
            site = self._website
            before = self._size()
            for tag in surplus(site.releases, kept.service, kept.keep, kept.live | kept.spare):
                del site.releases[tag]
            own = frozenset(tag for tag in site.releases if service_of(tag) == kept.service)
            if site.releases.keys() >= kept.live:
                self._clean_folders(kept, own)
                site.objects = {file.body for each in site.releases.values() for file in each.files}
            deleted = before - self._size()
            return Cleaned(deleted, deleted > 0, own, self.doubts)

    def _clean_folders(self, kept: Kept, own: frozenset[str]) -> None:
        site = self._website
        paths = {file.path for tag in own for file in site.releases[tag].files}
        for name in looked_into(site.folders, kept.service, kept.folders):
            served, known = [(path, OLD) for path in site.folders[name]], name in {*own, *kept.folders}
            for path in unneeded_paths(served, paths, known=known, now=kept.since):
                del site.folders[name][path]

    def _size(self) -> int:
        site = self._website
        return len(site.releases) + len(site.objects) + sum(map(len, site.folders.values()))


class FakeCdn(Recorder):
    """The port Cdn; an invalidation is over when it is looked at for the second time."""

    def __init__(self, website: Website) -> None:
        super().__init__()
        self._website = website
        self._looked: set[str] = set()

    def pointer(self, store: str) -> str:
        """Empty before the first."""
        with self._call("pointer", store=store):
            return self._website.pointers.get(store, "")

    def release_in(self, store: str, folder: str) -> str:
        """As it was written."""
        with self._call("release_in", store=store, folder=folder):
            return self._website.labels.get(folder, folder)

    def point(self, store: str, to: str, release: str, *, instead_of: str) -> None:
        """One conditional write."""
        with self._call("point", store=store, to=to, release=release, instead_of=instead_of):
            now = self._website.pointers.get(store, "")
            if now not in {to, instead_of}:
                raise Conflict(f"{now} is live")
            self._website.pointers[store] = to
            self._website.labels[to] = release

    def invalidate(self, distribution: str, paths: Sequence[str], reference: str) -> str:
        """The same id for the same reference."""
        with self._call("invalidate", distribution=distribution, paths=tuple(paths), reference=reference):
            self._website.invalidations[reference] = tuple(paths)
            return f"I-{reference}"

    def invalidated(self, distribution: str, invalidation: str) -> bool:
        """Not at once."""
        with self._call("invalidated", distribution=distribution, invalidation=invalidation):
            done = invalidation in self._looked
            self._looked.add(invalidation)
            return done


class FakeViewer(Recorder):
    """The port Viewer: the folder that is live, without a cache."""

    def __init__(self, website: Website, address: str) -> None:
        super().__init__()
        self._website = website
        self._address = address
        self.shows: str | None = None
        """What every page is instead, where a test wants a CDN that is wrong."""

    def fetch(self, url: str) -> Fetched:
        """Found or not."""
        with self._call("fetch", url=url):
            asked = url.removeprefix(f"{self._address}/")
            if not _ADDRESS.fullmatch(asked):
                raise Unavailable(f"GET {url}: no client could ask for it")
            found = self._website.served().get(unquote(asked))
            if found is None:
                return Fetched(404, hashlib.sha256(b"not found").hexdigest())
            return Fetched(200, self.shows or found.sha256)
