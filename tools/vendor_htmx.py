"""Write static/vendor/htmx-4.0.1.js: htmx with its ws and upsert extensions, in one file.

One file, because deferred extensions race with the start of htmx 4 (docs/decisions/0005).
The package comes through the npm client and is refused when its checksum has changed.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "4.0.1"
INTEGRITY = (
    "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV5"
    "5tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg=="
)
PARTS = ("dist/htmx.min.js", "dist/ext/hx-ws.min.js", "dist/ext/hx-upsert.min.js")
TARGET = Path(__file__).resolve().parent.parent / f"skillswap/static/vendor/htmx-{VERSION}.js"
HEADER = f"""\
/* htmx {VERSION} with its extensions ws and upsert, minified, unchanged, in one file.
   npm package htmx.org {VERSION}. Zero-Clause BSD (0BSD), see ../LICENSES.md.
   Written by tools/vendor_htmx.py: do not edit. */
"""


def fetch(folder: Path) -> Path:
    """The package's archive, after its checksum was compared."""
    packed = subprocess.run(
        ["npm", "pack", "--json", f"htmx.org@{VERSION}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    name: str = json.loads(packed.stdout)[0]["filename"]
    archive = folder / name
    digest = hashlib.sha512(archive.read_bytes()).digest()
    found = "sha512-" + base64.b64encode(digest).decode()
    if found != INTEGRITY:
        sys.exit(f"htmx.org {VERSION} is not the archive we know: {found}")
    return archive


def join(archive: Path) -> str:
    """The three scripts as one, without the pointers to their source maps."""
    scripts = []
    with tarfile.open(archive) as package:
        for part in PARTS:
            member = package.extractfile(f"package/{part}")
            if member is None:
                sys.exit(f"{part} is missing from the package")
            lines = member.read().decode().splitlines()
            scripts.append(
                "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL"))
            )
    return HEADER + ";\n".join(script.strip().rstrip(";") for script in scripts) + ";\n"


def main() -> None:
    """Fetch, join, write, and say the checksum for LICENSES.md."""
    with tempfile.TemporaryDirectory() as folder:
        text = join(fetch(Path(folder)))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8", newline="\n")
    digest = base64.b64encode(hashlib.sha384(TARGET.read_bytes()).digest()).decode()
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes\nsha384-{digest}")


if __name__ == "__main__":
    main()
