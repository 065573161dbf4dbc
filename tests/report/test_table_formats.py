"""Tables as text, LaTeX and HTML."""

import shutil
import subprocess

import pytest
from result_folders import table

from linksim.errors import LinksimError
from linksim.report import Curves, Rows, Table, cells, cells_along, curves, to_html, to_latex, to_text

ROWS = Rows(table({r"50 % & $\eta$_1": 1 / 6, "b": 1 / 12}))


def test_latex_has_the_rules_of_booktabs_and_escaped_names():
    source = to_latex(ROWS, Table(at=(0.0, 3.0)))
    assert source.splitlines()[4:12] == [
        r"  \label{tab:s}",
        r"  \begin{tabular}{lrr}",
        r"    \toprule",
        r"    link & 0 dB & 3 dB \\",
        r"    \midrule",
        r"    50 \% \& $\eta$\_1 & $25.00 \pm 0.10$ & $28.00 \pm 0.10$ \\",
        r"    b & $26.00 \pm 0.10$ & $29.00 \pm 0.10$ \\",
        r"    \bottomrule",
    ]
    assert r"\caption{s: PSNR (dB), with 95 \% intervals.}" in source
    assert r"\pm" not in to_latex(ROWS, intervals=False)


def test_what_was_not_measured_is_a_dash():
    rows = table({"a": 1 / 6, "b": 1 / 6})
    source = to_latex(Rows(rows[(rows["link"] == "a") | (rows["snr_db"] == 0)]), Table(at=(0.0, 3.0)))
    assert r"b & $26.00 \pm 0.10$ & -- \\" in source


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX on this machine")
def test_latex_compiles(tmp_path):
    document = r"\documentclass{article}\usepackage{booktabs}\begin{document}" + to_latex(ROWS) + r"\end{document}"
    (tmp_path / "t.tex").write_text(document)
    done = subprocess.run(["pdflatex", "-halt-on-error", "t.tex"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]


def test_text_is_in_columns_and_html_is_escaped():
    text = to_text(ROWS, Table(at=(0.0, 3.0)))
    assert text.splitlines() == [
        "s: PSNR (dB)",
        "link         0 dB   3 dB",
        "50 % & η_1  25.00  28.00",
        "b           26.00  29.00",
    ]
    rows = Rows(table({"<b>": 1 / 6}))
    assert "<td>&lt;b&gt;</td>" in to_html(cells(rows, Table()))


def test_a_table_against_the_bandwidth_ratio():
    """A row per scheme; models of one scheme that meet at one ratio have rows of their own."""
    links = {f"{kind} 1/{n}": 1 / n for n in (12, 6) for kind in ("a", "b")}
    tags = {name: {"scheme": name[0]} for name in links}
    made, caption = cells_along(Rows(table(links), tags=tags), Curves(x="cbr", group="scheme", at=3), intervals=False)
    assert made.columns == ["link", "1/12", "1/6"]
    assert made.rows == [["a", "28.00", "30.00"], ["b", "29.00", "31.00"]]
    assert caption == "s: PSNR (dB) against bandwidth ratio k/n (CBR), 3 dB"
    tags["b 1/6"] = {"scheme": "a"}
    made, _ = cells_along(Rows(table(links), tags=tags), Curves(x="cbr", group="scheme", at=3))
    assert [line[0] for line in made.rows] == ["a 1/12", "a 1/6", "b 1/6", "b"]
    with pytest.raises(LinksimError, match="nothing called 'colour'"):
        cells_along(Rows(table(links)), Curves(x="colour"))


def test_other_columns_have_tables_and_curves_too():
    rows = table({"a": 1 / 6}).assign(n_draws=[8, 16, 32, 64])
    made, _ = cells_along(Rows(rows), Curves(y="n_draws"), intervals=False)
    assert made.columns == ["link", "0", "3", "6", "9"] and made.rows == [["a", "8.00", "16.00", "32.00", "64.00"]]
    (line,) = curves(Rows(rows), Curves(y="n_draws")).axes[0].get_lines()
    assert list(line.get_ydata()) == [8, 16, 32, 64]
