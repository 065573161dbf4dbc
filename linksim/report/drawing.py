"""Write the figures of a finished result folder, without any link."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linksim.errors import LinksimError
from linksim.files import RESULT_REMEDY, write_atomically
from linksim.messages import tell
from linksim.report.canvas import to_bytes
from linksim.report.curve_plot import curves
from linksim.report.figures import Curves, Figure, Panel, Preferences, Table
from linksim.report.folder import ResultFolder, read
from linksim.report.kept import panel_of
from linksim.report.preference import PREFERENCES, preference, read_preferences
from linksim.report.rows import Rows
from linksim.report.tables import to_csv, to_markdown

FORMATS = ("png", "pdf", "svg")


def default_figures(rows: Rows, metrics: Sequence[str] | None = None, panel: Panel = Panel()) -> list[Figure]:
    """The figures of a scenario that does not say any: curves of every metric along the axis, and a panel.

    Parameters
    ----------
    rows : Rows
    metrics : sequence of str, optional
        Those that were asked for; by default all but "psnr_of_mean_mse", which every table has and which
        is drawn where it was asked for or where points of it were published.
    panel : Panel
    """
    asked = set(rows.metrics) - {"psnr_of_mean_mse"} if metrics is None else set(metrics)
    wanted = {"psnr", *asked, *(row["metric"] for row in rows.reference)}
    return [*(Curves(y=metric) for metric in rows.metrics if metric in wanted), panel]


def draw(
    folder: str | Path | ResultFolder,
    figures: Sequence[Figure] | None = None,
    formats: Sequence[str] = ("png",),
    out: str | Path | None = None,
    size: tuple[float, float] | None = None,
) -> list[Path]:
    """Draw figures of a finished folder.

    Parameters
    ----------
    folder : path or ResultFolder
    figures : sequence of Curves, Panel, Table or Preferences, optional
        By default those that the scenario said, in `run.json`; or the default ones. A panel of a folder
        that holds no received pictures is then left out, and preferences where no study was analysed.
    formats : sequence of str
        Of "png", "pdf", "svg". Tables are Markdown and CSV whatever is said here.
    out : path, optional
        Where the files go; the folder itself by default.
    size : (float, float), optional
        Width and height of curves in inches (see `curves`).

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    LinksimError
        If the folder lacks what a figure shows, or a file cannot be written.
    """
    formats = check_formats(formats)
    result = folder if isinstance(folder, ResultFolder) else read(folder)
    if figures is None:
        figures = result.figures if result.figures is not None else default_figures(result.rows)
        figures = [f for f in figures if _has_what_it_shows(result, f)]
    target = result.path if out is None else Path(out)
    written = []
    for figure in figures:
        for ending, content in _contents(result, figure, formats, size):
            path = target / f"{figure.file_name}.{ending}"
            write_atomically(path, content, RESULT_REMEDY if out is None else "free space or choose another folder")
            written.append(path)
    return written


def _has_what_it_shows(result: ResultFolder, figure: Figure) -> bool:
    if isinstance(figure, Panel):
        return bool(result.received)
    if isinstance(figure, Preferences) and not (result.path / PREFERENCES).is_file():
        tell(f"no study was analysed into {result.path}, so {figure.file_name} is left out (docs/studies.md)")
        return False
    return True


def check_formats(formats: Sequence[str]) -> list[str]:
    """Formats of figures, each once.

    Raises
    ------
    LinksimError
        If there is none, or one is unknown.
    """
    for format in formats:
        if format not in FORMATS:
            raise LinksimError(f"unknown format {format!r}; take one of {', '.join(FORMATS)}")
    if not formats:
        raise LinksimError(f"no format is named; take one of {', '.join(FORMATS)}")
    return list(dict.fromkeys(formats))


def _contents(
    result: ResultFolder, figure: Figure, formats: Sequence[str], size: tuple[float, float] | None
) -> list[tuple[str, bytes]]:
    """(ending, bytes) of every file of a figure."""
    if isinstance(figure, Table):
        return [("md", to_markdown(result.rows, figure).encode()), ("csv", to_csv(result.rows, figure).encode())]
    if isinstance(figure, Curves):
        drawn = curves(result.rows, figure, size=size)
    elif isinstance(figure, Panel):
        drawn = panel_of(result, figure)
    else:
        drawn = preference(read_preferences(result.path))
    return [(format, to_bytes(drawn, format)) for format in formats]
