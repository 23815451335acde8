"""The outside world of frontend releases: the bucket, what deletes from it, the CDN, and the site as a browser sees it.

As in ports.py, every port raises Unavailable where its system did not answer or was busy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.release import File, Manifest
from chalicelib.domain.release_cleaning import Cleaned, Kept


class Manifests(Protocol):
    """S3, as far as it says what a release is."""

    def manifest(self, bucket: str, tag: str) -> Manifest:
        """A release; StepFailed(RELEASE_MISSING) where it was not pushed, StepFailed(RELEASE_BROKEN) where somebody
        changed its manifest."""


class Bucket(Manifests, Protocol):
    """S3, with the releases of a frontend and what is served of them. It deletes nothing.

    Objects are named by their content (`objects/ID`); what is served stands in folders (`live/FOLDER/PATH`).
    """

    def manifests(
        self, bucket: str, tag: str, others: Sequence[str]
    ) -> tuple[Manifest, list[Manifest | None]]:
        """A release, and others beside it: None for each that can not be read, and where there is no tag."""

    def place(self, bucket: str, files: Sequence[File], folder: str) -> None:
        """Copy the object of each file to its path in a folder, many at a time; again is no different from once.

        StepFailed(RELEASE_BROKEN) names objects that are gone.
        """

    def carry(self, bucket: str, paths: Sequence[str], source: str, target: str) -> None:
        """Copy paths from one folder to another; what is not there any more is left out."""

    def contents(
        self, bucket: str, folders: Sequence[str], after: str = "", until: str = ""
    ) -> list[Mapping[str, str]]:
        """The paths in each folder, with something that is equal where the same bytes are there; only those after one
        path and up to another, in the order of their UTF-8, where given."""

    def wrong(self, bucket: str, files: Sequence[File], folder: str) -> list[str]:
        """The paths of these files at which the folder has nothing, or something else than the file's object."""


class Cleaner(Protocol):
    """S3, for the one function that deletes."""

    def clean(self, bucket: str, kept: Kept) -> Cleaned:
        """Delete what nothing needs, a part at a time: as much as there is time for.

        Of `objects/` stays what any manifest or a young draft names; of the service's folders what a kept release has.
        """


class Cdn(Protocol):
    """CloudFront: which release is live where a key-value store says it, and what the caches have to forget."""

    def pointer(self, store: str) -> str:
        """The folder that is live; empty where none is."""

    def release_in(self, store: str, folder: str) -> str:
        """The tag of the release that a folder was live with last; a folder that nothing is known of has its name."""

    def point(self, store: str, to: str, release: str, *, instead_of: str) -> None:
        """Make a folder live, in which there is a release, in one write. Conflict where neither it nor `instead_of` is
        live now."""

    def invalidate(self, distribution: str, paths: Sequence[str], reference: str) -> str:
        """Have every edge location forget these; the id of the invalidation, the same for the same reference. NotReady
        where too much is being forgotten already."""

    def invalidated(self, distribution: str, invalidation: str) -> bool:
        """Whether every edge location has."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a browser got: HTTP status and SHA-256 of the body, in hex."""

    status: int
    sha256: str


class Viewer(Protocol):
    """The site as a browser sees it, through the CDN."""

    def fetch(self, url: str) -> Fetched:
        """One GET."""
