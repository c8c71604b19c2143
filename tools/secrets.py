"""Is a key or a password among the files of the project?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = ["PrivateKeyDetector", "AWSKeyDetector", "BasicAuthDetector", "JwtTokenDetector", "SlackDetector"]
#: Files whose long numbers are hashes of other files.
NOT_READ = ("requirements", "questionnaires/reference/")


def main() -> int:
    """Print where something looks like a secret; return 1 if something does."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = SecretsCollection()
    with transient_settings({"plugins_used": [{"name": name} for name in PLUGINS]}):
        for name in listed.stdout.splitlines():
            if not name.startswith(NOT_READ):
                found.scan_file(str(ROOT / name))
    for name, secret in found:
        print(f"{name}:{secret.line_number}: {secret.type}")
    return 1 if list(found) else 0


if __name__ == "__main__":
    sys.exit(main())
