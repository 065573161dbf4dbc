"""The same source codec behind an ideal channel code."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.allotment import (
    cbr_label,
    channel_uses,
    data_symbols,
    exact_cbr,
    legend_of,
    warm_source,
)
from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.links.concealment import MEAN_COLOUR_BITS, check_concealment, conceal
from linksim.links.concealment import VERSION as CONCEALMENT_VERSION
from linksim.links.source_link import SourceLink
from linksim.phy import capacity
from linksim.phy.channels.base import Channel
from linksim.phy.rng import draw_keys, picture_key
from linksim.source import RateDistortion, RdPoint, RdPoints, SourceCodec, as_curves

VERSION = 2
"""Raised whenever a change of this file can change a result."""


class CapacityLink(SourceLink):
    """Source codec at the capacity of the channel: no CRC, no segmentation, no padding beyond whole bytes.

    AWGN: `log2(1 + snr)` bits per channel use, always delivered. Fast Rayleigh: the ergodic capacity
    with receiver CSI, always delivered. No separation scheme with this codec exceeds either. Slow
    Rayleigh: the rate that a share `outage` of the fades does not carry, delivered where
    `log2(1 + snr |h|^2)` reaches it; a scheme of lower rate and rarer outage may do better.

    Parameters
    ----------
    source : SourceCodec
    channel : Channel
        Where it fades, the receiver must know h (`csi=True`).
    cbr : float
        Channel uses per picture value, k/n.
    outage : float
        On slow Rayleigh: the outage probability that fixes the rate, between 0 and 1.
    concealment : {"mid-grey", "mean-colour"}
        Shown where a picture is not delivered; the mean colour is charged 24 bits of the budget.
    name : str, optional
    tags : mapping, optional
        Added to its own: "scheme", "cbr" and "role".

    Raises
    ------
    LinksimError
        If the receiver does not know h, no formula is known for the channel, or an argument is off.
    """

    max_pixels = 1 << 40
    first_draws = 128

    def __init__(
        self,
        source: SourceCodec | RateDistortion,
        channel: Channel,
        cbr: float,
        outage: float = 0.1,
        concealment: str = "mid-grey",
        name: str | None = None,
        tags: Mapping[str, str | float] | None = None,
    ):
        source = as_curves(source)
        if not 0 < outage < 1:
            raise LinksimError(f"outage is {outage!r}; give a probability between 0 and 1, such as 0.1")
        if not channel.coherent:
            raise LinksimError(
                f"capacity on {channel.name} is that of a receiver who knows h; make the channel with csi=True"
            )
        channel.capacity(0.0, outage)  # raises where no formula is known
        self.channel, self.outage = channel, outage
        self.cbr = exact_cbr(cbr)
        self.concealment = check_concealment(concealment)
        kind = f"capacity, {outage:.0%} outage" if channel.outages else "capacity"
        scheme, legend = f"{source.name} + {kind}", legend_of(channel)
        self.name = name or f"{scheme}, CBR {cbr_label(cbr)}{legend}"
        own = {"scheme": f"{scheme}{legend}", "cbr": float(self.cbr), "role": "baseline"}
        self.tags = {**own, **(tags or {})}
        self._take(source)

    def _forget(self) -> None:
        self._rd: dict[str, RdPoints] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_rd": {}}

    def fingerprint(self) -> str:
        return identity.fingerprint(
            "capacity link",
            VERSION,
            source=self._source_id,
            channel=self.channel,
            formulas=capacity.fingerprint(),
            cbr=self.cbr,
            outage=self.outage,
            concealment=[self.concealment, CONCEALMENT_VERSION],
        )

    def rate(self, snr_db: float) -> float:
        """Bits per channel use at `snr_db`."""
        return self.channel.capacity(snr_db, self.outage)

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        warm_source(self.source, pictures, workers)

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        snr_db = float(value)
        rate = self.rate(snr_db)
        outcomes: list[Outcomes] = []
        bandwidth: list[Bandwidth] = []
        for index, picture in enumerate(pictures):
            budget = channel_uses(self.cbr, picture)
            uses = data_symbols(self.channel, budget)
            overhead = self.channel.overhead(uses)
            aside = MEAN_COLOUR_BITS if self._concealment(uses * rate) == "mean-colour" else 0
            if picture.sha256 not in self._rd:
                self._rd[picture.sha256] = self.source.points(picture.pixels)
            point = self._rd[picture.sha256].best_within(max(0, math.floor((uses * rate - aside) / 8)))
            stream = 0.0 if point is None else 8 * point.num_bytes / rate
            colour = {"mean colour": aside / rate} if aside else {}
            unused = uses - stream - sum(colour.values())
            pilots = {"channel overhead": float(overhead)} if overhead else {}
            bandwidth.append(
                Bandwidth(uses + overhead, {"picture stream": stream, **colour, **pilots, "unused": unused})
            )
            arrived = 0 if point is None else self._arrivals(picture, rate, snr_db, draws, seed)
            outcomes.append(self._outcomes(index, picture, point, arrived, len(draws), self._concealment(uses * rate)))
        return Reception(layers=[outcomes], bandwidth=[bandwidth])

    def _concealment(self, bits: float) -> str:
        """Mid-grey where the budget does not hold the mean colour: nothing is shown that was not paid for."""
        return self.concealment if bits >= MEAN_COLOUR_BITS else "mid-grey"

    def _arrivals(self, picture: Picture, rate: float, snr_db: float, draws: range, seed: int) -> int:
        if not self.channel.outages:
            return len(draws)
        keys = draw_keys(picture_key(self.channel.noise_identity, picture.sha256, seed), draws)
        return int(np.sum(self.channel.carries(rate, snr_db, keys)))

    def _outcomes(
        self, index: int, picture: Picture, point: RdPoint | None, arrived: int, total: int, concealment: str
    ) -> Outcomes:
        counts = [(c, d) for c, d in ((arrived, True), (total - arrived, False)) if c]

        def pixels() -> np.ndarray:
            made = []
            for _, delivered in counts:
                if delivered:
                    made.append(self.source.reconstruction(picture.pixels, point.quality))
                else:
                    made.append(conceal(picture, concealment))
            return np.stack(made)

        decoded = None if point is None else f"{self._source_id}:{point.quality}"
        return Outcomes(
            picture=np.full(len(counts), index),
            count=np.array([c for c, _ in counts]),
            delivered=np.array([d for _, d in counts]),
            pixels=pixels,
            keys=[decoded if d else f"concealed:{concealment}" for _, d in counts],
            certain=point is None or not self.channel.outages,  # every draw gives the same
        )
