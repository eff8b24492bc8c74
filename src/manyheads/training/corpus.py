"""A recipe's corpus section to prepared pairs in the run's folder."""

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from manyheads.errors import RecipeError
from manyheads.recipes.schema import Corpus, Recipe, Tokenization
from manyheads.text.cleaning import CleaningRules
from manyheads.text.corpus import PairSource
from manyheads.text.prepare import CorpusPlan, PreparedPairs, Texts, is_prepared, open_prepared, prepare_pairs
from manyheads.text.subwords import Subwords
from manyheads.text.tokenizer import Tokenizer

_PACKAGE = "package:"


def plan_corpus(recipe: Recipe) -> CorpusPlan:
    """Say which files a recipe means, and how they are cleaned and split.

    Args:
        recipe: The run; its `data` is a folder that holds the files named, or is the file itself.

    Returns:
        The plan.

    Raises:
        RecipeError: The recipe names no data, or files within what is itself a file.
    """
    corpus = recipe.corpus
    if recipe.data is None:
        raise RecipeError(
            "a run needs pairs, but the recipe names no data; give data=PATH, a file or a folder"
        )
    data = data_path(recipe.data)
    if not corpus.train and data.is_dir():
        raise RecipeError(
            f"data={data} is a folder, so the recipe must name the files in it; give data=FILE, or "
            'corpus.train=\'["train.en", "train.de"]\''
        )
    if corpus.train and data.is_file():
        raise RecipeError(
            f"data={data} is a file, but the recipe looks for {', '.join(corpus.train)} in a folder; "
            "give the folder"
        )
    # The end of the sentence takes a position too.
    max_tokens = min(corpus.max_tokens, recipe.model.max_length - 1)
    return CorpusPlan(
        train=_source(corpus, data, corpus.train)
        or PairSource((data,), corpus.src, corpus.tgt, corpus.format),
        valid=_source(corpus, data, corpus.valid),
        test=_source(corpus, data, corpus.test),
        rules=CleaningRules(corpus.max_ratio or None, corpus.drop_same, corpus.drop_duplicates, max_tokens),
        valid_fraction=corpus.valid_share,
        test_fraction=corpus.test_share,
        max_held_out=corpus.max_held_out,
    )


def data_path(data: str) -> Path:
    """Find a recipe's data.

    Args:
        data: A path, or `package:NAME` for a file that ships with the package.

    Returns:
        Where it stands.
    """
    name = data.removeprefix(_PACKAGE)
    return Path(str(resources.files("manyheads.recipes").joinpath(name))) if name != data else Path(data)


def _source(corpus: Corpus, folder: Path, names: tuple[str, ...]) -> PairSource | None:
    paths = tuple(folder / name for name in names)
    return PairSource(paths, corpus.src, corpus.tgt, corpus.format) if names else None


def train_tokenizers(config: Tokenization) -> Callable[[Texts, Texts], tuple[Tokenizer, Tokenizer]]:
    """Say how the vocabularies are learned, once the texts are there.

    Args:
        config: Kind, size, and whether both languages share one.

    Returns:
        From both sides' training texts to the tokenizers of both.
    """

    def learn(*sides: Texts) -> Tokenizer:
        return Tokenizer.train(
            (text for side in sides for text in side()),
            kind=config.kind,
            vocab_size=config.vocab_size,
            normalization=config.normalization,
            lowercase=config.lowercase,
        )

    def make(src: Texts, tgt: Texts) -> tuple[Tokenizer, Tokenizer]:
        if config.shared:
            shared = learn(src, tgt)
            return shared, shared
        return learn(src), learn(tgt)

    return make


def prepare_corpus(
    recipe: Recipe, folder: Path, *, tokenizers: tuple[Subwords, Subwords] | None = None
) -> PreparedPairs:
    """Prepare a recipe's corpus, or open it where that is done already.

    Args:
        recipe: The run.
        folder: Where the prepared corpus stands, or will.
        tokenizers: Those of a model that is trained on; None to learn new ones.

    Returns:
        The corpus.
    """
    if is_prepared(folder):
        return open_prepared(folder)
    make = train_tokenizers(recipe.tokenizer) if tokenizers is None else lambda _src, _tgt: tokenizers
    return prepare_pairs(plan_corpus(recipe), folder=folder, make_tokenizers=make)
