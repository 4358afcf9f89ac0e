"""Static files under `/static/<build>/…`: immutable, joined at start, compressed by `make`, never per request."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import brotli
import click
from flask import Blueprint, Flask, Response, current_app, request, url_for
from werkzeug.utils import get_content_type

from app.core import compiled
from app.core.errors import NotFound
from app.core.pagecache import best_encoding
from app.core.web import access

COMPRESSIBLE = {".css", ".js", ".mjs", ".svg", ".wasm", ".json", ".webmanifest", ".txt"}
HTMX = "htmx-4.0.1.esm.min.js"
LAYERS = "@layer tokens, reset, base, components, utilities, print;"
# Which stylesheets are joined into one, in this order; of a folder all. Pages of the door and the desk wear the public one first.
BUNDLES = {
    "css/public.css": ("tokens.css", "reset.css", "base.css", "public", "utilities.css", "print.css"),
    "css/door.css": ("door",),
    "css/desk.css": ("desk",),
}
TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
# What a page inside another site's frame is dressed in: few files, its own last, the phone's own typeface.
EMBED_FILES = (
    "tokens.css", "reset.css", "base.css", "public/agenda.css", "public/blocks.css", "public/controls.css",
    "utilities.css", "embed.css",
)  # fmt: skip
DARK = "(prefers-color-scheme: dark)"
EMBEDS = {"css/embed.css": DARK, "css/embed-light.css": "not all", "css/embed-dark.css": "all"}
_COMMENT, _FONT_FACE = re.compile(r"/\*.*?\*/", re.DOTALL), re.compile(r"@font-face \{.*?\}", re.DOTALL)
_INDENT, _SCRIPT_COMMENT = re.compile(r"\s*\n\s*"), re.compile(r"^\s*//.*\n", re.MULTILINE)
bp = Blueprint("assets", __name__)


class Assets:
    """The static folder as it is at start: its build (a hash of everything that is served) and what was joined of it."""

    def __init__(self, folder: Path, template_folder: Path) -> None:
        self.folder, self.templates = folder, template_folder
        self.files = frozenset(name for name in _names(folder) if not name.startswith("dist/"))
        self.joined = {name: join_styles(folder / "css", parts) for name, parts in BUNDLES.items()}
        self.joined |= {
            "js/app.js": join_scripts(folder / "js" / "page"),
            "js/early.js": read_script(folder / "js" / "early.js").encode(),
        }
        self.joined |= {name: join_embed_styles(folder / "css", dark) for name, dark in EMBEDS.items()}
        self.build = self._hash(template_folder)

    def _hash(self, template_folder: Path) -> str:
        digest = hashlib.blake2b(b"".join(self.joined.values()), digest_size=6)
        for root in (self.folder, template_folder):
            for path in sorted(root.rglob("*")):
                if path.is_file() and "dist" not in path.relative_to(root).parts[:1]:
                    digest.update(str(path.relative_to(root)).encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()

    def body(self, name: str, encoding: str) -> bytes | None:
        """The bytes of a file in an encoding; None when there is no such file (or no such encoding of it).

        Only names that were there at start are looked for on the disk, so that no address can ask it for anything else.
        """
        if name not in self.files and name not in self.joined:
            return None
        if encoding != "identity":
            packed = self.folder / "dist" / self.build / f"{name}.{encoding}"
            return packed.read_bytes() if packed.is_file() else None
        return self.joined[name] if name in self.joined else (self.folder / name).read_bytes()

    def compress(self) -> int:
        """Write brotli and gzip copies below static/dist/<build>, drop those of older builds; returns how many were written."""
        for older in (self.folder / "dist").glob("*"):
            if older.name != self.build:
                shutil.rmtree(older, ignore_errors=True)
        count = 0
        for name in (*self.joined, *(name for name in sorted(self.files) if Path(name).suffix in COMPRESSIBLE)):
            plain = self.body(name, "identity")
            target = self.folder / "dist" / self.build / f"{name}.br"
            if plain is None or target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.with_name(f"{Path(name).name}.gzip").write_bytes(gzip.compress(plain, 9, mtime=0))
            target.write_bytes(brotli.compress(plain, quality=11))
            count += 1
        return count


def _names(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def join_styles(folder: Path, parts: Iterable[str]) -> bytes:
    """Stylesheets in one, after the order of the layers; comments and indents stay out."""
    files = [file for part in parts for file in sorted((folder / part).glob("*.css")) or [folder / part]]
    text = LAYERS + "".join(file.read_text("utf-8") for file in files)
    return _INDENT.sub(" ", _COMMENT.sub("", text)).encode()


def join_embed_styles(folder: Path, dark: str) -> bytes:
    """The stylesheet of embed pages; `dark` is the media query under which its dark colours hold."""
    return _FONT_FACE.sub("", join_styles(folder, EMBED_FILES).decode()).replace(DARK, dark).encode()


def read_script(path: Path) -> str:
    """A script without the lines that are comments."""
    return _SCRIPT_COMMENT.sub("", path.read_text("utf-8")).strip()


def join_scripts(folder: Path) -> bytes:
    """htmx and the scripts of every page as one module: one request; each file keeps its names to itself in a block."""
    blocks = [f"{{\n{read_script(file)}\n}}" for file in sorted(folder.glob("*.js"))]
    return "\n".join([f'import "../vendor/{HTMX}";', *blocks]).encode()


def init_app(app: Flask, templates: Path) -> None:
    """Read the folder once; give templates `asset(name)`."""
    assets = app.extensions["assets"] = Assets(Path(app.static_folder or ""), templates)
    compiled.read_compiled(app.jinja_env, templates, assets.build)
    app.jinja_env.globals["asset"] = asset
    app.register_blueprint(bp)
    app.cli.add_command(compress_assets)


@click.command("assets")
def compress_assets() -> None:
    """Compress the static files and compile the templates of this build; a step of every deploy."""
    click.echo("Build {}: {} files compressed, {} templates compiled.".format(*prepare(current_app)))


def prepare(app: Flask) -> tuple[str, int, int]:
    """Do what is done once for a build: its name, how many files were compressed, how many templates it has."""
    assets: Assets = app.extensions["assets"]
    return assets.build, assets.compress(), compiled.compile_all(app.jinja_env, assets.templates, assets.build)


def asset(name: str) -> str:
    """The address of a static file in this build."""
    return url_for("assets.static_file", build=current_app.extensions["assets"].build, name=name)


@bp.get("/static/<build>/<path:name>")
@access.public
def static_file(build: str, name: str) -> Response:
    """One file. Under today's build it may be kept for a year; under another build only until asked again."""
    assets: Assets = current_app.extensions["assets"]
    bodies = dict.fromkeys(("br", "gzip"), b"") if Path(name).suffix in COMPRESSIBLE else {}
    encoding = best_encoding(request.headers.get("Accept-Encoding", ""), bodies)
    body = assets.body(name, encoding)
    if body is None:
        encoding, body = "identity", assets.body(name, "identity")
    if body is None:
        raise NotFound
    suffix = Path(name).suffix
    mimetype = TYPES.get(suffix) or _guess(name)
    response = Response(body, content_type=get_content_type(mimetype, "utf-8"))
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if build == assets.build else "no-cache"
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    if name in EMBEDS:  # a sandboxed frame has no origin, so not even its own stylesheet is of the same one
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _guess(name: str) -> str:
    known = {
        ".css": "text/css",
        ".svg": "image/svg+xml",
        ".png": "image/png",
        ".ico": "image/x-icon",
        ".txt": "text/plain",
        ".json": "application/json",
    }
    return known.get(Path(name).suffix, "application/octet-stream")
