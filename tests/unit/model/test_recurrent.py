"""The recurrent translator: the packed path against one sentence and one step at a time, and by its laws."""

import pytest
import torch
from torch import nn

from manyheads.batches.packed import pack
from manyheads.model import recurrent_encoder
from manyheads.model.build import build_translator
from manyheads.model.initialize import initialize
from manyheads.model.recurrent_cell import Layer
from manyheads.model.tap import attentions, record_attention, switch_off
from manyheads.recipes.schema import Recurrent

SRC_VOCAB, TGT_VOCAB = 41, 43
EVERY_KIND = pytest.mark.parametrize(
    ("cell", "attention"), [("gru", "additive"), ("lstm", "additive"), ("gru", "none"), ("lstm", "none")]
)
CLOSE = {"rtol": 0, "atol": 1e-5}
SRC, TGT = [[3, 4, 5, 6, 7], [8, 9], [10, 11, 12]], [[1, 4], [1, 5, 6, 7], [1, 8, 9]]


@pytest.fixture
def make():
    """Make a network: d_model 14, 2 encoder and 3 decoder layers, drawn parameters, in evaluation mode."""

    def build(**changes):
        sizes = {"d_model": 14, "num_encoder_layers": 2, "num_decoder_layers": 3, "dropout": 0.0}
        config = Recurrent(**(sizes | {"tie_embeddings": "none", "max_length": 61} | changes))
        vocab = {"src_vocab_size": SRC_VOCAB, "tgt_vocab_size": TGT_VOCAB}
        if config.tie_embeddings == "all":
            vocab["src_vocab_size"] = TGT_VOCAB
        model = build_translator(config, **vocab)
        initialize(model)
        for parameter in model.parameters():
            if parameter.ndim == 1:
                nn.init.normal_(parameter, std=0.3)
        return model.eval()

    return build


def plain_logits(model, src, tgt):
    """Calculate one pair as the papers write it, token after token, without the package's own loops."""
    with torch.no_grad():
        memory = plain_memory(model.encoder, torch.tensor(src))
        decoder, half = model.decoder, memory.shape[1] // 2
        summary = torch.cat([memory[-1, :half], memory[0, half:]])
        begun = torch.tanh(decoder.start(summary)).chunk(1 + len(decoder.upper))
        states = [(state[None], torch.zeros(1, len(state))) for state in begun]
        said = []
        for token in tgt:
            embedded = decoder.embedding(torch.tensor([token]))
            context = (
                plain_context(decoder.attention, states[0][0], memory) if decoder.attention else summary[None]
            )
            read = torch.cat([embedded, context], dim=1)
            states[0] = plain_cell(decoder.first.cell, read, states[0])
            hidden = states[0][0]
            for number, layer in enumerate(decoder.upper, start=1):
                states[number] = plain_layer(layer.network, hidden, states[number])
                hidden = hidden + states[number][0]
            together = torch.cat([hidden, context, embedded], dim=1)
            said.append(model.output(torch.tanh(decoder.readout(together))))
        return torch.cat(said)


def plain_memory(encoder, ids):
    hidden = encoder.embedding(ids)
    for number, layer in enumerate(encoder.layers):
        read = layer.network(hidden)[0]
        hidden = hidden + read if number else read
    return hidden


def plain_context(attention, state, memory):
    scores = [attention.score(torch.tanh(attention.query(state) + attention.key(token))) for token in memory]
    shares = torch.softmax(torch.cat(scores)[:, 0], dim=0)
    return sum(share * token for share, token in zip(shares, memory, strict=True))[None]


def plain_cell(cell, read, state):
    after = cell(read, state) if isinstance(cell, nn.LSTMCell) else (cell(read, state[0]), state[1])
    return tuple(after)


def plain_layer(network, read, state):
    if isinstance(network, nn.LSTM):
        hidden, memory = network(read[None], (state[0][None], state[1][None]))[1]
        return hidden[0], memory[0]
    return network(read[None], state[0][None])[1][0], state[1]


