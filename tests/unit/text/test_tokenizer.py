"""Subwords: what is kept, what is refused, what people are shown."""

import json
import pickle
import re
from itertools import chain, cycle, islice

import pytest
from num2words import num2words

from manyheads.errors import InputError, ModelError, RecipeError
from manyheads.text.tokenizer import BOS_ID, EOS_ID, SMALLEST_VOCABULARY, SPECIAL_TOKENS, UNK_ID, Tokenizer

CORPUS = ["a dog runs", "two dogs run </s> café"] * 20
HARD_TEXTS = [
    "",
    " ",
    "  two  spaces  ",
    "line\r\nline\n\ttab",
    "nul \0 inside",
    "👩‍👩‍👧 🇩🇪 \U0001f600",
    "\u0301 alone, e\u0301 joined, \u1e9b\u0323",
    "</s><s><unk> [MASK] Ġ ▁",
    "日本語。العربية",
]


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def tokenizer(request):
    return Tokenizer.train(iter(CORPUS), kind=request.param, vocab_size=300)


@pytest.fixture(scope="module")
def bpe():
    return Tokenizer.train(iter(CORPUS), vocab_size=300)


def numbers_corpus():
    """Every 331st number below a million, in both languages: 3,022 pairs with all number words in them."""
    numbers = range(0, 1_000_000, 331)
    return [num2words(number, lang=lang) for lang in ("en", "de") for number in numbers]


@pytest.mark.parametrize("text", HARD_TEXTS)
def test_a_text_comes_back_as_its_normal_form(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text).token_ids) == tokenizer.normalize(text)


def test_special_tokens_have_their_fixed_ids(tokenizer):
    tokens = json.loads(tokenizer.to_json())["added_tokens"]

    assert [(token["id"], token["content"]) for token in tokens] == [(0, "<unk>"), (1, "<s>"), (2, "</s>")]
    assert (UNK_ID, BOS_ID, EOS_ID) == (0, 1, 2)


@pytest.mark.parametrize("make", [lambda t: t, lambda t: Tokenizer.from_json(t.to_json()), pickle.dumps])
def test_a_text_that_spells_a_special_token_stays_text(tokenizer, make):
    made = make(tokenizer)
    ours = pickle.loads(made) if isinstance(made, bytes) else made  # noqa: S301
    ids = ours.encode_ids(["a </s> <s> <unk>"])[0]

    assert not {UNK_ID, BOS_ID, EOS_ID} & set(ids)
    assert ours.encode("a </s> <s> <unk>").token_ids == ids
    assert ours.decode(ids) == "a </s> <s> <unk>"


def test_a_corpus_full_of_special_spellings_teaches_none():
    """A merge that spelt `</s>` would take the special token's own id, so none may come to be."""
    tokenizer = Tokenizer.train(iter(["</s></s> <s><unk>"] * 200), vocab_size=300)

    assert not {0, 1, 2} & set(tokenizer.encode("</s></s> <s> <unk>").token_ids)


def test_special_tokens_are_dropped_when_decoding(bpe):
    ids = [BOS_ID, *bpe.encode("a dog").token_ids, EOS_ID]

    assert bpe.decode(ids) == "a dog"
    assert bpe.decode_batch([ids, [], [EOS_ID]]) == ["a dog", "", ""]


def test_an_id_beyond_the_vocabulary_is_named(bpe):
    size = bpe.vocab_size

    with pytest.raises(InputError, match=rf"from 0 to {size - 1}, got {size + 7}$"):
        bpe.decode([3, size + 7])
    with pytest.raises(InputError, match=r"got -1$"):
        bpe.decode_batch([[3], [-1, 4]])


def test_many_texts_give_the_ids_that_each_gives_alone(tokenizer):
    texts = list(islice(cycle(CORPUS + HARD_TEXTS), 1100))

    assert tokenizer.encode_ids(texts) == [tokenizer.encode(text).token_ids for text in texts]


