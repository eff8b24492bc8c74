"""A small Marian model: pieces trained on the fly, a network whose axes all differ, and its folder."""

import io

import pytest
import sentencepiece
import torch

from manyheads.checkpoint.config import TranslatorConfig
from manyheads.checkpoint.marian import write_marian
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.stored import StoredModel
from manyheads.model.build import build_transformer
from manyheads.recipes.schema import Decoding, Model
from manyheads.text.marian import MarianTokenizer

ENGLISH = ["one man", "two men walk", "a dog runs in the park", "the dog sees a man", "café (fine)"]
GERMAN = ["ein Mann", "zwei Männer gehen", "ein Hund läuft im Park", "der Hund sieht einen Mann"]


@pytest.fixture(scope="session")
def train_spm():
    """Train a sentencepiece model on a few sentences."""

    def train(texts, size, **options):
        written = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts * 20),
            model_writer=written,
            vocab_size=size,
            character_coverage=1.0,
            hard_vocab_limit=False,
            minloglevel=2,
            **options,
        )
        return written.getvalue()

    return train


@pytest.fixture(scope="session")
def number_pieces():
    """Number pieces as published vocabularies do: the end, the unknown one, the pieces, padding last."""

    def number(*models, codes=()):
        read = [sentencepiece.SentencePieceProcessor(model_proto=model) for model in models]
        pieces = {each.id_to_piece(n): None for each in read for n in range(3, each.get_piece_size())}
        return {piece: n for n, piece in enumerate(["</s>", "<unk>", *pieces, *codes, "<pad>"])}

    return number


@pytest.fixture(scope="session")
def marian_pair(train_spm, number_pieces):
    """Make tokenizers of both sides with one vocabulary, in which two languages have codes."""
    src, tgt = train_spm(ENGLISH, 43), train_spm(GERMAN, 47)
    vocabulary = number_pieces(src, tgt, codes=[">>deu<<", ">>nld<<"])
    return MarianTokenizer(src, vocabulary), MarianTokenizer(tgt, vocabulary)


@pytest.fixture(scope="session")
def make_marian(marian_pair):
    """Make a Marian model as our folders hold it: 3 heads of 2, inner width 11, 2 layers that read and 1."""

    def make(*, tokenizers=marian_pair, decoding=None, **sizes):
        plain = {
            "d_model": 6,
            "d_ff": 11,
            "num_heads": 3,
            "num_encoder_layers": 2,
            "num_decoder_layers": 1,
            "dropout": 0.0,
            "activation": "silu",
            "positions": "sinusoidal_halves",
            "max_length": 53,
            "output_bias": True,
        }
        settings = {"beam": 3, "max_length_factor": 0.0, "max_length_extra": 16, "force_end": True}
        config = TranslatorConfig(
            tokenizer="marian",
            model=Model(**(plain | sizes)),
            src_vocab_size=tokenizers[0].vocab_size,
            tgt_vocab_size=tokenizers[1].vocab_size,
            src_language="en",
            tgt_language="de",
            alignment_layer=0,
            decoding=decoding or Decoding(**settings),
        )
        model = build_transformer(
            config.model, src_vocab_size=config.src_vocab_size, tgt_vocab_size=config.tgt_vocab_size
        )
        generator = torch.Generator().manual_seed(7)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(std=0.5, generator=generator)
        return StoredModel(
            config=config.model_dump(mode="json"),
            weights=parameters_of(model),
            tokenizers=dict(zip(("src", "tgt"), tokenizers, strict=True)),
            card="A card.\n",
        )

    return make


@pytest.fixture
def marian_folder(make_marian, tmp_path):
    """Write a Marian model as it is published."""
    write_marian(make_marian(), tmp_path / "marian")
    return tmp_path / "marian"
