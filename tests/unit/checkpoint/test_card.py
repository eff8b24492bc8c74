import dataclasses

import pytest
import yaml

from manyheads.checkpoint.card import Card, Score, model_card

CARD = Card(
    task="translation",
    name="numbers",
    languages=("en", "de"),
    summary="It translates number words.",
    license="CC-BY-4.0",
    corpus=["read 1,000 pairs", "kept 990"],
    scores=[
        Score(metric="bleu", value="35.2", corpus="test_2016", signature="nrefs:1|case:mixed"),
        Score(metric="exact_match", value="97.1%", corpus="900 unseen numbers"),
        Score(metric="bleu", value="33.0", corpus="valid"),
    ],
    recipe="[model]\nd_model = 128\n",
    made={"seed": "1", "torch": "2.13.0", "time": "142 s", "machine": "2 cores"},
    example="forty-two",
)


def header(card: Card) -> dict[str, object]:
    start, head, _ = model_card(card).split("---\n", 2)
    assert start == ""
    return yaml.safe_load(head)


def change(**fields: object) -> Card:
    return dataclasses.replace(CARD, **fields)


def test_the_card_says_all_that_it_is_told():
    assert (
        model_card(CARD)
        == """\
---
language:
- en
- de
license: cc-by-4.0
library_name: manyheads
pipeline_tag: translation
tags:
- manyheads
- translation
- transformer
metrics:
- bleu
- exact_match
---

# numbers

It translates number words.

## How to use it

In this folder, where manyheads is installed:

```sh
manyheads translate --model . forty-two
manyheads translate --model . --input FILE --output FILE
manyheads look --model . forty-two
```

In Python:

```python
import manyheads

model = manyheads.load(".")
for translation in model.translate(["forty-two"]):
    print(translation.text)
```

## Data

```text
read 1,000 pairs
kept 990
```

## Scores

- BLEU **35.2** on test_2016 (`nrefs:1|case:mixed`)
- exact match **97.1%** on 900 unseen numbers
- BLEU **33.0** on valid

## How it was made

- seed: 1
- torch: 2.13.0
- time: 142 s
- machine: 2 cores

By this recipe:

```toml
[model]
d_model = 128
```
"""
    )


def test_what_is_not_known_is_not_made_up():
    card = change(license=None, corpus=[], scores=[])
    text = model_card(card)
    assert header(card)["license"] == "unknown"
    assert "metrics" not in header(card)
    assert "## Data\n\nNothing is recorded.\n\nThe licence of the data is not stated, so none" in text
    assert "## Scores\n\nNot measured.\n" in text


def test_a_licence_that_the_hub_does_not_know_is_named_beside():
    assert header(change(license="Our: own #1"))["license"] == "other"
    assert header(change(license="Our: own #1"))["license_name"] == "Our: own #1"
    assert "license_name" not in header(CARD)


@pytest.mark.parametrize(
    "code", ["no", "y", "null", "zh-Hans", "1", 'a"b', "a: b", "- a", "#", "é\u2028\x7f😀\\"]
)
def test_any_language_code_stays_a_string_in_the_header(code: str):
    assert header(change(languages=(code, "de")))["language"] == [code, "de"]


def test_a_language_into_itself_stands_once():
    assert header(change(languages=("de", "de")))["language"] == ["de"]


def test_a_recipe_cannot_end_its_fence():
    text = model_card(change(recipe='a = """\n```\n````\n# out\n"""\n'))
    assert text.endswith('`````toml\na = """\n```\n````\n# out\n"""\n`````\n')


def test_a_name_stays_one_line_of_plain_text():
    text = model_card(change(name="a\n# <b>", made={"data\n## x": "<script>"}))
    assert "\n# a # &lt;b&gt;\n" in text
    assert "\n- data ## x: &lt;script&gt;\n" in text


def test_an_example_is_quoted_for_the_shell_and_for_python():
    text = model_card(change(example='it\'s "$HOME"\nü'))
    assert "\nmanyheads translate --model . 'it'\"'\"'s \"$HOME\" ü'\n" in text
    assert '\nfor translation in model.translate(["it\'s \\"$HOME\\" ü"]):\n' in text
