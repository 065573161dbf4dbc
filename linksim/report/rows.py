"""What figures are made from: the table, and what is known of its links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from linksim.report.labels import cbr_text
from linksim.report.reference import Reference

if TYPE_CHECKING:
    import pandas

Tags = Mapping[str, str | float]


@dataclass(frozen=True)
class AxisInfo:
    """What a sweep runs along.

    Parameters
    ----------
    name : str
        The column of the table.
    label : str
        What stands under a plot.
    """

    name: str = "snr_db"
    label: str = "SNR, Es/N0 (dB)"

    def text(self, value: float) -> str:
        """One value in a title: "10 dB", or "erasure probability 0.1"."""
        if self.name == "snr_db":
            return f"{value:g} dB"
        return f"CBR {cbr_text(value)}" if self.name == "cbr" else f"{self.label} {value:.4g}"


def used_cbr(table: pandas.DataFrame) -> pandas.Series:
    """Bandwidth ratio that was used: along the axis "cbr" the column of that name has what was asked for."""
    return table["cbr_used" if "cbr_used" in table.columns else "cbr"]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a sweep and what is known of its links: all that curves and tables are made from.

    Parameters
    ----------
    table : data frame
        As `curve.csv`.
    axis : AxisInfo
    tags : mapping of link to its tags
        Links without tags may be missing; their names are shown.
    envelopes : mapping of envelope to its members
        Without those that the sweep names for themselves: they are drawn like any other link.
    reference : list of dict
        Published points (`load_reference`).
    pictures : str
        Which pictures the curves are over, such as "24 pictures of kodak"; "" where that is not known.
    """

    table: pandas.DataFrame
    axis: AxisInfo = AxisInfo()
    tags: Mapping[str, Tags] = field(default_factory=dict)
    envelopes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    reference: Reference = field(default_factory=list)
    pictures: str = ""

    @classmethod
    def of(cls, table: pandas.DataFrame, run: Mapping[str, Any], reference: Reference | None = None) -> Rows:
        """The rows with what `run.json` says of them; what an older one does not say is left out.

        Parameters
        ----------
        table : data frame
        run : mapping
            The values of `run.json`.
        reference : list of dict, optional
        """
        axis, links, pictures = run.get("axis"), run.get("links") or {}, run.get("pictures") or {}
        count, name = pictures.get("count"), pictures.get("set")
        envelopes = run.get("envelopes") or {}
        alone = {name for name, link in links.items() if link.get("alone")}
        return cls(
            table,
            AxisInfo(str(axis["name"]), str(axis.get("label") or axis["name"])) if axis else AxisInfo(),
            {name: dict(link.get("tags") or {}) for name, link in links.items()},
            {name: [m for m in envelope["members"] if m not in alone] for name, envelope in envelopes.items()},
            list(reference or []),
            f"{count} picture{'s' * (count != 1)} of {name}" if count and name else "",
        )

    @property
    def title(self) -> str:
        """The scenario and its pictures."""
        return ", ".join(filter(None, [str(self.table["scenario"].iloc[0]), self.pictures]))

    @property
    def members(self) -> set[str]:
        """All members of envelopes that are drawn as such."""
        return {name for names in self.envelopes.values() for name in names}

    @property
    def metrics(self) -> list[str]:
        """The metrics of the table, in its order."""
        return [str(metric) for metric in dict.fromkeys(self.table["metric"])]

    @property
    def values(self) -> list[float]:
        """The simulated values of the axis, ascending."""
        return sorted({float(value) for value in self.table[self.axis.name]})

    def nearest(self, value: float) -> float:
        """The simulated axis value nearest to `value`."""
        return min(self.values, key=lambda simulated: abs(simulated - value))

    def tag(self, link: str, tag: str) -> str | float | None:
        """A tag of a link; None where it has none of that name."""
        return self.tags.get(link, {}).get(tag)
