"""Small parts that many tests share: a network whose axes all differ, and a tokenizer trained on the fly."""
# ruff: noqa: E402 - shapes are checked in what is imported after the hook is there

import gc
import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from jaxtyping import install_import_hook
from torch import nn

_SOURCE = Path(__file__).parents[1] / "src"


def _modules_with_shapes():
    """Name the modules whose signatures have shapes: looking into all others would double every start."""
    for path in (_SOURCE / "manyheads").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "from jaxtyping import" in text or "manyheads.shapes import" in text:
            yield ".".join(path.relative_to(_SOURCE).with_suffix("").parts)


pytest_plugins = ["fixtures.command_line", "fixtures.marian", "fixtures.toy_runs"]
install_import_hook(sorted(_modules_with_shapes()), "beartype.beartype")

from manyheads.checkpoint.config import EncoderConfig, TranslatorConfig
from manyheads.checkpoint.network import build_network
from manyheads.inference.encoder import EncoderRunner
from manyheads.inference.precision import Prepared
from manyheads.inference.translate import Translator
from manyheads.model.build import build_transformer
from manyheads.model.initialize import initialize
from manyheads.recipes.encoder import Bert
from manyheads.recipes.schema import Decoding, Model
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.tokenizer import EOS_ID, SPECIAL_TOKENS, Tokenizer

# Read when huggingface_hub is imported: no test asks the real hub, whatever name it mistypes.
os.environ["HF_HUB_OFFLINE"] = "1"

settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("steady")

SRC_VOCAB, TGT_VOCAB = 41, 43
PAIRS = [
    ("one man", "ein Mann"),
    ("two men walk", "zwei Männer gehen"),
    ("a dog runs in the park", "ein Hund läuft im Park"),
    ("the dog sees a man", "der Hund sieht einen Mann"),
]

_SHORT_ANSWERS = Decoding(max_length_factor=1.0, max_length_extra=3)
"""What has learned nothing seldom ends by itself, and every step costs time."""


def pytest_collection_finish():
    """Let the garbage collector pass over what was imported: a fifth of the time went into looking at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Sums come out in one order, and machines that are shared stay usable."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _auto_is_float32():
    """Let `auto` be float32 whatever this processor is good at: numbers are compared to float32's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("manyheads.inference.precision.try_both", lambda _device: ("float32", "in tests"))
        yield


@pytest.fixture(autouse=True)
def _seeded():
    """Chance starts anew with every test, so that their order means nothing."""
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)


@pytest.fixture(scope="session")
def sizes():
    """Make sizes that all differ: 3 heads of 14, inner width 37, 2 encoder and 3 decoder layers."""

    def make(**changes):
        plain = {
            "d_model": 42,
            "d_ff": 37,
            "num_heads": 3,
            "num_encoder_layers": 2,
            "num_decoder_layers": 3,
            "dropout": 0.0,
            "max_length": 61,
            "tie_embeddings": "none",
        }
        return Model(**(plain | changes))

    return make


@pytest.fixture(scope="session")
def make_model(sizes):
    """Make a network with drawn parameters, biases and norms too; in evaluation mode.

    Vocabularies of 41 and 43, unless they are one.
    """

    def make(*, src_vocab=SRC_VOCAB, tgt_vocab=TGT_VOCAB, seed=1, **changes):
        config = sizes(**changes)
        if config.tie_embeddings == "all":
            src_vocab = tgt_vocab
        model = build_transformer(config, src_vocab_size=src_vocab, tgt_vocab_size=tgt_vocab)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            initialize(model)
            _liven(model)
        return model.eval()

    return make


def _liven(model):
    """Draw larger numbers, biases and norms too: what hardly counts could be wrong unseen."""
    for module in model.modules():
        if isinstance(module, nn.Embedding):
            module.weight.data /= module.weight.std() * math.sqrt(module.embedding_dim)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            nn.init.normal_(parameter, mean=float(name.endswith("norm.weight")), std=0.1)
        elif "embedding" not in name and name != "output.weight":
            nn.init.xavier_uniform_(parameter)


@pytest.fixture(scope="session")
def draw_ids():
    """Draw sentences of given lengths, without special tokens."""

    def draw(lengths, *, vocab=SRC_VOCAB, seed=1):
        rng = np.random.default_rng(seed)
        return [rng.integers(len(SPECIAL_TOKENS), vocab, length) for length in lengths]

    return draw


@pytest.fixture(scope="session")
def tokenizer():
    """Learn 281 pieces from eight short sentences: 256 bytes, 3 special tokens and 22 merges."""
    return Tokenizer.train([side for pair in PAIRS for side in pair], vocab_size=281)


@pytest.fixture(scope="session")
def make_translator(make_model, tokenizer):
    """Make a translator that has learned nothing; its end scores as the sum of others, so that it comes."""

    def make(*, alignment_layer=1, ends=9, seed=8, decoding=_SHORT_ANSWERS, **changes):
        tied = {"tie_embeddings": "none"} | changes
        vocab = tokenizer.vocab_size
        model = make_model(src_vocab=vocab, tgt_vocab=vocab, seed=seed, **tied)
        with torch.no_grad():
            model.output.weight[EOS_ID] = model.output.weight[3 : 3 + ends].sum(dim=0)
        config = TranslatorConfig(
            model=Model(**{**model_sizes(model), **tied}),
            src_vocab_size=vocab,
            tgt_vocab_size=vocab,
            alignment_layer=alignment_layer,
            decoding=decoding,
        )
        return Translator(model, (tokenizer, tokenizer), config, Prepared(torch.device("cpu")))

    return make


def model_sizes(model):
    """Read a network's sizes off it."""
    layer = model.encoder.layers[0]
    return {
        "d_model": model.output.in_features,
        "d_ff": layer.feedforward.widen.out_features,
        "num_heads": layer.attention.num_heads,
        "num_encoder_layers": len(model.encoder.layers),
        "num_decoder_layers": len(model.decoder.layers),
        "max_length": model.max_length,
    }


@pytest.fixture(scope="session")
def pieces():
    """Learn WordPiece from four sentences: 69 tokens, one for each of their words."""
    texts = [
        "one man",
        "two men walk",
        "a dog runs in the park",
        "the dog sees a man",
        "lg q v x y z , . - !",
    ]
    return TextTokenizer.train(texts * 9, kind="wordpiece", vocab_size=120, lowercase=True)


@pytest.fixture(scope="session")
def make_runner(pieces):
    """Make an encoder that has learned nothing: 3 heads of 4, inner width 17, 2 layers, 23 positions."""

    def make(task="embedding", *, seed=1, precision="float32", sizes=None, **words):
        plain = {"d_model": 12, "d_ff": 17, "num_heads": 3, "num_layers": 2, "max_length": 23, "dropout": 0.0}
        pooler = {"pooler": "none"} if task == "tagging" else {}
        model = Bert(**(plain | pooler | (sizes or {})))
        config = EncoderConfig(task=task, model=model, vocab_size=pieces.vocab_size, **words)
        network = build_network(config)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            for name, parameter in network.named_parameters():
                nn.init.normal_(parameter, mean=float(name.endswith("norm.weight")), std=0.5)
        prepared = Prepared(torch.device("cpu"), precision)
        return EncoderRunner(network.to(prepared.dtype).eval(), pieces, config, prepared)

    return make
