"""`manyheads evaluate`: what a model is worth on data that it has not learnt."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from manyheads.cli import options
from manyheads.cli.files import check_output
from manyheads.cli.models import find_model
from manyheads.errors import InputError, ModelError


def evaluate(
    second: Annotated[
        Path | None, typer.Argument(help="The references, where --data is the sources alone.", metavar="FILE")
    ] = None,
    *,
    model: options.Model,
    data: Annotated[
        Path,
        typer.Option(
            help="Labelled texts or pairs in columns, or a word and its tag a line; for a translator pairs, "
            "or two files line by line.",
            metavar="FILE [FILE]",
        ),
    ],
    src: options.Src = None,
    tgt: options.Tgt = None,
    text: Annotated[
        str | None,
        typer.Option(help="The texts' column, by name or number from 0; 0 by default.", metavar="NAME"),
    ] = None,
    pair: Annotated[
        str | None,
        typer.Option(help="The second texts' column; 1 by default for a model of vectors.", metavar="NAME"),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="The labels' or scores' column; the next one by default.", metavar="NAME"),
    ] = None,
    layout: Annotated[
        Literal["auto", "tsv", "csv", "jsonl", "parquet"],
        typer.Option("--format", help="How labelled data are laid out; by the file's name by default."),
    ] = "auto",
    tokenize: options.Tokenize = None,
    lowercase: options.Lowercase = False,
    beam: options.Beam = None,
    length_penalty: options.LengthPenalty = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the model's answers there, a line each.", metavar="FILE")
    ] = None,
    precision: options.Precision = "float32",
    threads: options.Threads = None,
    device: options.Device = "auto",
    batch_tokens: options.BatchTokens = 4096,
    long: Annotated[
        Literal["error", "split", "truncate"] | None,
        typer.Option(help="What to do with a text that is too long: a translator splits, others truncate."),
    ] = None,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Score a model by its task: BLEU, accuracy and F1, entity F1, or correlations with people's scores."""
    if second is not None and (src, tgt) != (None, None):
        which = "--src" if src is not None else "--tgt"
        raise InputError(
            f"{which} names a column, but two files have none, they are read line by line: leave it out"
        )
    check_output(output)
    folder = find_model(model)
    of_translation = {"--src": src, "--tgt": tgt, "--tokenize": tokenize, "--lowercase": lowercase or None}
    of_search = {"--beam": beam, "--length-penalty": length_penalty}
    of_labels = {"--text": text, "--pair": pair, "--label": label}
    computing = {"precision": precision, "device": device, "threads": threads}
    common = {"batch_tokens": batch_tokens, "as_json": as_json}
    if _translates(folder):
        _refuse_given(of_labels | {"--format": None if layout == "auto" else layout}, folder, "labelled data")
        how = {"tokenize": tokenize, "lowercase": lowercase or None, "length_penalty": length_penalty}
        how |= {"beam": beam, "long": long or "split"} | common
        _evaluate_translator(folder, (data, second), (src, tgt), how, computing, output)
    else:
        _refuse_given({"a second file": second} | of_translation | of_search, folder, "a translator")
        columns = {option.removeprefix("--"): column for option, column in of_labels.items()}
        how = {"long": long or "truncate"} | common
        _evaluate_encoder(folder, {"path": data, "format": layout} | columns, how, computing, output)


def _evaluate_translator(
    folder: Path,
    files: tuple[Path, Path | None],
    columns: tuple[str | None, str | None],
    how: dict[str, Any],
    computing: dict[str, Any],
    output: Path | None,
) -> None:
    """Look at everything that can be wrong before the weights are read."""
    if how["tokenize"] is not None:
        from manyheads.evaluation.translation import translation_metrics

        translation_metrics(tokenize=how["tokenize"], lowercase=bool(how["lowercase"]))

    from manyheads.cli.pairs import read_all_pairs

    pairs = read_all_pairs(*files, *columns)

    from manyheads.cli.evaluating import Scoring, evaluate_pairs
    from manyheads.cli.translators import load_translator

    evaluate_pairs(load_translator(folder, **computing), pairs, Scoring(**how), output)


def _evaluate_encoder(
    folder: Path, data: dict[str, Any], how: dict[str, Any], computing: dict[str, Any], output: Path | None
) -> None:
    from manyheads.cli.evaluating_encoders import Labelled, Scored, evaluate_encoder
    from manyheads.inference.load import load

    model = load(folder, **computing)
    if not isinstance(model, Scored):
        raise ModelError(f"{folder} must translate, classify, tag or embed to be scored, but fills masks")
    evaluate_encoder(model, Labelled(**data), output=output, **how)


def _refuse_given(given: Mapping[str, object], folder: Path, whose: str) -> None:
    """Refuse options of another task than the model's."""
    but = "is none" if whose == "a translator" else "translates"
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option} is for {whose}, but the model in {folder} {but}; leave it out")


def _translates(folder: Path) -> bool:
    """Tell by config.json alone, so that wrong options are told before weights are read."""
    from manyheads.checkpoint.atomic import files_of
    from manyheads.checkpoint.huggingface import is_huggingface
    from manyheads.checkpoint.plain_files import read_json

    try:
        config = read_json(files_of(folder)["config.json"])
    except (OSError, KeyError):
        return True  # no model at all, which is told when it is read
    if is_huggingface(config):
        return config.get("model_type") == "marian"
    return config.get("task", "translation") == "translation"