@EVERY_KIND
def test_a_packed_batch_gives_what_the_papers_write(make, cell, attention):
    model = make(cell=cell, attention=attention)
    with torch.no_grad():
        logits = model(pack(SRC), pack(TGT))
    expected = torch.cat([plain_logits(model, *pair) for pair in zip(SRC, TGT, strict=True)])
    torch.testing.assert_close(logits, expected, **CLOSE)


@EVERY_KIND
def test_step_by_step_gives_what_the_whole_target_gives(make, cell, attention):
    """Three sentences with a hypothesis each: after t steps a row has read the first t tokens."""
    model, tgt = make(cell=cell, attention=attention), [[1, 4, 5, 6]] * 3
    src = pack(SRC)
    with torch.no_grad():
        whole = model(src, pack(tgt)).view(3, 4, TGT_VOCAB)
        state = model.begin(model.encode(src), src.lengths)
        for step in range(4):
            logits, state = model.advance(state, torch.tensor([ids[step] for ids in tgt]))
            torch.testing.assert_close(logits, whole[:, step], **CLOSE)


@EVERY_KIND
def test_a_neighbour_in_the_batch_changes_nothing(make, cell, attention):
    model = make(cell=cell, attention=attention)
    with torch.no_grad():
        together = model(pack(SRC), pack(TGT)).split([2, 4, 3])
        for number in range(3):
            alone = model(pack(SRC[number : number + 1]), pack(TGT[number : number + 1]))
            torch.testing.assert_close(together[number], alone, **CLOSE)


@EVERY_KIND
def test_a_future_token_never_changes_an_earlier_logit(make, cell, attention):
    model, changed = make(cell=cell, attention=attention), [[1, 4], [1, 5, 40, 41], [1, 8, 9]]
    with torch.no_grad():
        before, after = (model(pack(SRC), pack(tgt)).split([2, 4, 3])[1] for tgt in (TGT, changed))
    assert torch.equal(before[:2], after[:2])
    assert not torch.allclose(before[2:], after[2:], atol=1e-3)


@EVERY_KIND
def test_hypotheses_are_selected_with_all_that_they_remember(make, cell, attention):
    """Two hypotheses each of sentences 1 and 2 go on, in other orders; sentence 0 has left."""
    model, src = make(cell=cell, attention=attention), pack(SRC)
    firsts = [[1, 4], [1, 5], [1, 6]]
    with torch.no_grad():
        state = model.begin(model.encode(src), src.lengths)
        _, state = model.advance(state, torch.tensor([1, 1, 1]))
        _, state = model.advance(state, torch.tensor([4, 5, 6]))
        state = model.select(state, torch.tensor([1, 1, 2, 2]))
        logits, _ = model.advance(state, torch.tensor([20, 21, 22, 23]))
        for row, (sentence, last) in enumerate([(1, 20), (1, 21), (2, 22), (2, 23)]):
            alone = model(pack([SRC[sentence]]), pack([[*firsts[sentence], last]]))[-1]
            torch.testing.assert_close(logits[row], alone, **CLOSE)
    assert state.sentence_of_row.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_whoever_looks_changes_nothing_and_sees_every_step(make, cell):
    """Shapes are [1 head, target tokens, source tokens], without padding; every row sums to one."""
    model = make(cell=cell)
    with torch.no_grad():
        expected = model(pack(SRC), pack(TGT))
        with record_attention(model) as maps:
            seen = model(pack(SRC), pack(TGT))
    torch.testing.assert_close(seen, expected, **CLOSE)
    assert list(maps) == ["cross"]
    assert [tuple(weights.shape) for weights in maps["cross"][0]] == [(1, 2, 5), (1, 4, 2), (1, 3, 3)]
    for weights in maps["cross"][0]:
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:2]))


