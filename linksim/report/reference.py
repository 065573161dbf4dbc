"""Published points, from a CSV file, to be drawn as markers on our curves."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from linksim.errors import LinksimError

Reference = list[dict[str, str]]
"""Published points, one dict per row of a reference file."""


def load_reference(path: str | Path, axis: str = "snr_db") -> Reference:
    """Published points from a CSV file with the columns source, link, metric, value and that of the axis.

    Two columns more are used where they are there: `cbr` says for which bandwidth ratio a point is, and
    `scheme` is the label in a plot of one bandwidth ratio, where `link` names the ratio. Lines that begin
    with # are comments.

    Parameters
    ----------
    path : path
    axis : str
        The column that says where on the axis a point stands.

    Raises
    ------
    LinksimError
        If the file is missing, lacks a column, or holds something that is no number.
    """
    try:
        lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise LinksimError(f"reference file {path} cannot be read ({error}); check the path") from error
    rows: Reference = []
    for row in csv.DictReader(lines):
        try:
            numbers = [row[axis], row["value"], row.get("cbr") or "0"]
            if not (row["source"] and row["link"] and row["metric"]) or not all(
                math.isfinite(float(number)) for number in numbers
            ):
                raise ValueError("empty or not finite")
        except (KeyError, TypeError, ValueError) as error:
            raise LinksimError(
                f"reference file {path}: {dict(row)} is no published point; "
                f"each line needs source, link, {axis}, metric, value"
            ) from error
        rows.append({column: str(value) for column, value in row.items() if column is not None})
    return rows
