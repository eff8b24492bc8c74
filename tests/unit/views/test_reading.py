"""What the explorer is told of a text and of a translation, against the model run by hand."""

import json

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from manyheads.checkpoint.config import TranslatorConfig
from manyheads.errors import InputError
from manyheads.inference.classify import Classifier
from manyheads.inference.embed import Encoder
from manyheads.inference.fill_mask import MaskFiller
from manyheads.inference.precision import Prepared
from manyheads.inference.tag import Tagger
from manyheads.inference.translate import Translator
from manyheads.model.build import build_translator
from manyheads.model.tap import record_attention, switch_off
from manyheads.recipes.schema import Recurrent
from manyheads.views.calculation import calculate, value_sizes
from manyheads.views.document import Start, document_of_reading
from manyheads.views.effects import MOST_TOKENS, effects_of_heads
from manyheads.views.of_pair import TranslationReading
from manyheads.views.of_text import TextReading

TEXT = "a dog runs"


@pytest.fixture
def encoder(make_runner):
    return Encoder(make_runner())


@pytest.fixture
def of_text(encoder):
    return TextReading(encoder, TEXT, name="toy")


@pytest.fixture
def of_pair(make_translator):
    return TranslationReading(make_translator(), TEXT, name="toy")


@pytest.fixture(params=["of_text", "of_pair"])
def reading(request):
    return request.getfixturevalue(request.param)


def test_a_text_s_tokens_are_its_slices_and_special_ones_by_name(of_text):
    assert of_text.labels == ("[CLS]", "a", "dog", "runs", "[SEP]")
    assert of_text.marks == {"encoder": [True, False, False, False, True]}


def test_a_text_s_maps_are_those_that_are_recorded(encoder, of_text):
    with record_attention(encoder.model) as recorded:
        encoder.embed([TEXT])
    for layer, weights in enumerate(recorded["encoder"]):
        torch.testing.assert_close(torch.from_numpy(of_text.maps.kinds["encoder"].weights[layer]), weights[0])


def test_a_pair_is_read_with_its_segments(encoder):
    pair = TextReading(encoder, "a dog", "one man", name="toy")
    assert pair.labels == ("[CLS]", "a", "dog", "[SEP]", "one", "man", "[SEP]")
    assert pair.maps.src_text == "a dog ⟷ one man"
    segments = pair.embedding("encoder")["segment"]
    assert not torch.allclose(segments[1], segments[4])


def test_a_hidden_word_is_the_mask_and_shown_as_it(make_runner):
    filler = MaskFiller(make_runner("masked"))
    hidden, spelt = (
        TextReading(filler, TEXT, name="toy", hidden=[2]),
        TextReading(filler, "a [MASK] runs", name="toy"),
    )
    assert hidden.labels == spelt.labels == ("[CLS]", "a", "[MASK]", "runs", "[SEP]")
    assert hidden.tokens.token_ids == spelt.tokens.token_ids


@pytest.mark.parametrize("place", [0, 9, -1])
def test_a_place_that_is_no_word_cannot_be_hidden(make_runner, place):
    with pytest.raises(
        InputError, match=rf"one of the text's, counted from 0 over all 5, but {place} is not"
    ):
        TextReading(MaskFiller(make_runner("masked")), TEXT, name="toy", hidden=[place])


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_text_is_refused(encoder, make_translator, text):
    with pytest.raises(InputError, match="must hold a word"):
        TextReading(encoder, text, name="toy")
    with pytest.raises(InputError, match="must hold a word"):
        TranslationReading(make_translator(), text, name="toy")


def test_a_text_over_the_limit_is_refused_or_cut(encoder):
    long = "dog " * 40
    with pytest.raises(InputError, match=r"at most 23 tokens.* has 42"):
        TextReading(encoder, long, name="toy")
    cut = TextReading(encoder, long, name="toy", long="truncate")
    assert (len(cut.labels), cut.tokens.truncated) == (23, True)


def test_a_masked_language_model_says_the_words_that_it_fills_in(make_runner):
    filler = MaskFiller(make_runner("masked"))
    words = TextReading(filler, "a [MASK] runs", name="toy").answer.words
    filled = filler.fill(["a [MASK] runs"], top_k=5)[0].masks[0]
    assert [word for word, _ in words[2]] == [each.token for each in filled]
    assert [share for _, share in words[2]] == pytest.approx([each.probability for each in filled])


