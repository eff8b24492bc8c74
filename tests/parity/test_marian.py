"""Marian models of `transformers`, drawn at random: numbers, gradients, tokens and words are theirs."""

import io
import json
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
import sentencepiece
import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel, MarianTokenizer

from manyheads.batches.translation import pack_pairs
from manyheads.checkpoint.ctranslate2_format import write_ctranslate2
from manyheads.checkpoint.marian import write_marian
from manyheads.checkpoint.parameters import parameters_of
from manyheads.checkpoint.store import load_model, save_model
from manyheads.inference.forced import force_translation
from manyheads.inference.load import load

pytestmark = pytest.mark.parity

KINDS = ("swish, one vocabulary", "relu, two vocabularies", "gelu, nothing tied, bias of no word")
SETTINGS = {
    KINDS[0]: {"activation_function": "swish", "scale_embedding": True},
    KINDS[1]: {
        "activation_function": "relu",
        "scale_embedding": False,
        "share_encoder_decoder_embeddings": False,
    },
    KINDS[2]: {
        "activation_function": "gelu",
        "scale_embedding": True,
        "share_encoder_decoder_embeddings": False,
        "tie_word_embeddings": False,
    },
}
SRC_WORDS = [
    "the",
    "a",
    "one",
    "two",
    "dog",
    "cat",
    "man",
    "woman",
    "sees",
    "runs",
    "park",
    "house",
    "red",
    "blue",
    "yellow",
]
CODES = [">>deu<<", ">>nld<<", ">>dan<<", ">>swe<<", ">>nob<<"]
TGT_WORDS = ["der", "ein", "eins", "zwei", "Hund", "Katze", "Mann", "Frau", "sieht", "läuft", "Park", "grün"]
TRICKY = [
    "",
    " ",
    "the dog",
    "  the  dog  sees ",
    ">>deu<< the dog",
    ">>deu<<the dog",
    ">>fra<< the dog",
    "the >>deu<< dog",
    ">>deu the dog",
    "the dog 😀 sees ☃☃ a cat",
    "ﬁne ½ café café Ａ １ ™",
    "x\ty\nz\u2028\u00a0\u200b",
    "日本語 the dog العربية",
    "& <s> 'quotes' \"double\" ... --",
]


def sentences(words, count, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(words, rng.integers(2, 9))) for _ in range(count)]


def train_pieces(words, size, seed):
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences(words, 200, seed)),
        model_writer=written,
        vocab_size=size,
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return written.getvalue()


def number(*models, codes=()):
    """Number pieces as the published models do: the end, the unknown one, all pieces, padding last."""
    processors = [sentencepiece.SentencePieceProcessor(model_proto=model) for model in models]
    pieces = {each.id_to_piece(n): None for each in processors for n in range(3, each.get_piece_size())}
    return {piece: n for n, piece in enumerate(["</s>", "<unk>", *pieces, *codes, "<pad>"])}


@dataclass
class Published:
    """What somebody has put on the hub."""

    folder: Path
    model: MarianMTModel
    tokenizer: MarianTokenizer


def published_tokenizer(folder):
    with warnings.catch_warnings():
        # It recommends a package for a normalization that it never applies.
        warnings.filterwarnings("ignore", message="Recommended: pip install sacremoses")
        return MarianTokenizer.from_pretrained(folder)


def write_tokenizer(folder, *, separate):
    src, tgt = train_pieces(SRC_WORDS, 97, seed=1), train_pieces(TGT_WORDS, 59, seed=2)
    (folder / "source.spm").write_bytes(src)
    (folder / "target.spm").write_bytes(tgt)
    vocabularies = {"vocab.json": number(src, codes=CODES), "target_vocab.json": number(tgt)}
    if not separate:
        vocabularies = {"vocab.json": number(src, tgt, codes=CODES)}
    for name, vocabulary in vocabularies.items():
        (folder / name).write_text(json.dumps(vocabulary), encoding="utf-8")
    said = {"tokenizer_class": "MarianTokenizer", "separate_vocabs": separate}
    (folder / "tokenizer_config.json").write_text(json.dumps(said), encoding="utf-8")
    return [len(vocabulary) for vocabulary in vocabularies.values()]


