"""One phase of a training run: what is made small, by what, for how long."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from linksim.errors import LinksimError

OPTIMIZERS = ("adam", "muon")


@dataclass(frozen=True)
class Phase:
    """A part of a training run with one objective.

    Parameters
    ----------
    objective : str
        One of `linksim.training.objectives.OBJECTIVES`.
    steps : int
        Gradient steps, a multiple of 500.
    options : mapping
        The objective's constructor arguments, such as the weight of an adversarial term.
    trains, freezes : sequence of str
        Attributes of the codec, such as "encoder": only what `trains` names learns (all that the codec
        says is trainable where it is empty), and of that not what `freezes` names. `trains=("rival",)`: the codec
        stays as it is while the objective's rival learns.
    optimizer : {"adam", "muon"}
        `keras.optimizers.Adam` or `linksim.training.muon.ConvMuon`.
    beta_1 : float
        Of Adam: the momentum of the mean gradient. 0.5 is usual against discriminators.
    learning_rate, final_learning_rate : float
        A cosine leads from the first to the second over the steps of the phase, after `warmup_steps`.
    decay : float or None
        Instead of the cosine: the rate stays, and falls linearly over this last part of the steps, 0 to 1. Such
        a phase can be made longer later.
    averaging : float or None
        Momentum, per step, of a running mean of the weights that is kept beside them, such as 0.999. Each
        validation looks at both, and the better are exported: while the rate is constant that is the mean.

    Raises
    ------
    LinksimError
        If `steps`, `optimizer`, `learning_rate`, `decay` or `averaging` is not possible.
    """

    objective: str = "mse"
    steps: int = 100_000
    options: Mapping[str, Any] = field(default_factory=dict)
    trains: tuple[str, ...] = ()
    freezes: tuple[str, ...] = ()
    optimizer: str = "adam"
    beta_1: float = 0.9
    learning_rate: float = 1e-3
    final_learning_rate: float = 1e-5
    warmup_steps: int = 0
    decay: float | None = None
    averaging: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", MappingProxyType(dict(self.options)))
        for what in ("trains", "freezes"):
            object.__setattr__(self, what, tuple(getattr(self, what)))
        if self.steps < 1:
            raise LinksimError(f"a phase of {self.steps} steps trains nothing; give at least 1")
        if self.optimizer not in OPTIMIZERS:
            raise LinksimError(f"optimizer {self.optimizer!r} is unknown; take one of {', '.join(OPTIMIZERS)}")
        if self.decay is not None and not 0 <= self.decay <= 1:
            raise LinksimError(f"decay is {self.decay}; give the part of the steps over which the rate falls, 0 to 1")
        if not self.learning_rate > 0:
            raise LinksimError(f"learning_rate is {self.learning_rate}; give a positive number")
        if self.averaging is not None and not 0 < self.averaging < 1:
            raise LinksimError(f"averaging is {self.averaging}; give a momentum between 0 and 1, such as 0.999")

    @property
    def rival_alone(self) -> bool:
        """Whether the codec stays as it is."""
        return self.trains == ("rival",)

    @property
    def decay_from(self) -> int:
        """Step at which the rate begins to fall; of a cosine at once."""
        return self.warmup_steps if self.decay is None else round(self.steps * (1 - self.decay))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON holds them."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {**values, "options": dict(self.options), "trains": list(self.trains), "freezes": list(self.freezes)}
