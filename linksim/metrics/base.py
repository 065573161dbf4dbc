"""What a metric is, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.scripts import code_of_others

_M = TypeVar("_M", bound="AnyMetric")


def _nothing_is_missing() -> None:
    return None


@dataclass(frozen=True)
class AnyMetric:
    """What all metrics have: a name, a unit, a version, and a check of what they are given.

    Parameters
    ----------
    name : str
        What tables and `get` call it.
    unit : str
        "dB", or "" for a pure number.
    version : int
        Raised whenever the values change, so that stored ones are not mixed with new ones.
    higher_is_better : bool or None
        None where neither is.
    label : str
        What figures write; by default made from name and unit.
    missing : function without arguments
        Says what this machine lacks for the metric, such as weights, and what to do; None where nothing is missing.
    """

    name: str
    unit: str
    version: int
    higher_is_better: bool | None
    label: str = field(default="", kw_only=True)
    missing: Callable[[], str | None] = field(default=_nothing_is_missing, kw_only=True, repr=False, compare=False)

    @property
    def is_built_in(self) -> bool:
        """Whether every process that imports linksim knows it by its name."""
        parts = [type(self), *filter(callable, vars(self).values())]
        return all(getattr(part, "__module__", "").partition(".")[0] == "linksim" for part in parts)

    def check(self, reference: np.ndarray, reconstruction: np.ndarray) -> None:
        """See that two batches of pictures can be compared.

        Parameters
        ----------
        reference, reconstruction : array

        Raises
        ------
        LinksimError
            If the arrays are not uint8 [B, H, W, 3] of one shape.
        """
        for role, pixels in (("reference", reference), ("reconstruction", reconstruction)):
            if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
                got = pixels.dtype if isinstance(pixels, np.ndarray) else type(pixels).__name__
                raise LinksimError(f"{self.name}: the {role} is {got}; round to 0..255 and pass a uint8 array")
            if pixels.ndim != 4 or pixels.shape[3] != 3 or 0 in pixels.shape[1:]:
                raise LinksimError(f"{self.name}: the {role} has shape {list(pixels.shape)}; pass [B, H, W, 3]")
        if reference.shape != reconstruction.shape:
            shapes = f"{list(reference.shape)} and {list(reconstruction.shape)}"
            raise LinksimError(f"{self.name}: the two batches have shapes {shapes}; pass pictures of one size")

    def running(self, function: str) -> AbstractContextManager[None]:
        """Inside, a function of the metric is called: what goes wrong in one of a user's is one line.

        Parameters
        ----------
        function : str
            Its name.
        """
        return nullcontext() if self.is_built_in else code_of_others(f"{function} of metric {self.name!r}")

    def fingerprint(self) -> str:
        """Hex digest of name and version."""
        return fingerprint("metric", self.version, name=self.name)


@dataclass(frozen=True)
class Metric(AnyMetric):
    """A number per picture that says how well it was reconstructed.

    Parameters
    ----------
    name, unit, version, higher_is_better, label, missing
        As in `AnyMetric`.
    compute : function of two arrays
        The metric itself; it gets validated input.

    Input
    -----
    reference, reconstruction : [B, H, W, 3], uint8
        Pictures of one size, in the same order.

    Output
    ------
    values : [B], float64
        Each depends on its own pair only, to the last bit, whatever else is in the batch.

    Raises
    ------
    LinksimError
        If the arrays are not uint8 [B, H, W, 3] of one shape, or the pictures are too small for
        the metric; or if `compute`, where it is a user's, fails.
    """

    compute: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def __call__(self, reference: np.ndarray, reconstruction: np.ndarray) -> np.ndarray:
        self.check(reference, reconstruction)
        with self.running("compute"):
            return self.compute(reference, reconstruction)


_METRICS: dict[str, AnyMetric] = {}


def register(metric: _M) -> _M:
    """Make a metric known by its name; a name is taken once.

    Raises
    ------
    LinksimError
        If the name is taken.
    """
    if metric.name in _METRICS:
        raise LinksimError(f"there is a metric called {metric.name!r} already; choose another name")
    _METRICS[metric.name] = metric
    return metric


def get(name: str) -> AnyMetric:
    """The metric called `name`.

    Raises
    ------
    LinksimError
        If there is none, with the list of those there are.
    """
    if name not in _METRICS:
        raise LinksimError(f"no metric is called {name!r}; choose one of {', '.join(names())}")
    return _METRICS[name]


def names() -> list[str]:
    """Names of all metrics."""
    return list(_METRICS)
