"""What all that run an encoder share: order, batches, limits, and what they refuse."""

import pytest
import torch

from manyheads.batches.packed import pack
from manyheads.errors import InputError
from manyheads.inference import encoder as running
from manyheads.inference.asked import check_call, refuse_long

TEXTS = ["a dog runs", "one man", "the dog sees a man in the park", "two men", "a"]


def lengths_of(batch, windows):
    return list(batch.lengths.values)


def run(runner, windows, **options):
    options = {"batch_tokens": 9, "progress": None} | options
    return runner.run(windows, pack, lengths_of, **options)


def test_answers_come_in_the_order_of_the_texts_each_with_its_windows(make_runner):
    windows = [[[1]], [[1] * 5, [1] * 2], [[1] * 7], [[1] * 2]]
    assert run(make_runner(), windows) == [[1], [5, 2], [7], [2]]


def test_batches_keep_the_budget_the_longest_first_and_equal_lengths_side_by_side(make_runner):
    """Of 3 5 2 7 5 3 and at most 10 tokens: 7 | 5 5 | 3 3 2."""
    seen = []

    def read(batch, windows):
        seen.append(batch.lengths.values)
        return windows

    make_runner().run([[[1] * n] for n in (3, 5, 2, 7, 5, 3)], pack, read, batch_tokens=10, progress=None)
    assert seen == [(7,), (5, 5), (3, 3, 2)]


def test_progress_counts_texts_however_many_windows_they_have(make_runner):
    told = []
    run(make_runner(), [[[1] * 8], [[1] * 4, [1] * 3, [1] * 5], [[1]]], progress=told.append)
    assert (sum(told), len(told)) == (3, 3)


def test_nothing_is_learned_from_what_is_run(make_runner):
    kept = []
    runner = make_runner()
    runner.run(
        [[[1, 2]]],
        pack,
        lambda batch, _: kept.append(runner.model(batch)) or [0],
        batch_tokens=9,
        progress=None,
    )
    assert kept[0].is_inference()
    assert not torch.is_inference_mode_enabled()


def test_the_limit_is_the_config_s_or_the_model_s(make_runner):
    assert (make_runner().max_tokens, make_runner(max_tokens=7).max_tokens) == (23, 7)


def test_a_long_text_is_truncated_split_or_refused(make_runner):
    """`the dog sees a man in the park` has 8 tokens and 2 special ones; 5 fit without those."""
    runner = make_runner(max_tokens=7)
    text = TEXTS[2]
    whole = runner.tokenizer.encode([text])[0].token_ids
    (cut,), split = (runner.tokenise([text], long=long)[0] for long in ("truncate", "split"))
    assert cut.token_ids == [*whole[:6], whole[-1]]
    assert cut.truncated
    assert [window.token_ids for window in split] == [
        [*whole[:6], whole[-1]],
        [whole[0], *whole[6:]],
    ]
    assert [text[slice(*span)] for span in split[1].offsets[1:-1]] == ["in", "the", "park"]
    assert not any(window.truncated for window in split)
    with pytest.raises(InputError) as told:
        runner.tokenise(["a", text], long="error", first=4096)
    assert str(told.value) == (
        "a text may have at most 7 tokens for this model, special ones included, but text 4098 "
        "('the dog sees a man in the park') has 10; let it be truncated or split (long)"
    )


def test_windows_end_between_words(make_runner):
    """`dog walks dog` is dog walk ##s dog: of 3 tokens, the second window takes all of `walks`."""
    runner = make_runner(max_tokens=4)
    windows = runner.tokenise(["dog walks dog"], long="split")[0]
    shown = [[runner.tokenizer.token(token) for token in window.token_ids[1:-1]] for window in windows]
    assert shown == [["dog"], ["walk", "##s"], ["dog"]]


def test_a_pair_over_the_limit_is_truncated_or_refused_but_never_split(make_runner):
    runner = make_runner("classification", labels=("no", "yes"), max_tokens=8)
    ((cut,),) = runner.tokenise([TEXTS[2]], ["one man"], long="truncate")
    assert (len(cut), cut.truncated, cut.sides.count(1)) == (8, True, 2)
    with pytest.raises(
        InputError, match=r"a pair may have at most 8 .* has 13; let it be truncated \(long\)"
    ):
        runner.tokenise([TEXTS[2]], ["one man"], long="error")
    with pytest.raises(InputError, match="a pair cannot be split into windows, but long is 'split'"):
        runner.tokenise(["a"], ["one man"], long="split")


def test_many_texts_are_taken_some_thousand_at_a_time(monkeypatch):
    monkeypatch.setattr(running, "_TEXTS_AT_ONCE", 3)
    assert list(running.in_chunks(7)) == [slice(0, 3), slice(3, 6), slice(6, 9)]
    assert list(running.in_chunks(0)) == []


@pytest.mark.parametrize(
    ("texts", "pairs", "long", "message"),
    [
        (
            "a dog",
            None,
            "split",
            "texts must be a list, but the one text 'a dog' was given; put it in brackets",
        ),
        (["a"], "b", "split", "texts must be a list, but the one text 'b' was given; put it in brackets"),
        (
            ["a"],
            None,
            "trunc",
            "long must be one of truncate, split, error, but is 'trunc'; did you mean 'truncate'?",
        ),
        (["a", " \n"], None, "split", "a text must hold a word, but text 2 is empty; remove it"),
        (["a", "b"], ["c"], "split", "a pair must have both texts, but there are 2 first and 1 second ones"),
        (["a", "b"], ["c", ""], "split", "a pair must have both texts, but pair 2 lacks the second one"),
        (["", "b"], ["c", "d"], "split", "a pair must have both texts, but pair 1 lacks the first one"),
    ],
)
def test_what_cannot_be_run_is_refused(texts, pairs, long, message):
    with pytest.raises(InputError) as told:
        check_call(texts, long, pairs)
    assert str(told.value) == message


def test_texts_of_the_limit_s_length_are_not_too_long():
    refuse_long([7, 3], 7, str)
    with pytest.raises(InputError, match=r"at most 7 tokens .* but 1 has 8"):
        refuse_long([7, 8], 7, str)
