"""Products against the machine's ceilings: the figure of `roofline.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ceilings import Ceilings
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from manyheads.experiments.drawing import log_scale, plain
from manyheads.inference.native_maps import Type
from manyheads.views.paper import BLUE, INK, ORANGE, QUIET

_COLOURS: dict[Type, str] = {"float32": INK, "bfloat16": BLUE, "int8": ORANGE}
_MARKS = ("o", "s", "v")


@dataclass(frozen=True)
class Point:
    """Products of one job in one type.

    Attributes:
        job: What was done.
        kind: The type of the weights.
        intensity: Operations a byte of weights.
        gigaflops: Operations in thousand millions a second.
    """

    job: str
    kind: Type
    intensity: float
    gigaflops: float


def draw(points: Sequence[Point], roof: Ceilings) -> Figure:
    """Draw all points below their roofs, both axes logarithmic."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    most = max(point.intensity for point in points) * 2
    least = min(point.intensity for point in points) / 2
    kinds: list[Type] = list(dict.fromkeys(point.kind for point in points))
    for kind in kinds:
        _draw_roof(axes, kind, np.geomspace(least, most, 200), roof)
    jobs = list(dict.fromkeys(point.job for point in points))
    for job, mark in zip(jobs, _MARKS, strict=True):
        mine = [point for point in points if point.job == job]
        axes.scatter(
            [point.intensity for point in mine],
            [point.gigaflops for point in mine],
            c=[_COLOURS[point.kind] for point in mine],
            marker=mark,
            s=28,
            zorder=3,
        )
        axes.scatter([], [], marker=mark, s=28, c=QUIET, label=job)
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    axes.set_xscale("log", base=10)
    log_scale(axes, base=2)
    plain(axes, "thousand million operations a second")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.set_xlim(least, most)
    axes.set_xlabel("operations for each byte of weights", fontsize=8)
    return figure


def _draw_roof(axes: Axes, kind: Type, intensity: np.ndarray, roof: Ceilings) -> None:
    height = np.minimum(roof.gigaflops[kind], roof.gigabytes * intensity)
    axes.plot(intensity, height, color=_COLOURS[kind], linewidth=0.9, linestyle="--")
    axes.annotate(
        f"{kind}: {roof.gigaflops[kind]:.0f}",
        # At the roof's end, where no job comes: the heaviest has half as many operations.
        (intensity[-1], roof.gigaflops[kind]),
        xytext=(0, 3),
        textcoords="offset points",
        horizontalalignment="right",
        fontsize=8,
        color=_COLOURS[kind],
    )
