"""Find a recipe, lay overrides over it, and check it: all mistakes at once."""

import codecs
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from manyheads.errors import RecipeError, suggest
from manyheads.recipes.encoder_recipe import EncoderRecipe, EncoderTaskName
from manyheads.recipes.schema import Recipe, flatten, key_of, known_keys, sections_of

AnyRecipe = Recipe | EncoderRecipe
TASKS: dict[str, type[Recipe] | type[EncoderRecipe]] = {
    "translation": Recipe,
    **dict.fromkeys(get_args(EncoderTaskName), EncoderRecipe),
}
"""What a run may learn, and what a recipe for that may say."""


def recipe_names() -> list[str]:
    """List the recipes that ship with the package.

    Returns:
        Their names, sorted.
    """
    files = resources.files("manyheads.recipes").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def recipe_text(name: str) -> str:
    """Read a recipe: a file's, or a shipped one's.

    Args:
        name: A path, or a shipped recipe's name.

    Returns:
        The TOML text.

    Raises:
        RecipeError: Neither a file nor a shipped recipe, or a file that cannot be read.
    """
    path = Path(name)
    try:
        if path.is_file():
            return path.read_text(encoding="utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise RecipeError(
            f"a recipe must be a file that can be read, but {path} cannot be: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"a recipe must be UTF-8, but {path} {_instead(error)}") from error
    if name in recipe_names():
        return resources.files("manyheads.recipes").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    shipped = ", ".join(recipe_names())
    found = "a folder; name a file in it" if path.is_dir() else f"neither{suggest(name, recipe_names())}"
    raise RecipeError(f"a recipe is a TOML file or one of {shipped}, but '{name}' is {found}")


def _instead(error: UnicodeDecodeError) -> str:
    """Say what a file is that is no UTF-8: most often, what Windows PowerShell 5.1 makes of `>`."""
    if error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        instead = "`manyheads recipes NAME | Out-File -Encoding utf8 FILE`"
        return f"is UTF-16; save it as UTF-8, in PowerShell with {instead}"
    return f"has another byte at offset {error.start}"


def load_recipe(name: str, overrides: Sequence[str] = ()) -> AnyRecipe:
    """Read a recipe with overrides laid over it.

    Args:
        name: A path, or a shipped recipe's name.
        overrides: `key=value`, with dotted keys and TOML values; what is no TOML value is taken as text, and
            so is a number or a date where the key holds text.

    Returns:
        The checked recipe.

    Raises:
        RecipeError: The file is no TOML, or keys or values are wrong: every one is named.
    """
    text = recipe_text(name)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"a recipe must be TOML, but '{name}' is not: {error}") from error
    for override in overrides:
        _lay_over(tree, override)
    return check_recipe(tree, where=name)


