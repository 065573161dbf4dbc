"""Fig. 6 of Wang et al. (2022): how often ours is preferred, against the bandwidth ratio of the other scheme."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.report.canvas import new_figure, wrapped
from linksim.report.labels import cbr_text

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

PREFERENCES = "preference.csv"
"""What `linksim study analyse --out` leaves in a result folder: a row for each setting of the study."""

COLUMNS = (
    "ours",
    "ours_cbr",
    "theirs",
    "theirs_cbr",
    "value",
    "share",
    "ci_low",
    "ci_high",
    "participants",
    "answers",
    "note",
)

_NUMBERS = ("ours_cbr", "theirs_cbr", "share", "ci_low", "ci_high")


def read_preferences(folder: Path) -> pandas.DataFrame:
    """The outcome of a user study, with the columns `COLUMNS`.

    Raises
    ------
    LinksimError
        If the folder has none, or it is damaged.
    """
    import pandas as pd

    path = folder / PREFERENCES
    try:
        table = pd.read_csv(path, keep_default_na=False, dtype={"ours": str, "theirs": str, "note": str})
    except FileNotFoundError as error:
        raise LinksimError(
            f"{path} does not exist; `linksim study analyse STUDY ANSWERS --out {folder}` makes it of answers"
        ) from error
    except (OSError, ValueError) as error:
        raise LinksimError(f"{path} cannot be read ({error}); analyse the study again") from error
    if tuple(table.columns) != COLUMNS or table.empty:
        raise LinksimError(f"{path} is not the outcome of a study; analyse the study again")
    for column in _NUMBERS:
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise LinksimError(f"{path} is damaged (column {column} holds text); analyse the study again")
    return table


def preference(table: pandas.DataFrame) -> Figure:
    """Shares with their 95 % intervals, a curve for each link that others are compared with.

    Parameters
    ----------
    table : data frame
        As `read_preferences` gives it. What stands under `note`, such as that nobody was asked, is the title.
    """
    figure, (axes,) = new_figure((6.4, 4.2), 1, 1)
    for number, (ours, of) in enumerate(table.groupby("ours", sort=False)):
        of = of.sort_values("theirs_cbr", kind="stable")
        x, share = of["theirs_cbr"], 100 * of["share"]
        bars = [share - 100 * of["ci_low"], 100 * of["ci_high"] - share]
        line = "-" if x.is_unique else "none"  # several schemes of one ratio are no curve
        cbr = f"CBR {cbr_text(float(of['ours_cbr'].iloc[0]))}"
        label = wrapped(str(ours) if cbr in str(ours) else f"{ours}, {cbr}", 60)
        axes.errorbar(x, share, bars, marker="o", ls=line, capsize=4, label=label, color=f"C{number}")
    axes.axhline(50, color="#555555", lw=1, ls=(0, (4, 3)))
    axes.set_xlabel("bandwidth ratio k/n (CBR) of the other scheme")
    axes.set_ylabel("ours is preferred (%)")
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=8)
    if notes := [note for note in dict.fromkeys(table["note"]) if note]:
        axes.set_title(wrapped("; ".join(notes), 80), fontsize=9, color="#a00000")
    return figure
