"""Tables as text, LaTeX and HTML."""

import shutil
import subprocess

import pytest
from result_folders import table

from linksim.report import Rows, Table, cells, to_html, to_latex, to_text

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
    assert r"\caption{s: PSNR (dB), with 95\,\% confidence intervals.}" in source
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
