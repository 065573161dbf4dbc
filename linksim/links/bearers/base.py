"""What carries one kind of part, charges for it, and says what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np


class Bearer(Protocol):
    """A way across, for parts of one kind.

    Attributes
    ----------
    axis : str
        What it varies with, such as "snr_db".
    at : float or None
        Its fixed value on that axis; None where it follows the axis of the link.
    noise_identity : str
        What its random keys are derived from. Bearers of one identity are one transmission, and share its positions.
    """

    axis: str
    at: float | None
    noise_identity: str

    def charges(self, values: Any) -> Mapping[str, np.ndarray]:
        """What the values of a part cost, by item: channel uses `[B]` each, their sums whole numbers."""

    def send(self, values: Any, value: float, keys: Any, start: int) -> Any:
        """What arrives of the values of a part.

        Parameters
        ----------
        values : [B, ...] or sequence of B
            As the part has them.
        value : float
            On the bearer's axis.
        keys : uint32 [B, 2]
            One random key per row.
        start : int
            Channel uses that the transmission has taken before.
        """

    def certain(self, value: float) -> bool:
        """Whether every draw delivers what was sent, at a value on the bearer's axis."""

    def fingerprint(self) -> str:
        """Hex digest of all that can change what arrives."""
