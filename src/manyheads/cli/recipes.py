"""`manyheads recipes`: what ships with the package, to run, or to copy and change."""

from typing import Annotated

import typer

from manyheads.cli.options import Debug


def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Print this recipe: a shipped one's name, or a file.", metavar="NAME")
    ] = None,
    *,
    debug: Debug = False,
) -> None:
    """List the recipes; print one, to copy and change."""
    from manyheads.recipes.load import recipe_names, recipe_text

    if name is not None:
        typer.echo(recipe_text(name), nl=False)
        return
    names = recipe_names()
    width = max(map(len, names))
    for each in names:
        typer.echo(f"{each:<{width}}  {_first_comment(recipe_text(each))}")


def _first_comment(toml: str) -> str:
    """Take the line in which a recipe says what it is."""
    first = toml.partition("\n")[0]
    return first.lstrip("# ").rstrip()
