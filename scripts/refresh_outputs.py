"""Run the commands that the documents show with their output again, and put in what they print now.

Run with `python scripts/refresh_outputs.py MODEL`. Every `$ manyheads` line of a `console` block in them is
run, with MODEL where `runs/quickstart` stands, and what it prints replaces the lines below it. Output that is
shown in part ends in a line `...` and keeps as many lines as it had.
"""

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHOWN = "runs/quickstart"
_BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    """List the documents that show commands."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def refresh(text: str, model: Path) -> str:
    """Give a document with the output that its commands have now."""
    return _BLOCK.sub(lambda block: _refresh_block(block.group(), model), text)


def _refresh_block(block: str, model: Path) -> str:
    parts = re.split(r"^(?=\$ )", block, flags=re.MULTILINE)
    return "".join(_refresh_command(part, model) for part in parts)


def _refresh_command(part: str, model: Path) -> str:
    command, _, shown = part.partition("\n")
    words = [word.replace(SHOWN, str(model)) for word in shlex.split(command.removeprefix("$"))]
    if words[:1] != ["manyheads"]:
        return part
    done = subprocess.run(  # noqa: S603 (the commands are the documents' own)
        [sys.executable, "-m", *words], capture_output=True, check=True, encoding="utf-8", cwd=ROOT
    )
    lines = [line.rstrip() for line in done.stdout.rstrip("\n").split("\n")]
    if shown.endswith("...\n"):
        lines = [*lines[: shown.count("\n") - 1], "..."]
    return "\n".join([command, *lines]) + "\n"


def main() -> None:
    """Rewrite the documents that have changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="the folder of a model of the recipe `numbers`")
    model = parser.parse_args().model.resolve()
    for path in documents():
        before = path.read_text(encoding="utf-8")
        after = refresh(before, model)
        if after != before:
            path.write_text(after, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
