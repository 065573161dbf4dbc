"""A finished result folder: `curve.csv`, `run.json`, and the received pictures that were kept."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linksim.errors import LinksimError
from linksim.messages import tell
from linksim.report.figures import Figure, figure_from_dict
from linksim.report.reference import load_reference
from linksim.report.rows import Rows
from linksim.report.run_file import checked

if TYPE_CHECKING:
    import pandas

COLUMNS = (
    "scenario",
    "link",
    "layer",
    "metric",
    "mean",
    "ci_low",
    "ci_high",
    "n_pictures",
    "n_draws",
    "cbr",
    "delivered",
)
"""The columns of `curve.csv`, beside that of the axis."""

SO_FAR = "so-far"
"""Inside a result folder: the finished points of a run that is not finished, as a result folder."""

_NAMES = ("scenario", "link", "picture")
_MISSING = ("", "nan", "NaN", "NA")


@dataclass(frozen=True)
class ReceivedPicture:
    """A picture that was kept: an original (link "", layer 0), or what a link made of it in draw 0.

    Parameters
    ----------
    link : str
    layer : int
    picture : str
        Name of the original.
    value : float or None
        On the axis; None of an original.
    file : Path
        The PNG file.
    delivered : bool
    note : str
        What is to be said of it, such as the member that an envelope chose.
    """

    link: str
    layer: int
    picture: str
    value: float | None
    file: Path
    delivered: bool = True
    note: str = ""


@dataclass(frozen=True, eq=False)
class ResultFolder:
    """What a finished folder holds.

    Parameters
    ----------
    path : Path
    rows : Rows
    figures : sequence of figures, or None
        What the scenario said; None in folders that do not say.
    received : sequence of ReceivedPicture
        Empty where none were kept.
    """

    path: Path
    rows: Rows
    figures: Sequence[Figure] | None
    received: Sequence[ReceivedPicture]


def read(folder: str | Path) -> ResultFolder:
    """Take in a finished result folder.

    A `run.json` of an older version is read too: what it does not say of axis, tags and figures is what
    it was then, SNR, none and the default ones.

    Raises
    ------
    LinksimError
        If a file is missing or damaged.
    """
    path = Path(folder)
    if path.is_file():
        raise LinksimError(f"{path} is a file; name a results folder, such as results/quickstart")
    if not (path / "curve.csv").exists() and (path / SO_FAR / "curve.csv").exists():
        tell(f"the run in {path} is not finished; this is what it has so far")
        path = path / SO_FAR
    table = _read_table(path / "curve.csv")
    run = read_run(path)
    try:
        rows = Rows.of(table, run)
        reference = _reference_file(path, run, str(table["scenario"].iloc[0]))
        if reference is not None:
            rows = Rows.of(table, run, load_reference(reference, rows.axis.name))
        said = run.get("figures")
        figures = None if said is None else [figure_from_dict(figure) for figure in said]
    except (AttributeError, KeyError, TypeError) as error:
        raise LinksimError(f"{path / 'run.json'} is damaged ({error!r}); run the scenario again") from error
    if rows.axis.name not in table.columns:
        raise LinksimError(f"{path / 'curve.csv'} has no column {rows.axis.name!r}; run the scenario again")
    return ResultFolder(path, rows, figures, _read_received(path / "received"))


def read_run(folder: Path) -> dict[str, Any]:
    """What the `run.json` of a folder says; empty where there is none.

    Raises
    ------
    LinksimError
        If it is damaged.
    """
    path = folder / "run.json"
    return checked(_read_json(path, default={}), path)


def read_csv(path: Path) -> pandas.DataFrame:
    """A table of a result folder: names of scenarios, links and pictures are text as it stands, also "0801" and "nan".

    Raises
    ------
    OSError, ValueError
        If there is none, or it is no table.
    """
    import pandas as pd

    numbers = [column for column in pd.read_csv(path, nrows=0).columns if column not in _NAMES]
    missing = {column: _MISSING for column in numbers}
    return pd.read_csv(path, dtype=dict.fromkeys(_NAMES, str), keep_default_na=False, na_values=missing)


def _read_table(path: Path) -> pandas.DataFrame:
    import pandas as pd

    try:
        table = read_csv(path)
    except FileNotFoundError as error:
        raise LinksimError(_what_there_is(path.parent)) from error
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); name a results folder") from error
    except (ValueError, pd.errors.ParserError) as error:
        raise LinksimError(f"{path} is not a linksim curve ({error}); run the scenario again") from error
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise LinksimError(f"{path} is not a linksim curve (no column {', '.join(missing)}); run the scenario again")
    if table.empty:
        raise LinksimError(f"{path} holds no rows; run the scenario again")
    for column in ("layer", "mean", "ci_low", "ci_high", "n_draws", "cbr"):
        if not pd.api.types.is_numeric_dtype(table[column]):
            raise LinksimError(f"{path} is damaged (column {column} holds text); run the scenario again")
    for column in ("layer", "n_draws"):
        if not pd.api.types.is_integer_dtype(table[column]):
            raise LinksimError(f"{path} is damaged (column {column} is not of whole numbers); run the scenario again")
    return table


def _what_there_is(folder: Path) -> str:
    """Why a folder has no curve, and what to do."""
    if any(folder.glob("units/*.jsonl")):  # as `linksim.montecarlo.store` names them
        return f"the run in {folder} is not finished; give its command again, it goes on where it stopped"
    if (folder / "history.csv").is_file():
        return f"{folder} holds a training, not a run; its curve is in {folder / 'history.csv'}"
    return f"{folder / 'curve.csv'} does not exist; run the scenario first"


def _reference_file(folder: Path, run: Mapping[str, Any], scenario: str) -> Path | None:
    """The published points: as `run.json` says, else `reference/<scenario>.csv` beside the results."""
    if "reference" in run:
        said = run["reference"]
        return None if said is None else folder / said
    beside = folder.parent / "reference" / f"{scenario}.csv"
    return beside if beside.is_file() else None


def _read_received(folder: Path) -> list[ReceivedPicture]:
    path = folder / "index.json"
    found = []
    for entry in _read_json(path, default=[]):
        try:
            value = None if entry.get("value") is None else float(entry["value"])
            if value is not None and not math.isfinite(value):
                raise ValueError(f"value {value}")
            file = folder / str(entry["file"])
            if file.parent != folder or file.name in ("", "..") or file.is_symlink():
                raise ValueError(f"file {entry['file']!r} is not in this folder")
            found.append(
                ReceivedPicture(
                    str(entry["link"]), int(entry["layer"]), str(entry["picture"]), value,
                    file, bool(entry.get("delivered", True)), str(entry.get("note") or ""),
                )
            )  # fmt: skip
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise LinksimError(f"{path} is damaged ({error!r}); run the scenario again") from error
    return found


def _read_json(path: Path, default: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except OSError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    except ValueError as error:
        raise LinksimError(f"{path} is damaged ({error}); run the scenario again") from error
