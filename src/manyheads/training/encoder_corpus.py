"""An encoder's corpus: which files a recipe means, their examples, and what is held out of them."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Int

from manyheads.checkpoint.atomic import write_file
from manyheads.errors import InputError, RecipeError
from manyheads.recipes.encoder_recipe import EncoderCorpus, EncoderRecipe
from manyheads.text.labelled import LabelledSource, LabelledTexts, read_labelled
from manyheads.text.text_tokenizer import TextTokenizer
from manyheads.training.corpus import data_path

Label = TypeVar("Label")
_FILES, _TOKENIZER = "files.json", "tokenizer.json"
_SPLIT = 0x5EED
"""Sets the drawing of what is held out apart from all else that the seed decides."""


@dataclass(frozen=True)
class Examples(Generic[Label]):
    """Texts, or pairs of texts, and what is to be told of each.

    Attributes:
        texts: The texts.
        pairs: The second texts, as many; None where there are none.
        labels: What is to be told, as many.
        place: Says where an example stands, by its number from 0.
    """

    texts: Sequence[str]
    pairs: Sequence[str] | None
    labels: Sequence[Label]
    place: Callable[[int], str]

    def __len__(self) -> int:
        """Count the examples."""
        return len(self.texts)

    def all_texts(self) -> list[str]:
        """List the texts of both sides."""
        return [*self.texts, *(self.pairs or [])]

    def take(self, rows: Int[np.ndarray, " rows"]) -> "Examples[Label]":
        """Take some of them.

        Args:
            rows: Which.

        Returns:
            Those examples, which still know where they stand.
        """
        numbers = [int(row) for row in rows]
        pairs = None if self.pairs is None else [self.pairs[row] for row in numbers]
        texts, labels = [self.texts[row] for row in numbers], [self.labels[row] for row in numbers]
        return Examples(texts, pairs, labels, lambda number: self.place(numbers[number]))


@dataclass(frozen=True)
class Parts(Generic[Label]):
    """The examples that a model learns from, is tried on, and is scored on at the end."""

    train: Examples[Label]
    valid: Examples[Label]
    test: Examples[Label]


def corpus_files(recipe: EncoderRecipe) -> dict[str, Path]:
    """Say which files a recipe means.

    Args:
        recipe: The run.

    Returns:
        The file of each part that has one of its own.

    Raises:
        RecipeError: The recipe names no data, or a folder without files, or files within what is one.
    """
    corpus = recipe.corpus
    if recipe.data is None:
        raise RecipeError(
            "a run needs texts, but the recipe names no data; give data=PATH, a file or a folder"
        )
    data = data_path(recipe.data)
    names = {part: getattr(corpus, part) for part in ("train", "valid", "test") if getattr(corpus, part)}
    if "train" not in names and data.is_dir():
        raise RecipeError(
            f"data={data} is a folder, so the recipe must name the file in it; give data=FILE, or "
            "corpus.train=NAME"
        )
    if names and data.is_file():
        raise RecipeError(
            f"data={data} is a file, but the recipe looks for {', '.join(names.values())} in a folder; "
            "give the folder"
        )
    return {"train": data, **{part: data / name for part, name in names.items()}}


def read_parts(recipe: EncoderRecipe, read: Callable[[Path], Examples[Label]]) -> Parts[Label]:
    """Read the examples of all parts; where a part has no file, some of the training file's are held out.

    Args:
        recipe: The run.
        read: Reads a file.

    Returns:
        The parts.

    Raises:
        InputError: Nothing is left to learn from.
    """
    files, corpus = corpus_files(recipe), recipe.corpus
    every = read(files["train"])
    train, *held_out = hold_out(len(every), corpus, recipe.seed, named=files.keys())
    if not len(train):
        raise InputError(
            f"at least one example must be left to train on, but {files['train']} has {len(every)} and "
            f"{sum(map(len, held_out))} are held out; name files with corpus.valid and corpus.test"
        )
    valid, test = (
        read(files[part]) if part in files else every.take(rows)
        for part, rows in zip(("valid", "test"), held_out, strict=True)
    )
    return Parts(every.take(train), valid, test)


def hold_out(
    count: int, corpus: EncoderCorpus, seed: int, *, named: Collection[str] = ()
) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " valid"], Int[np.ndarray, " test"]]:
    """Draw which examples are held out: a function of their number and the seed alone.

    Args:
        count: How many examples the training file has.
        corpus: The shares.
        seed: The run's.
        named: The parts that have files of their own.

    Returns:
        Row numbers of the training, validation and test part, each in the order of the file.
    """
    shares = {"valid": corpus.valid_share, "test": corpus.test_share}
    sizes = [
        0 if part in named else min(round(share * count), corpus.max_held_out)
        for part, share in shares.items()
    ]
    order = np.random.default_rng((seed, _SPLIT)).permutation(count)
    valid, test = order[: sizes[0]], order[sizes[0] : sum(sizes)]
    return np.sort(order[sum(sizes) :]), np.sort(valid), np.sort(test)


def read_rows(recipe: EncoderRecipe, path: Path) -> LabelledTexts:
    """Read a file of texts or pairs with their labels as they stand there.

    Args:
        recipe: Says which columns they are.
        path: The file.

    Returns:
        Its rows.
    """
    corpus = recipe.corpus
    source = LabelledSource(
        path=path,
        text=corpus.text,
        pair=corpus.pair,
        label=corpus.label,
        several=recipe.labels.several,
        header=corpus.header,
        format=corpus.format,
    )
    return read_labelled(source)


def check_files(recipe: EncoderRecipe, folder: Path) -> None:
    """Make sure that a resumed run finds the files that it began with; a first one remembers them.

    Args:
        recipe: The run.
        folder: Where it is remembered.

    Raises:
        InputError: A file has changed.
    """
    digests = {part: _digest(path) for part, path in corpus_files(recipe).items() if path.is_file()}
    known = folder / _FILES
    if not known.exists():
        write_file(known, (json.dumps(digests, indent=2) + "\n").encode())
        return
    before = json.loads(known.read_text(encoding="utf-8"))
    for part, path in corpus_files(recipe).items():
        if before.get(part) != digests.get(part):
            raise InputError(
                f"a resumed run must find the files that it began with, but {path} has changed; "
                "give it back, or start a new run with another --output"
            )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def corpus_tokenizer(
    recipe: EncoderRecipe, folder: Path, texts: Callable[[], Iterable[str]]
) -> TextTokenizer:
    """Learn a vocabulary from the training texts once, and find it again when the run goes on.

    Args:
        recipe: Says of which kind and size.
        folder: Where it is kept.
        texts: Gives the training texts.

    Returns:
        The tokenizer.
    """
    path = folder / _TOKENIZER
    if not path.exists():
        wanted = recipe.tokenizer
        learned = TextTokenizer.train(
            texts(), kind=wanted.kind, vocab_size=wanted.vocab_size, lowercase=wanted.lowercase
        )
        write_file(path, learned.to_json().encode())
    return TextTokenizer.load(path)