def test_a_classifier_says_its_labels_and_a_tagger_those_of_each_token(make_runner):
    classifier = Classifier(make_runner("classification", labels=("bad", "good")))
    answer = TextReading(classifier, TEXT, name="toy").answer
    assert dict(answer.labels) == pytest.approx(classifier.classify([TEXT])[0].probabilities)
    tagger = Tagger(make_runner("tagging", labels=("O", "B-x", "I-x")))
    assert len(TextReading(tagger, TEXT, name="toy").answer.words) == 5


def test_a_translation_s_choices_hold_what_was_written_with_its_probability(of_pair):
    written = of_pair.written
    assert written.tokens == of_pair.maps.kinds["cross"].rows
    assert len(written.choices) == len(written.probabilities) == len(written.tokens)
    shares = np.exp(of_pair.repeated(1)[0].numpy())
    ids = [*of_pair.translation.token_ids, of_pair._translator.special.tgt.end]
    for step, token_id in enumerate(ids[: len(written.tokens)]):
        assert written.probabilities[step] == pytest.approx(shares[step, token_id], rel=1e-4)
        assert written.choices[step][0][1] == pytest.approx(shares[step].max(), rel=1e-4)


def test_the_hypotheses_are_the_search_s_own(of_pair, make_translator):
    beam = make_translator().config.decoding.beam
    found = make_translator().translate([TEXT], n_best=min(beam, 5))[0].n_best
    assert of_pair.written.hypotheses == tuple((each.text, pytest.approx(each.score)) for each in found)


def test_a_head_s_effect_is_that_of_switching_it_off(reading):
    effects = effects_of_heads(reading)
    before = reading.repeated(1)
    for kind, moved in effects.items():
        for layer, head in np.ndindex(moved.shape):
            with switch_off(reading.network, heads=[(kind, layer, head)]):
                after = reading.repeated(1)
            assert moved[layer, head] == pytest.approx(reading.distance(before, after).item(), abs=1e-5)
    assert max(moved.max() for moved in effects.values()) > 1e-3


def test_states_turned_round_are_two_away_and_probabilities_moved_wholly_one(of_text, of_pair):
    states = torch.randn(1, 3, 4)
    torch.testing.assert_close(of_text.distance(states, -states), torch.tensor([2.0]))
    one = F.one_hot(torch.tensor([[0, 1]]), 3).float().log()
    other = F.one_hot(torch.tensor([[2, 2]]), 3).float().log()
    torch.testing.assert_close(of_pair.distance(one, other), torch.tensor([1.0]))


def test_a_text_that_is_too_long_for_all_heads_is_not_tried(of_text, monkeypatch):
    monkeypatch.setattr("manyheads.views.effects.MOST_TOKENS", 29)
    assert effects_of_heads(of_text) is None
    assert MOST_TOKENS > 72 * 512


@pytest.mark.parametrize(
    ("name", "kind", "layer", "head"),
    [
        ("of_text", "encoder", 1, 2),
        ("of_pair", "encoder", 0, 1),
        ("of_pair", "decoder", 2, 0),
        ("of_pair", "cross", 1, 2),
    ],
)
def test_the_steps_reproduce_the_head_s_weights_and_its_context(request, name, kind, layer, head):
    reading = request.getfixturevalue(name)
    steps = calculate(reading, kind, layer, head)
    query = steps.wide["inner"] @ steps.narrow["query.weight"] + steps.narrow["query.bias"]
    np.testing.assert_allclose(query, steps.narrow["query"], atol=1e-5)
    scores = query @ steps.narrow["key"].T / np.sqrt(query.shape[1])
    if kind == "decoder":
        scores[np.triu_indices(len(scores), 1)] = -np.inf
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, reading.maps.kinds[kind].weights[layer, head], atol=1e-5)
    width = query.shape[1]
    own = steps.wide["contexts"][:, head * width : (head + 1) * width]
    np.testing.assert_allclose(shares @ steps.narrow["value"], own, atol=1e-5)
    np.testing.assert_allclose(
        steps.wide["before"] + steps.wide[f"{kind}.said"], steps.wide[f"{kind}.total"], atol=1e-5
    )


