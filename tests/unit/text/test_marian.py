"""Marian's tokens: sentencepiece's pieces under numbers of their own, and where each came from."""

import pickle

import pytest

from manyheads.errors import InputError, ModelError
from manyheads.text.marian import MarianTokenizer, marian_files, read_marian_tokenizers
from manyheads.text.subwords import SpecialIds, Subwords

TEXTS = [
    "the dog",
    "  the  dog runs ",
    ">>deu<< a dog",
    ">>deu<<a dog",
    "a 😀 dog ☃☃",
    "ﬁne ½ café",
    "cafe\u0301 (fine)\u3000man\n",
    "</s> <pad> a man",
]


@pytest.fixture(scope="module")
def src(marian_pair):
    return marian_pair[0]


@pytest.fixture(scope="module")
def tgt(marian_pair):
    return marian_pair[1]


@pytest.fixture(scope="module")
def in_bytes(train_spm, number_pieces):
    model = train_spm(["the dog"], 270, byte_fallback=True)
    return MarianTokenizer(model, number_pieces(model))


def spell(tokenizer, ids):
    names = {number: piece for piece, number in tokenizer.vocabulary.items()}
    return [names[token] for token in ids]


def test_it_offers_what_a_translator_asks_for(src):
    assert isinstance(src, Subwords)


def test_padding_begins_a_translation_and_never_stands_in_one(src):
    last = src.vocab_size - 1
    assert src.special == SpecialIds(begin=last, end=0, unknown=1, barred=(last,))


def test_pieces_are_sentencepieces_under_the_vocabularys_numbers(src):
    assert "".join(spell(src, src.encode("the dog").token_ids)) == "\u2581the\u2581dog"
    assert src.encode_ids(["the dog", ""]) == [src.encode("the dog").token_ids, []]


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_are_slices_that_join_to_the_text(src, in_bytes, text):
    for tokenizer in (src, in_bytes):
        assert "".join(tokenizer.pieces(text)) == text
        assert len(tokenizer.pieces(text)) == len(tokenizer.encode_ids([text])[0])


def test_a_space_belongs_to_the_word_behind_it(train_spm, number_pieces):
    model = train_spm(["dog"], 9, model_type="word")
    assert MarianTokenizer(model, number_pieces(model)).pieces(" the  dog ") == [" the", "  dog "]


def test_a_character_in_bytes_belongs_to_the_first_of_them(in_bytes):
    """é has two bytes; the space before it has a token of its own."""
    assert in_bytes.pieces("é")[-2:] == ["é", ""]
    assert in_bytes.decode(in_bytes.encode("é").token_ids) == "é"


def test_a_code_at_the_beginning_is_one_token(src):
    assert spell(src, src.encode(">>nld<< a").token_ids)[0] == ">>nld<<"
    assert src.pieces(">>nld<< a") == [">>nld<<", " ", "a"]
    assert src.language_code(">>nld<< a") == ">>nld<<"
    assert src.encode(">>fra<< a").token_ids[0] == 1


@pytest.mark.parametrize("text", ["a >>deu<< b", " >>deu<<", ">>deu", ""])
def test_a_code_elsewhere_is_text(src, text):
    assert src.language_code(text) == ""
    assert src.vocabulary[">>deu<<"] not in src.encode(text).token_ids


def test_a_text_that_spells_a_special_token_gets_ordinary_ones(src):
    """The letters of `</s>` have no pieces: sentencepiece gives them in one, and that spells the token."""
    ids = src.encode("</s>").token_ids
    assert 1 in ids
    assert not {0, src.special.begin} & set(src.encode("</s> <pad>").token_ids)


def test_what_the_vocabulary_knows_comes_back_normalized(src):
    for text in ("  the  dog ", "ﬁne café", "cafe\u0301 (fine)", ">>deu<< a dog", ""):
        assert src.decode(src.encode(text).token_ids) == src.normalize(text)
    assert src.normalize("  the  dog ") == "the dog"
    assert src.normalize(">>deu<<a dog") == ">>deu<< a dog"


