"""What is wrong with a directory that is to become a release: what is refused, and what is only said.

Key names: Amazon S3 User Guide, "Naming Amazon S3 objects" (1,024 bytes of UTF-8; characters to avoid).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain.release import MOST_COPIED, File, live_key

MOST_KEY_BYTES = 1_024
MOST_FILES = 100_000
LONGEST_TAG = "x" * 53

_SECRET = re.compile(
    r"(?:.*/)?(?:\.git|\.svn|\.hg|\.ssh|\.aws|\.env(?:\..*)?|\.npmrc|\.htpasswd|\.netrc)(?:/.*)?", re.DOTALL
)
_LITTER = re.compile(r"(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini)", re.DOTALL)
_WINDOWS = re.compile(
    r'[<>:"|?*]|[. ](?:/|\Z)|(?:\A|/)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|/|\Z)', re.IGNORECASE
)
_ENCODED = re.compile(r"[%#?+ ]")
_UNREACHABLE = (
    "visitors can not reach it: a path without a dot is led to a folder (with SinglePage to index.html); give its name "
    "an ending, or put it below .well-known/"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one path (empty: the whole); what is not `fatal` is only said."""

    path: str
    what: str
    fatal: bool = False

    def __str__(self) -> str:
        """Inert in a terminal, whatever the name holds."""
        shown = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in self.path)
        return f"{shown}: {self.what}" if self.path else self.what


def is_litter(path: str) -> bool:
    """What desktops leave in folders; nobody means to publish it."""
    return _LITTER.fullmatch(path) is not None


def problems(files: Sequence[File]) -> list[Problem]:
    """What can be said without looking into the files, fatal first."""
    found = [*_whole(files), *(each for file in files for each in _of_name(file))]
    found += _alike([file.path for file in files])
    return sorted(found, key=lambda each: not each.fatal)


def _whole(files: Sequence[File]) -> Iterator[Problem]:
    if not files:
        yield Problem("", "there is no file in this directory", fatal=True)
    elif not any(each.content_type.startswith(("text/html", "application/xhtml")) for each in files):
        yield Problem(
            "", "there is no page (*.html) in this directory: is it the build's output?", fatal=True
        )
    if len(files) > MOST_FILES:
        yield Problem("", f"{len(files)} files are more than {MOST_FILES}", fatal=True)


def _of_name(file: File) -> Iterator[Problem]:
    path = file.path
    if file.size > MOST_COPIED:
        yield Problem(
            path, "larger than 1 GB, which can not be copied to where it is served in time", fatal=True
        )
    wrong = _unusable(path)
    if wrong:
        yield Problem(path, wrong, fatal=True)
    elif _SECRET.fullmatch(path):
        yield Problem(path, "everybody could read it; keep it out of the build's output", fatal=True)
    elif file.page and not file.size:
        yield Problem(path, "this page is empty: did the build end?", fatal=True)
    if not is_reachable(path):
        yield Problem(path, _UNREACHABLE, fatal=file.page)
    yield from _odd(path)


def _odd(path: str) -> Iterator[Problem]:
    if _ENCODED.search(path):
        yield Problem(path, "links to it must be percent-encoded (space, +, %, # and ? mean something else)")
    if _WINDOWS.search(path):
        yield Problem(path, "a Windows machine can not hold this name")
    if unicodedata.normalize("NFC", path) != path:
        yield Problem(path, "its letters are decomposed (NFD, as macOS writes them); links are usually not")


def is_reachable(path: str) -> bool:
    """Whether a request for this path is led to this file (stepfunctions/viewer-request.js, which a test compares). A
    page that is not would never be seen through the CDN, and enabling it would fail."""
    return "." in path.rpartition("/")[2] or path.startswith(".well-known/")


def _unusable(path: str) -> str:
    try:
        length = len(live_key(LONGEST_TAG, path).encode())
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if length > MOST_KEY_BYTES:
        return f"its name is too long for S3 by {length - MOST_KEY_BYTES} bytes"
    if any(unicodedata.category(each) == "Cc" for each in path):
        return "its name has control characters"
    if "\\" in path:
        return "its name has a backslash, which browsers turn into a slash"
    if any(each in ("", ".", "..") for each in path.split("/")):
        return "its name has an empty part, `.` or `..`"
    return ""


def _alike(paths: Sequence[str]) -> Iterator[Problem]:
    """Names that one system tells apart and another does not."""
    seen: dict[str, str] = {}
    for path in paths:
        same = seen.setdefault(form(path), path)
        if same != path:
            yield Problem(path, f"only case or the form of letters tells it from {same}")


def form(path: str) -> str:
    """What two names have in common that some system takes for one."""
    return unicodedata.normalize("NFC", path).casefold()
