"""How do the static files reach the browser? Once, compressed, and for ever under their hash."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

import brotli
from flask import Flask, Response, abort, request

TEXT = frozenset({".css", ".js", ".svg", ".txt", ".md", ".webmanifest"})
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in memory with its compressed forms (empty for what is compressed already)."""

    kind: str
    plain: bytes
    gzip: bytes
    brotli: bytes


def load_assets(folder: Path) -> tuple[str, dict[str, Asset]]:
    """All files below `folder` by their path, and a hash over the lot.

    One hash for all, in the path, keeps the relative addresses inside the style sheets valid.
    """
    assets, digest = {}, hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name, plain = path.relative_to(folder).as_posix(), path.read_bytes()
        digest.update(name.encode() + b"\0" + plain)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind.startswith("text/") or path.suffix in TEXT:
            kind = "text/javascript" if path.suffix == ".js" else kind
            charset = "; charset=utf-8"
            small = gzip.compress(plain, 9, mtime=0), brotli.compress(plain, quality=9)
            asset = Asset(kind + charset, plain, *small)
        else:
            asset = Asset(kind, plain, b"", b"")
        assets[name] = asset
    return digest.hexdigest()[:12], assets


def init_assets(app: Flask) -> None:
    """Serve `/static/<hash>/<path>` and give templates `static_url(path)`."""
    version, assets = load_assets(Path(app.root_path) / "static")

    def static_url(path: str) -> str:
        """The address of a static file; KeyError in a template names a missing file at once."""
        if path not in assets:
            raise KeyError(f"no static file {path}")
        return f"/static/{version}/{path}"

    @app.get("/static/<made>/<path:name>", endpoint="static")
    def static_file(made: str, name: str) -> Response:
        asset = assets.get(name)
        if asset is None:
            abort(404)
        accepted = request.headers.get("Accept-Encoding", "")
        if asset.brotli and "br" in accepted:
            answer = Response(asset.brotli, content_type=asset.kind)
            answer.headers["Content-Encoding"] = "br"
        elif asset.gzip and "gzip" in accepted:
            answer = Response(asset.gzip, content_type=asset.kind)
            answer.headers["Content-Encoding"] = "gzip"
        else:
            answer = Response(asset.plain, content_type=asset.kind)
        answer.headers["Vary"] = "Accept-Encoding"
        # an old page may ask with an old hash: it gets today's file, but must ask again
        answer.headers["Cache-Control"] = FOR_EVER if made == version else "no-cache"
        return answer

    app.jinja_env.globals["static_url"] = static_url
