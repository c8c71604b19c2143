"""Bring govuk-frontend into static/vendor, without the parts that only GOV.UK may use. For maintainers; needs npm.

python tools/vendor_frontend.py
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

PACKAGE = "govuk-frontend"
VERSION = "6.3.0"
VENDOR = Path(__file__).resolve().parent.parent / "survey_app" / "static" / "vendor"
SYSTEM_FONTS = 'system-ui,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif'


def without_crown(css: str) -> str:
    """Return the stylesheet without the GDS typeface and the royal arms, whose use is reserved."""
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = re.sub(r'"?GDS Transport"?,arial,sans-serif', SYSTEM_FONTS, css)
    css = re.sub(r"[a-z-]+:[^;{}]*url\([^)]*govuk-crest[^)]*\)[^;{}]*;?", "", css)
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)
    for reserved in ("GDS Transport", "govuk-crest.svg", "@font-face", "url(/"):
        if reserved in css:
            raise SystemExit(f"{reserved} is still in the stylesheet: mend without_crown()")
    return css.strip() + "\n"


def main() -> None:
    """Write the stylesheet, plain and compressed, and MANIFEST.json with its licence."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", f"{PACKAGE}@{VERSION}"], cwd=folder, check=True, capture_output=True)
        with tarfile.open(Path(folder) / f"{PACKAGE}-{VERSION}.tgz") as archive:
            archive.extractall(folder, filter="data")
        source = Path(folder) / "package"
        css = without_crown((source / "dist/govuk/govuk-frontend.min.css").read_text(encoding="utf-8"))
        licence = json.loads((source / "package.json").read_text(encoding="utf-8"))["license"]
    (VENDOR / "govuk-frontend.css").write_text(css, encoding="utf-8")
    (VENDOR / "govuk-frontend.css.gz").write_bytes(gzip.compress(css.encode(), mtime=0))  # served as it is
    manifest = {
        "govuk-frontend.css": {
            "package": PACKAGE,
            "version": VERSION,
            "licence": licence,
            "copyright": "Crown Copyright (Government Digital Service), MIT licence",
            "source": f"https://registry.npmjs.org/{PACKAGE}/-/{PACKAGE}-{VERSION}.tgz",
            "changed": "GDS Transport and the royal arms removed, system fonts",
            "sha256": sha256(css.encode()).hexdigest(),
        }
    }
    (VENDOR / "MANIFEST.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
