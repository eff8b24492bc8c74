"""Update, tell, validate, save: what a run leaves behind, and how it stops and goes on."""

import os
import signal

import pytest
import torch

from manyheads.batches.translation import pack_pairs
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import load_model
from manyheads.errors import RunError
from manyheads.inference.load import load
from manyheads.text.tokenizer import OUR_PAIR
from manyheads.training.events import Updated, Validated
from manyheads.training.listeners import JsonLog, read_log
from manyheads.training.loop import RunStopped
from manyheads.training.progress import load_progress
from manyheads.training.step import Stepper
from manyheads.training.task import Verdict

pytestmark = pytest.mark.runs


def losses(heard):
    return [event.sums.plain / event.sums.labels for event in heard.of(Updated) if event.logged]


def weights(folder):
    return load_model(folder).weights


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=0, atol=0, msg=name)


def script_validation(monkeypatch, scores):
    """Let validation find these BLEU figures and losses, whatever the model is."""
    coming = iter(scores)

    def find(_):
        loss, bleu = next(coming)
        return Verdict(loss, {"bleu": bleu}, "signature")

    monkeypatch.setattr("manyheads.training.translation_task.TranslationTask.try_model", find)


def test_a_run_tells_each_update_and_each_validation(go):
    """Six updates, logged every second, validated every third, and after the last."""
    _, finished, heard = go()
    assert [event.update for event in heard.of(Updated)] == [1, 2, 3, 4, 5, 6]
    assert [event.update for event in heard.of(Updated) if event.logged] == [2, 4, 6]
    assert [event.update for event in heard.of(Validated)] == [3, 6]
    assert heard[-1] is finished
    assert finished.reason == "all 6 updates are taken"


def test_the_last_model_is_validated_whatever_the_interval(go):
    _, _, heard = go({"training.updates": 5, "validation.every": 4})
    assert [event.update for event in heard.of(Validated)] == [4, 5]


def test_an_epoch_is_once_through_the_corpus(go):
    run, _, heard = go({"training.accumulate": 2})
    assert [event.epoch for event in heard.of(Updated)] == pytest.approx(
        [2 * update / run.task.batches.per_epoch for update in range(1, 7)]
    )


def test_the_folder_is_a_model_that_translates(go, tmp_path):
    _, finished, heard = go({"corpus.test_share": 0.03})
    assert finished.folder == tmp_path / "run"
    translation = load(finished.folder).translate(["a b c"])[0]
    assert isinstance(translation.text, str)
    assert finished.lines[0].startswith("test, 3 pairs: BLEU ")
    assert heard.of(Validated)[-1].verdict.signature in finished.lines[0]


def test_the_folder_works_without_what_only_a_resume_needs(go, tmp_path):
    go()
    before = load(tmp_path / "run").translate(["a b c"])[0]
    (tmp_path / "run" / "training").rename(tmp_path / "elsewhere")
    assert load(tmp_path / "run").translate(["a b c"])[0].score == before.score


def test_the_same_seed_gives_the_same_losses(go):
    again = [losses(go({"model.dropout": 0.3}, folder=name)[2]) for name in ("one", "two")]
    assert again[0] == again[1]
    assert losses(go({"model.dropout": 0.3, "seed": 2}, folder="three")[2]) != again[0]


def test_an_update_goes_over_all_its_batches(go):
    """A pair has 4 + 4 tokens: 16 hold two pairs, 32 four; twice the one is once the other, 16 labels."""
    changes = {"corpus.valid_share": 0.0, "corpus.test_share": 0.0, "training.log_every": 1}
    for tokens, batches in ((16, 2), (32, 1)):
        cut = {"training.batch_tokens": tokens, "training.accumulate": batches}
        _, _, heard = go(changes | cut, folder=str(tokens))
        assert [event.sums.labels for event in heard.of(Updated)] == [16] * 6


def test_accumulating_is_one_large_batch_through_a_whole_run(go, monkeypatch):
    """Two runs see the same pairs at each update: the one cuts each batch of the other in two.

    A key's bias changes no weight, its gradient is but rounding; epsilon is large lest Adam make it count.
    """
    changes = {"training.log_every": 1, "training.epsilon": 1e-3}
    whole, _, heard = go(changes)
    plain_take = Stepper.take

    def take_in_halves(self, update, batches):
        return plain_take(self, update, [half for batch in batches for half in in_two(batch)])

    monkeypatch.setattr(Stepper, "take", take_in_halves)
    halved, _, heard_halved = go(changes, folder="halved")
    assert losses(heard_halved) == pytest.approx(losses(heard), abs=1e-5)
    ours, theirs = parameters_of(halved.stepper.model), parameters_of(whole.stepper.model)
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=1e-5, msg=name)


