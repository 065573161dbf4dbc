"""Pictures side by side."""

import io

import numpy as np
import pytest
from PIL import Image

from linksim.errors import LinksimError
from linksim.report import LayeredRow, layered_panel, panel, to_png


@pytest.mark.parametrize("size", [(32, 32), (1, 200), (200, 1), (1, 1)])
def test_a_panel_of_any_shape_with_psnr(size):
    original = np.full((*size, 3), 100, np.uint8)
    figure = panel(original, {"x": original + 1, "same": original, "y": original}, notes={"y": "note"})
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["original", "x\n48.13 dB", "same\nidentical", "y\nidentical\nnote"]
    image = Image.open(io.BytesIO(to_png(figure)))
    assert image.size[0] > 100 and image.size[1] > 100


def test_a_panel_has_at_most_six_columns():
    original = np.zeros((8, 8, 3), np.uint8)
    figure = panel(original, {str(i): original for i in range(7)})
    assert figure.axes[0].get_gridspec().ncols == 4
    with pytest.raises(LinksimError, match="pictures of one size"):
        panel(original, {"x": np.zeros((9, 8, 3), np.uint8)})


def test_a_layered_panel_shows_every_layer_of_every_row():
    original = np.full((8, 8, 3), 100, np.uint8)
    two = LayeredRow("x", original, [original + 10, original + 1], ["", ""])
    one = LayeredRow("y", original, [original], ["16-QAM 2/3"])
    figure = layered_panel([two, one], title="p, 3 dB")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["original", "layer 1: 28.13 dB", "layer 2: 48.13 dB", "", "identical\n16-QAM 2/3", ""]
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == ["x", "y"]
    to_png(figure)
    with pytest.raises(LinksimError, match="pictures of one size"):
        layered_panel([LayeredRow("x", original, [np.zeros((9, 8, 3), np.uint8)], [""])])


def test_a_panel_of_what_is_no_picture_says_no_psnr():
    original = np.full((8, 8, 3), 100, np.uint8)
    plain = panel(original, {"x": original + 1}, notes={"x": "note"}, psnr=False)
    assert [axes.get_title() for axes in plain.axes] == ["original", "x\nnote"]
    rows = [LayeredRow("x", original, [original + 10, original + 1], ["", "note"])]
    titles = [axes.get_title() for axes in layered_panel(rows, psnr=False).axes]
    assert titles == ["original", "layer 1", "layer 2\nnote"]


def test_a_panel_shows_a_detail_enlarged():
    original = np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3)
    figure = panel(original, {"x": original + 1}, zoom=(4, 10, 6))
    corners = [axes.child_axes[0] for axes in figure.axes[:2]]
    assert np.array_equal(corners[0].images[0].get_array(), original[4:10, 10:16])
    assert np.array_equal(corners[1].images[0].get_array(), original[4:10, 10:16] + 1)
    with pytest.raises(LinksimError, match="leaves the picture of 20x30; move it"):
        panel(original, {"x": original}, zoom=(15, 0, 6))
