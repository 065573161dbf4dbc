"""The difference of two results picture by picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.montecarlo.comparison_rows import SAME, label
from linksim.montecarlo.per_picture import read_per_picture
from linksim.montecarlo.side import Side

if TYPE_CHECKING:
    import pandas

_NUMBERS = ("mean", "std", "n_draws")


def picture_differences(a: Side, b: Side, links: Mapping[str, str], table: pandas.DataFrame) -> pandas.DataFrame:
    """The differences behind the rows of a comparison, of every picture.

    Each side's mean of a picture is over all its own draws.

    Parameters
    ----------
    a, b : Side
    links : mapping of a link in a to a link in b
    table : data frame
        `Comparison.table`: its rows are looked up; metrics that single pictures do not have are left out.

    Returns
    -------
    data frame
        See `Comparison.pictures`.

    Raises
    ------
    LinksimError
        If the two are of different pictures, one of them keeps no results of single pictures, or single pictures have
        none of the metrics.
    """
    said = [(side.run.get("pictures") or {}).get("sha256") for side in (a, b)]
    if said[0] != said[1] or said[0] is None:
        raise LinksimError(
            f"{a.path} and {b.path} are not of the same pictures; run both on one set to compare picture by picture"
        )
    of_a, of_b = _per_picture(a), _per_picture(b).rename(columns={"link": "other"})
    of_a = of_a[of_a["link"].isin(list(links))]
    of_a = of_a.assign(other=of_a["link"].map(links), link=[label(link, links[link]) for link in of_a["link"]])
    keys = ["other", "layer", "_at", "metric", "number"]
    both = of_a.merge(of_b[[*keys, *_NUMBERS]], on=keys, suffixes=("_a", "_b"))
    known = list(dict.fromkeys(both["metric"]))
    wanted = list(dict.fromkeys(table["metric"]))
    if not set(known) & set(wanted):
        raise LinksimError(
            f"there is no metric {', '.join(wanted)} of single pictures in both; take one of {', '.join(known)}"
        )
    rows = table[["link", "layer", "metric", a.axis]].assign(_at=table[a.axis].map("{:.6g}".format))
    rows["same"] = table["how"] == SAME
    both = rows.merge(both.drop(columns=a.axis), on=["link", "layer", "_at", "metric"])
    both = both.rename(columns={"mean_a": "a", "mean_b": "b"})
    both["difference"] = np.where(both["same"], 0.0, both["b"] - both["a"])
    columns = ["link", "layer", a.axis, "metric", "number", "picture", "a", "b", "difference", "std_a", "std_b"]
    return both[[*columns, "n_draws_a", "n_draws_b", "same"]]


def _per_picture(side: Side) -> pandas.DataFrame:
    """The table of a side; its axis values once more with six digits, as `curve.csv` has them."""
    table = read_per_picture(side.path)
    return table.assign(_at=table[side.axis].map("{:.6g}".format))
