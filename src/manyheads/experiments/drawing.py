"""What the figures of several experiments share: plain axes, and logarithmic ones without formulas."""

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from manyheads.views.paper import INK, QUIET, RULE


def log_scale(axes: Axes, *, base: int) -> None:
    """Make the vertical axis logarithmic, its numbers plain: powers would need formulas, which paper bars.

    Args:
        axes: A panel.
        base: Between two marks the numbers grow by this factor.
    """
    axes.set_yscale("log", base=base)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def plain(axes: Axes, title: str) -> None:
    """Dress a panel: a title in its corner, a quiet grid, no frame.

    Args:
        axes: The panel.
        title: What is drawn upwards.
    """
    axes.set_title(title, loc="left", fontsize=8, color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, which="both", labelsize=8, labelcolor=QUIET)
