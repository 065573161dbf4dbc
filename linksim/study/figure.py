"""Figure 6 of Wang et al. (2022): how often ours is preferred, against the bandwidth ratio of the other scheme."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from linksim.files import prepare_folder, write_atomically
from linksim.report.canvas import to_png
from linksim.report.labels import cbr_text
from linksim.study.analysis import Outcome

_COLUMNS = (
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
)


def write(outcome: Outcome, folder: Path, note: str = "") -> list[Path]:
    """`preference.csv` and `preference.png`.

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
    writer.writerow(_COLUMNS)
    for p in outcome.preferences:
        s = p.setting
        cbrs = f"{s.ours_cbr:.6f}", f"{s.theirs_cbr:.6f}"
        shares = f"{p.share:.4f}", f"{p.low:.4f}", f"{p.high:.4f}"
        writer.writerow([s.ours, cbrs[0], s.theirs, cbrs[1], f"{s.value:g}", *shares, p.participants, p.answers])
    write_atomically(folder / "preference.csv", text.getvalue())
    write_atomically(folder / "preference.png", draw(outcome, note))
    return [folder / "preference.csv", folder / "preference.png"]


def draw(outcome: Outcome, note: str = "") -> bytes:
    """The figure as a PNG file.

    Parameters
    ----------
    outcome : Outcome
        What `analyse` found.
    note : str
        A line below the figure.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for number, ours in enumerate(dict.fromkeys(p.setting.ours for p in outcome.preferences)):
        of = sorted((p for p in outcome.preferences if p.setting.ours == ours), key=lambda p: p.setting.theirs_cbr)
        x = [p.setting.theirs_cbr for p in of]
        shares = [100 * p.share for p in of]
        bars = [[100 * (p.share - p.low) for p in of], [100 * (p.high - p.share) for p in of]]
        label = f"{ours}, CBR {cbr_text(of[0].setting.ours_cbr)}"
        line = "-" if len(set(x)) == len(x) else "none"  # several schemes of one ratio are no curve
        axes.errorbar(x, shares, bars, marker="o", ls=line, capsize=4, label=label, color=f"C{number}")
    axes.axhline(50, color="#555555", lw=1, ls=(0, (4, 3)))
    axes.set_xlabel("bandwidth ratio k/n (CBR) of the other scheme")
    axes.set_ylabel("ours is preferred (%)")
    axes.set_ylim(0, 100)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=8)
    if note:
        axes.set_title(note, fontsize=9, color="#a00000")
    return to_png(figure)
