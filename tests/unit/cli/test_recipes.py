"""`manyheads recipes`: the list, and one recipe to copy."""

from importlib.resources import files

from manyheads.recipes.load import recipe_names


def test_every_recipe_is_listed_with_what_it_is(run):
    ran = run("recipes")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.lines] == recipe_names()
    numbers = next(line for line in ran.lines if line.startswith("numbers "))
    first = files("manyheads.recipes").joinpath("numbers.toml").read_text(encoding="utf-8").split("\n")[0]
    assert numbers.endswith(f"  {first.removeprefix('# ')}")


def test_a_recipe_is_printed_as_it_is(run):
    shipped = files("manyheads.recipes").joinpath("numbers.toml").read_text(encoding="utf-8")
    assert run("recipes", "numbers").out == shipped


def test_a_file_is_printed_too(run, tmp_path):
    (tmp_path / "mine.toml").write_text("# Mine\n", encoding="utf-8")
    assert run("recipes", tmp_path / "mine.toml").out == "# Mine\n"
