"""Figures: what is on them, not how they look."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from linksim.report import curves as plots
from linksim.errors import LinksimError

COLUMNS = "scenario link layer snr_db metric mean ci_low ci_high n_pictures n_draws cbr delivered".split()


def table(links: dict[str, float], layers: dict[str, int] | None = None) -> pd.DataFrame:
    """Rising curves, link name -> bandwidth ratio of a layer, and the numbers of layers other than 1."""
    return pd.DataFrame(
        [
            ("s", link, layer, float(snr), "psnr", mean, mean - 0.1, mean + 0.1, 3, 8, cbr * (layer + 1), 1.0)
            for i, (link, cbr) in enumerate(links.items())
            for layer in range((layers or {}).get(link, 1))
            for snr in range(0, 12, 3)
            for mean in [25.0 + snr + i + 2 * layer]
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


def test_a_link_is_named_once_and_its_layers_by_line_style():
    figure = plots.curves(table({"x": 1 / 6, "y": 1 / 6, "baseline": 1 / 6}, layers={"x": 3, "y": 3}))
    assert legend(figure) == ["x", "y", "baseline", "after layer 1", "after layer 2", "after layer 3"]
    lines = figure.axes[0].get_lines()
    x, y, baseline = lines[:3], lines[3:6], lines[6]
    assert [line.get_linestyle() for line in x] == [line.get_linestyle() for line in y]
    assert len({str(line._dash_pattern) for line in x}) == 3 and x[-1].get_linestyle() == "-"
    assert len({line.get_color() for line in x}) == 1 != len({x[0].get_color(), y[0].get_color(), baseline.get_color()})
    assert baseline.get_linestyle() == "--" and str(baseline._dash_pattern) not in {str(z._dash_pattern) for z in x}


def test_a_variant_is_dashed_in_the_colour_of_the_other():
    figure = plots.curves(table({"a": 1 / 6, "b": 1 / 6, "c": 1 / 6}), variants={"c": "a"})
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert lines["c"].get_color() == lines["a"].get_color() != lines["b"].get_color()
    assert lines["c"].is_dashed() and not lines["a"].is_dashed()


def test_only_the_first_layers_are_drawn_where_that_is_asked():
    figure = plots.curves(table({"x": 1 / 6, "y": 1 / 6}, layers={"x": 5, "y": 2}), layers=2)
    assert legend(figure) == ["x", "y", "after layer 1", "after layer 2"]
    assert len(figure.axes[0].get_lines()) == 4


def test_layers_stand_beside_links_of_their_bandwidth_where_there_are_many():
    links = {"layered": 1 / 12, **{f"{kind}, CBR 1/{n}": 1 / n for n in (12, 6, 4) for kind in "abc"}}
    figure = plots.curves(table(links, layers={"layered": 3}))
    assert [axes.get_title() for axes in figure.axes] == ["CBR 1/12", "CBR 1/6", "CBR 1/4"]
    assert [len(axes.get_lines()) for axes in figure.axes] == [4, 4, 4]
    assert legend(figure)[0] == "layered" and not any("after" in label for label in legend(figure))


def test_a_single_snr_is_a_row_for_each_link(tmp_path):
    rows = table({"m = 1": 1 / 12, "best": 1 / 12, "a": 1 / 12}, layers={"m = 1": 2})
    point = {"source": "paper", "link": "m = 1", "cbr": "0.1667", "snr_db": "3", "metric": "psnr", "value": "29"}
    figure = plots.curves(rows[rows["snr_db"] == 3], [point], envelopes={"best": ["a"]})
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["m = 1", "best"]
    assert legend(figure) == ["after layer 1", "after layer 2", "members of the envelopes", "published"]
    published = next(line for line in figure.axes[0].get_lines() if line.get_label() == "published")
    assert (published.get_xdata()[0], published.get_ydata()[0]) == (29.0, 0)


def test_many_links_of_several_ratios_get_a_plot_per_ratio():
    links = {f"{kind}, CBR 1/{n}": 1 / n for n in (6, 12, 24) for kind in ("a", "b", "c")}
    figure = plots.curves(table(links))
    assert [axes.get_title() for axes in figure.axes] == ["CBR 1/24", "CBR 1/12", "CBR 1/6"]
    assert legend(figure) == ["a", "b", "c"]


def test_bandwidth_ratios_are_written_as_fractions():
    ratios = (1 / 16, 1 / 3, 5 / 12, 1280 / 3072, 0.0667, 0.073)
    assert [plots.cbr_text(ratio) for ratio in ratios] == ["1/16", "1/3", "5/12", "5/12", "1/15", "0.073"]


def test_a_code_rate_is_not_taken_for_the_bandwidth_ratio():
    """4-QAM 1/3 at CBR 1/3 keeps its name; where the ratio goes without CBR before it, it is left out all the same."""
    links = {f"{kind}, CBR 1/{n}": 1 / n for n in (3, 6) for kind in ("4-QAM 1/3", "16-QAM 1/2", "a", "b", "c")}
    assert legend(plots.curves(table(links))) == ["4-QAM 1/3", "16-QAM 1/2", "a", "b", "c"]
    links = {f"{kind} 1/{n}": 1 / n for n in (3, 6) for kind in "abcde"}
    assert legend(plots.curves(table(links))) == list("abcde")


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


def test_a_layered_panel_shows_every_layer_of_every_row():
    original = np.full((8, 8, 3), 100, np.uint8)
    two = plots.LayeredRow("x", original, [original + 10, original + 1], ["", ""])
    one = plots.LayeredRow("y", original, [original], ["16-QAM 2/3"])
    figure = plots.layered_panel([two, one], title="p, 3 dB")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["original", "layer 1: 28.13 dB", "layer 2: 48.13 dB", "", "identical\n16-QAM 2/3", ""]
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == ["x", "y"]
    plots.to_png(figure)
    with pytest.raises(LinksimError, match="pictures of one size"):
        plots.layered_panel([plots.LayeredRow("x", original, [np.zeros((9, 8, 3), np.uint8)], [""])])


def test_figures_show_in_a_notebook_and_leave_pyplot_alone():
    import sys

    figure = plots.curves(table({"costs $5, not $6": 1 / 6}))
    assert figure._repr_png_().startswith(b"\x89PNG")
    if "matplotlib.pyplot" in sys.modules:
        assert not sys.modules["matplotlib.pyplot"].get_fignums()
