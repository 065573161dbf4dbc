"""Curves: what is on them, not how they look."""

import sys

import pytest
from result_folders import table

from linksim.errors import LinksimError
from linksim.report import AxisInfo, Curves, Rows, curves, load_reference


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_every_link_has_a_curve_and_an_envelope_is_bold():
    figure = curves(Rows(table({"best": 1 / 6, "a": 1 / 6, "b": 1 / 6}), envelopes={"best": ["a", "b"]}))
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert legend(figure) == ["best", "a", "b"]
    assert lines["best"].get_linewidth() > 2 * lines["a"].get_linewidth()
    assert len(figure.axes[0].collections) == 3, "each with the band of its interval"


def test_a_link_is_named_once_and_its_layers_by_line_style():
    figure = curves(Rows(table({"x": 1 / 6, "y": 1 / 6, "baseline": 1 / 6}, layers={"x": 3, "y": 3})))
    assert legend(figure) == ["x", "y", "baseline", "after layer 1", "after layer 2", "after layer 3"]
    lines = figure.axes[0].get_lines()
    x, y, baseline = lines[:3], lines[3:6], lines[6]
    assert [line.get_linestyle() for line in x] == [line.get_linestyle() for line in y]
    assert len({str(line._dash_pattern) for line in x}) == 3 and x[-1].get_linestyle() == "-"
    assert len({line.get_color() for line in x}) == 1 != len({x[0].get_color(), y[0].get_color(), baseline.get_color()})
    assert baseline.get_linestyle() == "--" and str(baseline._dash_pattern) not in {str(z._dash_pattern) for z in x}


def test_the_bandwidth_ratio_itself_is_drawn_where_it_varies():
    """A column of the table in place of a metric: one point for each value of the axis, without an interval."""
    rows = table({"again": 1 / 6, "once": 1 / 6}, metrics=("psnr", "ssim"))
    rows.loc[rows["link"] == "again", "cbr"] += (9 - rows["snr_db"]) / 60
    figure = curves(Rows(rows), Curves(y="cbr"))
    again, once = (line.get_ydata() for line in figure.axes[0].get_lines())
    assert list(again) == pytest.approx([1 / 6 + x / 60 for x in (9, 6, 3, 0)]) and list(once) == [1 / 6] * 4
    assert figure._supylabel.get_text() == "bandwidth ratio k/n (CBR)"
    assert Curves(y="cbr").file_name == "curve_cbr"
    delivered = curves(Rows(rows), Curves(y="delivered")).axes[0].get_lines()
    assert all(list(line.get_ydata()) == [1.0] * 4 for line in delivered)


def test_bandwidth_ratios_that_lie_close_are_not_all_written():
    rows = table({"a": 1 / 16, "b": 0.067, "c": 1 / 8, "d": 1 / 4})
    axes = curves(Rows(rows), Curves(x="cbr", at=3)).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1/16", "1/8", "1/4"]


def test_a_variant_is_dashed_in_the_colour_of_the_other():
    figure = curves(Rows(table({"a": 1 / 6, "b": 1 / 6, "c": 1 / 6})), Curves(variants={"c": "a"}))
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert lines["c"].get_color() == lines["a"].get_color() != lines["b"].get_color()
    assert lines["c"].is_dashed() and not lines["a"].is_dashed()


def test_a_variant_may_be_said_by_scheme_for_all_bandwidth_ratios():
    links = {f"{kind} at {n}": 1 / n for n in (6, 12, 24) for kind in ("tiled", "plain", "a")}
    tags = {name: {"scheme": name.partition(" at ")[0]} for name in links}
    figure = curves(Rows(table(links), tags=tags), Curves(variants={"tiled": "plain"}))
    assert sorted(legend(figure)) == ["a", "plain", "tiled"]
    for axes in figure.axes[:3]:
        lines = {line.get_label(): line for line in axes.get_lines()}
        assert lines["tiled"].get_color() == lines["plain"].get_color() != lines["a"].get_color()
        assert lines["tiled"].is_dashed() and not lines["plain"].is_dashed()


def test_only_the_first_layers_are_drawn_where_that_is_asked():
    figure = curves(Rows(table({"x": 1 / 6, "y": 1 / 6}, layers={"x": 5, "y": 2})), Curves(layers=2))
    assert legend(figure) == ["x", "y", "after layer 1", "after layer 2"]
    assert len(figure.axes[0].get_lines()) == 4


