"""Where a translation looked: the one explicit pass is what the cached steps of the beam did."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from manyheads.batches.translation import close_source
from manyheads.inference import translate as translating
from manyheads.inference.maps import Attention, attention_of
from manyheads.inference.precision import Prepared
from manyheads.inference.search import beam_search
from manyheads.model.tap import observe, record_attention
from manyheads.text.tokenizer import BOS_ID, OUR_PAIR

CPU = torch.device("cpu")
TEXTS = ["a dog runs", "one man", "the dog sees a man in the park", "two men walk"]


def test_maps_come_by_pair_with_the_end_token_of_the_source_and_a_row_for_each_step(make_model, draw_ids):
    """Sources of 3 and 5 tokens have an end token each; targets of 2 and 4 take 3 and 5 steps."""
    src, tgt = ([ids.tolist() for ids in draw_ids(lengths)] for lengths in ((3, 5), (2, 4)))
    first, second = attention_of(make_model(), src, tgt, OUR_PAIR, CPU)
    assert {kind: weights.shape for kind, weights in first.kinds().items()} == {
        "encoder": (2, 3, 4, 4),
        "decoder": (3, 3, 3, 3),
        "cross": (3, 3, 3, 4),
    }
    assert second.cross.shape == (3, 3, 5, 6)
    assert first.cross.dtype == np.float32
    assert isinstance(first, Attention)


def test_a_pair_looks_as_it_does_alone(make_model, draw_ids):
    model = make_model()
    src, tgt = ([ids.tolist() for ids in draw_ids(lengths)] for lengths in ((3, 5, 3), (2, 4, 2)))
    for number, together in enumerate(attention_of(model, src, tgt, OUR_PAIR, CPU)):
        (alone,) = attention_of(model, [src[number]], [tgt[number]], OUR_PAIR, CPU)
        for kind, weights in together.kinds().items():
            np.testing.assert_allclose(weights, alone.kinds()[kind], rtol=0, atol=1e-5)


class Recorded:
    """A model in a search that notes, for each row, the tokens it was fed and where each step looked.

    A row's notes are handed on when the search selects rows: so they can be followed back along the beam.
    """

    def __init__(self, model, lengths):
        self.model, self.lengths = model, lengths
        self.rows = [SimpleNamespace(sentence=s, fed=(), decoder=(), cross=()) for s in range(len(lengths))]
        self.noted = {}

    def begin(self, memory, lengths):
        return self.model.begin(memory, lengths)

    def advance(self, state, last_ids):
        seen = {"decoder": {}, "cross": {}}

        def see(site, tensor):
            if site.point == "weights":
                seen[site.kind][site.layer] = tensor.clone()

        with observe(self.model, see):
            logits, state = self.model.advance(state, last_ids)
        own, across = (torch.stack([seen[kind][n] for n in range(3)], dim=1) for kind in ("decoder", "cross"))
        across = across.movedim(3, 1).flatten(0, 1)  # a sentence's rows were the query axis
        self.rows = [
            SimpleNamespace(
                sentence=row.sentence,
                fed=(*row.fed, int(token)),
                decoder=(*row.decoder, own[n, :, :, 0]),
                cross=(*row.cross, across[n, :, :, : self.lengths[row.sentence]]),
            )
            for n, (row, token) in enumerate(zip(self.rows, last_ids, strict=True))
        ]
        self.noted.update({(row.sentence, row.fed): row for row in self.rows})
        return logits, state

    def select(self, state, rows):
        self.rows = [self.rows[row] for row in rows.tolist()]
        return self.model.select(state, rows)


@pytest.mark.parametrize("norm_first", [False, True])
def test_maps_of_the_chosen_hypothesis_are_the_weights_of_the_cached_steps_followed_back(
    norm_first, make_translator, monkeypatch
):
    """For all three kinds, every layer and head, and every one of five hypotheses, within 1e-5."""
    drawn = {"ends": 4, "seed": 1} if norm_first else {}
    translator = make_translator(norm_first=norm_first, max_length=31, **drawn)
    model, searches = translator.model, []

    def search(decoder, state, **options):
        searches.append(Recorded(decoder, lengths))
        return beam_search(searches[-1], state, **options)

    monkeypatch.setattr(translating, "beam_search", search)
    ids = sorted(translator.src_tokenizer.encode_ids(TEXTS), key=len, reverse=True)
    lengths = [len(sentence) + 1 for sentence in ids]
    order = sorted(range(len(TEXTS)), key=lambda n: -len(translator.src_tokenizer.encode_ids(TEXTS)[n]))
    found = translator.translate(TEXTS, beam=5, n_best=5, attention=True)
    with record_attention(model) as maps, torch.inference_mode():
        model.encode(close_source([np.asarray(sentence) for sentence in ids], OUR_PAIR.src))
    (recorded,) = searches
    ended = 0
    for sentence, number in enumerate(order):
        assert len(found[number].n_best) == 5
        for answer in found[number].n_best:
            steps = len(answer.log_probs)
            ended += steps > len(answer.token_ids)
            row = recorded.noted[sentence, (BOS_ID, *answer.token_ids)[:steps]]
            encoder = torch.stack([layer[sentence] for layer in maps["encoder"]])
            np.testing.assert_allclose(answer.attention.encoder, encoder, rtol=0, atol=1e-5)
            cross = torch.stack(row.cross, dim=2)
            np.testing.assert_allclose(answer.attention.cross[:, :, :steps], cross, rtol=0, atol=1e-5)
            for step, weights in enumerate(row.decoder):
                looked = answer.attention.decoder[:, :, step]
                np.testing.assert_allclose(looked[:, :, : step + 1], weights, rtol=0, atol=1e-5)
                assert not looked[:, :, step + 1 :].any()
    assert ended >= 5, "hypotheses that end by themselves have to be among them"


def test_rows_sum_to_one_in_bfloat16_too(make_translator):
    """The softmax is taken in float32 whatever the products are: sums of bfloat16 are off by 1 in 500."""
    translator = make_translator()
    translator.prepared = Prepared(torch.device("cpu"), "bfloat16")
    answer = translator.translate(["a dog runs"], attention=True)[0]
    for weights in answer.attention.kinds().values():
        assert np.abs(weights.sum(axis=-1) - 1).max() < 1e-5
