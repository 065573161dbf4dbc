"""What a scenario can say about its figures: curves, panels of pictures, a table, a study. Plain data in `run.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from linksim.errors import LinksimError


@dataclass(frozen=True)
class _Said:
    """Shared by all figures: they come from plain values and go back to them."""

    kind: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON holds it: its kind and all its fields."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        plain = {
            k: list(v) if isinstance(v, tuple) else dict(v) if isinstance(v, Mapping) else v for k, v in values.items()
        }
        return {"kind": self.kind, **plain}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> _Said:
        """The figure that `to_dict` gave these values of.

        Raises
        ------
        LinksimError
            If there is a field that this kind of figure does not have, or a value makes no sense.
        """
        fields = {f.name for f in dataclasses.fields(cls)}
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in said.items() if k != "kind"}
        for name in values.keys() - fields:
            raise LinksimError(
                f"a figure of the kind {cls.kind!r} has no field {name!r}; take some of {', '.join(sorted(fields))}"
            )
        return cls(**values)


@dataclass(frozen=True)
class Curves(_Said):
    """Curves of one metric: against the axis of the sweep, the bandwidth ratio, another column or a tag.

    Parameters
    ----------
    x : str, optional
        What the curves run along: None or the name of the axis; a column of `curve.csv` ("cbr",
        "delivered", ..); "bpp", three times the ratio, which are bits per pixel where a channel use is a bit;
        a numeric tag of the links; or another metric.
    y : str
        The metric; or a column of `curve.csv` that has no intervals, "cbr" or "delivered".
    group : str
        What one colour stands for: "link", or a tag such as "scheme". Along the axis every link has a
        curve of its own, links of one group in one colour; along another x, a group is one curve. A
        link without the tag is a group of its own.
    at : float, optional
        Where x is not the axis: the axis value that is shown, or the nearest simulated one, which the
        title says; the middle one by default. Along a metric or "delivered" the default is all of them.
    split : str
        "auto": where many links of several bandwidth ratios are compared along the axis, each ratio
        has a plot of its own. "none"; or "cbr" or another tag: a plot for each of its values.
    layers : int, optional
        Only the first so many layers of every link.
    variants : mapping of str to str
        Links (or groups) that are drawn dashed in the colour of another.
    file : str, optional
        File name without ending; "curve", "curve_<y>" or "curve_<y>_<x>" by default.
    log : bool
        Whether x is logarithmic; what is not above 0 is then left out.

    Raises
    ------
    LinksimError
        If `y` is empty or `layers` is below 1.
    """

    kind: ClassVar[str] = "curves"
    x: str | None = None
    y: str = "psnr"
    group: str = "link"
    at: float | None = None
    split: str = "auto"
    layers: int | None = None
    variants: Mapping[str, str] = field(default_factory=dict)
    file: str | None = None
    log: bool = False

    def __post_init__(self) -> None:
        _check_metric(self.y)
        _check_layers(self.layers)
        _check_file(self.file)

    @property
    def file_name(self) -> str:
        """The file's name without ending."""
        if self.file is not None:
            return self.file
        parts = ["curve", *([self.y] if self.y != "psnr" or self.x else []), *([self.x] if self.x else [])]
        return "_".join(parts)

    def check_names(self, names: Collection[str]) -> None:
        """See that `variants` names links or schemes of the sweep, before hours are spent.

        Raises
        ------
        LinksimError
            If it does not.
        """
        for name in {*self.variants, *self.variants.values()} - set(names):
            raise LinksimError(
                f"variants names {name!r}, which is no link or scheme of the sweep; take one of its links"
            )


@dataclass(frozen=True)
class Panel(_Said):
    """Pictures side by side: an original, and what arrived of it over each link, from the pictures that were kept.

    Where links have layers there is a row for each link, and a column for each layer; with few links the
    rows go on with the pictures that follow, with many, links without layers are left out.

    Parameters
    ----------
    value : float, optional
        The axis value; the nearest one of which pictures were kept is shown, by default the middle one.
    picture : int
        Position among the pictures that were kept.
    layers : int, optional
        Only the first so many layers of every link.
    psnr : bool
        Whether the PSNR of each is said; of no use where what is shown is not the picture itself.
    metrics : sequence of str
        Metrics of the shown picture that are said beside the PSNR, such as "lpips"; one that lacks its weights on
        this machine is left out. Only where links have no layers, as `cbr` and `zoom`.
    cbr : bool
        Whether the bandwidth ratio that the picture took is said.
    zoom : (row, column, side), optional
        A square of the picture, in pixels from its upper left corner, that is shown enlarged in its lower right.
    file : str
        File name without ending.
    """

    kind: ClassVar[str] = "panel"
    value: float | None = None
    picture: int = 0
    layers: int | None = None
    psnr: bool = True
    metrics: tuple[str, ...] = ()
    cbr: bool = False
    zoom: tuple[int, int, int] | None = None
    file: str = "panel"

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", tuple(self.metrics))
        for metric in self.metrics:
            _check_metric(metric)
        if self.zoom is not None:
            object.__setattr__(self, "zoom", tuple(self.zoom))
            if len(self.zoom) != 3 or min(self.zoom) < 0 or self.zoom[2] < 1:
                raise LinksimError(f"zoom is {self.zoom}; give row, column and side of a square, in pixels")
        _check_layers(self.layers)
        _check_file(self.file)

    @property
    def file_name(self) -> str:
        """The file's name without ending."""
        return self.file