@pytest.mark.parametrize(
    ("normalization", "lowercase", "expected"),
    [
        ("none", False, "E\u0301 ﬁ A"),
        ("nfc", False, "\u00c9 ﬁ A"),
        ("nfkc", False, "\u00c9 fi A"),
        ("nfkc", True, "\u00e9 fi a"),
        ("none", True, "e\u0301 ﬁ a"),
    ],
)
def test_normalization_does_what_it_is_called(normalization, lowercase, expected):
    """E + U+0301 composes to É (U+00C9); the ligature ﬁ is only taken apart by the compatibility forms."""
    tokenizer = Tokenizer.train(CORPUS, vocab_size=270, normalization=normalization, lowercase=lowercase)

    assert tokenizer.normalize("E\u0301 ﬁ A") == expected
    assert Tokenizer.from_json(tokenizer.to_json()).normalize("E\u0301 ﬁ A") == expected


def test_bpe_is_the_same_every_time():
    one, other = (Tokenizer.train(iter(CORPUS), vocab_size=280).to_json() for _ in range(2))

    assert one == other


def test_a_small_corpus_gives_the_vocabulary_it_has(bpe):
    """`ab` seen twice is one merge beyond 256 bytes and 3 special tokens; seen once it is none."""
    assert Tokenizer.train(["ab ", "ab"], vocab_size=1000).vocab_size == 260
    assert Tokenizer.train(["ab"], vocab_size=1000).vocab_size == 259
    assert SMALLEST_VOCABULARY == 259


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_the_smallest_vocabulary_spells_everything_in_bytes(kind):
    tokenizer = Tokenizer.train(["ab"], kind=kind, vocab_size=259)

    assert len(tokenizer.encode("é😀").token_ids) == 2 + 4
    assert tokenizer.decode(tokenizer.encode("é😀").token_ids) == "é😀"


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_vocabulary_below_the_bytes_is_refused_with_the_smallest_possible(kind):
    with pytest.raises(RecipeError, match=r"at least 259 \(256 bytes and 3 special tokens\), got 258$"):
        Tokenizer.train(CORPUS, kind=kind, vocab_size=258)


@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_an_empty_corpus_is_refused(texts):
    with pytest.raises(InputError, match="the corpus is empty"):
        Tokenizer.train(iter(texts), vocab_size=300)


def test_half_a_surrogate_pair_is_refused_wherever_it_comes_in(bpe):
    message = r"character 3 of 'dog\\ud800' is half a surrogate pair"
    bad = "dog\ud800"

    for act in (bpe.encode, bpe.normalize, bpe.pieces, lambda text: bpe.encode_ids(["fine", text])):
        with pytest.raises(InputError, match=message):
            act(bad)
    with pytest.raises(InputError, match=message):
        Tokenizer.train(iter(["fine", bad]), vocab_size=300)


def test_a_corpus_is_streamed():
    """The library reads a few hundred texts ahead; of 20,000 most are gone before the last is asked for."""
    alive = most = 0

    class Text(str):
        __slots__ = ()

        def __del__(self):
            nonlocal alive
            alive -= 1

    def corpus():
        nonlocal alive, most
        for text in islice(cycle(CORPUS), 20_000):
            alive += 1
            most = max(most, alive)
            yield Text(text)

    Tokenizer.train(corpus(), vocab_size=300)

    assert most < 2000


def test_what_the_corpus_raises_comes_through():
    def broken():
        yield from CORPUS
        raise InputError("line 41 is not UTF-8")

    with pytest.raises(InputError, match=r"^line 41 is not UTF-8$"):
        Tokenizer.train(broken(), vocab_size=300)


def test_a_saved_tokenizer_is_the_same_one(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")

    assert loaded.to_json() == tokenizer.to_json()
    assert b"\r" not in (tmp_path / "tokenizer.json").read_bytes()


def test_truncation_and_padding_from_elsewhere_are_switched_off(bpe):
    document = json.loads(bpe.to_json())
    document["truncation"] = {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0}

    assert len(Tokenizer.from_json(json.dumps(document)).encode("a dog runs far").token_ids) > 2


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=re.escape(str(tmp_path / "tokenizer.json"))):
        Tokenizer.load(tmp_path / "tokenizer.json")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b"[]", "expected struct Tokenizer"),
        (b"{}", "Model missing"),
        (b"\xff\xfe{", "utf-8. codec"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path, content, reason):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content)

    with pytest.raises(ModelError, match=f"{re.escape(str(path))}.*{reason}"):
        Tokenizer.load(path)


def change_special(document):
    document["added_tokens"][2]["content"] = "[SEP]"


