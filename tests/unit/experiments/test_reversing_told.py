"""Words on networks that learned to reverse: each follows the losses it is given."""

import pytest

from manyheads.experiments.report import Table, Text, markdown
from manyheads.experiments.reversing_told import (
    in_a_row,
    learning_sentence,
    learns_worse,
    training_parts,
    widths_of,
)
from manyheads.experiments.scaling_figures import draw_training

TASK = {"letters": 6, "shortest": 2, "longest": 5, "pairs": 12, "held_out": 24, "every": 4}


def trained(losses):
    """Give two seeds 0.02 around each loss, by head_dim, learning rate and arm: a spread of 0.014."""
    comparisons = [
        {
            "head_dim": head_dim,
            "learning_rate": rate,
            **{
                arm: [
                    {
                        "seed": 1,
                        "valid_loss": loss + off,
                        "right": 0.5,
                        "curve": [[0, 9.0], [4, 3.0], [8, loss]],
                    }
                    for off in (-0.01, 0.01)
                ]
                for arm, loss in zip(("divided", "undivided"), both, strict=True)
            },
        }
        for (head_dim, rate), both in losses.items()
    ]
    return {
        "d_model": 32,
        "updates": 8,
        "seeds": 2,
        "task": TASK,
        "without_reading": {"loss": 3.0, "loss_with_length": 2.0, "right": 0.25},
        "comparisons": comparisons,
    }


def words(training):
    return " ".join(markdown(part) for part in training_parts(training) if isinstance(part, Text))


@pytest.mark.parametrize(
    ("joined", "parts"), [("", []), ("a", ["a"]), ("a and b", ["a", "b"]), ("a, b and c", ["a", "b", "c"])]
)
def test_words_are_joined_as_in_a_sentence(joined, parts):
    assert in_a_row(parts) == joined


@pytest.mark.parametrize(
    ("divided", "undivided", "verdict", "worse"),
    [
        (1.0, 1.5, "learns worse without the division", True),
        (1.5, 1.0, "learns better without the division", False),
        (1.0, 1.02, "learns no better and no worse without the division, as far as the seeds tell", False),
        (1.0, 2.6, "learns next to nothing without the division", True),
        (2.6, 2.7, "learns worse without the division", True),
    ],
)
def test_the_verdict_follows_the_losses(divided, undivided, verdict, worse):
    """Losses are apart beyond 0.028; those above 2.5 are nearer to no reading (3) than to the length (2)."""
    training = trained({(32, 0.1): (divided, undivided)})
    assert f"A small network with one head of 32 {verdict}: after 8 updates" in learning_sentence(training)
    assert learns_worse(training, 32) is worse


def test_each_arm_is_taken_at_its_own_best_rate():
    training = trained({(8, 0.1): (1.0, 2.1), (8, 0.2): (1.4, 1.9), (8, 0.3): (1.2, 2.2)})
    clause = learning_sentence(training)
    assert "4 heads of 8 learns worse" in clause
    assert "at the best of 3 learning rates, its loss is 1.90 ± 0.01 instead of 1.00 ± 0.01 nats" in clause
    assert "the best of 3 learning rates, chosen by these very losses: with 4 heads of 8 a" in words(training)


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ({(8, 0.1): (1, 2)}, "the one learning rate that was tried: with"),
        ({(8, 0.1): (1, 2), (8, 0.2): (2, 1)}, "the better of 2 learning rates, chosen by"),
    ],
)
def test_the_number_of_rates_is_told_as_it_is(losses, said):
    assert f"Each network is taken at {said}" in words(trained(losses))


def test_rates_at_an_end_of_those_tried_are_named():
    said = words(trained({(8, 0.1): (1.0, 2.1), (8, 0.2): (1.4, 1.9), (8, 0.3): (1.2, 1.8)}))
    assert "The best rate is the lowest that was tried, 0.1, at head_dim 8 (divided); the" in said
    assert "; the best rate is the highest that was tried, 0.3, at head_dim 8 (undivided). A rate bey" in said
    said = words(trained({(8, 0.1): (1.1, 2.1), (8, 0.2): (1.0, 1.9), (8, 0.3): (1.2, 2.2)}))
    assert "The best rate is nowhere the lowest or the highest that was tried." in said
    assert "beyond" not in said
    assert "No other learning rate was tried" in words(trained({(8, 0.1): (1, 2)}))


def test_networks_that_learned_next_to_nothing_are_named():
    said = words(trained({(8, 0.1): (1.0, 2.4), (32, 0.1): (1.2, 2.6)}))
    assert "Undivided, the network with one head of 32 has learned next to nothing after 8 updates" in said
    assert "2.60, is nearer to the 3.00 of no reading than to the 2.00 of" in said
    assert said.count("next to nothing") == 1


def test_what_wider_heads_do_with_the_division_is_told():
    said = words(trained({(8, 0.1): (1.0, 1.2), (16, 0.1): (1.3, 1.2), (32, 0.1): (1.6, 2.0)}))
    assert "Wider and fewer heads make a network learn worse with the division as well: its loss is " in said
    assert "1.00, 1.30 and 1.60 at head_dim 8, 16 and 32." in said
    assert "changes that by +0.20, -0.10 and +0.40 nats" in said
    said = words(trained({(8, 0.1): (1.0, 1.2), (16, 0.1): (1.01, 1.2), (32, 0.1): (1.6, 2.0)}))
    assert "With the division a network does not learn worse at each step" in said
    assert "fewer heads" not in words(trained({(8, 0.1): (1, 2)})).replace(
        "so wider heads are fewer heads", ""
    )


def test_the_table_has_the_number_of_heads():
    training = trained({(8, 0.1): (1.0, 1.2), (32, 0.2): (1.6, 2.0)})
    (table,) = (part for part in training_parts(training) if isinstance(part, Table))
    assert table.columns[:3] == ["head_dim", "heads", "learning rate"]
    assert [row[:5] for row in table.rows] == [
        ["8", "4", "0.1", "1.000 ± 0.014", "1.200 ± 0.014"],
        ["32", "1", "0.2", "1.600 ± 0.014", "2.000 ± 0.014"],
    ]
    assert widths_of(training) == [8, 32]


def test_each_panel_shows_both_arms_and_the_loss_of_no_reading():
    figure = draw_training(trained({(8, 0.1): (1.0, 1.2), (32, 0.1): (1.6, 2.0)}))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "head_dim 8, heads 4, rate 0.1",
        "head_dim 32, heads 1, rate 0.1",
    ]
    for axes, ends in zip(figure.axes, ([1.0, 1.0, 1.2, 1.2], [1.6, 1.6, 2.0, 2.0]), strict=True):
        *curves, level = axes.lines
        assert [line.get_ydata()[-1] for line in curves] == ends
        assert list(level.get_ydata()) == [3.0, 3.0]
        assert axes.get_ylim() == (0, pytest.approx(4.2))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][2] == "reading nothing of the source"
