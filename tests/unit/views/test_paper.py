import matplotlib as mpl
import pytest
from matplotlib.colors import to_rgb

from manyheads.views.paper import WEIGHTS, paper


def test_the_style_is_ours_inside_and_the_users_again_outside():
    mpl.rcParams["font.size"] = 17.0
    try:
        with paper():
            assert mpl.rcParams["font.size"] == 9.0
            assert mpl.rcParams["svg.fonttype"] == "none"
        assert mpl.rcParams["font.size"] == 17.0
    finally:
        mpl.rcdefaults()


@pytest.mark.parametrize("step", range(0, 250, 5))
def test_more_weight_is_always_darker(step):
    """Lightness as CIE L*: 116 Y^(1/3) - 16 falls with every step."""

    def lightness(share):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(WEIGHTS(share))]
        return 116 * (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]) ** (1 / 3) - 16

    assert lightness(step / 255) > lightness((step + 5) / 255)
