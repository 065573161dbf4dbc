"""TeX in names: drawn, read and written, and never a reason to stop."""

import re

import pytest
from result_folders import table

from linksim.report import AxisInfo, Curves, Rows, curves, to_png
from linksim.report.canvas import wrapped
from linksim.report.tex import drawn, latex, plain


@pytest.mark.parametrize(
    "name, as_drawn, as_plain, as_latex",
    [
        (r"$\eta$ = 3", r"$\eta$ = 3", "η = 3", r"$\eta$ = 3"),
        ("costs $5", r"costs \$5", "costs $5", r"costs \$5"),
        ("$5 and $6", r"\$5 and \$6", "$5 and $6", r"\$5 and \$6"),
        (r"$\frac{k}{n}$ & 5 %", r"$\frac{k}{n}$ & 5 %", "k/n & 5 %", r"$\frac{k}{n}$ \& 5 \%"),
        (r"$x_{\mathrm{max}}$", r"$x_{\mathrm{max}}$", "x_max", r"$x_{\mathrm{max}}$"),
        ("a_b^c \\d", "a_b^c \\d", "a_b^c \\d", r"a\_b\textasciicircum{}c \textbackslash{}d"),
        (r"$\Omega\varepsilon$ ± 1", r"$\Omega\varepsilon$ ± 1", "Ωε ± 1", r"$\Omega\varepsilon$ $\pm$ 1"),
    ],
)
def test_names(name, as_drawn, as_plain, as_latex):
    assert (drawn(name), plain(name), latex(name)) == (as_drawn, as_plain, as_latex)


@pytest.mark.parametrize("broken", [r"$\frac{$ x", r"$\nosuchthing{a}$", r"$x_$", "$}$", r"$a%b$"])
def test_broken_tex_is_shown_as_it_stands(broken):
    """It must not end a run after hours, in the legend, in a title or below the axis."""
    rows = table({broken: 1 / 6, "b": 1 / 6})
    to_png(curves(Rows(rows, AxisInfo("snr_db", broken)), Curves(), title=broken))
    open_signs = re.sub(r"\\[{}%$]|\\textbackslash{}", "", latex(broken))
    assert open_signs.count("{") == open_signs.count("}") and "%" not in open_signs
    assert not re.search(r"[_^]\$", open_signs)


def test_mathematics_is_not_cut_at_the_end_of_a_line():
    name = r"a long name in front of $\frac{k - 1}{n - 1} = 0.125$ and much more behind it"
    lines = wrapped(name, 30).split("\n")
    assert len(lines) > 1 and any(r"$\frac{k - 1}{n - 1} = 0.125$" in line for line in lines)
    assert " ".join(lines) == name
    assert wrapped("plain text that has to be cut", 12) == "plain text\nthat has to\nbe cut"


def test_a_legend_draws_mathematics():
    figure = curves(Rows(table({r"$\eta$ = 3": 1 / 6, "two $ and one": 1 / 6})))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [r"$\eta$ = 3", r"two \$ and one"]


@pytest.mark.parametrize(
    "evil", [r"$\input{/etc/passwd}$", r"$\def\a{\a}\a$", r"$\mathchardef\x=1$", r"$a \write18{x}$"]
)
def test_names_from_elsewhere_are_no_commands(evil):
    """What does more than say how letters look is text, dollar signs and all."""
    assert latex(evil).startswith(r"\$") and r"\textbackslash{}" in latex(evil)
