"""Where sentences end, and how one that is too long is cut."""

import pytest

from manyheads.errors import InputError
from manyheads.text.sentences import Piece, split_sentences, split_to_fit

# A bar stands where the text is to be cut; the space behind it goes with the white space.
ENDS = {
    "plain": "Hello World.| My name is Jonas.| What is yours?| Ah!",
    "title": "Dr. Li met Mrs. Smith and Prof. Dr. Braun.| They talked.",
    "german abbreviation": "Obst, z.B. Äpfel, d.h. Süßes, ist gesund.| Das bzw. Dieses usw. gilt.",
    "german abbreviation, spaced": "Obst, z. B. Äpfel, i. d. R. Süßes.| Gut.",
    "english abbreviation": "Fruit, e.g. Apples, i.e. Food, vs. Meat.| Good.",
    "initials": "J. R. R. Tolkien and Albert I. Jones wrote.| I read.",
    "country": "The U.S. Army came.| It left.",
    "clock": "We met at 5 p.m.| Then we left.",
    "decimal": "It costs 3.14 or 2.50.| Not 1.000,50.| Right.",
    "ordinal": "Am 29. Juli kam Ludwig XIV. Danach der 2. Weltkrieg.| Ende.",
    "year": "That was in 1999.| Then came 2000.",
    "list": "1. Install it.| 2. Run it.",
    "before a number": "See No. 5 in Fig. 2 and Art. 7 on pp. 300.| No.| I said no.| This art.| I like.",
    "citation": "Vaswani et al. (2017) showed it.| We agree.",
    "address": "Write to a.b@example.com or see www.example.com/x.html.| Thanks.",
    "ellipsis goes on": "Well... and so … it went.",
    "ellipsis ends": "He waited...| Then he left…| Gone.",
    "several marks": "What?!| No!!!| Why...?| So.",
    "quote ends": 'He said "Stop."| Then “Go.”| (See there.)| [Done.]| End.',
    "quote goes on": '"Stop!" he said.| "Where?" she asked.',
    "quote opens": "Yes.| “No.”| „Ja.“| »Nein.«| «Si.»| ¿Qué?| ¡Ah!| - Oh.",
    "french quote": "Il dit : « Oui. »| Puis il part.| Quoi ? dit-il.",
    "hyphen and bracket": "Der Dipl.-Ing. Müller (ca. Fünfzig) kam.| Ja.",
    "unknown word in front of small letter": "The approx.xyz. value stays.| End.",
    "number begins": "It was cold.| 20 people came.",
    "cut into words": "a man .| a dog runs .| mr. smith , 3.5 .",
    "small letters": "hello there.| how are you?| fine",
    "chinese": "你好。|他走了！|真的？！|是",
    "japanese quote": "「はい。」と言った。|「一。」|「二。」",
    "chinese, spaced": "你好。| 他走了。",
    "hindi, arabic": "यह है।| वह है।| أهلا؟| نعم",
    "lines": "no stop|\nDr.|\r\nsmall",
    "blank lines": "One.|\n\n  Two",
    "nothing to cut": "no stop at all",
    "stops alone": "...",
}


@pytest.mark.parametrize("marked", ENDS.values(), ids=ENDS.keys())
def test_sentences_end_where_a_reader_would_end_them(marked):
    text = marked.replace("|", "")
    pieces = split_sentences(text)

    assert [piece.text for piece in pieces] == [part.strip() for part in marked.split("|")]
    assert "".join(piece.text + piece.after for piece in pieces) == text


def test_white_space_stays_where_it_was():
    assert split_sentences("\t One.  Two.\n\n\u00a0Three. ") == [
        Piece("", "\t "),
        Piece("One.", "  "),
        Piece("Two.", "\n\n\u00a0"),
        Piece("Three.", " "),
    ]


def test_a_text_without_words_has_no_sentence():
    assert split_sentences("") == []
    assert split_sentences(" \n ") == [Piece("", " \n ")]
    assert split_to_fit("", max_tokens=1, count_tokens=len) == []


def cut(text, max_tokens, count_tokens=len):
    return [piece.text for piece in split_to_fit(text, max_tokens=max_tokens, count_tokens=count_tokens)]


def test_sentences_that_fit_are_left_alone():
    """Both would fit into one piece of twenty; a model trained on sentences gets them one by one."""
    assert cut("One. Two. Three.", 20) == ["One.", "Two.", "Three."]


def test_a_long_sentence_is_cut_at_its_clauses():
    """`one two, three;` has 15 characters, with ` four` it would have 20."""
    assert cut("one two, three; four five", 15) == ["one two, three;", "four five"]
    assert cut("一二三，四五六，七", 8) == ["一二三，四五六，", "七"]


def test_a_long_clause_is_cut_at_spaces_and_the_next_one_begins_afresh():
    assert cut("one two three, four", 9) == ["one two", "three,", "four"]


def test_a_long_word_is_cut_anywhere():
    assert cut("abcdefg hi", 3) == ["abc", "def", "g", "hi"]


def test_an_accent_or_a_joined_emoji_stays_with_its_letter():
    """E and its accent are two code points, the family is three: neither is cut while it fits."""
    assert cut("xe\u0301ye\u0301", 2) == ["x", "e\u0301", "y", "e\u0301"]
    assert cut("a👩\u200d👧b", 3) == ["a", "👩\u200d👧", "b"]
    assert cut("👩\u200d👧", 2) == ["👩\u200d", "👧"]


def test_a_cut_keeps_the_white_space_that_it_was_made_at():
    assert split_to_fit("ab,  cd ef.\nGh", max_tokens=3, count_tokens=len) == [
        Piece("ab,", "  "),
        Piece("cd", " "),
        Piece("ef.", "\n"),
        Piece("Gh", ""),
    ]


def test_a_limit_below_one_character_is_refused():
    def count_bytes(text):
        return len(text.encode("utf-8"))

    with pytest.raises(InputError, match=r"at most 3 tokens, but the character '😀' alone has 4"):
        cut("ab 😀", 3, count_bytes)


def test_a_long_text_is_not_counted_over_and_over():
    """Each piece may cost its own length a few times over, not the length of all that follows it."""
    counted = []

    def count_tokens(text):
        counted.append(len(text))
        return len(text)

    text = "word, " * 2000
    cut(text, 50, count_tokens)

    assert sum(counted) < 20 * len(text)
