"""What CTranslate2 calculates with a translator that was written for it, against what we calculate."""

from dataclasses import replace

import ctranslate2
import pytest
import torch

from manyheads.checkpoint.config import TranslatorConfig
from manyheads.checkpoint.ctranslate2_format import write_ctranslate2
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.stored import StoredModel
from manyheads.errors import ModelError
from manyheads.inference.forced import force_translation
from manyheads.inference.precision import Prepared
from manyheads.inference.translate import Translator
from manyheads.model.build import build_transformer
from manyheads.recipes.schema import Model, Recurrent

TEXTS = ["a dog runs", "two men walk in the park", "the dog sees a man .", "one man", "a small dog!"]
TARGETS = ["ein Hund läuft", "zwei Männer", "der Hund sieht einen Mann .", "ein Mann", "ein Hund!"]
CHANGES = [
    {},
    {"norm_first": True, "activation": "gelu"},
    {"activation": "silu", "positions": "learned", "scale_embedding": False},
    {"positions": "sinusoidal_halves", "tie_embeddings": "all", "output_bias": True},
    {"positions": "none", "tie_embeddings": "output"},
    {"share_layers": True},
]


@pytest.fixture
def make(tokenizer):
    """Build translators through their configuration, so that every word of it counts."""

    def build(**changes):
        sizes = {"d_model": 16, "d_ff": 24, "num_heads": 2, "num_encoder_layers": 2, "num_decoder_layers": 3}
        model = Model(**(sizes | {"max_length": 40} | changes))
        vocab = tokenizer.vocab_size
        network = build_transformer(model, src_vocab_size=vocab, tgt_vocab_size=vocab)
        with torch.random.fork_rng():
            torch.manual_seed(3)
            for name, parameter in network.named_parameters():
                torch.nn.init.normal_(parameter, mean=float(name.endswith("norm.weight")), std=0.4)
        config = TranslatorConfig(model=model, src_vocab_size=vocab, tgt_vocab_size=vocab, alignment_layer=1)
        return Translator(network.eval(), (tokenizer, tokenizer), config, Prepared(torch.device("cpu")))

    return build


def stored(translator):
    config = translator.config.model_dump(mode="json")
    return StoredModel(config, parameters_of(translator.model), {"shared": translator.src_tokenizer})


def pieces(translator, text):
    vocab = translator.src_tokenizer.vocab
    return [vocab[token] for token in translator.src_tokenizer.encode_ids([text])[0]]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: "-".join(changes) or "usual")
def test_log_probabilities_and_greedy_tokens_are_ours(make, tmp_path, changes):
    translator = make(**changes)
    write_ctranslate2(stored(translator), tmp_path / "ct2")
    theirs = ctranslate2.Translator(str(tmp_path / "ct2"), compute_type="float32", intra_threads=1)
    sources = [pieces(translator, text) for text in TEXTS]
    found = theirs.score_batch(sources, [pieces(translator, text) for text in TARGETS])
    for text, target, each in zip(TEXTS, TARGETS, found, strict=True):
        ours = force_translation(translator, text, target)
        assert each.log_probs == pytest.approx(ours.log_probs, abs=1e-4)
    answers = theirs.translate_batch(sources, beam_size=1, max_decoding_length=20)
    vocab = translator.tgt_tokenizer.vocab
    for done, answer in zip(translator.translate(TEXTS, beam=1), answers, strict=True):
        ours = [vocab[token] for token in done.token_ids]
        assert ours[:20] == answer.hypotheses[0][: len(ours)]


def test_the_tokenizer_stands_beside_it(make, tmp_path):
    translator = make()
    write_ctranslate2(stored(translator), tmp_path / "ct2")
    text = (tmp_path / "ct2" / "tokenizer.json").read_text(encoding="utf-8")
    assert text == translator.src_tokenizer.to_json()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"task": "tagging"}, "--to ctranslate2 takes a translator, but this is for tagging"),
        (
            {"model": Recurrent().model_dump(mode="json"), "alignment_layer": 0},
            "--to ctranslate2 takes a Transformer, but this translator is recurrent",
        ),
    ],
)
def test_what_is_no_transformer_that_translates_is_refused(make, tmp_path, changed, told):
    model = stored(make())
    with pytest.raises(ModelError, match=told):
        write_ctranslate2(replace(model, config={**model.config, **changed}), tmp_path / "ct2")
    assert not (tmp_path / "ct2").exists()
