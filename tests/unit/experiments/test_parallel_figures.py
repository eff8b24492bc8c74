"""The figures of `parallel`: told apart without colours, and on one scale."""

import itertools

import pytest

from manyheads.experiments.layer_speed import ATTENTION, NAMES, PACKED, RECURRENT, WHOLE
from manyheads.experiments.parallel_figures import STYLES, draw_memory, draw_ratios, draw_steps, draw_times
from manyheads.experiments.step_speed import RECURRENT as RECURRENT_STEP
from manyheads.experiments.step_speed import TRANSFORMER
from manyheads.views.paper import paper


def race_of(names, seconds, *, sequences=1, threads=1):
    rows = [
        {
            "length": length,
            "seconds": {name: [seconds * (2 + number)] for number, name in enumerate(names)},
            "memory": dict.fromkeys(names, 1e6 * seconds),
        }
        for length in (16, 32)
    ]
    raced = {"rows": rows, "left_out": []}
    return {"sequences": sequences, "threads": threads, "forward": raced, "both": raced, "rows": rows}


LAYERS = [race_of(NAMES, seconds, sequences=sequences) for seconds, sequences in ((1.0, 1), (50.0, 8))]
STEPS = [
    race_of((RECURRENT_STEP, TRANSFORMER), seconds, threads=threads) for seconds, threads in ((1, 1), (9, 2))
]
FIGURES = pytest.mark.parametrize(
    ("draw", "races", "explained"),
    [
        (draw_times, LAYERS, [*NAMES, "forward and backward", "forward"]),
        (
            draw_ratios,
            LAYERS,
            [ATTENTION, WHOLE, "forward and backward", "forward", "1: as long as the recurrent layer"],
        ),
        (draw_memory, LAYERS, list(NAMES)),
        (draw_steps, STEPS, [RECURRENT_STEP, TRANSFORMER]),
    ],
)


@FIGURES
def test_all_panels_have_one_vertical_scale_and_one_legend_explains_every_line(draw, races, explained):
    """The second panel's numbers are up to 50 times the first one's, and all of them lie within the scale."""
    with paper():
        figure = draw(races)
        limits = [axes.get_ylim() for axes in figure.axes]
    assert limits[0] == limits[1]
    heights = [height for axes in figure.axes for line in axes.lines for height in line.get_ydata()]
    assert limits[0][0] <= min(heights)
    assert max(heights) <= limits[0][1]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == explained
    assert {axes.get_xlabel() for axes in figure.axes} == {"sequence length, tokens"}


def luminance(colour):
    """Calculate the relative luminance as the WCAG define it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_layers_are_told_apart_by_marks_and_dark_lines_by_lightness():
    """The two recurrent layers lie close together: their contrast is at least 2 to 1."""
    styles = [STYLES[name] for name in NAMES]
    assert all(one.marker != other.marker for one, other in itertools.combinations(styles, 2))
    blue, grey = (luminance(STYLES[name].colour) for name in (RECURRENT, PACKED))
    assert (grey + 0.05) / (blue + 0.05) >= 2