def add_special(document):
    mask = dict(document["added_tokens"][2], id=len(document["model"]["vocab"]), content="[MASK]")
    document["added_tokens"].append(mask)


def drop_pre_tokenizer(document):
    document["pre_tokenizer"] = None


def strip_spaces(document):
    document["decoder"] = {"type": "Strip", "content": " ", "start": 1, "stop": 0}


def foreign_piece(document):
    document["model"]["vocab"]["▁dog"] = len(document["model"]["vocab"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (change_special, "they are .*SEP"),
        (add_special, "they are .*MASK"),
        (drop_pre_tokenizer, "must give back what was encoded"),
        (strip_spaces, "must give back what was encoded"),
        (foreign_piece, "hold all 256"),
    ],
)
def test_a_tokenizer_that_would_lose_text_is_refused(bpe, tmp_path, change, reason):
    document = json.loads(bpe.to_json())
    change(document)
    (tmp_path / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(ModelError, match=f"tokenizer.json: .*{reason}"):
        Tokenizer.load(tmp_path / "tokenizer.json")


def test_pieces_are_slices_of_the_text_as_it_was_given():
    """Lower case and composition are for the model; people see their own capital and their own accent."""
    tokenizer = Tokenizer.train(["café dogs"] * 50, vocab_size=400, lowercase=True)

    assert tokenizer.pieces("CAFE\u0301 Dogs") == ["CAFE\u0301", " Dogs"]


def test_a_character_of_several_tokens_belongs_to_the_first(bpe):
    """The emoji has four bytes and was never seen: four tokens, and the space before it is one more."""
    assert bpe.pieces("a 😀!") == ["a", " ", "😀", "", "", "", "!"]
    assert bpe.encode("a 😀!").offsets == [(0, 1), (1, 2), (2, 3), (3, 3), (3, 3), (3, 3), (3, 4)]


def test_a_mark_that_normalization_took_in_goes_with_its_letter(bpe):
    """Composed, é is one character of two bytes; `café` was learnt whole."""
    assert bpe.pieces(" cafe\u0301") == [" cafe\u0301"]
    assert "".join(bpe.pieces("ze\u0301 ")) == "ze\u0301 "


def test_spans_say_which_characters_each_token_made(bpe):
    ids = [BOS_ID, *bpe.encode("a dogs").token_ids, EOS_ID]

    assert bpe.spans(ids) == [(0, 0), (0, 1), (1, 6), (6, 6)]
    assert bpe.spans([]) == []
    assert bpe.spans([EOS_ID]) == [(0, 0)]


def test_spans_hold_for_bytes_that_are_no_character(bpe):
    """A model may generate the first bytes of an emoji and then a letter: U+FFFD for those, then `a`.

    The lead byte F0 opens the broken character, 9F goes on with it, `a` is a character of its own.
    """
    first, second, _, _ = bpe.encode("😀").token_ids
    (letter,) = bpe.encode("a").token_ids
    ids = [first, second, letter]

    assert bpe.decode(ids) == "\ufffda"
    assert bpe.spans(ids) == [(0, 1), (1, 1), (1, 2)]


def test_spans_hold_for_half_a_surrogate_pair_in_bytes(bpe):
    """ED A0 begins U+D800, which is no character: each byte becomes a U+FFFD of its own."""
    first, second = (bpe.encode(text).token_ids[at] for text, at in [("\ud7ff", 0), ("\u0820", 1)])

    assert bpe.decode([first, second]) == "\ufffd\ufffd"
    assert bpe.spans([first, second]) == [(0, 1), (1, 2)]


def test_number_words_stay_apart_in_a_small_vocabulary():
    """At 350 pieces `und` is always a piece of its own, so the turned digits have something to cross over."""
    tokenizer = Tokenizer.train(iter(numbers_corpus()), vocab_size=350)

    assert tokenizer.pieces("dreihundertzweiundvierzig")[-4:] == ["zwei", "und", "vier", "zig"]
    words = [num2words(number, lang="de") for number in range(21, 100) if number % 10]
    assert all("und" in tokenizer.pieces(word) for word in words)


def test_the_vocabulary_counts_its_special_tokens(tokenizer):
    vocabulary = set(chain.from_iterable(tokenizer.encode_ids(CORPUS)))

    assert max(vocabulary) < tokenizer.vocab_size
    assert len(SPECIAL_TOKENS) == 3
