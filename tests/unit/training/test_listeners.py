"""What is said of a run: in its log, in plain lines, and in a terminal."""

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from manyheads.errors import RunError
from manyheads.training.events import Finished, Started, Updated, Validated
from manyheads.training.listeners import JsonLog, LiveDisplay, PlainLines, log_record, read_log
from manyheads.training.step import Sums
from manyheads.training.task import FinalScore, Verdict

STARTED = Started(("84 pairs", "10 parameters"), 0, 2000)
# 300 nats over 100 labels are 3 a token; smoothed 350 are 3.5.
UPDATED = Updated(1200, 2.34567, Sums(350.0, 300.0, 100, 210), 0.00123, 4321.55, True)
SAMPLE = (("source", "ein Hund"), ("model", "a cat"), ("reference", "a dog"))
VALIDATED = Validated(1200, Verdict(2.5, {"bleu": 31.256}, "tok:13a", SAMPLE), True, 1.25)
FINISHED = Finished(Path("runs/x"), ("test, 3 pairs: BLEU 30.00",), "all 2,000 updates are taken", 61.25)


class Clock:
    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr("manyheads.training.listeners.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def said(*events, clock=None, seconds=0.0):
    file = io.StringIO()
    plain = PlainLines(file)
    for event in events:
        plain(event)
        if clock:
            clock.now += seconds
    return file.getvalue().split("\n")[:-1]


def test_plain_lines_say_an_update_on_one_line(clock):
    """1,200 of 2,000 updates took 60 s, so 800 more take 40."""
    lines = said(STARTED, UPDATED, clock=clock, seconds=60)
    assert lines[:2] == ["84 pairs", "10 parameters"]
    assert lines[2:] == [
        "update 1,200  epoch 2.35  loss 3.000  learning rate 1.23e-03  4,322 tokens/s  left 0:00:40"
    ]


def test_time_left_counts_only_the_updates_since_the_resume(clock):
    """From 1,100 on: 100 updates in 60 s leave 800 of them, 480 s."""
    lines = said(Started((), 1100, 2000), UPDATED, clock=clock, seconds=60)
    assert lines[0] == "going on after update 1,100"
    assert lines[1].endswith("left 0:08:00")


def test_plain_lines_keep_still_between_lines_of_the_log():
    quiet = Updated(1201, 2.3, Sums(1.0, 1.0, 1, 2), 0.1, 1.0, False)
    assert said(quiet) == []


def test_plain_lines_say_what_validation_finds_and_a_sample():
    assert said(VALIDATED) == [
        "validation: loss 2.500, BLEU 31.26, the best so far (1.2 s)",
        "  source     ein Hund",
        "  model      a cat",
        "  reference  a dog",
    ]
    worse = Validated(1200, VALIDATED.verdict, False, 1.25)
    assert said(worse)[0] == "validation: loss 2.500, BLEU 31.26 (1.2 s)"


def test_plain_lines_end_with_the_reason_the_scores_and_the_time():
    assert said(FINISHED) == ["all 2,000 updates are taken", "test, 3 pairs: BLEU 30.00", "61.2 s"]


def test_the_log_holds_what_can_be_drawn():
    assert log_record(UPDATED) == {
        "update": 1200,
        "epoch": 2.346,
        "loss": 3.0,
        "smoothed_loss": 3.5,
        "learning_rate": 0.00123,
        "tokens": UPDATED.sums.tokens,
        "tokens_per_second": 4321.6,
    }
    assert log_record(VALIDATED) == {"update": 1200, "valid_loss": 2.5, "bleu": 31.256, "best": True}
    assert log_record(STARTED) is None
    assert log_record(FINISHED) is None


def test_what_the_test_part_gives_stands_in_the_log_once(tmp_path):
    """A finished run that is resumed scores its test part anew: the record before goes."""
    tested = FinalScore(Verdict(float("nan"), {"bleu": 30.0}, "tok:13a"), 3, "pairs")
    finished = Finished(Path("runs/x"), (), "done", 1.0, update=2000, tested=tested)
    record = {"update": 2000, "test": {"pairs": 3, "bleu": 30.0}, "signature": "tok:13a"}
    assert log_record(finished) == record
    path = tmp_path / "log.jsonl"
    for _ in range(2):
        log = JsonLog(path)
        log(Started((), 2000, 2000))
        log(finished)
    assert read_log(path) == [record]


def test_several_scores_are_said_with_their_names_and_digits():
    verdict = Verdict(0.25, {"accuracy": 0.91234, "macro_f1": 0.9})
    assert said(Validated(3, verdict, False, 1.0)) == [
        "validation: loss 0.250, accuracy 0.9123, macro F1 0.9000 (1.0 s)"
    ]
    assert said(Validated(3, Verdict(0.25), False, 1.0)) == ["validation: loss 0.250 (1.0 s)"]


def test_the_log_is_written_at_once(tmp_path):
    log = JsonLog(tmp_path / "log.jsonl")
    log(STARTED)
    log(UPDATED)
    assert read_log(tmp_path / "log.jsonl") == [log_record(UPDATED)]
    log(VALIDATED)
    assert len((tmp_path / "log.jsonl").read_bytes().split(b"\n")) == 3


def test_the_log_goes_on_when_another_file_takes_its_place(tmp_path):
    """As it happens when a whole folder is written anew."""
    path = tmp_path / "log.jsonl"
    log = JsonLog(path)
    log(STARTED)
    log(UPDATED)
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    log(VALIDATED)
    assert read_log(path) == [log_record(UPDATED), log_record(VALIDATED)]


def test_the_log_of_a_resumed_run_drops_what_it_will_do_again(tmp_path):
    path = tmp_path / "log.jsonl"
    records = [{"update": update, "loss": 1.0} for update in (2, 4, 6)]
    torn = '{"update": 8, "lo'
    path.write_text("".join(json.dumps(record) + "\n" for record in records) + torn, encoding="utf-8")
    JsonLog(path)(Started((), 4, 10))
    assert read_log(path) == records[:2]
    assert path.read_text(encoding="utf-8").endswith("}\n")


def test_there_is_no_log_before_a_run(tmp_path):
    assert read_log(tmp_path / "log.jsonl") == []


def test_a_disk_that_takes_no_line_of_the_log_is_told(tmp_path):
    log = JsonLog(tmp_path / "gone" / "log.jsonl")
    with pytest.raises(RunError) as error:
        log(UPDATED)
    assert str(error.value) == (
        f"{tmp_path / 'gone' / 'log.jsonl'} could not be written: No such file or directory; "
        "mend that and go on with --resume"
    )


def shown(*events, width, clock=None):
    """Show events in a terminal of this width; give what it was sent, without its escape codes."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=30, color_system=None)
    with LiveDisplay(console) as display:
        for event in events:
            display(event)
            if clock:
                clock.now += 60
            display._live.refresh()
    sent = console.file.getvalue()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent).replace("\r", "\n").split("\n")


@pytest.mark.parametrize("width", [60, 80, 132])
def test_the_live_display_wraps_in_no_terminal(clock, width):
    lines = shown(STARTED, UPDATED, VALIDATED, FINISHED, width=width, clock=clock)
    assert max(map(len, lines)) <= width
    numbers = [line for line in lines if line.startswith("loss ")]
    assert numbers[-1].rstrip() == "loss 3.000  learning rate 1.23e-03  4,322 tokens/s"
    bars = [line for line in lines if line.startswith("update ")]
    assert bars[0].startswith("update 0 of 2,000 ")
    assert bars[-1].startswith("update 1,200 of 2,000 ")
    assert bars[-1].rstrip().endswith(" left 0:00:40")


def test_the_live_display_shows_what_validation_finds_above_the_bar():
    lines = [line.rstrip() for line in shown(STARTED, UPDATED, VALIDATED, FINISHED, width=80)]
    found = lines.index("validation: loss 2.500, BLEU 31.26, the best so far (1.2 s)")
    assert lines[found + 1 : found + 4] == [
        "  source     ein Hund",
        "  model      a cat",
        "  reference  a dog",
    ]
    assert any(line.startswith("update 1,200") for line in lines[found + 4 :])
    assert lines[-4:-1] == ["all 2,000 updates are taken", "test, 3 pairs: BLEU 30.00", "61.2 s"]


def test_the_live_display_says_where_a_resumed_run_goes_on():
    assert "going on after update 1,100" in {
        line.rstrip() for line in shown(Started((), 1100, 2000), FINISHED, width=80)
    }


def test_the_live_display_takes_text_as_it_is():
    """A sample may hold what would be markup."""
    sample = (("source", "[bold]a[/bold]"), ("model", ":smile:"), ("reference", "[/]"))
    marked = Validated(1, Verdict(2.5, {"bleu": 1.0}, "", sample), False, 1.0)
    lines = [line.rstrip() for line in shown(STARTED, marked, FINISHED, width=80)]
    assert "  source     [bold]a[/bold]" in lines
    assert "  model      :smile:" in lines
    assert "  reference  [/]" in lines


def test_the_live_display_gives_the_cursor_back_when_a_run_fails():
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)

    def fail():
        with LiveDisplay(console) as display:
            display(STARTED)
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        fail()
    assert console.file.getvalue().rindex("\x1b[?25h") > console.file.getvalue().rindex("\x1b[?25l")
