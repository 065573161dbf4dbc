"""Figures: what is on them, not how they look."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from linksim import plots
from linksim.errors import LinksimError

COLUMNS = "scenario link layer snr_db metric mean ci_low ci_high n_pictures n_draws cbr delivered".split()


def table(links: dict[str, float], layers: int = 1) -> pd.DataFrame:
    """Rising curves, link name -> bandwidth ratio."""
    return pd.DataFrame(
        [
            ("s", link, layer, float(snr), "psnr", 25.0 + snr + i, 24.9 + snr + i, 25.1 + snr + i, 3, 8, cbr, 1.0)
            for i, (link, cbr) in enumerate(links.items())
            for layer in range(layers)
            for snr in range(0, 12, 3)
        ],
        columns=COLUMNS,
    )


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_every_link_has_a_curve_and_an_envelope_is_bold():
    figure = plots.curves(table({"best": 1 / 6, "a": 1 / 6, "b": 1 / 6}), envelopes={"best": ["a", "b"]})
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert legend(figure) == ["best", "a", "b"]
    assert lines["best"].get_linewidth() > 2 * lines["a"].get_linewidth()
    assert len(figure.axes[0].collections) == 3, "each with the band of its interval"


def test_layers_are_told_apart():
    assert legend(plots.curves(table({"x": 1 / 6}, layers=2))) == ["x, layer 0", "x, layer 1"]


def test_many_links_of_several_ratios_get_a_plot_per_ratio():
    links = {f"{kind}, CBR 1/{n}": 1 / n for n in (6, 12, 24) for kind in ("a", "b", "c")}
    figure = plots.curves(table(links))
    assert [axes.get_title() for axes in figure.axes] == ["CBR 1/24", "CBR 1/12", "CBR 1/6"]
    assert legend(figure) == ["a", "b", "c"]


def test_published_points_are_markers_where_metric_and_ratio_match(tmp_path):
    path = tmp_path / "reference.csv"
    path.write_text(
        "# a comment\nsource,link,cbr,snr_db,metric,value\npaper,X,0.1667,3,psnr,28\npaper,X,0.0833,3,psnr,27\n"
        "paper,Y,,3,psnr,26\npaper,Z,0.1667,3,ssim,0.9\n"
    )
    figure = plots.curves(table({"a": 1 / 6}), plots.load_reference(path))
    assert legend(figure) == ["a", "X, published", "Y, published"]
    assert [line.get_ydata()[0] for line in figure.axes[0].get_lines()[1:]] == [28.0, 26.0]


@pytest.mark.parametrize("line", ["paper,X,0.1,3,psnr,", "paper,X,0.1,nan,psnr,28", "paper,X", ",X,0.1,3,psnr,28"])
def test_a_broken_reference_file_is_named(tmp_path, line):
    path = tmp_path / "reference.csv"
    path.write_text(f"source,link,cbr,snr_db,metric,value\n{line}\n")
    with pytest.raises(LinksimError, match="reference.csv"):
        plots.load_reference(path)
    with pytest.raises(LinksimError, match="cannot be read"):
        plots.load_reference(tmp_path / "none.csv")


def test_a_metric_that_is_not_there_is_named():
    with pytest.raises(LinksimError, match="no metric 'ssim'; take one of psnr"):
        plots.curves(table({"a": 1 / 6}), metric="ssim")


@pytest.mark.parametrize("size", [(32, 32), (1, 200), (200, 1), (1, 1)])
def test_a_panel_of_any_shape_with_psnr(size):
    original = np.full((*size, 3), 100, np.uint8)
    figure = plots.panel(original, {"x": original + 1, "same": original, "y": original}, notes={"y": "note"})
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["original", "x\n48.13 dB", "same\nidentical", "y\nidentical\nnote"]
    image = Image.open(io.BytesIO(plots.to_png(figure)))
    assert image.size[0] > 100 and image.size[1] > 100


def test_a_panel_has_at_most_six_columns():
    original = np.zeros((8, 8, 3), np.uint8)
    figure = plots.panel(original, {str(i): original for i in range(7)})
    assert figure.axes[0].get_gridspec().ncols == 4
    with pytest.raises(LinksimError, match="pictures of one size"):
        plots.panel(original, {"x": np.zeros((9, 8, 3), np.uint8)})


def test_figures_show_in_a_notebook_and_leave_pyplot_alone():
    import sys

    figure = plots.curves(table({"costs $5, not $6": 1 / 6}))
    assert figure._repr_png_().startswith(b"\x89PNG")
    if "matplotlib.pyplot" in sys.modules:
        assert not sys.modules["matplotlib.pyplot"].get_fignums()
