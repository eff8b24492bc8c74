"""`manyheads convert`: a published model into our format, or ours into another."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from manyheads.cli.models import find_model
from manyheads.cli.options import Debug
from manyheads.errors import InputError

if TYPE_CHECKING:
    from manyheads.checkpoint.stored import StoredModel


def convert(
    source: Annotated[
        str, typer.Argument(help="A model's folder, or its name on the hub.", metavar="SOURCE")
    ],
    folder: Annotated[
        Path, typer.Argument(help="Where the converted model shall stand; it must not exist.", metavar="DIR")
    ],
    *,
    to: Annotated[
        Literal["huggingface", "ctranslate2"] | None,
        typer.Option("--to", help="The format; ours by default."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Write a model in another format: the same numbers, read by other programs.

    Folders in Hugging Face's format need no conversion to be used: --model takes them as they are.
    """
    if folder.exists():
        raise InputError(f"DIR must not exist yet, but there is a {folder}; give another place")
    found = find_model(source, option="SOURCE")
    from manyheads.checkpoint.huggingface import write_huggingface
    from manyheads.checkpoint.store import load_model, save_model

    stored = load_model(found)
    if to == "huggingface":
        write_huggingface(stored, folder)
    elif to == "ctranslate2":
        _write_ctranslate2(stored, folder)
    elif _is_ours(found):
        raise InputError(f"SOURCE {source} is in our format already; --to huggingface brings it into another")
    else:
        save_model(folder, stored)
    count = sum(tensor.numel() for tensor in stored.weights.values())
    typer.echo(f"{folder}: {stored.config['task']}, {count:,} parameters")


def _write_ctranslate2(stored: "StoredModel", folder: Path) -> None:
    try:
        from manyheads.checkpoint.ctranslate2_format import write_ctranslate2
    except ImportError as error:
        raise InputError(
            "writing CTranslate2's format takes the package ctranslate2, but it is not installed; "
            "`pip install 'manyheads[ctranslate2]'`"
        ) from error
    write_ctranslate2(stored, folder)


def _is_ours(folder: Path) -> bool:
    from manyheads.checkpoint.huggingface import is_huggingface
    from manyheads.checkpoint.plain_files import read_json

    return not is_huggingface(read_json(folder / "config.json"))