def draw_model(sizes, settings):
    """Draw a model, biases and norms too, and let it learn random pairs, so that its texts end."""
    src_size, tgt_size = sizes[0], sizes[-1]
    config = MarianConfig(
        vocab_size=src_size,
        decoder_vocab_size=tgt_size,
        d_model=42,
        encoder_layers=2,
        decoder_layers=3,
        encoder_attention_heads=3,
        decoder_attention_heads=3,
        encoder_ffn_dim=37,
        decoder_ffn_dim=37,
        max_position_embeddings=61,
        dropout=0.0,
        pad_token_id=tgt_size - 1,
        decoder_start_token_id=tgt_size - 1,
        eos_token_id=0,
        forced_eos_token_id=0,
        **settings,
    )
    model = MarianMTModel(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embed_positions" in name:
                continue
            if "embed" in name or "shared" in name or "lm_head" in name:
                torch.nn.init.normal_(parameter, std=0.15 if config.scale_embedding else 0.3)
            elif parameter.ndim == 1:
                torch.nn.init.normal_(parameter, mean=float("norm.weight" in name), std=0.1)
            else:
                torch.nn.init.xavier_uniform_(parameter, gain=1.5)
        model.final_logits_bias.normal_(std=0.5)
    learn_something(model)
    model.generation_config = GenerationConfig(
        bad_words_ids=[[tgt_size - 1]],
        decoder_start_token_id=tgt_size - 1,
        eos_token_id=0,
        forced_eos_token_id=0,
        pad_token_id=tgt_size - 1,
        max_length=17,
        num_beams=5,
    )
    return model.eval()


def learn_something(model):
    rng = np.random.default_rng(12)
    src, mask = padded([[*rng.integers(2, 30, rng.integers(2, 8)), 0] for _ in range(50)], filler=1)
    labels, _ = padded([[*rng.integers(2, 30, rng.integers(1, 12)), 0] for _ in range(50)], filler=-100)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(200):
        optimizer.zero_grad()
        loss = model(input_ids=src, attention_mask=mask, labels=labels).loss
        if loss < 2.1:
            return
        loss.backward()
        optimizer.step()
    raise AssertionError(f"the model has not learned: {loss}")


def padded(rows, filler):
    ids = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row) for row in rows], batch_first=True, padding_value=filler
    )
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(ids.shape[1]) < lengths[:, None]


