"""From an encoder's config to its network: each task has its head."""

import pytest

from manyheads.batches.packed import pack
from manyheads.checkpoint.config import EncoderConfig
from manyheads.checkpoint.network import build_network
from manyheads.recipes.encoder import Bert


@pytest.mark.parametrize(
    ("task", "labels", "rows", "scores"),
    [
        ("embedding", (), 5, 42),
        ("masked", (), 5, 53),
        ("classification", tuple("abc"), 2, 3),
        ("regression", (), 2, 1),
        ("tagging", tuple("abc"), 5, 3),
    ],
)
def test_each_task_has_the_answers_that_it_asks_for(task, labels, rows, scores):
    """Texts of 3 and 2 tokens: what is answered for each text has 2 rows, for each token 5."""
    pooler = "tanh" if task in {"classification", "regression"} else "none"
    sizes = Bert(d_model=42, d_ff=37, num_heads=3, num_layers=2, max_length=31, pooler=pooler)
    model = build_network(EncoderConfig(task=task, model=sizes, vocab_size=53, labels=labels))
    assert model(pack([[3, 4, 5], [6, 7]])).shape == (rows, scores)
    assert model.next_sentence is None


def test_the_next_sentence_has_a_head_of_its_own():
    sizes = Bert(d_model=42, d_ff=37, num_heads=3, num_layers=2, max_length=31)
    model = build_network(EncoderConfig(task="masked", model=sizes, vocab_size=53, next_sentence=True))
    assert model.next_sentence.output.out_features == 2
