"""Figures in the size of a paper: exactly that size, and nothing lies on anything else."""

import matplotlib
import pytest
from result_folders import table, write_folder
from typer.testing import CliRunner

from linksim.cli.app import app, main
from linksim.errors import LinksimError
from linksim.report import Curves, Rows, curves

LINKS = {f"{kind}, CBR 1/{n}": 1 / n for n in (6, 12) for kind in ("JPEG + 16-QAM 1/2", "DeepJSCC")}


def boxes(figure):
    """Where the plots with their labels are, and where the legend is."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    return [axes.get_tightbbox(renderer) for axes in figure.axes if axes.axison], figure.legends[0].get_window_extent()


@pytest.mark.parametrize(
    "size, figure", [((3.5, 3.2), Curves()), ((7.2, 4.0), Curves(split="cbr")), ((3.5, 3.0), Curves(x="cbr", at=3))]
)
def test_the_legend_stands_below_and_covers_nothing(size, figure):
    with matplotlib.rc_context({"font.size": 8}):
        drawn = curves(Rows(table(LINKS)), figure, size=size)
        plots, legend = boxes(drawn)
    assert tuple(drawn.get_size_inches()) == size and drawn._suptitle is None
    assert all(not plot.overlaps(legend) and plot.y0 > legend.y1 for plot in plots)
    assert legend.x0 >= 0 and legend.y0 >= 0 and legend.x1 <= drawn.bbox.width
    assert min(plot.width for plot in plots) > 0.25 * drawn.bbox.width
    assert all(axes.get_ylabel() == "PSNR (dB)" for axes in drawn.axes[:1])


def test_type_is_as_large_as_matplotlib_is_told():
    with matplotlib.rc_context({"font.size": 7, "legend.fontsize": 6}):
        drawn = curves(Rows(table(LINKS)), size=(4, 3), title="mine")
    assert drawn.legends[0].get_texts()[0].get_fontsize() == 6 and drawn._suptitle.get_text() == "mine"
    assert drawn.axes[0].xaxis.label.get_fontsize() == 7


def test_what_does_not_fit_is_said():
    many = Rows(table({f"link number {i}": 1 / 6 for i in range(20)}))
    with pytest.raises(LinksimError, match="legend of 20 entries does not fit"):
        curves(many, size=(2, 2))
    with pytest.raises(LinksimError, match="0.5 x 3 inches"):
        curves(many, size=(0.5, 3))


def test_from_the_command_line(tmp_path, capsys):
    folder = write_folder(tmp_path / "s", table(LINKS))
    done = CliRunner().invoke(app, ["plot", str(folder), "--size", "3.5x3", "--format", "pdf"])
    assert done.exit_code == 0, done.output
    assert b"/MediaBox [ 0 0 252 216 ]" in (folder / "curve.pdf").read_bytes()  # points of 1/72 inch
    for wrong in ("3.5", "axb", "3x4x5"):
        with pytest.raises(SystemExit) as end:
            main(["plot", str(folder), "--size", wrong])
        assert end.value.code == 2 and "such as 3.5x2.6" in capsys.readouterr().err


def test_padding_makes_no_plot_of_its_own():
    """Of pictures with odd sides a codec takes more than its ratio: it stays with the others, and the title says so."""
    rows = table({f"{kind} 1/{n}": 1 / n for n in (6, 12, 24) for kind in "abc"})
    rows.loc[rows["link"].str.startswith("a"), "cbr"] *= 1.06
    tags = {f"a 1/{n}": {"cbr": 1 / n} for n in (6, 12, 24)}
    titles = [axes.get_title() for axes in curves(Rows(rows, tags=tags)).axes if axes.axison]
    assert titles == ["CBR 1/24 (up to 0.0442)", "CBR 1/12 (up to 0.0883)", "CBR 1/6 (up to 0.177)"]
    assert len(curves(Rows(rows)).axes) == 6, "without the tag nobody knows what was meant"
    assert len(curves(Rows(rows, tags={name: {"cbr": "text"} for name in tags})).axes) == 6


def test_the_title_says_which_pictures(tmp_path):
    from linksim.report import read

    folder = write_folder(tmp_path / "s", table(LINKS), pictures={"set": "kodak", "count": 24, "sha256": "0" * 64})
    assert curves(read(folder).rows)._suptitle.get_text() == "s, 24 pictures of kodak"
