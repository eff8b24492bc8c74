"""BERT on packed batches: what neighbours, segments and shared layers change, and what they do not."""

from itertools import pairwise

import pytest
import torch

from manyheads.batches.packed import Lengths, Packed, pack
from manyheads.model.bert import Bert, Pooler
from manyheads.model.tap import record_attention, switch_off

TEXTS = [[3, 4, 5, 6, 7], [8, 9], [10, 11], [12, 13, 14]]


def read(model, texts, segments=None):
    packed = pack(texts)
    with torch.no_grad():
        states = model.bert(Packed(packed.token_ids, packed.lengths, segments))
    return states.split(packed.lengths.values)


@pytest.mark.parametrize("changes", [{}, {"embedding_width": 23, "share_layers": True}])
def test_a_neighbour_in_the_batch_changes_nothing(changes, make_encoder):
    model = make_encoder(**changes)
    together = read(model, TEXTS)
    for text, states in zip(TEXTS, together, strict=True):
        torch.testing.assert_close(read(model, [text])[0], states, rtol=0, atol=1e-5)
    changed = read(model, [TEXTS[0], [50, 51, 52], TEXTS[2], [49]])
    for place in (0, 2):
        torch.testing.assert_close(changed[place], together[place], rtol=0, atol=1e-5)


def test_a_token_sees_those_behind_it_too(make_encoder):
    model = make_encoder()
    (before,), (after,) = read(model, [[3, 4, 5]]), read(model, [[3, 4, 6]])
    assert (before[0] - after[0]).abs().max() > 1e-2


def test_segments_are_the_first_where_none_are_given_and_matter_where_they_differ(make_encoder):
    model = make_encoder()
    plain, zeros = read(model, TEXTS[:1]), read(model, TEXTS[:1], torch.zeros(5, dtype=torch.int64))
    assert torch.equal(plain[0], zeros[0])
    second = read(model, TEXTS[:1], torch.tensor([0, 0, 0, 1, 1]))
    assert (second[0] - plain[0]).abs().max() > 1e-2


def test_layer_by_layer_begins_with_the_embedding_and_ends_with_the_answer(make_encoder):
    model, batch = make_encoder(embedding_width=23), pack(TEXTS)
    with torch.no_grad():
        layers = model.bert.layer_by_layer(batch)
        assert len(layers) == 5
        assert torch.equal(layers[0], model.bert.encoder.embedding.embed(batch))
        assert torch.equal(layers[-1], model.bert(batch))
    assert all(not torch.equal(one, other) for one, other in pairwise(layers))


def test_every_head_of_every_layer_is_recorded_as_the_encoders(make_encoder):
    model = make_encoder(share_layers=True)
    with record_attention(model) as maps:
        read(model, TEXTS)
    assert set(maps) == {"encoder"}
    shapes = [[tuple(weights.shape) for weights in layer] for layer in maps["encoder"]]
    assert shapes == [[(3, 5, 5), (3, 2, 2), (3, 2, 2), (3, 3, 3)]] * 4
    torch.testing.assert_close(maps["encoder"][3][0].sum(dim=-1), torch.ones(3, 5))


def test_a_head_can_be_switched_off_in_one_of_the_layers_that_share_their_parameters(make_encoder):
    """Layer 2 alone changes what it gives, and those behind it what they are given."""
    model, batch = make_encoder(share_layers=True), pack(TEXTS)
    with torch.no_grad():
        plain = model.bert.layer_by_layer(batch)
        with switch_off(model, heads=[("encoder", 2, 1)]):
            without = model.bert.layer_by_layer(batch)
    same = [torch.allclose(one, other, atol=1e-5) for one, other in zip(plain, without, strict=True)]
    assert same == [True, True, True, False, False]


def test_the_pooler_bends_a_linear_map_of_each_texts_first_token(make_encoder):
    """Texts of 2 and 3 tokens begin at tokens 0 and 2; the map doubles, relu makes the negative number 0."""
    pooler = Pooler(d_model=2, activation="relu")
    with torch.no_grad():
        pooler.linear.weight.copy_(2 * torch.eye(2))
        pooler.linear.bias.zero_()
    bert = Bert(encoder=make_encoder().bert.encoder, pooler=pooler)
    hidden = torch.tensor([[1.0, -1], [9, 9], [3, 4], [9, 9], [9, 9]])
    assert bert.pool(hidden, Lengths((2, 3))).tolist() == [[2, 0], [6, 8]]


def test_nothing_is_pooled_without_a_pooler(make_encoder):
    bert = make_encoder(pooler="none").bert
    with pytest.raises(ValueError, match=r"pooling 2 texts takes a pooler, but this .* without"):
        bert.pool(torch.ones(5, 42), Lengths((2, 3)))


def test_the_longest_text_is_as_long_as_the_positions_from_the_first_one_on(make_encoder):
    model = make_encoder(first_position=2)
    assert model.bert.max_length == 31
    assert model.bert.encoder.embedding.positions.num_embeddings == 33
    assert len(read(model, [[5] * 31])[0]) == 31


@pytest.mark.parametrize(
    ("head", "pooler", "rows"), [("none", "tanh", 12), ("masked", "none", 12), ("labels", "none", 12)]
)
def test_tokens_are_answered_for_one_by_one(head, pooler, rows, make_encoder):
    model = make_encoder(head=head, pooler=pooler, num_labels=5 if head == "labels" else 0)
    with torch.no_grad():
        answers = model(pack(TEXTS))
        hidden = model.bert(pack(TEXTS))
    assert torch.equal(answers, hidden if head == "none" else model.head(hidden))
    assert answers.shape == (rows, {"none": 42, "masked": 53, "labels": 5}[head])


def test_texts_are_labelled_by_what_the_pooler_says_of_them(make_encoder):
    model, batch = make_encoder(head="labels", num_labels=5), pack(TEXTS)
    with torch.no_grad():
        pooled = model.bert.pool(model.bert(batch), batch.lengths)
        assert torch.equal(model(batch), model.head(pooled))
    assert pooled.shape == (4, 42)