@EVERY_KIND
def test_blocks_of_equal_lengths_are_read_as_in_the_packed_order(make, cell, attention, monkeypatch):
    """Two runs, of 9 and of 8 sentences, are blocks; gradients too are those of the packed order."""
    model, src = make(cell=cell, attention=attention), [[3, 4, 5]] * 8 + [[6, 7, 8]] + [[9, 10]] * 8
    logits, gradients = [], []
    for sequences in (8, 18):
        monkeypatch.setattr(recurrent_encoder, "_SEQUENCES_A_RUN", sequences)
        model.zero_grad()
        logits.append(model(pack(src), pack([[1, 4]] * 17)))
        logits[-1].square().mean().backward()
        gradients.append([parameter.grad.clone() for parameter in model.encoder.parameters()])
    torch.testing.assert_close(*logits, **CLOSE)
    for blocks, packed in zip(*gradients, strict=True):
        torch.testing.assert_close(blocks, packed, **CLOSE)


@EVERY_KIND
def test_targets_of_one_length_are_read_as_blocks_and_as_in_the_packed_order(
    make, cell, attention, monkeypatch
):
    """A third, shorter target that no loss looks at makes the same two go through the packed order.

    The decoder has two layers above its first one: both are blocks, or both are packed.
    """
    model, packed, blocks = make(cell=cell, attention=attention), [], []
    for name, calls in (("forward", packed), ("block", blocks)):
        monkeypatch.setattr(Layer, name, counted(getattr(Layer, name), calls))
    logits, gradients, calls = [], [], []
    for tgt in ([[1, 4, 5, 6], [1, 7, 8, 9]], [[1, 4, 5, 6], [1, 7, 8, 9], [1, 4]]):
        memory = model.encode(pack(SRC[: len(tgt)]))
        model.zero_grad()
        packed.clear()
        blocks.clear()
        decoded = model.decode(pack(tgt), memory, pack(SRC[: len(tgt)]).lengths)
        calls.append((len(packed), len(blocks)))
        logits.append(model.project(decoded[:8]))
        logits[-1].square().mean().backward()
        gradients.append({name: parameter.grad.clone() for name, parameter in model.named_parameters()})
    assert calls == [(0, 2), (2, 0)]
    torch.testing.assert_close(*logits, **CLOSE)
    torch.testing.assert_close(*gradients, **CLOSE)


def counted(method, calls):
    """Let a method note that it was called."""

    def call(*args, **kwargs):
        calls.append(method)
        return method(*args, **kwargs)

    return call


def test_the_recorded_weights_are_those_of_the_search(make):
    model, src = make(), pack(SRC[:1])
    with torch.no_grad():
        with record_attention(model) as whole:
            model(src, pack([[1, 4, 5]]))
        state = model.begin(model.encode(src), src.lengths)
        with record_attention(model) as steps:
            for token in (1, 4, 5):
                _, state = model.advance(state, torch.tensor([token]))
    torch.testing.assert_close(torch.cat(steps["cross"][0], dim=1), whole["cross"][0][0], **CLOSE)


def test_its_one_head_can_be_switched_off(make):
    model = make()
    with torch.no_grad():
        before = model(pack(SRC), pack(TGT))
        with switch_off(model, heads=[("cross", 0, 0)]):
            after = model(pack(SRC), pack(TGT))
    assert not torch.allclose(before, after, atol=1e-3)


def test_without_attention_there_is_nothing_to_look_at(make):
    assert attentions(make(attention="none")) == []


@EVERY_KIND
def test_every_parameter_learns(make, cell, attention):
    model = make(cell=cell, attention=attention).train()
    model(pack(SRC), pack(TGT)).square().sum().backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


def test_one_matrix_serves_reading_and_writing(make):
    model = make(tie_embeddings="all")
    assert (
        model.output.weight is model.encoder.embedding.tokens.weight is model.decoder.embedding.tokens.weight
    )


def test_what_a_layer_hands_on_is_orthogonal_at_the_start_and_an_lstm_remembers(make):
    """Of an LSTM's four gates the second forgets: its bias starts at 1, so that it forgets little."""
    model = build_translator(Recurrent(cell="lstm", d_model=6), src_vocab_size=9, tgt_vocab_size=9)
    initialize(model)
    cell = model.decoder.first.cell
    for gate in cell.weight_hh.chunk(4):
        torch.testing.assert_close(gate @ gate.T, torch.eye(6))
    assert (cell.bias_ih + cell.bias_hh).tolist() == [0.0] * 6 + [1.0] * 6 + [0.0] * 12
