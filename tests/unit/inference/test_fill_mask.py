"""Masks filled: which words, in what order, and that only masks are asked about."""

import pytest
import torch

from manyheads.errors import InputError
from manyheads.inference.fill_mask import MaskFiller, put_in

TEXTS = ["a [MASK] runs", "the dog", "[MASK] men walk in the [MASK]"]


@pytest.fixture
def filler(make_runner):
    return MaskFiller(make_runner("masked"))


def by_hand(filler, text):
    """Score the whole text, and take the rows of masks."""
    tokens = filler.tokenizer.encode([text], templates=True)
    from manyheads.batches.labelled import pack_texts

    with torch.inference_mode():
        logits = filler.model(pack_texts(tokens))
    places = [place for place, token in enumerate(tokens[0].token_ids) if token == filler.tokenizer.mask_id]
    return torch.softmax(logits[places], dim=-1)


@pytest.mark.parametrize("batch_tokens", [1, 4096])
def test_each_mask_gets_its_likeliest_words_in_order(filler, batch_tokens):
    texts = [TEXTS[0], TEXTS[2], "one [MASK]"]
    found = filler.fill(texts, top_k=3, batch_tokens=batch_tokens)
    for each, text in zip(found, texts, strict=True):
        rows = by_hand(filler, text)
        assert each.text == text
        assert len(each.masks) == len(rows) == text.count("[MASK]")
        for mask, row in zip(each.masks, rows, strict=True):
            best = row.topk(3)
            assert [guess.token for guess in mask] == [
                filler.tokenizer.token(i) for i in best.indices.tolist()
            ]
            assert [guess.probability for guess in mask] == pytest.approx(best.values.tolist(), abs=1e-5)


def test_a_candidate_s_text_has_it_in_its_own_mask_s_place(filler):
    first, second = filler.fill(TEXTS[2:], top_k=1)[0].masks
    assert first[0].text == put_in(TEXTS[2], (0, 6), first[0].token)
    assert second[0].text == put_in(TEXTS[2], (23, 29), second[0].token)
    assert first[0].text.endswith("[MASK]") or first[0].token.startswith("##")


def test_the_vocabulary_is_scored_at_masks_alone(filler, monkeypatch):
    seen = []
    inner = filler.model.head.output.forward
    monkeypatch.setattr(
        filler.model.head.output, "forward", lambda rows: seen.append(len(rows)) or inner(rows)
    )
    filler.fill([TEXTS[0], TEXTS[2]])
    assert sum(seen) == 3


def test_no_more_words_are_named_than_there_are(filler):
    (mask,) = filler.fill(["[MASK]"], top_k=1000)[0].masks
    assert len(mask) == filler.tokenizer.vocab_size
    assert sum(guess.probability for guess in mask) == pytest.approx(1, abs=1e-4)


def test_rows_of_the_matrix_that_are_no_tokens_are_never_named(make_runner):
    """Published matrices have rows to a round number: two more than tokens here, with the highest scores."""
    from manyheads.checkpoint.network import build_network
    from manyheads.inference.encoder import EncoderRunner

    runner = make_runner("masked")
    size = runner.tokenizer.vocab_size
    config = runner.config.model_copy(update={"vocab_size": size + 2})
    network = build_network(config).eval()
    with torch.no_grad():
        network.head.output.bias[size:] = 99
    filler = MaskFiller(EncoderRunner(network, runner.tokenizer, config, runner.prepared))
    assert len(filler.fill(["[MASK]"], top_k=size + 2)[0].masks[0]) == size


def test_a_text_without_a_mask_is_refused_with_the_token_to_write(filler):
    with pytest.raises(InputError) as told:
        filler.fill(TEXTS)
    assert str(told.value) == (
        "a text must hold the mask, which is [MASK] for this model, but text 2 ('the dog') does not; "
        "put it where a word is wanted"
    )
    with pytest.raises(InputError, match=r"is \[MASK\] for this model.*; write that for <mask>"):
        filler.fill(["a <mask> runs"])


def test_a_mask_behind_the_limit_is_refused_or_found_by_splitting(make_runner):
    filler = MaskFiller(make_runner("masked", max_tokens=7))
    text = "the dog sees a man in the [MASK]"
    with pytest.raises(
        InputError, match=r"within the 7 tokens that the model takes, but that of text 1 \('the dog"
    ):
        filler.fill([text])
    (mask,) = filler.fill([text], top_k=2, long="split")[0].masks
    alone = filler.fill(["in the [MASK]"], top_k=2)[0].masks[0]
    assert [guess.token for guess in mask] == [guess.token for guess in alone]
    assert mask[0].text == put_in(text, (26, 32), mask[0].token)


def test_a_text_that_was_cut_says_so(make_runner):
    filler = MaskFiller(make_runner("masked", max_tokens=7))
    cut, whole = filler.fill(["the [MASK] sees a man in the [MASK]", "a [MASK]"])
    assert (cut.truncated, len(cut.masks)) == (True, 1)
    assert not whole.truncated


def test_what_makes_no_sense_is_refused(filler, make_runner, monkeypatch):
    with pytest.raises(InputError, match="top_k must be at least 1, but is 0"):
        filler.fill(["[MASK]"], top_k=0)
    with pytest.raises(ValueError, match="filled by a MaskedLanguageHead, but the model's head is None"):
        MaskFiller(make_runner())
    monkeypatch.setattr(filler.tokenizer, "mask_token", None)
    with pytest.raises(InputError, match="this model's vocabulary has none for it"):
        filler.fill(["[MASK]"])