def in_two(batch):
    """Cut a batch of pairs in two: unpack its sources and its decoder inputs, and pack each half."""
    src, tgt = (side.token_ids.split(side.lengths.values) for side in (batch.src, batch.tgt))
    pairs = [(one[:-1].numpy(), other[1:].numpy()) for one, other in zip(src, tgt, strict=True)]
    middle = len(pairs) // 2 or 1
    return [
        pack_pairs(*zip(*part, strict=True), OUR_PAIR) for part in (pairs[:middle], pairs[middle:]) if part
    ]


@pytest.mark.parametrize("stopped_after", [1, 3, 4])
def test_stopped_and_resumed_is_never_stopped(go, tmp_path, stopped_after):
    """Stops before, at and after the first validation; the log is the same too, but for speeds."""
    changes = {"model.dropout": 0.3, "training.average": 2}

    def stop(event):
        if isinstance(event, Updated) and event.update == stopped_after:
            os.kill(os.getpid(), signal.SIGINT)

    log = [JsonLog(tmp_path / name / "log.jsonl") for name in ("whole", "stopped")]
    whole, finished, _ = go(changes, folder="whole", listeners=[log[0]])
    with pytest.raises(RunStopped, match=f"^stopped after update {stopped_after} of 6; .*: go on"):
        go(changes, folder="stopped", then=stop, listeners=[log[1]])
    resumed, finished_later, _ = go(changes, folder="stopped", resume=True, listeners=[log[1]])
    assert_equal(weights(tmp_path / "stopped"), weights(tmp_path / "whole"))
    assert resumed.progress == whole.progress
    assert finished_later.lines == finished.lines
    records = [read_log(tmp_path / name / "log.jsonl") for name in ("whole", "stopped")]
    for record in (*records[0], *records[1]):
        record.pop("tokens_per_second", None)
    assert records[0] == records[1]


def test_a_stop_exits_as_a_shell_counts():
    assert RunStopped.exit_code == 130


def test_the_second_ctrl_c_is_an_interrupt_as_ever(go):
    def stop_twice(event):
        if isinstance(event, Updated):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    # Whoever starts the tests in the background has told them to ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            go(then=stop_twice)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_limits_may_change_when_a_run_is_resumed(go, tmp_path):
    go({"training.updates": 3})
    run, _, heard = go({"training.updates": 6}, resume=True)
    assert [event.update for event in heard.of(Updated)] == [4, 5, 6]
    assert run.progress.update == 6
    go({"training.updates": 6}, folder="whole")
    assert_equal(weights(tmp_path / "run"), weights(tmp_path / "whole"))


def test_a_finished_run_that_is_resumed_stays_as_it_is(go, tmp_path):
    _, finished, _ = go({"training.average": 2})
    before = weights(tmp_path / "run")
    _, again, heard = go({"training.average": 2}, resume=True)
    assert not heard.of(Updated)
    assert again.lines == finished.lines
    assert_equal(weights(tmp_path / "run"), before)


@pytest.mark.parametrize(
    ("metric", "scores"),
    [
        ("loss", [(3.0, 0.0), (2.0, 0.0), (2.5, 9.0), (2.0, 10.0), (1.0, 11.0)]),
        ("bleu", [(3.0, 1.0), (3.0, 2.0), (2.5, 2.0), (2.0, 1.5), (1.0, 3.0)]),
    ],
)
def test_a_run_ends_when_nothing_gets_better(go, monkeypatch, metric, scores):
    """The second validation is the best, the third and the fourth are none: two without a better one."""
    script_validation(monkeypatch, scores)
    changes = {"training.updates": 9, "validation.every": 1, "validation.patience": 2}
    run, finished, heard = go(changes | {"validation.metric": metric})
    assert finished.reason == "no better model in 2 validations"
    assert run.progress.update == 4
    assert [event.best for event in heard.of(Validated)] == [True, True, False, False]
    assert run.progress.best.update == 2


def test_a_run_whose_patience_was_over_takes_no_more_updates(go, monkeypatch):
    script_validation(monkeypatch, [(1.0, 0.0), (2.0, 0.0)])
    changes = {"training.updates": 9, "validation.every": 1, "validation.patience": 1}
    go(changes)
    _, finished, heard = go(changes, resume=True)
    assert not heard.of(Updated)
    assert finished.reason == "no better model in 1 validation"