def test_a_value_s_size_is_its_length_behind_the_projection(of_text, encoder):
    sizes = value_sizes(of_text, "encoder")
    attention = encoder.model.bert.encoder.layers[1].attention
    value = calculate(of_text, "encoder", 1, 2).narrow["value"]
    projected = value @ attention.output.weight.detach().numpy()[:, 8:12].T
    np.testing.assert_allclose(sizes[1, 2], np.linalg.norm(projected, axis=1), rtol=1e-4)


def recurrent_translator(tokenizer):
    config = TranslatorConfig(
        model=Recurrent(d_model=6, tie_embeddings="none"),
        src_vocab_size=tokenizer.vocab_size,
        tgt_vocab_size=tokenizer.vocab_size,
        alignment_layer=0,
    )
    model = build_translator(
        config.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
    )
    return Translator(model.eval(), (tokenizer, tokenizer), config, Prepared(torch.device("cpu")))


def test_a_recurrent_translator_has_maps_and_no_steps(tokenizer):
    reading = TranslationReading(recurrent_translator(tokenizer), TEXT, name="toy")
    assert list(reading.maps.kinds) == ["cross"]
    assert calculate(reading, "cross", 0, 0) is None
    assert value_sizes(reading, "cross") is None
    told = document_of_reading(reading, heads=[("cross", 0, 0)]).described
    assert (told["calculations"], told["value_sizes"]) == ([], {})


def test_heads_that_are_off_are_off_in_everything(encoder):
    whole = TextReading(encoder, TEXT, name="toy")
    without = TextReading(encoder, TEXT, name="toy", off=[("encoder", 0, 0)])
    first, last = (each.maps.kinds["encoder"].weights for each in (whole, without))
    np.testing.assert_array_equal(first[0], last[0])
    assert np.abs(first[1] - last[1]).max() > 1e-4
    assert whole.distance(whole.repeated(1), without.repeated(1)).item() > 1e-4
    assert document_of_reading(without).described["off"] == [["encoder", 0, 0]]
    contexts = calculate(without, "encoder", 0, 1).wide["contexts"]
    assert (contexts[:, :4] == 0).all()


def test_a_packed_model_has_no_matrices_to_show_and_says_how_to_get_them(encoder, of_text):
    from manyheads.inference.packed_layers import pack_layers

    if not pack_layers(encoder.model.bert):
        pytest.skip("this build of PyTorch is without oneDNN")
    with pytest.raises(InputError, match="packed for speed; load it with pack=False"):
        calculate(of_text, "encoder", 0, 0)


def test_a_document_is_plain_values(reading):
    kind = "encoder"
    told = document_of_reading(
        reading, start=Start("steps", kind, 0, 1), heads=[(kind, 0, 1)], effects=effects_of_heads(reading)
    ).described
    read = json.loads(json.dumps(told))
    assert (read["format"], read["format_version"]) == ("manyheads.explorer", 2)
    assert read["start"] == {"view": "steps", "kind": kind, "layer": 0, "head": 1, "token": None}
    assert [(each["kind"], each["layer"], each["head"]) for each in read["calculations"]] == [(kind, 0, 1)]
    shapes = {each: np.shape(read["effects"][each]) for each in read["kinds"]}
    assert shapes == {each: (told["layers"], told["heads"]) for each, told in read["kinds"].items()}


def test_a_beginning_is_kept_and_the_search_goes_on_from_there(make_translator, of_pair):
    other = of_pair.written.choice_ids[0][1]
    begun = TranslationReading(make_translator(), TEXT, begin_ids=[other], name="toy")
    assert begun.translation.token_ids[0] == other
    assert begun.written.token_ids[: len(begun.translation.token_ids)] == begun.translation.token_ids
    own = of_pair.written.token_ids[:2]
    again = TranslationReading(make_translator(), TEXT, begin_ids=own, name="toy")
    assert again.translation.token_ids == of_pair.translation.token_ids
    assert again.translation.log_probs == pytest.approx(of_pair.translation.log_probs, abs=1e-5)


def test_a_target_and_a_beginning_do_not_go_together(make_translator):
    with pytest.raises(InputError, match="a translation is given, or how it begins, but both were"):
        TranslationReading(make_translator(), TEXT, "ein Hund", begin_ids=[5], name="toy")
