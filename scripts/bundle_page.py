"""Bundle the explorer's modules into the script that ships (`make page`); with --check, see if it is stale.

The script begins with digests of what it was made of and of itself, so that a stale one, or one that was
changed by hand, is found without Node too.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "src/manyheads/views/page"
BUNDLE = PAGE / "explorer.js"
ENTRY = "source/explorer.js"


def main() -> None:
    """Bundle, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only tell whether the script is up to date")
    options = parser.parse_args()
    if options.check:
        check()
    else:
        BUNDLE.write_text(bundle(), encoding="utf-8")
        run("typescript", "tsc", "--project", "tsconfig.json")
        print(f"{BUNDLE}: {BUNDLE.stat().st_size:,} bytes")


def check() -> None:
    """Compare digests."""
    first, _, made = BUNDLE.read_text(encoding="utf-8").partition("\n")
    if first != heading(made):
        sys.exit(
            f"{BUNDLE} must be made of the modules in source/, but one of them has changed; run `make page`"
        )


def bundle() -> str:
    """Let esbuild put the modules together, readable."""
    made = run("esbuild", "esbuild", ENTRY, "--bundle", "--format=esm", "--target=es2022", "--charset=utf8")
    return f"{heading(made)}\n{made}"


def heading(made: str) -> str:
    """Name what the script is made of, and the script."""
    modules = hashlib.sha256()
    for path in sorted([*PAGE.glob("source/*.js"), *PAGE.glob("vendor/*.js"), PAGE / "package.json"]):
        modules.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    script = hashlib.sha256(made.encode())
    return f"// Made by `make page`. Modules: {modules.hexdigest()[:32]}; script: {script.hexdigest()[:32]}."


def run(package: str, tool: str, *arguments: str) -> str:
    """Run a tool of the pinned version; npm fetches it when it is first wanted."""
    version = json.loads((PAGE / "package.json").read_text(encoding="utf-8"))["devDependencies"][package]
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm must be there to bundle the page, but is not; install Node.js")
    command = [npm, "exec", "--yes", f"--package={package}@{version}", "--", tool, *arguments]
    done = subprocess.run(command, cwd=PAGE, capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{tool} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