def test_the_best_model_is_kept_not_the_last(go, monkeypatch, tmp_path):
    """Losses 1, 2, 3: what is kept is what a run of one update ends with."""
    script_validation(monkeypatch, [(1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (1.0, 0.0)])
    changes = {"training.schedule": "constant", "validation.every": 1}
    go(changes | {"training.updates": 3})
    go(changes | {"training.updates": 1}, folder="short")
    assert_equal(weights(tmp_path / "run"), weights(tmp_path / "short"))
    assert "- updates: 1\n" in load_model(tmp_path / "run").card


@pytest.mark.parametrize(("of", "kept"), [("last", [3, 4]), ("best", [1, 4])])
def test_the_average_is_the_mean_of_the_last_or_the_best(go, monkeypatch, tmp_path, of, kept):
    """Losses 2, 4, 3, 1, then 0.5 for the average; the models after each update are remembered by hand."""
    script_validation(monkeypatch, [(2.0, 0.0), (4.0, 0.0), (3.0, 0.0), (1.0, 0.0), (0.5, 0.0)])
    models = {}
    changes = {"training.updates": 4, "validation.every": 1, "training.average": 2, "training.average_of": of}
    taken = Stepper.take

    def remember(self, update, batches):
        sums = taken(self, update, batches)
        models[update] = {name: tensor.clone() for name, tensor in parameters_of(self.model).items()}
        return sums

    monkeypatch.setattr(Stepper, "take", remember)
    _, finished, _ = go(changes)
    mean = {name: (models[kept[0]][name] + models[kept[1]][name]) / 2 for name in models[1]}
    stored = weights(tmp_path / "run")
    for name, tensor in mean.items():
        torch.testing.assert_close(stored[name], tensor, rtol=1e-6, atol=1e-7, msg=name)
    listed = ", ".join(map(str, kept))
    assert finished.lines[0] == f"average of the models of updates {listed}: loss 0.500, BLEU 0.00; kept"
    candidates = sorted(path.name for path in (tmp_path / "run" / "training" / "candidates").iterdir())
    assert candidates == [f"update-{update:07d}.safetensors" for update in kept]
    assert f"the mean of those after updates {listed}" in load_model(tmp_path / "run").card


def test_an_average_that_does_not_help_is_not_kept(go, monkeypatch, tmp_path):
    script_validation(monkeypatch, [(2.0, 0.0), (1.0, 0.0), (1.5, 0.0)])
    run, finished, _ = go({"training.updates": 2, "validation.every": 1, "training.average": 2})
    assert finished.lines[0].endswith("loss 1.500, BLEU 0.00; the best single model is better and kept")
    assert_equal(weights(tmp_path / "run"), run.candidate(2))


def test_with_nothing_to_validate_on_the_newest_model_is_kept(go, tmp_path):
    nothing = {"corpus.valid_share": 0.0, "corpus.test_share": 0.0, "validation.patience": 1}
    run, finished, heard = go(nothing)
    assert not heard.of(Validated)
    assert finished.reason == "all 6 updates are taken"
    assert finished.lines == ()
    assert_equal(weights(tmp_path / "run"), parameters_of(run.stepper.model))
    assert "valid: none, so the newest model is kept, untried" in run.lines()


def test_with_nothing_to_validate_on_the_last_models_are_averaged(go):
    nothing = {"corpus.valid_share": 0.0, "corpus.test_share": 0.0, "training.average": 2}
    assert go(nothing)[1].lines == ("average of the models of updates 3, 6; kept",)


def test_a_loss_that_is_no_number_stops_the_run_and_spares_what_is_kept(go, monkeypatch, tmp_path):
    """The fifth batch's loss is infinite; the model of update 3 is the best and stays as it is."""
    taken = Stepper.take

    def spoil(self, update, batches):
        if update == 5:
            with torch.no_grad():
                next(self.model.parameters()).fill_(float("inf"))
        return taken(self, update, batches)

    monkeypatch.setattr(Stepper, "take", spoil)
    with pytest.raises(RunError) as error:
        go()
    assert str(error.value) == (
        "the loss must stay a number, but at update 5 loss or gradient is not; the best model, of update 3, "
        f"is in {tmp_path / 'run'}; lower training.learning_rate or raise training.warmup"
    )
    assert load_progress(tmp_path / "run" / "training").update == 3
    assert isinstance(load(tmp_path / "run").translate(["a b c"])[0].text, str)
    monkeypatch.undo()
    assert go(resume=True)[0].progress.update == 6


def test_a_loss_that_is_no_number_from_the_start_says_that_nothing_was_kept(go):
    with pytest.raises(RunError, match=r"at update \d .*; no model was kept yet; lower training\.learning"):
        go({"training.learning_rate": 1e30, "training.clip_norm": 0.0, "validation.every": 6})


def test_a_resumed_run_counts_only_its_own_tokens_as_speed(go, monkeypatch):
    """The clock goes a second on at each look; what was gone through before the stop does not count."""
    seconds = iter(range(1000))
    monkeypatch.setattr("manyheads.training.loop.time.perf_counter", lambda: float(next(seconds)))
    changes = {"training.log_every": 4, "validation.every": 100}
    go(changes | {"training.updates": 3})
    _, _, heard = go(changes | {"training.updates": 4}, resume=True)
    update = heard.of(Updated)[0]
    assert update.logged
    assert update.tokens_per_second < update.sums.tokens / 3
