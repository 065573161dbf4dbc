"""What a phase of training makes small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from linksim.errors import LinksimError
from linksim.training.objectives.adversarial import Adversarial
from linksim.training.objectives.base import MeanPsnr, MeanSquaredError, Objective
from linksim.training.objectives.distortion import Distortion
from linksim.training.objectives.perceptual import Perceptual
from linksim.training.objectives.rate_distortion import RateDistortion
from linksim.training.objectives.segmentation import Segmentation

__all__ = ["OBJECTIVES", "Objective", "make_objective"]

OBJECTIVES: dict[str, Callable[..., Objective]] = {
    "adversarial": Adversarial,
    "distortion": Distortion,
    "mse": MeanSquaredError,
    "perceptual": Perceptual,
    "psnr": MeanPsnr,
    "rate-distortion": RateDistortion,
    "segmentation": Segmentation,
}
"""Objectives by name, for recipes."""


def make_objective(name: str, options: dict[str, Any]) -> Objective:
    """The objective of a name.

    Raises
    ------
    LinksimError
        If there is none, or it does not take these options.
    """
    if name not in OBJECTIVES:
        raise LinksimError(f"unknown objective {name!r}; take one of {', '.join(sorted(OBJECTIVES))}")
    try:
        return OBJECTIVES[name](**options)
    except TypeError as error:
        raise LinksimError(f"objective {name!r} does not take these options: {error}") from error
