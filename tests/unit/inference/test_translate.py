"""Text in, translations out: order, white space, limits, choices, and where the words went."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from manyheads.errors import InputError
from manyheads.inference.load import load
from manyheads.inference.search import Hypothesis
from manyheads.inference.translate import Sampling
from manyheads.model.tap import observe
from manyheads.recipes.schema import Decoding
from manyheads.text.tokenizer import EOS_ID, UNK_ID, Tokenizer

TEXTS = ["a dog runs", "one man", "the dog sees a man", "two men", "a", "one man"]


@pytest.fixture
def translator(make_translator):
    return make_translator(max_length=19)


def alone(translator, texts, **options):
    return [translator.translate([text], **options)[0] for text in texts]


def same(ours, others):
    """Compare texts and tokens, and scores within 1e-5."""
    assert [answer.text for answer in ours] == [answer.text for answer in others]
    assert [answer.token_ids for answer in ours] == [answer.token_ids for answer in others]
    for one, other in zip(ours, others, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-5)


@pytest.mark.parametrize("batch_tokens", [1, 4096])
@pytest.mark.parametrize("beam", [1, 4])
def test_each_text_gets_its_own_translation_in_order_whatever_the_batches(translator, batch_tokens, beam):
    together = translator.translate(TEXTS, beam=beam, batch_tokens=batch_tokens)
    same(together, alone(translator, TEXTS, beam=beam))
    same(together[1:2], together[5:])
    assert len({answer.text for answer in together[:4]}) == 4


def test_no_texts_give_no_translations(translator):
    assert translator.translate([]) == []


def test_an_answer_carries_tokens_that_join_to_its_text_and_a_score_of_their_log_probabilities(translator):
    for answer in translator.translate(TEXTS, beam=3, length_penalty=0.5):
        assert "".join(answer.tokens) == answer.text
        assert len(answer.tokens) == len(answer.token_ids)
        assert len(answer.log_probs) - len(answer.token_ids) in (0, 1)
        assert answer.score == pytest.approx(sum(answer.log_probs) / math.sqrt(len(answer.log_probs)))
        assert (answer.n_best, answer.attention, answer.alignment, answer.truncated) == (
            (),
            None,
            None,
            False,
        )
    assert "".join(answer.src_tokens) == TEXTS[-1]


def test_the_config_says_beam_and_length_penalty_where_nobody_asks(make_translator):
    translator = make_translator()
    decoding = translator.config.decoding.model_copy(update={"beam": 2, "length_penalty": 0.0})
    translator.config = translator.config.model_copy(update={"decoding": decoding})
    plain = translator.translate(TEXTS)
    assert plain == translator.translate(TEXTS, beam=2, length_penalty=0.0)
    assert all(answer.score == pytest.approx(sum(answer.log_probs)) for answer in plain)
    longer = translator.translate(TEXTS, beam=2, length_penalty=3.0)
    assert [a.score for a in longer] != [a.score for a in plain]


def test_white_space_around_a_text_is_kept_and_changes_nothing_within(translator):
    (plain,) = translator.translate(["one man"])
    around = translator.translate(["  one man", "one man\n", "\t one man\u2003 "])
    assert [answer.text for answer in around] == [
        "  " + plain.text,
        plain.text + "\n",
        f"\t {plain.text}\u2003 ",
    ]
    assert [answer.token_ids for answer in around] == [plain.token_ids] * 3


@pytest.mark.parametrize("blank", ["", " ", "\n", " \t\u2003"])
def test_an_empty_text_stays_as_it_is(translator, blank):
    first, empty, last = translator.translate(["one man", blank, "a dog"], alignment=True)
    assert (empty.text, empty.tokens, empty.score, empty.alignment) == (blank, (), 0.0, ())
    assert first.token_ids
    assert last.token_ids


def test_a_translation_is_at_most_twice_its_source_and_ten_more(make_translator):
    """With its end token, n tokens in: 2 (n + 1) + 10 out, but never more than there is room for: 60."""
    translator = make_translator(decoding=Decoding())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translator.model.output, "forward", lambda hidden: torch.eye(281)[[9] * len(hidden)])
        lengths = [len(answer.token_ids) for answer in translator.translate(["a", "man " * 40], beam=1)]
    assert lengths == [2 * 2 + 10, 60]


def test_the_limit_of_a_translation_is_what_config_json_says(make_translator):
    """With its end token 2 tokens in: 1.5 * 2 + 4 out, and whether the last of them is the end, forced."""
    translator = make_translator()
    settings = {"max_length_factor": 1.5, "max_length_extra": 4}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translator.model.output, "forward", lambda hidden: torch.eye(281)[[9] * len(hidden)])
        for force_end, tokens in ((False, 7), (True, 6)):
            decoding = Decoding(**settings, force_end=force_end)
            patch.setattr(translator, "config", translator.config.model_copy(update={"decoding": decoding}))
            for beam in (1, 3):
                (answer,) = translator.translate(["a"], beam=beam)
                assert (len(answer.token_ids), len(answer.log_probs), answer.finished) == (tokens, 7, False)


def test_a_token_that_makes_no_text_takes_no_place_in_it(translator, monkeypatch):
    """An unknown token may be generated; it has an empty piece."""
    ids = (UNK_ID, *translator.tgt_tokenizer.encode_ids(["ein"])[0])
    found = [[Hypothesis((*ids, EOS_ID), (-1.0,) * (len(ids) + 1), -1.0, finished=True)]]
    monkeypatch.setattr(translator, "_search", lambda *_: found)
    (answer,) = translator.translate(["one"])
    assert (answer.text, answer.tokens[0], answer.token_ids) == ("ein", "", ids)


LONG = "One man.  A dog.\nTwo men."


@pytest.fixture
def short(make_translator):
    """There is room for 15 tokens and the end."""
    return make_translator(max_length=16)


@pytest.fixture
def shorter(make_translator):
    """There is room for 7 tokens and the end: for each sentence of `LONG`, not for two."""
    return make_translator(max_length=8)


def test_the_limit_leaves_room_for_the_end_token(short, translator):
    assert (short.max_tokens, translator.max_tokens) == (15, 18)


def texts_of(translator, count):
    """Make a text of so many tokens: `z` is a byte of its own, which nothing was merged with."""
    text = "z" * count
    assert len(translator.src_tokenizer.encode_ids([text])[0]) == count
    return text


@pytest.mark.parametrize("long", ["split", "truncate", "error"])
def test_a_text_at_the_limit_is_neither_split_nor_truncated_nor_refused(short, long):
    (answer,) = short.translate([texts_of(short, 15)], long=long, attention=True)
    assert answer.attention.encoder.shape[-1] == 16
    assert not answer.truncated


def test_a_text_over_the_limit_is_refused_with_its_number_and_both_counts(short):
    text = texts_of(short, 16)
    with pytest.raises(InputError) as told:
        short.translate(["one man", "", text], long="error")
    assert str(told.value) == (
        "a text may have at most 15 tokens for this model, but text 3 ('zzzzzzzzzzzzzzzz'...) has 16; "
        "let it be split or truncated (long)"
    )


@pytest.mark.parametrize("wish", [{"attention": True}, {"n_best": 2}])
def test_a_text_that_would_be_split_where_one_piece_is_needed_is_refused(short, wish):
    with pytest.raises(InputError, match=r"has 16; give it in parts or let it be truncated \(long\)"):
        short.translate([texts_of(short, 16)], beam=2, **wish)


def test_a_long_text_is_split_at_sentence_ends_and_rejoined_with_its_white_space(shorter):
    """Pieces are translated as if they had come alone; the gaps are those of the source."""
    (answer,) = shorter.translate([f" {LONG}\n"])
    first, second, third = (part.text for part in alone(shorter, ["One man.", "A dog.", "Two men."]))
    assert answer.text == f" {first}  {second}\n{third}\n"
    assert not answer.truncated


def test_a_split_text_carries_the_tokens_and_scores_of_all_its_pieces(shorter):
    parts = shorter.translate(["One man.", "A dog.", "Two men."])
    (answer,) = shorter.translate([LONG])
    for field in ("tokens", "token_ids", "src_tokens"):
        assert getattr(answer, field) == sum((getattr(part, field) for part in parts), ())
    assert answer.log_probs == pytest.approx(sum((part.log_probs for part in parts), ()), abs=1e-5)
    assert answer.score == pytest.approx(sum(part.score for part in parts) / 3, abs=1e-5)


def test_a_truncated_text_is_translated_as_its_first_tokens_and_says_so(short):
    (answer,) = short.translate([texts_of(short, 40) + " \n"], long="truncate")
    (plain,) = short.translate([texts_of(short, 15)])
    assert answer.truncated
    assert (answer.text, answer.token_ids) == (plain.text + " \n", plain.token_ids)
    assert "".join(answer.src_tokens) == "z" * 15


@pytest.mark.parametrize("before", range(5))
def test_a_character_of_which_not_all_bytes_fit_is_left_out(short, before):
    """A smiley is four bytes, here four tokens: with 0 to 4 letters before, 3 or 2 of them fit into 15."""
    text = "z" * before + "😀" * 5
    assert len(short.src_tokenizer.encode_ids([text])[0]) == before + 20
    (answer,) = short.translate([text], long="truncate")
    assert "".join(answer.src_tokens) == "z" * before + "😀" * ((15 - before) // 4)


def test_letters_that_normalization_makes_many_of_are_counted_as_they_are_read(make_translator):
    """U+FDFA is three bytes, and 18 letters in NFKC. Five of them are 15 bytes, and over the limit."""
    translator = make_translator(max_length=16)
    translator.src_tokenizer = Tokenizer.train(["one man"], vocab_size=260, normalization="nfkc")
    text = "\ufdfa" * 5
    with pytest.raises(InputError, match="at most 15 tokens"):
        translator.translate([text], long="error")
    assert translator.translate([text], long="truncate")[0].truncated


def test_half_a_surrogate_pair_is_refused_as_input(translator):
    with pytest.raises(InputError, match="whole Unicode characters"):
        translator.translate(["one \ud83d man"])


def test_as_many_hypotheses_as_asked_for_come_best_first_the_answer_among_them(translator):
    (answer,) = translator.translate([" one man "], beam=4, n_best=3)
    scores = [other.score for other in answer.n_best]
    assert scores == sorted(scores, reverse=True)
    assert len({other.token_ids for other in answer.n_best}) == 3
    assert answer.n_best[0].text == answer.text == f" {answer.text.strip(' ')} "
    assert all(other.text.startswith(" ") and other.text.endswith(" ") for other in answer.n_best)
    assert answer.token_ids == translator.translate(["one man"], beam=4)[0].token_ids


def test_more_hypotheses_than_beams_are_refused(translator):
    with pytest.raises(InputError, match="n_best must lie between 1 and the beam of 2, but 3 was given"):
        translator.translate(["one man"], beam=2, n_best=3)
    with pytest.raises(InputError, match="beam must be at least 1, but 0 was given"):
        translator.translate(["one man"], beam=0)


def test_sampling_gives_the_same_again_and_something_else_with_another_seed(translator):
    draw = lambda seed: translator.translate(TEXTS, sampling=Sampling(seed=seed))  # noqa: E731
    assert draw(1) == draw(1)
    assert [answer.text for answer in draw(1)] != [answer.text for answer in draw(2)]


def test_equal_texts_at_two_places_draw_two_samples(translator):
    answers = translator.translate(TEXTS, sampling=Sampling())
    assert answers[1].token_ids != answers[5].token_ids


@pytest.mark.parametrize("batch_tokens", [1, 40])
def test_a_sample_does_not_depend_on_its_neighbours_or_batch(shorter, batch_tokens):
    """Not even where a neighbour is so long that it comes in pieces."""
    plain = shorter.translate(["a dog", "one man"], sampling=Sampling(seed=5))
    other = shorter.translate([LONG, "one man"], sampling=Sampling(seed=5), batch_tokens=batch_tokens)
    same(other[1:], plain[1:])


def test_the_likeliest_token_alone_is_greedy(translator):
    sampled = translator.translate(TEXTS, sampling=Sampling(top_k=1))
    same(sampled, translator.translate(TEXTS, beam=1))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"top_k": 0}, "top_k must be at least 1"),
        ({"top_p": 1.5}, "top_p must be more than 0 and at most 1"),
    ],
)
def test_wrong_sampling_is_refused(translator, wrong, message):
    with pytest.raises(InputError, match=message):
        translator.translate(["one man"], sampling=Sampling(**wrong))


def test_progress_counts_texts_however_many_pieces_they_come_in(shorter):
    """Four texts: an empty one is done at once, the long one when its last piece is."""
    told = []
    shorter.translate(["one man", "", LONG, "a dog"], batch_tokens=1, progress=told.append)
    assert sum(told) == 4
    assert told[0] == 1
    assert max(told) == 1


def test_attention_is_that_of_the_source_with_its_end_and_of_the_steps(translator):
    (answer,) = translator.translate(["one man"], attention=True)
    src, steps = len(answer.src_tokens) + 1, len(answer.log_probs)
    assert answer.attention.encoder.shape == (2, 3, src, src)
    assert answer.attention.decoder.shape == (3, 3, steps, steps)
    assert answer.attention.cross.shape == (3, 3, steps, src)
    assert translator.translate(["one man"])[0].attention is None


def test_every_hypothesis_has_its_own_attention(translator):
    (answer,) = translator.translate(["one man"], beam=3, n_best=3, attention=True)
    shapes = [other.attention.decoder.shape[-1] for other in answer.n_best]
    assert shapes == [len(other.log_probs) for other in answer.n_best]
    np.testing.assert_array_equal(answer.n_best[0].attention.cross, answer.attention.cross)


def spoken(translator, monkeypatch, text):
    """Let the search find a given translation."""
    ids = tuple(translator.tgt_tokenizer.encode_ids([text])[0])
    found = [[Hypothesis((*ids, EOS_ID), (-1.0,) * (len(ids) + 1), -1.0, finished=True)]]
    monkeypatch.setattr(translator, "_search", lambda *_: found)
    return ids


def rigged(columns, layer):
    """Let every head of one cross attention look at one column a step."""

    def observer(site, tensor):
        if (site.kind, site.layer, site.point) != ("cross", layer, "weights"):
            return None
        weights = torch.zeros_like(tensor)
        weights[..., torch.arange(len(columns)), torch.tensor(columns)] = 1
        return weights

    return observer


@pytest.mark.parametrize("layer", [0, 2])
def test_words_are_linked_by_where_the_step_that_produced_them_looked(make_translator, monkeypatch, layer):
    """`a dog runs` to `ein Hund läuft`: Hund (1) looks at runs (2), läuft (2) at dog (1), ein (0) at a (0).

    The step that produced a piece is the row of its own number; the last row produced the end token, and
    looks elsewhere.
    """
    translator = make_translator(alignment_layer=layer)
    spoken(translator, monkeypatch, "ein Hund läuft")
    assert translator.src_tokenizer.pieces("a dog runs") == ["a", " do", "g", " ", "r", "un", "s"]
    pieces = ["ein", " Hun", "d", " ", "l", "ä", "u", "f", "t"]
    assert translator.tgt_tokenizer.pieces("ein Hund läuft") == pieces
    columns = [0, 4, 6, 0, 1, 2, 1, 1, 2]
    with observe(translator.model, rigged([*columns, 4], layer)):
        (answer,) = translator.translate(["a dog runs"], alignment=True)
    assert answer.text == "ein Hund läuft"
    assert answer.alignment == ((0, 0), (1, 2), (2, 1))
    assert answer.attention is None


def test_links_of_a_split_text_count_words_through(shorter, monkeypatch):
    """Three sentences of two words; each is answered by `ein Mann`, and both words look at the first."""
    monkeypatch.setattr(
        shorter, "_search", lambda _src, jobs, _request: [found_for(shorter, "ein Mann") for _ in jobs]
    )
    with observe(shorter.model, rigged([0] * 3, 1)):
        (answer,) = shorter.translate([LONG], alignment=True)
    assert answer.text == "ein Mann  ein Mann\nein Mann"
    assert answer.alignment == ((0, 0), (0, 1), (2, 2), (2, 3), (4, 4), (4, 5))


def test_a_word_that_is_cut_stays_one_word_in_the_links(short, monkeypatch):
    """20 letters in two pieces of one word; each is answered by `ein`, and both make the word `einein`."""
    monkeypatch.setattr(
        short, "_search", lambda _src, jobs, _request: [found_for(short, "ein") for _ in jobs]
    )
    steps = len(short.tgt_tokenizer.encode_ids(["ein"])[0]) + 1
    with observe(short.model, rigged([0] * steps, 1)):
        (answer,) = short.translate(["z" * 20 + " man"], alignment=True)
    assert answer.text in ("einein", "einein ein")
    words = answer.text.count(" ") + 1
    assert answer.alignment == tuple((n, n) for n in range(words))


def found_for(translator, text):
    ids = tuple(translator.tgt_tokenizer.encode_ids([text])[0])
    return [Hypothesis((*ids, EOS_ID), (-1.0,) * (len(ids) + 1), -1.0, finished=True)]


def test_the_longest_texts_go_first(translator, monkeypatch):
    """Memory runs out at once or never."""
    seen = []
    inner = translator._translate_batch
    monkeypatch.setattr(
        translator,
        "_translate_batch",
        lambda jobs, request: (seen.extend(len(job.token_ids) for job in jobs), inner(jobs, request))[1],
    )
    translator.translate(TEXTS, beam=1, batch_tokens=20)
    assert all(before >= after for before, after in pairwise(seen))


def test_a_translation_that_reached_its_limit_has_as_many_steps_as_tokens(make_translator, monkeypatch):
    """Token 9 is the likeliest always, so the end never comes and no step was taken for it: 2 * 2 + 10."""
    translator = make_translator(decoding=Decoding())
    monkeypatch.setattr(translator.model.output, "forward", lambda hidden: torch.eye(281)[[9] * len(hidden)])
    answer = translator.translate(["a"], beam=1, attention=True)[0]
    assert len(answer.log_probs) == len(answer.token_ids) == 14
    assert answer.attention.cross.shape[2] == 14
    assert answer.attention.decoder.shape[2:] == (14, 14)


@pytest.mark.parametrize(
    ("texts", "asked", "message"),
    [
        ("a dog", {}, "texts must be a list, but the one text 'a dog' was given; put it in brackets"),
        (
            ["a dog"],
            {"sampling": Sampling(), "n_best": 2},
            "sampling draws one translation a text, but n_best is 2; sample several times",
        ),
        (
            ["a dog"],
            {"long": "trunc"},
            "long must be one of truncate, split, error, but is 'trunc'; did you mean 'truncate'?",
        ),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(translator, texts, asked, message):
    with pytest.raises(InputError) as error:
        translator.translate(texts, **asked)
    assert str(error.value) == message


def test_each_part_of_a_long_text_says_what_language_is_wanted(marian_folder):
    """53 positions: the second sentence does not fit behind the first."""
    translator = load(marian_folder, device="cpu")
    text = ">>nld<< " + "the dog sees a man in the park . " * 3
    assert translator.tokens_over(text) > 52
    (whole,) = translator.translate([text], beam=1, alignment=True)
    codes = [place for place, piece in enumerate(whole.src_tokens) if piece == ">>nld<<"]
    assert len(codes) > 1
    parts = [whole.src_tokens[start:end] for start, end in zip(codes, [*codes[1:], None], strict=True)]
    assert all(len(part) <= 52 for part in parts)
    words = "".join(piece for piece in whole.src_tokens if piece != ">>nld<<")
    assert "".join(words.split()) == "".join(text.split()[1:])
