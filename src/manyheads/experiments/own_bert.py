"""A BERT that is trained here, by the package's own recipe, on the text that word2vec has seen."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from manyheads.checkpoint.atomic import write_file
from manyheads.experiments.brown import plain
from manyheads.experiments.own_run import open_own_run, train_own
from manyheads.recipes.load import AnyRecipe, load_recipe
from manyheads.training.loop import RunStopped

RECIPE = "pretrain-masked"
Document = Sequence[Sequence[str]]
"""Sentences, as words."""


def write_text(documents: Sequence[Document], path: Path) -> None:
    """Write documents as the recipe reads them: a sentence a line, an empty line between documents.

    Args:
        documents: Their words.
        path: The file.
    """
    texts = ("\n".join(plain(words) for words in document) + "\n" for document in documents)
    write_file(path, "\n".join(texts).encode())


def bert_recipe(text: Path, overrides: Sequence[str]) -> AnyRecipe:
    """Take the shipped recipe with what is changed for this experiment.

    Args:
        text: The folder with `train.txt` and `valid.txt`.
        overrides: `key=value`.

    Returns:
        The recipe.
    """
    files = ["corpus.train=train.txt", "corpus.valid=valid.txt"]
    return load_recipe(RECIPE, [f"data={text}", *files, *overrides])


def train_bert(
    train_on: Sequence[Document],
    held_out: Sequence[Document],
    folder: Path,
    overrides: Sequence[str],
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Train the model, or go on where it was stopped; one that is done is only looked at.

    Args:
        train_on: The documents that it learns from.
        held_out: Those that it is tried on.
        folder: Where the model goes; the text stands beside it.
        overrides: What is changed in the recipe.
        say: Told how far it is.

    Returns:
        `updates`, the `loss` of a hidden token on what was held out, in nats, and the share of them that were
        told rightly, `masked_accuracy`; and whether the run was `resumed`.
    """
    text = folder.parent / "text"
    write_text(train_on, text / "train.txt")
    write_text(held_out, text / "valid.txt")
    run = open_own_run(bert_recipe(text, overrides), folder)
    begun = run.progress.update > 0
    try:
        train_own(run, "bert", say)
    except RunStopped as stopped:
        raise RunStopped(
            f"stopped after update {run.progress.update:,}; all of it is saved: the same command goes on "
            "with it"
        ) from stopped
    kept = run.kept
    verdict = kept.verdict if kept else None
    scores = {"loss": verdict.loss, **verdict.scores} if verdict else {"loss": None}
    return {"updates": run.progress.update, "resumed": begun, **scores}