@pytest.fixture(scope="module", params=KINDS)
def published(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    settings = SETTINGS[request.param]
    with torch.random.fork_rng():
        torch.manual_seed(11)
        sizes = write_tokenizer(folder, separate=not settings.get("share_encoder_decoder_embeddings", True))
        model = draw_model(sizes, settings)
    model.save_pretrained(folder)
    if "no word" in request.param:
        _without_bias(folder, model)
    return Published(folder, model, published_tokenizer(folder))


def _without_bias(folder, model):
    """Save the model as one whose file has no bias, and whose words have none."""
    state = {name: tensor for name, tensor in model.state_dict().items() if name != "final_logits_bias"}
    model.final_logits_bias.zero_()
    model.save_pretrained(folder, state_dict=state)


@pytest.fixture(scope="module")
def translator(published):
    return load(published.folder, precision="float32", device="cpu")


def test_tokens_are_theirs(published, translator):
    theirs = [published.tokenizer(text)["input_ids"][:-1] for text in TRICKY]
    assert translator.src_tokenizer.encode_ids(TRICKY) == theirs
    assert [translator.src_tokenizer.encode(text).token_ids for text in TRICKY] == theirs
    assert len(set(map(tuple, theirs))) > 10


def test_ctranslate2_finds_a_translation_as_likely_as_we_do(published, translator, tmp_path):
    write_ctranslate2(load_model(published.folder), tmp_path / "ct2")
    theirs = ctranslate2.Translator(str(tmp_path / "ct2"), compute_type="float32", intra_threads=1)
    src, tgt = translator.src_tokenizer, translator.tgt_tokenizer
    targets = sentences(TGT_WORDS, 6, seed=3)
    texts = sentences(SRC_WORDS, 6, seed=5)
    found = theirs.score_batch(
        [[src.vocab[token] for token in row] for row in src.encode_ids(texts)],
        [[tgt.vocab[token] for token in row] for row in tgt.encode_ids(targets)],
    )
    for text, target, each in zip(texts, targets, found, strict=True):
        ours = force_translation(translator, text, target)
        assert each.log_probs == pytest.approx(ours.log_probs, abs=1e-4)


def test_tokens_of_targets_are_theirs(published, translator):
    texts = [*TRICKY, *sentences(TGT_WORDS, 20, seed=3)]
    theirs = [published.tokenizer(text_target=text)["input_ids"][:-1] for text in texts]
    assert translator.tgt_tokenizer.encode_ids(texts) == theirs


def test_words_are_theirs(published, translator):
    ours = translator.tgt_tokenizer
    rng = np.random.default_rng(5)
    rows = [rng.integers(0, ours.vocab_size, length).tolist() for length in (0, 1, 2, 3, 5, 7, 11, 60)]
    rows += ours.encode_ids(sentences(TGT_WORDS, 20, seed=4))
    # With two vocabularies of two sizes they take the sources' padding for the targets'.
    silent = {0, 1, ours.special.begin}
    theirs = published.tokenizer.batch_decode(
        [[token for token in row if token not in silent] for row in rows]
    )
    assert [ours.decode(row) for row in rows] == ours.decode_batch(rows) == theirs
    for row, text in zip(rows, theirs, strict=True):
        assert "".join(text[start:end] for start, end in ours.spans(row)) == text


def known_pairs(translator):
    src = translator.src_tokenizer.encode_ids(sentences(SRC_WORDS, 7, seed=6))
    tgt = translator.tgt_tokenizer.encode_ids(sentences(TGT_WORDS, 7, seed=7))
    return src, tgt


def their_logits(published, src, tgt, special):
    """Run their model on padded pairs, and take the real positions' logits one after another."""
    src_ids, src_mask = padded([[*row, special.src.end] for row in src], filler=1)
    tgt_ids, tgt_mask = padded([[special.tgt.begin, *row] for row in tgt], filler=1)
    said = published.model(input_ids=src_ids, attention_mask=src_mask, decoder_input_ids=tgt_ids)
    return said.logits[tgt_mask]


def our_batch(translator, src, tgt):
    return pack_pairs(*([np.array(row) for row in side] for side in (src, tgt)), translator.special)


def test_logits_are_theirs(published, translator):
    src, tgt = known_pairs(translator)
    batch = our_batch(translator, src, tgt)
    with torch.no_grad():
        wanted = their_logits(published, src, tgt, translator.special)
        torch.testing.assert_close(translator.model(batch.src, batch.tgt), wanted, rtol=0, atol=1e-5)
    assert wanted.std() > 0.5


def test_gradients_of_training_are_theirs(published, translator):
    """But for the begin token's vector, which they never train: to them it is padding."""
    src, tgt = known_pairs(translator)
    batch = our_batch(translator, src, tgt)
    labels = batch.labels
    published.model.train()
    translator.model.train()
    try:
        for logits in (
            translator.model(batch.src, batch.tgt),
            their_logits(published, src, tgt, translator.special),
        ):
            torch.nn.functional.cross_entropy(logits, labels).backward()
        theirs = dict(published.model.named_parameters())
        pairs = list(_paired(translator))
        assert len(pairs) == sum(parameter.requires_grad for parameter in theirs.values())
        for name, parameter in pairs:
            ours, wanted = parameter.grad, theirs[name].grad
            if "embed_tokens" in name or "shared" in name:
                ours, wanted = (grad[: translator.special.tgt.begin] for grad in (ours, wanted))
            torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-4)
    finally:
        published.model.eval().zero_grad()
        translator.model.eval().zero_grad()


def _paired(translator):
    """Name our parameters as they do; their bias is a buffer that is never trained."""
    from manyheads.checkpoint.marian_names import translator_names

    names = translator_names(translator.config.model)
    for name, parameter in translator.model.named_parameters():
        if name != "output.bias":
            yield names[name], parameter


@pytest.mark.parametrize("beam", [1, 4, 5, 6])
def test_translations_are_those_of_generate(published, translator, beam):
    texts = sentences(SRC_WORDS, 50, seed=8)
    ours = translator.translate(texts, beam=beam)
    given, mask = padded(
        [[*row, translator.special.src.end] for row in translator.src_tokenizer.encode_ids(texts)], filler=1
    )
    rows = published.model.generate(input_ids=given, attention_mask=mask, num_beams=beam).tolist()
    special = translator.special.tgt
    theirs = [tuple(token for token in row if token not in (special.begin, special.end)) for row in rows]
    assert [answer.token_ids for answer in ours] == theirs
    spoken = [[token for token in row if token != 1] for row in theirs]
    assert [answer.text for answer in ours] == published.tokenizer.batch_decode(spoken)
    assert len({answer.token_ids for answer in ours}) > 15
    assert len({len(answer.token_ids) for answer in ours}) > 4
    assert {answer.finished for answer in ours} == {True, False}


