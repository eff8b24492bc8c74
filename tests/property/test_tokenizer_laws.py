"""Laws of text: nothing is lost on the way to tokens and back, nor when a long text is cut."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manyheads.text.sentences import split_sentences, split_to_fit
from manyheads.text.tokenizer import SPECIAL_TOKENS, Tokenizer

KINDS = ["bpe", "unigram"]
FORMS = [("nfc", False), ("nfkc", False), ("none", False), ("nfc", True), ("nfkc", True)]
CORPUS = ["a dog runs", "two dogs ran, z.B. über 3.14 Straßen!", "日本語。", "don't </s>"] * 20

any_text = st.text(st.characters(exclude_categories=["Cs"]))
awkward = st.lists(
    st.sampled_from(
        [
            *SPECIAL_TOKENS,
            " ",
            "\n",
            "\r\n",
            "\0",
            "e",
            "\u0301",
            "\u0323",
            "😀",
            "\u200d",
            "İ",
            "ß",
            "Ġ",
            "dog",
        ]
    )
).map("".join)
MARKS = [". ", "! ", "? ", "... ", "…", ", ", "; ", "。", "！", "」", "「", "»", '"', ")"]
SPACES = ["\n", "\r\n", "  ", " ", "\u00a0"]
WORDS = [
    "Dr",
    "z.B",
    "e.g",
    "U.S",
    "I",
    "29",
    "3.14",
    "The",
    "der",
    "longwordwithoutend",
    "日本",
    "e\u0301",
    "👩\u200d👧",
]
prose = st.lists(st.sampled_from(MARKS + SPACES + WORDS)).map("".join)


@cache
def trained(kind, normalization, lowercase):
    return Tokenizer.train(
        iter(CORPUS), kind=kind, vocab_size=320, normalization=normalization, lowercase=lowercase
    )


forms = st.tuples(st.sampled_from(KINDS), st.sampled_from(FORMS)).map(lambda form: (form[0], *form[1]))
texts = any_text | awkward


def assert_in_a_row(spans, length):
    """Each span begins where the one before ended; the first at 0, the last ends at the text's end."""
    borders = [0, *(border for span in spans for border in span), length]
    assert borders == sorted(borders)
    assert borders[::2] == borders[1::2]


@pytest.mark.property
@given(forms, texts)
def test_decoding_gives_back_the_normalised_text(form, text):
    tokenizer = trained(*form)
    assert tokenizer.decode(tokenizer.encode(text).token_ids) == tokenizer.normalize(text)


@pytest.mark.property
@given(forms, texts)
def test_no_text_becomes_a_special_token(form, text):
    tokenizer = trained(*form)
    assert min(tokenizer.encode_ids([text])[0], default=3) >= len(SPECIAL_TOKENS)


@pytest.mark.property
@given(forms, texts)
def test_pieces_join_to_the_text_as_it_was_given(form, text):
    tokenizer = trained(*form)
    encoding = tokenizer.encode(text)

    assert "".join(tokenizer.pieces(text)) == text
    assert len(encoding.offsets) == len(encoding.token_ids)
    assert_in_a_row(encoding.offsets, len(text))


@pytest.mark.property
@given(st.sampled_from(KINDS), st.lists(st.integers(0, 258), max_size=30))
def test_spans_cover_whatever_a_model_generates(kind, token_ids):
    """Ids at random are mostly bytes that make no characters."""
    tokenizer = trained(kind, "nfc", False)
    text = tokenizer.decode(token_ids)
    spans = tokenizer.spans(token_ids)

    assert_in_a_row(spans, len(text))
    assert all(start == end for (start, end), token in zip(spans, token_ids, strict=True) if token < 3)


@pytest.mark.property
@given(forms, texts)
def test_spans_of_a_texts_own_tokens_are_its_offsets_when_it_is_normal(form, text):
    tokenizer = trained(*form)
    normal = tokenizer.normalize(text)
    if tokenizer.normalize(normal) == normal:
        assert tokenizer.spans(tokenizer.encode(normal).token_ids) == tokenizer.encode(normal).offsets


@pytest.mark.property
@given(texts | prose)
def test_sentences_lose_nothing(text):
    pieces = split_sentences(text)

    assert "".join(piece.text + piece.after for piece in pieces) == text
    assert all(piece.text == piece.text.strip() and not piece.after.strip() for piece in pieces)
    assert all("\n" not in piece.text for piece in pieces)
    assert all(piece.text for piece in pieces[1:])


@pytest.mark.property
@given(texts | prose, st.integers(1, 12))
def test_every_piece_fits_and_nothing_is_lost(text, max_tokens):
    pieces = split_to_fit(text, max_tokens=max_tokens, count_tokens=len)

    assert "".join(piece.text + piece.after for piece in pieces) == text
    assert all(len(piece.text) <= max_tokens for piece in pieces)
    assert all(piece.text == piece.text.strip() and not piece.after.strip() for piece in pieces)


@pytest.mark.property
@given(forms, texts | prose, st.integers(20, 40))
def test_every_piece_fits_when_subwords_are_counted(form, text, max_tokens):
    """More text may be fewer subwords, so the search for what fits must not rely on order."""
    tokenizer = trained(*form)

    def count_tokens(part):
        return len(tokenizer.encode(part).token_ids)

    pieces = split_to_fit(text, max_tokens=max_tokens, count_tokens=count_tokens)

    assert "".join(piece.text + piece.after for piece in pieces) == text
    assert all(count_tokens(piece.text) <= max_tokens for piece in pieces)


@pytest.mark.property
@given(prose)
def test_what_fits_is_cut_at_sentences_alone(text):
    assert split_to_fit(text, max_tokens=len(text) + 1, count_tokens=len) == split_sentences(text)
