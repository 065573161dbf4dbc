"""The same source codec behind an ideal channel code."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.base import Bandwidth, Link, Outcomes, Reception
from linksim.links.allotment import (
    MEAN_COLOUR_BITS,
    cbr_label,
    channel_uses,
    check_concealment,
    conceal,
    digest,
    exact_cbr,
    legend_of,
    warm_source,
)
from linksim.phy.capacity import ergodic_capacity, gaussian_capacity, outage_capacity
from linksim.phy.channels.base import Channel
from linksim.phy.channels.flat import CHANNELS
from linksim.phy.rng import draw_keys, picture_key
from linksim.source import Curves, RdPoint, RdPoints, SourceCodec, as_curves

VERSION = 1
"""Raised whenever a change of this file can change a result."""


class CapacityLink(Link):
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
    """

    max_pixels = 1 << 40
    first_draws = 128

    def __init__(
        self,
        source: SourceCodec | Curves,
        channel: Channel,
        cbr: float,
        outage: float = 0.1,
        concealment: str = "mid-grey",
        name: str | None = None,
    ):
        if not 0 < outage < 1:
            raise LinksimError(f"outage is {outage!r}; give a probability between 0 and 1, such as 0.1")
        if channel.name not in CHANNELS:
            raise LinksimError(f"there is no capacity formula for the channel {channel.name}; take {', '.join(CHANNELS)}")
        if channel.fades and not channel.csi:
            raise LinksimError(f"capacity on {channel.name} is that of a receiver who knows h; make the channel with csi=True")
        source = as_curves(source)
        self.source, self.channel, self.outage = source, channel, outage
        self.cbr = exact_cbr(cbr)
        self.concealment = check_concealment(concealment)
        self._source_id = source.fingerprint()
        self._rd: dict[str, RdPoints] = {}
        kind = f"capacity, {outage:.0%} outage" if channel.name == "rayleigh-slow" else "capacity"
        self.name = name or f"{source.name} + {kind}, CBR {cbr_label(cbr)}{legend_of(channel)}"

    def fingerprint(self) -> str:
        return digest(
            link="capacity",
            version=VERSION,
            source=self._source_id,
            channel=self.channel.name,
            cbr=str(self.cbr),
            outage=self.outage,
            concealment=self.concealment,
        )

    def rate(self, snr_db: float) -> float:
        """Bits per channel use at `snr_db`."""
        if self.channel.name == "rayleigh-fast":
            return float(ergodic_capacity(snr_db))
        if self.channel.name == "rayleigh-slow":
            return float(outage_capacity(snr_db, self.outage))
        return float(gaussian_capacity(snr_db))

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        warm_source(self.source, pictures, workers)

    def transmit(self, pictures: Sequence[Picture], snr_db: float, draws: range, seed: int = 0) -> Reception:
        rate = self.rate(snr_db)
        outcomes: list[Outcomes] = []
        bandwidth: list[Bandwidth] = []
        for index, picture in enumerate(pictures):
            uses = channel_uses(self.cbr, picture)
            aside = MEAN_COLOUR_BITS if self._concealment(uses * rate) == "mean-colour" else 0
            budget = max(0, math.floor((uses * rate - aside) / 8))
            if picture.sha256 not in self._rd:
                self._rd[picture.sha256] = self.source.points(picture.pixels)
            point = self._rd[picture.sha256].best_within(budget)
            stream = 0.0 if point is None else 8 * point.num_bytes / rate
            colour = {"mean colour": aside / rate} if aside else {}
            unused = uses - stream - sum(colour.values())
            bandwidth.append(Bandwidth(uses, {"picture stream": stream, **colour, "unused": unused}))
            arrived = 0 if point is None else self._arrivals(picture, rate, float(snr_db), draws, seed)
            outcomes.append(self._outcomes(index, picture, point, arrived, len(draws), self._concealment(uses * rate)))
        return Reception(layers=[outcomes], bandwidth=[bandwidth])

    def _concealment(self, bits: float) -> str:
        """Mid-grey where the budget does not hold the mean colour: nothing is shown that was not paid for."""
        return self.concealment if bits >= MEAN_COLOUR_BITS else "mid-grey"

    def _arrivals(self, picture: Picture, rate: float, snr_db: float, draws: range, seed: int) -> int:
        if self.channel.name != "rayleigh-slow":
            return len(draws)
        keys = draw_keys(picture_key(self.channel.noise_identity, picture.sha256, seed), draws)
        gain = np.abs(self.channel.fading(keys, 1).numpy()[:, 0]) ** 2
        return int(np.sum(np.log2(1 + 10 ** (snr_db / 10) * gain) >= rate))

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
        )