@pytest.mark.parametrize("renormalize", [False, True])
def test_scores_are_those_of_generate(published, translator, renormalize, monkeypatch):
    """With a length penalty of 0.7, and padding barred with or without its share going to others."""
    decoding = translator.config.decoding.model_copy(
        update={"renormalize": renormalize, "length_penalty": 0.7}
    )
    monkeypatch.setattr(translator, "config", translator.config.model_copy(update={"decoding": decoding}))
    texts = sentences(SRC_WORDS, 11, seed=9)
    given, mask = padded(
        [[*row, translator.special.src.end] for row in translator.src_tokenizer.encode_ids(texts)], filler=1
    )
    theirs = published.model.generate(
        input_ids=given,
        attention_mask=mask,
        num_beams=4,
        length_penalty=0.7,
        renormalize_logits=renormalize,
        return_dict_in_generate=True,
        output_scores=True,
    )
    ours = torch.tensor([answer.score for answer in translator.translate(texts, beam=4)])
    torch.testing.assert_close(ours, theirs.sequences_scores, rtol=0, atol=1e-5)


def test_the_settings_are_read(published, translator):
    config = translator.config
    assert (config.tokenizer, config.decoding.beam, config.decoding.force_end) == ("marian", 5, True)
    assert (config.decoding.max_length_factor, config.decoding.max_length_extra) == (0.0, 16)
    assert config.model.scale_embedding is published.model.config.scale_embedding
    assert config.model.output_bias is bool(published.model.final_logits_bias.any())


def test_ours_and_back_gives_the_same_tensors(published, tmp_path):
    stored = load_model(published.folder)
    save_model(tmp_path / "ours", stored)
    again = load_model(tmp_path / "ours")
    assert (
        json.loads((tmp_path / "ours" / "config.json").read_text(encoding="utf-8"))["tokenizer"] == "marian"
    )
    write_marian(again, tmp_path / "back")
    model = MarianMTModel.from_pretrained(tmp_path / "back")
    theirs = published.model.state_dict()
    assert model.state_dict().keys() == theirs.keys()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in model.state_dict().items())
    wanted, got = published.model.config.to_dict(), model.config.to_dict()
    moved = {"dtype", "_name_or_path", "forced_eos_token_id", "bad_words_ids", "num_beams", "max_length"}
    assert {key: got[key] for key in wanted.keys() - moved} == {
        key: wanted[key] for key in wanted.keys() - moved
    }
    said, back = published.model.generation_config, model.generation_config
    for key in ("num_beams", "max_length", "bad_words_ids", "forced_eos_token_id", "decoder_start_token_id"):
        assert getattr(back, key) == getattr(said, key)
    tokenizer = published_tokenizer(tmp_path / "back")
    assert [tokenizer(text)["input_ids"] for text in TRICKY] == [
        published.tokenizer(text)["input_ids"] for text in TRICKY
    ]


def test_our_own_folder_translates_alike(published, translator, tmp_path):
    save_model(tmp_path / "ours", load_model(published.folder))
    texts = sentences(SRC_WORDS, 5, seed=10)
    again = load(tmp_path / "ours", precision="float32", device="cpu")
    assert [done.text for done in again.translate(texts)] == [
        done.text for done in translator.translate(texts)
    ]


def test_an_old_checkpoint_is_read(published, translator, tmp_path):
    """A pickle with every copy of a matrix and the positions, and what `generate` needs in config.json."""
    folder = shutil.copytree(published.folder, tmp_path / "old")
    (folder / "model.safetensors").unlink()
    generation = json.loads((folder / "generation_config.json").read_text(encoding="utf-8"))
    (folder / "generation_config.json").unlink()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(generation | config), encoding="utf-8")
    state = published.model.state_dict()
    assert "model.encoder.embed_positions.weight" in state
    if not translator.config.model.output_bias:
        del state["final_logits_bias"]
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.warns(match="is a pickle"):
        again = load(folder, precision="float32", device="cpu")
    assert again.config == translator.config
    wanted = parameters_of(translator.model)
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in parameters_of(again.model).items())
