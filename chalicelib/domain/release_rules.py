"""How a file of a frontend is served: its content type, how long it may be kept, and whether it is a page."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache

IMMUTABLE = "public, max-age=31536000, immutable"
NO_CACHE = "no-cache"
SHORT = "public, max-age=300"
"""For what is neither a page nor named after its content, such as robots.txt or an icon."""
PAGES = ("*.html", "*.htm", "*.xhtml", "*.webmanifest", "sw.js", "service-worker.js")
"""What refers to other files under a name that stays: never kept without asking, and written last."""

_TYPES = {
    "application/atom+xml": "atom",
    "application/gzip": "gz tgz",
    "application/json": "json map",
    "application/ld+json": "jsonld",
    "application/manifest+json": "webmanifest",
    "application/pdf": "pdf",
    "application/rss+xml": "rss",
    "application/wasm": "wasm",
    "application/xhtml+xml": "xhtml",
    "application/xml": "xml xsl",
    "application/zip": "zip",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg oga opus",
    "audio/wav": "wav",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "image/apng": "apng",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg jpeg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/webp": "webp",
    "image/x-icon": "ico",
    "model/gltf+json": "gltf",
    "model/gltf-binary": "glb",
    "text/calendar; charset=utf-8": "ics",
    "text/css; charset=utf-8": "css",
    "text/csv; charset=utf-8": "csv",
    "text/html; charset=utf-8": "html htm",
    "text/javascript; charset=utf-8": "js mjs cjs",
    "text/markdown; charset=utf-8": "md",
    "text/plain; charset=utf-8": "txt text log",
    "text/vtt; charset=utf-8": "vtt",
    "video/mp4": "mp4 m4v",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "application/vnd.ms-fontobject": "eot",
    "application/vnd.apple.mpegurl": "m3u8",
    "video/mp2t": "ts",
}
_BY_EXTENSION = {each: kind for kind, extensions in _TYPES.items() for each in extensions.split()}
"""Written out: what `mimetypes` says depends on the machine, and the same directory must be the same release."""
_BY_NAME = {"apple-app-site-association": "application/json"}
"""Apple's devices ask for it by this name, below `.well-known/` (Apple, "Supporting associated domains")."""
_ENCODINGS = {"gz": "gzip", "br": "br"}

_HEX = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]{8,64}", re.ASCII)
_BASE64 = re.compile(r"(?=.*[0-9])(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9_-]{8}", re.ASCII)
_BASE32 = re.compile(r"(?=.*[2-7])(?=.*[A-Z])[A-Z2-7]{8}", re.ASCII)
_WORD = re.compile(r"[A-Za-z]+[0-9]+|[0-9]+[A-Za-z]?", re.ASCII)
"""`Version2` and dates read like a hash and are none."""
_HASHED = re.compile(
    r".+?[.-](?P<hash>[A-Za-z0-9_-]{8,64})(?:\.chunk|\.bundle|\.min|\.module)?\.[a-z0-9.]+\Z"
)


@dataclass(frozen=True, slots=True)
class CacheRule:
    """A team's own word on how long files are kept: the first rule whose pattern fits counts."""

    files: str
    cache: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides how a file is served."""

    pages: tuple[str, ...] = PAGES
    cache: tuple[CacheRule, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Served:
    """The headers of one file, and whether it is a page."""

    content_type: str
    cache: str
    encoding: str
    page: bool


def served(path: str, siblings: Collection[str], rules: Rules) -> Served:
    """How a file is served. `siblings` are all paths: `app.js.gz` beside `app.js` is that file, compressed."""
    plain, encoding = _compressed(path, siblings)
    page = fits_any(plain, rules.pages)
    own = next((rule.cache for rule in rules.cache if fits(plain, rule.files)), None)
    usual = NO_CACHE if page else IMMUTABLE if is_hashed(plain) else SHORT
    return Served(content_type(plain), usual if own is None else own, encoding, page)


def content_type(path: str) -> str:
    """By the ending of the name; text is UTF-8."""
    known = _BY_NAME.get(path.rpartition("/")[2]) or _BY_EXTENSION.get(extension(path))
    return known or "application/octet-stream"


def extension(path: str) -> str:
    """The ending of a name in small letters, without its dot; empty where there is none."""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name[1:] else ""


def is_web_file(path: str) -> bool:
    """Whether a name ends like something that browsers load."""
    return extension(path) in _BY_EXTENSION


def is_hashed(path: str) -> bool:
    """Whether a name holds a hash of the content as Vite, webpack, Parcel, Rollup and esbuild write it.

    In doubt it does not: a hash that is missed costs a request, a word taken for one would be kept for a year.
    """
    name = path.rpartition("/")[2]
    found = _HASHED.fullmatch(name)
    # Rollup's hashes may hold dashes: the last eight characters before the ending are one candidate more.
    candidates = [found["hash"], found["hash"].rpartition("-")[2], found["hash"][-8:]] if found else []
    whole = name.partition(".")[0]
    if _HEX.fullmatch(whole) and len(whole) >= 16:
        return True
    return any(_is_hash(each) for each in candidates)


def _is_hash(text: str) -> bool:
    if _WORD.fullmatch(text):
        return False
    return any(form.fullmatch(text) for form in (_HEX, _BASE64, _BASE32))


def _compressed(path: str, siblings: Collection[str]) -> tuple[str, str]:
    """The path that says the type, and the encoding. A lone `.gz` is a download; a lone `.br` can only be decoded."""
    plain, _, ending = path.rpartition(".")
    encoding = _ENCODINGS.get(ending, "")
    if encoding and (plain in siblings or (ending == "br" and is_web_file(plain))):
        return plain, encoding
    return path, ""


def fits_any(path: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns fits."""
    return any(fits(path, each) for each in patterns)


def fits(path: str, pattern: str) -> bool:
    """`*` and `?` stay inside a folder, `**` does not; a pattern without `/` fits in every folder."""
    return _expression(pattern).fullmatch(path if "/" in pattern else path.rpartition("/")[2]) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("/"))
    return re.compile("".join(parts.get(each) or re.escape(each) for each in pieces), re.DOTALL)
