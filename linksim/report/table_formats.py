"""A table of numbers as plain text, as LaTeX and as HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from linksim.report.figures import Table
from linksim.report.rows import Rows
from linksim.report.tables import Cells, caption_of, cells
from linksim.report.tex import latex, plain


def to_text(rows: Rows, table: Table = Table(), intervals: bool = False) -> str:
    """The table in columns of plain text, as a Python prompt shows it.

    Parameters
    ----------
    rows : Rows
    table : Table
        Which rows and columns.
    intervals : bool
        Whether each number has the half width of its 95 % interval.
    """
    made = cells(rows, table, intervals)
    lines = [[plain(cell) for cell in line] for line in (made.columns, *made.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ["  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip() for line in lines]
    return "\n".join([plain(caption_of(rows, table)), *text])


def to_latex(rows: Rows, table: Table = Table(), intervals: bool = True, label: str | None = None) -> str:
    r"""The table as LaTeX with the rules of the package booktabs (`\usepackage{booktabs}`), numbers in math mode.

    Parameters
    ----------
    rows : Rows
    table : Table
    intervals : bool
        Whether each number has the half width of its 95 % interval.
    label : str, optional
        For `\ref`; `tab:<scenario>` by default.

    Raises
    ------
    LinksimError
        If a metric is not there.
    """
    return latex_of(
        cells(rows, table, intervals),
        caption_of(rows, table) + (", with 95 % intervals" if intervals else ""),
        f"tab:{rows.table['scenario'].iloc[0]}" if label is None else label,
    )


def latex_of(made: Cells, caption: str, label: str) -> str:
    r"""Cells as LaTeX with the rules of booktabs.

    Parameters
    ----------
    made : Cells
        Such as `cells` and `cells_along` give.
    caption, label : str
        The caption as plain text, and what `\ref` calls the table.
    """
    body = [_line([latex(name), *map(_number, numbers)]) for name, *numbers in made.rows]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"  \centering",
            f"  \\caption{{{latex(caption)}.}}",
            f"  \\label{{{re.sub(r'[^A-Za-z0-9_.:-]', '-', label)}}}",
            f"  \\begin{{tabular}}{{l{'r' * (len(made.columns) - 1)}}}",
            r"    \toprule",
            _line([latex(head) for head in made.columns]),
            r"    \midrule",
            *body,
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def to_html(made: Cells) -> str:
    """Cells as an HTML table, every name escaped.

    Parameters
    ----------
    made : Cells
        Such as `cells` and `cells_along` give.
    """

    def row(line: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(plain(cell))}</{tag}>" for cell in line) + "</tr>"

    body = "".join(row(line, "td") for line in made.rows)
    return f"<table><thead>{row(made.columns, 'th')}</thead><tbody>{body}</tbody></table>"


def _line(parts: Sequence[str]) -> str:
    return f"    {' & '.join(parts)} \\\\"


def _number(text: str) -> str:
    """A cell of numbers, "-31.42 ± 0.05" or "2.1 %", as mathematics: with a minus sign that is one."""
    if not text:
        return "--"
    return "$" + text.replace(" ± ", r" \pm ").replace(" %", r"\,\%") + "$"
