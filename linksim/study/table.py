"""The outcome of a study as the file that a figure is drawn from."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from linksim.files import prepare_folder, write_atomically
from linksim.report.canvas import to_png
from linksim.report.figures import Preferences
from linksim.report.preference import COLUMNS, PREFERENCES, preference, read_preferences
from linksim.study.analysis import Outcome


def write(outcome: Outcome, folder: Path, note: str = "") -> list[Path]:
    """`preference.csv` and, drawn from it, `preference.png`; a result folder's `Preferences` figure finds it there.

    Parameters
    ----------
    outcome : Outcome
    folder : Path
    note : str
        Stands in the figure, such as that nobody was asked.
    """
    prepare_folder(folder)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for p in outcome.preferences:
        s = p.setting
        cbrs = f"{s.ours_cbr:.6f}", f"{s.theirs_cbr:.6f}"
        shares = f"{p.share:.4f}", f"{p.low:.4f}", f"{p.high:.4f}"
        writer.writerow([s.ours, cbrs[0], s.theirs, cbrs[1], f"{s.value:g}", *shares, p.participants, p.answers, note])
    drawn = folder / f"{Preferences().file_name}.png"
    write_atomically(folder / PREFERENCES, text.getvalue())
    write_atomically(drawn, to_png(preference(read_preferences(folder))))
    return [folder / PREFERENCES, drawn]