def test_layers_stand_beside_links_of_their_bandwidth_where_there_are_many():
    links = {"layered": 1 / 12, **{f"{kind}, CBR 1/{n}": 1 / n for n in (12, 6, 4) for kind in "abc"}}
    figure = curves(Rows(table(links, layers={"layered": 3})))
    assert [axes.get_title() for axes in figure.axes] == ["CBR 1/12", "CBR 1/6", "CBR 1/4"]
    assert [len(axes.get_lines()) for axes in figure.axes] == [4, 4, 4]
    assert legend(figure)[0] == "layered" and not any("after" in label for label in legend(figure))


def test_a_single_value_of_the_axis_is_a_row_for_each_link():
    rows = table({"m = 1": 1 / 12, "best": 1 / 12, "a": 1 / 12}, layers={"m = 1": 2})
    point = {"source": "paper", "link": "m = 1", "cbr": "0.1667", "snr_db": "3", "metric": "psnr", "value": "29"}
    figure = curves(Rows(rows[rows["snr_db"] == 3], envelopes={"best": ["a"]}, reference=[point]))
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["m = 1", "best"]
    assert legend(figure) == ["after layer 1", "after layer 2", "members of the envelopes", "published"]
    published = next(line for line in figure.axes[0].get_lines() if line.get_label() == "published")
    assert (published.get_xdata()[0], published.get_ydata()[0]) == (29.0, 0)


def test_many_links_of_several_ratios_get_a_plot_per_ratio_and_one_colour_per_scheme():
    """The tag says what a legend shows; nothing takes a name apart, and without the tag the name is shown."""
    links = {f"{kind} -- 1/{n}": 1 / n for n in (6, 12, 24) for kind in ("4-QAM 1/6", "b", "c")}
    tags = {name: {"scheme": name.partition(" -- ")[0]} for name in links}
    figure = curves(Rows(table(links), tags=tags))
    assert [axes.get_title() for axes in figure.axes] == ["CBR 1/24", "CBR 1/12", "CBR 1/6"]
    assert legend(figure) == ["4-QAM 1/6", "b", "c"]
    assert set(legend(curves(Rows(table(links))))) == set(links)


def test_plots_can_be_split_by_a_tag_or_not_at_all():
    links = {f"{kind}{n}": 1 / n for n in (6, 12, 24) for kind in "abc"}
    tags = {name: {"training_snr_db": 10.0 if name[0] == "a" else 4.0} for name in links if name[0] != "c"}
    rows = Rows(table(links), tags=tags)
    figure = curves(rows, Curves(split="training_snr_db"))
    assert [axes.get_title() for axes in figure.axes] == ["trained at 4 dB", "trained at 10 dB", "others"]
    assert len(curves(rows, Curves(split="none")).axes) == 1
    with pytest.raises(LinksimError, match="no link has the tag 'colour'; split by one of cbr, training_snr_db"):
        curves(rows, Curves(split="colour"))


def test_links_of_one_group_share_a_colour():
    rows = Rows(table({"a": 1 / 6, "b": 1 / 6, "c": 1 / 6}), tags={"a": {"role": "learned"}, "b": {"role": "learned"}})
    figure = curves(rows, Curves(group="role"))
    assert legend(figure) == ["learned", "c"] and len(figure.axes[0].get_lines()) == 3


def test_against_bandwidth_a_scheme_is_one_curve_at_one_value_of_the_axis():
    links = {f"{kind}{n}": 1 / n for n in (24, 6, 12) for kind in "ab"}
    points = [
        {"source": "x", "link": "P", "cbr": "0.1", "snr_db": snr, "metric": "psnr", "value": "30"} for snr in ("3", "6")
    ]
    rows = Rows(table(links), tags={name: {"scheme": name[0]} for name in links}, reference=points)
    figure = curves(rows, Curves(x="cbr", group="scheme", at=3))
    (axes,) = figure.axes
    assert legend(figure) == ["a", "b", "P, published"] and figure._suptitle.get_text() == "s, 3 dB"
    a, _, published = axes.get_lines()
    assert list(a.get_xdata()) == [1 / 24, 1 / 12, 1 / 6] and list(a.get_ydata()) == [28.0, 32.0, 30.0]
    assert (list(published.get_xdata()), list(published.get_ydata())) == ([0.1], [30.0]), "the one at 3 dB"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["1/24", "1/12", "1/6"]
    assert curves(rows, Curves(x="cbr", at=4))._suptitle.get_text() == "s, 3 dB", "the nearest one that was simulated"


def test_against_bandwidth_the_layers_of_a_link_are_one_curve():
    figure = curves(Rows(table({"x": 1 / 12}, layers={"x": 3})), Curves(x="cbr"))
    (line,) = figure.axes[0].get_lines()
    assert list(line.get_xdata()) == pytest.approx([1 / 12, 1 / 6, 1 / 4])