def _lay_over(tree: dict[str, Any], override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals or not key:
        raise RecipeError(f"an override has the form key=value, but '{override}' was given")
    *sections, last = key.split(".")
    kinds = _kinds_of(key, TASKS.get(str(tree.get("task")), Recipe))
    for section in sections:
        tree = tree.setdefault(section, {})
        if not isinstance(tree, dict):
            raise RecipeError(f"'{section}' is no section of a recipe, but '{override}' treats it as one")
    tree[last] = _parse(value, kinds)


def _parse(value: str, kinds: tuple[object, ...]) -> Any:  # noqa: ANN401
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value
    # A corpus may be called 2024 and a column nan; that lists and tables are none is left to the check.
    meant_as_text = str in kinds and type(parsed) not in {*kinds, list, dict}
    return value if meant_as_text else parsed


def _kinds_of(key: str, recipe: type[BaseModel]) -> tuple[object, ...]:
    """List the types that a key's value may have; none for a key that there is not."""
    kinds: list[object] = [recipe]
    for part in key.split("."):
        sections = [section for kind in kinds for section in sections_of(kind)]
        kinds = [
            section.model_fields[part].annotation for section in sections if part in section.model_fields
        ]
    return tuple(
        each for kind in kinds for each in (get_args(kind) if isinstance(kind, UnionType) else (kind,))
    )


def check_recipe(tree: Mapping[str, Any], *, where: str) -> AnyRecipe:
    """Check a recipe's keys and values.

    Args:
        tree: What the TOML holds.
        where: The recipe's name, for the error.

    Returns:
        The recipe.

    Raises:
        RecipeError: Every mistake, a clause each.
    """
    task = tree.get("task", "translation")
    if not isinstance(task, str) or task not in TASKS:
        known, meant = ", ".join(TASKS), suggest(str(task), TASKS)
        raise RecipeError(f"recipe '{where}' must have a task of {known}, but has {task!r}{meant}")
    try:
        return TASKS[task].model_validate(tree)
    except ValidationError as error:
        mistakes = _describe_all(error.errors(), known_keys(TASKS[task]))
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    raise RecipeError(f"recipe '{where}' has {count}: " + "; ".join(mistakes))


def _describe_all(details: Sequence[Any], known: Mapping[str, bool]) -> list[str]:
    """Tell each mistake; of a key that may hold one type or another, what each of them would need."""
    mistakes: dict[str, str] = {}
    for detail in details:
        key = _key_of(detail["loc"], known)
        if key in mistakes:
            mistakes[key] += f", or {_demand(detail)}"
        else:
            mistakes[key] = _describe(key, detail, known)
    return list(mistakes.values())


def _key_of(place: tuple[int | str, ...], known: Mapping[str, bool]) -> str:
    """Name the key that a mistake is in, without the type that was tried on it."""
    key = ".".join(map(str, key_of(place)))
    above = key.rpartition(".")[0]
    return above if above in known and isinstance(place[-1], str) else key


def _describe(key: str, detail: Any, known: Mapping[str, bool]) -> str:  # noqa: ANN401
    if detail["type"] == "extra_forbidden" and key in known:
        return f"'{key}' is no key of a {detail['loc'][1]}: change model.architecture, or leave it out"
    if detail["type"] == "extra_forbidden":
        return f"unknown key '{key}'" + _meant(key, known)
    if detail["type"] == "architecture":
        return f"{key}.{detail['msg']}, but is {detail['input'].get('architecture')!r}"
    if detail["type"] == "value_error":
        return f"{key}: {detail['ctx']['error']}".removeprefix(": ")
    return f"{key} = {detail['input']!r}: {_demand(detail)}"


def _demand(detail: Any) -> str:  # noqa: ANN401
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}"


def _meant(key: str, known: Mapping[str, bool]) -> str:
    last = key.rpartition(".")[2]
    leaves = {name.rpartition(".")[2]: name for name in known}
    if last in leaves:
        return f", did you mean '{leaves[last]}'?"
    sections = {name.partition(".")[0] for name in known if "." in name}
    if close := suggest(key, [*known, *sorted(sections)]):
        return close.replace(";", ",")
    close = suggest(last, leaves)
    return f", did you mean '{leaves[close.split(chr(39))[1]]}'?" if close else ""


def to_toml(recipe: AnyRecipe) -> str:
    """Write a recipe out in full, defaults included.

    Args:
        recipe: The recipe.

    Returns:
        TOML that `load_recipe` reads back as the same recipe.
    """
    sections: dict[str, list[str]] = {"": []}
    for key, value in flatten(recipe).items():
        section, _, name = key.rpartition(".")
        if value is not None:
            sections.setdefault(section, []).append(f"{name} = {_toml_value(value)}")
    return (
        "\n".join(
            (f"\n[{section}]\n" if section else "") + "\n".join(lines) for section, lines in sections.items()
        )
        + "\n"
    )


def _toml_value(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    if isinstance(value, str):
        return _toml_string(value)
    return repr(value)


def _toml_string(text: str) -> str:
    escaped = "".join(
        f"\\u{ord(letter):04x}" if ord(letter) < 32 or letter in '"\\\x7f' else letter for letter in text
    )
    return f'"{escaped}"'


def check_resumable(before: AnyRecipe, now: AnyRecipe) -> None:
    """Make sure that a resumed run is the same run: only limits and intervals may have changed.

    Args:
        before: The recipe that the run began with.
        now: The one that it is resumed with.

    Raises:
        RecipeError: Another key has changed: each is named, with both values.
    """
    old, new = flatten(before), flatten(now)
    may_change = {key for key, limit in known_keys(type(now)).items() if limit}
    if now.training.schedule == "linear":
        may_change -= {"training.updates"}
    changed = [key for key in old if old[key] != new.get(key) and key not in may_change]
    if changed:
        listed = "; ".join(f"{key} was {old[key]!r}, is {new.get(key)!r}" for key in changed)
        raise RecipeError(
            f"a resumed run keeps its recipe but for limits and intervals, yet {listed}; "
            "give the values back, or start a new run with another --output"
        )
