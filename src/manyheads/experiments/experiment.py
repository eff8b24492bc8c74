"""What an experiment is: a question, a measurement that gives plain numbers, and a report of those.

What is measured goes to `result.json`; the report is a function of that file alone, so that no number can
stand there that was not measured. A measurement is made of parts. Each part is a file that is written when
it is done, and found again when the experiment is started again: whoever stops it loses one part.
"""

import inspect
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import torch

from manyheads.checkpoint.atomic import write_file
from manyheads.checkpoint.plain_files import read_json
from manyheads.errors import InputError, ModelError
from manyheads.experiments import EXPERIMENTS
from manyheads.experiments.report import Part, Text, write_report
from manyheads.training.describe import machine

RESULT = "result.json"
_PARTS, _SHARED = "parts", "grid"

Measured = dict[str, Any]
"""What JSON can hold."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How an experiment is run.

    Attributes:
        quick: On generated data, in seconds: shows that everything works, and answers nothing.
        data: The folder with the data; None where none was given.
        output: Where result and report go. Parts that several experiments share go to a folder beside it.
        say: Told how far it is.
        spent: The seconds that each part took, when it was measured.
    """

    quick: bool
    data: Path | None
    output: Path
    say: Callable[[str], None]
    spent: list[float] = field(default_factory=list)

    def part(
        self,
        name: str,
        inputs: Mapping[str, Any],
        measure: Callable[[], Measured],
        *,
        shared: bool = False,
    ) -> Measured:
        """Measure a part, unless it has been measured already from the same inputs.

        Args:
            name: The part's file, without a suffix.
            inputs: All that the measurement depends on, as JSON can hold it.
            measure: Makes the measurement.
            shared: Whether other experiments may have measured it, or will ask for it.

        Returns:
            What was measured, with `seconds`: how long that took.
        """
        path = self.folder(shared=shared) / f"{name}.json"
        known = _read_part(path)
        if known.get("inputs") == json.loads(json.dumps(inputs)):
            self.say(f"{name}: measured already")
            self.spent.append(known["measured"]["seconds"])
            return known["measured"]
        self.say(name)
        begun = time.perf_counter()
        measured = measure()
        measured = {**measured, "seconds": round(time.perf_counter() - begun, 1)}
        self.spent.append(measured["seconds"])
        write_file(path, _as_json({"inputs": inputs, "made": machine(), "measured": measured}))
        return json.loads(json.dumps(measured))

    def folder(self, *, shared: bool = False) -> Path:
        """Say where parts are kept.

        Args:
            shared: Whether those that several experiments ask for are meant.

        Returns:
            The folder; it may not exist yet.
        """
        return self.output.parent / _SHARED if shared else self.output / _PARTS

    def file(self, *names: str) -> Path:
        """Find a file of the data.

        Args:
            *names: Its path within the data folder.

        Returns:
            The file.

        Raises:
            InputError: No data folder was named, or the file is not in it.
        """
        wanted = Path(*names)
        if self.data is None:
            raise InputError(
                f"the full experiment needs {wanted} in a folder of data: give --data, or --quick"
            )
        path = self.data / wanted
        if not path.is_file():
            raise InputError(f"the data must hold {wanted}, but there is no {path}")
        return path


def _read_part(path: Path) -> dict[str, Any]:
    """Read a part that was measured before; one that cannot be read is measured again."""
    try:
        return dict(read_json(path)) if path.exists() else {}
    except ModelError:
        return {}


def _as_json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, sort_keys=False) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Experiment:
    """One of the field's questions.

    Attributes:
        name: What it is called on the command line.
        formula: What is calculated, as Markdown.
        code: The functions that calculate it; the report quotes them.
        measure: From a setting to plain numbers.
        tell: From those numbers to the answer, one sentence, and what stands below it.
    """

    name: str
    formula: str
    code: Sequence[Callable[..., object] | type]
    measure: Callable[[Setting], Measured]
    tell: Callable[[Measured], "Told"]

    def run(self, setting: Setting, *, command: str) -> Path:
        """Measure, and write result and report.

        Args:
            setting: How.
            command: What was typed, for the report.

        Returns:
            The report.
        """
        measured = self.measure(setting)
        result = {
            "experiment": self.name,
            "quick": setting.quick,
            "command": command,
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "made": machine() | {"threads": torch.get_num_threads()},
            "seconds": round(sum(setting.spent), 1),
            "measured": measured,
        }
        setting.output.mkdir(parents=True, exist_ok=True)
        write_file(setting.output / RESULT, _as_json(result))
        return self.report(setting.output)

    def report(self, folder: Path) -> Path:
        """Write the report anew from the result that stands in a folder.

        Args:
            folder: Holds `result.json`; the report and its pictures go there.

        Returns:
            The report.
        """
        result = dict(read_json(folder / RESULT))
        told = self.tell(result["measured"])
        quick = [Text("*A quick run on generated data: it shows the form, and answers nothing.*")]
        return write_report(
            folder,
            [
                Text(f"# {EXPERIMENTS[self.name]}"),
                Text(f"**{told.answer}**"),
                *(quick if result["quick"] else []),
                *told.parts,
                Text(f"## What is calculated\n\n{self.formula.strip()}"),
                *(Text(_quoted(function)) for function in self.code),
                Text(_provenance(result)),
            ],
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What a result says.

    Attributes:
        answer: The question's answer in one sentence, its numbers formatted from the result.
        parts: Text, tables and figures below it.
    """

    answer: str
    parts: Sequence[Part] = field(default=())


def _quoted(function: Callable[..., object] | type) -> str:
    """Quote a function with its file, without its docstring: the line that does it can then be read."""
    source = dedent(inspect.getsource(function))
    if function.__doc__:
        head, _, rest = source.partition('"""')
        source = head.rstrip() + "\n" + rest.partition('"""')[2].lstrip("\n")
    place = function.__module__.replace(".", "/")
    return f"`{function.__qualname__}` in `src/{place}.py`:\n\n```python\n{source.rstrip()}\n```"


def _provenance(result: Mapping[str, Any]) -> str:
    made = result["made"]
    return "\n".join(
        [
            "## How it was measured",
            "",
            f"- command: `{result['command']}`",
            f"- date: {result['date']}",
            f"- machine: {made['processor']}",
            f"- versions: {made['versions']}",
            f"- time: {result['seconds']:,.0f} s in all, each part counted once, whenever it was measured",
            f"- every number above is formatted from [{RESULT}]({RESULT})",
        ]
    )
