"""Model folders that earlier versions wrote still give their words.

`translator-1` was written by version 0.1.0:

    manyheads train reverse threads=1 precision=float32 model.d_model=24 model.d_ff=48 model.num_heads=2 \
        training.updates=1200 training.learning_rate=5e-3 --output translator-1

Beside it stands what it said then, with `translate --beam 4 --json --alignment`. Neither is ever made anew: a
new format gets a folder of its own.
"""

import json
from pathlib import Path

import pytest

import manyheads

pytestmark = pytest.mark.compatibility

HERE = Path(__file__).parent
SAID = [
    json.loads(line)
    for line in (HERE / "translator-1.jsonl").read_text(encoding="utf-8").removesuffix("\n").split("\n")
]


@pytest.fixture(scope="module")
def translator():
    return manyheads.load(HERE / "translator-1", precision="float32")


def test_a_translator_of_format_1_still_gives_its_words(translator):
    answers = translator.translate(["".join(said["src_tokens"]) for said in SAID], beam=4, alignment=True)
    for answer, said in zip(answers, SAID, strict=True):
        assert (answer.text, list(answer.tokens)) == (said["text"], said["tokens"])
        assert [list(link) for link in answer.alignment] == said["alignment"]
        assert answer.score == pytest.approx(said["score"], abs=1e-4)


def test_a_translator_of_format_1_keeps_its_settings(translator):
    assert translator.config.scoring.tokenize == "none"
    assert (translator.config.decoding.beam, translator.max_tokens) == (1, 31)