def test_against_a_numeric_tag_and_against_another_metric():
    links = {"a": 1 / 6, "b": 1 / 6}
    tags = {"a": {"scheme": "J", "training_snr_db": 10.0}, "b": {"scheme": "J", "training_snr_db": 4.0}}
    rows = Rows(table(links, metrics=("psnr", "ssim")), tags=tags)
    (line,) = curves(rows, Curves(x="training_snr_db", group="scheme", at=0)).axes[0].get_lines()
    assert list(line.get_xdata()) == [4.0, 10.0] and list(line.get_ydata()) == [26.0, 25.0]
    figure = curves(rows, Curves(x="ssim", y="psnr"))
    assert len(figure.axes[0].get_lines()) == 2 and figure._supxlabel.get_text() == "SSIM"
    assert list(figure.axes[0].get_lines()[0].get_xdata()) == [25.0, 28.0, 31.0, 34.0]
    with pytest.raises(LinksimError, match="nothing called 'colour' to draw along; take one of snr_db, cbr"):
        curves(rows, Curves(x="colour"))
    with pytest.raises(LinksimError, match="'scheme' is not a number"):
        curves(rows, Curves(x="scheme"))


def test_several_values_at_one_x_are_points_and_no_zigzag():
    rows = Rows(table({"a": 1 / 6, "b": 1 / 6}), tags={name: {"scheme": "s"} for name in "ab"})
    line = curves(rows, Curves(x="cbr", group="scheme", at=0)).axes[0].get_lines()[-1]
    assert line.get_linestyle() == "None" and len(line.get_xdata()) == 2


def test_another_axis_is_named_by_its_label():
    rows = table({"a": 1 / 6}).rename(columns={"snr_db": "erasure_probability"})
    figure = curves(Rows(rows, AxisInfo("erasure_probability", "erasure probability")))
    assert figure._supxlabel.get_text() == "erasure probability"
    one = curves(Rows(rows[rows["erasure_probability"] == 3], AxisInfo("erasure_probability", "erasure probability")))
    assert one._suptitle.get_text() == "s, erasure probability 3"


def test_x_may_be_logarithmic():
    rows = table({"a": 1 / 6}).rename(columns={"snr_db": "training_pictures"})
    assert 0 in set(rows["training_pictures"])  # which has no place there
    found = curves(Rows(rows, AxisInfo("training_pictures", "training pictures")), Curves(log=True))
    found.canvas.draw()
    axes = found.axes[0]
    shown = sorted(set(rows["training_pictures"]) - {0})
    assert axes.get_xscale() == "log" and [t.get_text() for t in axes.get_xticklabels()] == [f"{x:g}" for x in shown]
    assert list(axes.get_lines()[0].get_xdata()) == shown
    assert axes.get_xlim()[0] > shown[0] / 2


def test_published_points_are_markers_where_metric_and_ratio_match(tmp_path):
    path = tmp_path / "reference.csv"
    path.write_text(
        "# a comment\nsource,link,cbr,snr_db,metric,value\npaper,X,0.1667,3,psnr,28\npaper,X,0.0833,3,psnr,27\n"
        "paper,Y,,3,psnr,26\npaper,Z,0.1667,3,ssim,0.9\n"
    )
    figure = curves(Rows(table({"a": 1 / 6}), reference=load_reference(path)))
    assert legend(figure) == ["a", "X, published", "Y, published"]
    assert [line.get_ydata()[0] for line in figure.axes[0].get_lines()[1:]] == [28.0, 26.0]


def test_a_published_point_has_its_scheme_as_label_in_a_plot_of_one_ratio():
    links = {f"{kind}{n}": 1 / n for n in (6, 12, 24) for kind in "abc"}
    point = {
        "source": "x",
        "link": "P 1/6",
        "scheme": "P",
        "cbr": "0.1667",
        "snr_db": "3",
        "metric": "psnr",
        "value": "30",
    }
    assert legend(curves(Rows(table(links), reference=[point])))[-1] == "P, published"
    assert legend(curves(Rows(table({"a": 1 / 6}), reference=[point])))[-1] == "P 1/6, published"


def test_a_metric_that_is_not_there_is_named():
    with pytest.raises(LinksimError, match="no metric 'ssim'; take one of psnr"):
        curves(Rows(table({"a": 1 / 6})), Curves(y="ssim"))


def test_figures_show_in_a_notebook_and_leave_pyplot_alone():
    figure = curves(Rows(table({"costs $5, not $6": 1 / 6})))
    assert figure._repr_png_().startswith(b"\x89PNG")
    if "matplotlib.pyplot" in sys.modules:
        assert not sys.modules["matplotlib.pyplot"].get_fignums()