@dataclass(frozen=True)
class Table(_Said):
    """A table of numbers, written as Markdown and as CSV: a row per link and layer, a column per axis value and metric.

    Parameters
    ----------
    y : str or tuple of str
        One metric or several.
    at : float or tuple of float, optional
        Axis values, or the nearest simulated ones, which the heads say; all of them by default.
    layers : int, optional
        Only the first so many layers of every link.
    members : bool
        Whether the members of envelopes have rows.
    bpp : bool
        Whether there is a column of bits per pixel, up to and including the layer: for links whose channel uses are
        bits.
    loss : bool
        Whether there is a column, behind those of each metric, of what is lost from the first axis value shown to each
        other, in % of the first.
    file : str, optional
        File name without ending; "table" or "table_<metrics>" by default.
    """

    kind: ClassVar[str] = "table"
    y: str | tuple[str, ...] = "psnr"
    at: float | tuple[float, ...] | None = None
    layers: int | None = None
    members: bool = True
    bpp: bool = False
    loss: bool = False
    file: str | None = None

    def __post_init__(self) -> None:
        if not self.metrics:
            raise LinksimError("a table has no metric; give y one, such as 'psnr'")
        for metric in self.metrics:
            _check_metric(metric)
        _check_layers(self.layers)
        _check_file(self.file)

    @property
    def metrics(self) -> tuple[str, ...]:
        """`y` as a tuple."""
        return (self.y,) if isinstance(self.y, str) else tuple(self.y)

    @property
    def file_name(self) -> str:
        """The file's name without ending."""
        if self.file is not None:
            return self.file
        return "table" if self.metrics == ("psnr",) else "_".join(["table", *self.metrics])


@dataclass(frozen=True)
class Preferences(_Said):
    """How often people preferred one link's pictures to those of others, against the bandwidth ratio of the others.

    Drawn from the answers of a user study, once `linksim study analyse --out` has brought its outcome into the result
    folder; until then the figure is left out.

    Parameters
    ----------
    file : str
        File name without ending.
    """

    kind: ClassVar[str] = "preferences"
    file: str = "preference"

    def __post_init__(self) -> None:
        _check_file(self.file)

    @property
    def file_name(self) -> str:
        """The file's name without ending."""
        return self.file


Figure = Curves | Panel | Table | Preferences
"""Any of them."""

_KINDS: dict[str, type[_Said]] = {kind.kind: kind for kind in (Curves, Panel, Table, Preferences)}


def figure_from_dict(said: Mapping[str, Any]) -> Figure:
    """The figure of any kind that `to_dict` gave these values of.

    Parameters
    ----------
    said : mapping
        Its kind and its fields, as `run.json` has them.

    Raises
    ------
    LinksimError
        If the kind is unknown, or a field is.
    """
    kind = said.get("kind") if isinstance(said, Mapping) else None
    if kind not in _KINDS:
        raise LinksimError(f"there is no figure of the kind {kind!r}; take one of {', '.join(_KINDS)}")
    return _KINDS[kind].from_dict(said)  # type: ignore[return-value]


def _check_metric(metric: object) -> None:
    if not isinstance(metric, str) or not metric:
        raise LinksimError(f"a figure shows {metric!r}; give y the name of a metric, such as 'psnr'")


def _check_layers(layers: int | None) -> None:
    if layers is not None and layers < 1:
        raise LinksimError(f"layers is {layers}; give at least 1")


def _check_file(file: str | None) -> None:
    if file is not None and (not file or "/" in file or "\\" in file or file.startswith(".")):
        raise LinksimError(f"file is {file!r}; give the name of a file in the result folder, without its ending")