def test_special_tokens_make_no_text(tgt):
    last = tgt.special.begin
    (ids,) = tgt.encode_ids(["ein Hund"])
    assert tgt.decode([last, 1, *ids, 0, last]) == "ein Hund"
    assert tgt.decode_batch([[], [0]]) == ["", ""]


def test_spans_cover_what_was_decoded(tgt):
    (ids,) = tgt.encode_ids(["ein Hund läuft"])
    ids = [tgt.special.begin, *ids[:2], 1, *ids[2:], 0]
    text, spans = tgt.decode(ids), tgt.spans(ids)
    assert [text[start:end] for start, end in spans if start < end] == [
        piece.replace("\u2581", " ").removeprefix(" " * (n == 0))
        for n, piece in enumerate(spell(tgt, [token for token in ids if token not in (0, 1, ids[0])]))
        if piece != "\u2581" or n
    ]
    assert (spans[0], spans[3][0] - spans[3][1], spans[-1]) == ((0, 0), 0, (len(text), len(text)))


def test_an_id_outside_the_vocabulary_is_named(tgt):
    with pytest.raises(InputError, match=f"from 0 to {tgt.vocab_size - 1}, got {tgt.vocab_size}"):
        tgt.decode([2, tgt.vocab_size])


def test_half_a_character_is_no_text(src):
    for use in (src.encode, src.normalize, lambda text: src.encode_ids([text])):
        with pytest.raises(InputError, match=r"character 2 of 'a .udcff' is half a surrogate pair"):
            use("a \udcff")


def test_it_travels_to_other_processes(src):
    again = pickle.loads(pickle.dumps(src))  # noqa: S301
    assert again.encode_ids(TEXTS) == src.encode_ids(TEXTS)


def write(files, folder):
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {path.name: path for path in folder.iterdir()}


def test_files_give_the_tokenizers_back(marian_pair, number_pieces, tmp_path):
    src, tgt = marian_pair
    assert set(marian_files(src, tgt)) == {"source.spm", "target.spm", "vocab.json"}
    apart = MarianTokenizer(tgt.model, number_pieces(tgt.model))
    paths = write(marian_files(src, apart), tmp_path)
    assert set(paths) == {"source.spm", "target.spm", "vocab.json", "target_vocab.json"}
    for again, given in zip(read_marian_tokenizers(paths), (src, apart), strict=True):
        assert (again.model, again.vocabulary) == (given.model, given.vocabulary)


@pytest.mark.parametrize("name", ["source.spm", "target.spm", "vocab.json"])
def test_a_missing_file_is_named(marian_pair, tmp_path, name):
    paths = write(marian_files(*marian_pair), tmp_path)
    del paths[name]
    with pytest.raises(ModelError, match=f"there is no {name}"):
        read_marian_tokenizers(paths)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("target.spm", b"\x07", r"target\.spm: a Marian tokenizer needs a sentencepiece model"),
        ("vocab.json", b"{", r"vocab\.json must be a Marian vocabulary in JSON, but cannot be read"),
        ("vocab.json", b'{"a": "b"}', r"vocab\.json must give every piece a whole number"),
        ("vocab.json", b'{"a": 0}', r"must hold </s>, <unk> and <pad>, but has no </s>"),
        ("vocab.json", b'{"</s>": 0, "<unk>": 1, "<pad>": 3}', r"the 3 pieces .* from 0 to 2, each once"),
    ],
)
def test_a_damaged_file_is_named(marian_pair, tmp_path, name, content, message):
    paths = write(marian_files(*marian_pair) | {name: content}, tmp_path)
    with pytest.raises(ModelError, match=message):
        read_marian_tokenizers(paths)


def test_a_file_that_cannot_be_read_is_named(marian_pair, tmp_path):
    paths = write(marian_files(*marian_pair), tmp_path)
    paths["source.spm"].unlink()
    with pytest.raises(ModelError, match=r"source\.spm: .*No such file"):
        read_marian_tokenizers(paths)
