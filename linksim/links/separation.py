"""A conventional picture codec behind 5G LDPC and QAM."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linksim import identity
from linksim.errors import LinksimError
from linksim.images.picture import Picture
from linksim.links.allotment import cbr_label, channel_uses, data_symbols, exact_cbr, legend_of, warm_source
from linksim.links.arrivals import END, Arrivals, Receiver, bandwidth_of
from linksim.links.base import Bandwidth, Outcomes, Reception
from linksim.links.concealment import MEAN_COLOUR_BITS, check_concealment
from linksim.links.concealment import VERSION as CONCEALMENT_VERSION
from linksim.links.retransmission import REDUNDANCY_VERSIONS, check_harq, noise_identities, send
from linksim.links.source_link import SourceLink
from linksim.phy.bler.probability import TABLES, block_error_curves, tables_fingerprint, transport_error_probability
from linksim.phy.channels.base import Channel
from linksim.phy.coding import chain, plan, transport
from linksim.phy.coding.decoders import Decoder, get_decoder
from linksim.phy.coding.transport import Transport
from linksim.phy.mcs import Mcs
from linksim.phy.rng import Stream, draw_keys, picture_key, uniform
from linksim.source import RateDistortion, RdPoint, SourceCodec, as_curves

VERSION = 1
"""Raised whenever a change of this file, `arrivals.py` or `retransmission.py` can change a result."""

MODES = ("factored", "chain")


@dataclass(frozen=True, eq=False)
class PicturePlan:
    """How one picture is sent.

    Parameters
    ----------
    transport : Transport
        What carries its bytes; shared by pictures of one size.
    point : RdPoint or None
        The best quality whose stream fits; None where not even the lowest does.
    bandwidth : Bandwidth
        What the channel uses of one transmission are spent on.
    """

    transport: Transport
    point: RdPoint | None
    bandwidth: Bandwidth


class SeparationLink(SourceLink):
    """Source codec, transport block, LDPC, QAM; a block that fails its CRC is concealed.

    Each picture gets `floor(cbr * 3HW)` channel uses, and the best quality whose bytes fit into the
    payload that the scheme leaves of them. One byte closes the stream (0x80, the rest of the payload
    is zero), so that the receiver needs no length.

    With `harq` a transport block that did not arrive is sent again, each time in as many channel uses as
    before, and decoded from all that was received of it (`linksim.links.retransmission`). The transmitter
    learns of it without error and free of charge. Every transmission meets its own noise and, on slow
    fading, its own fade. Draws then take unlike numbers of channel uses, and `cbr` is that of one transmission.

    Parameters
    ----------
    source : SourceCodec
    mcs : Mcs
        Modulation and code rate.
    channel : Channel
        Where it fades, the receiver must know h (`csi=True`).
    cbr : float
        Channel uses per picture value, k/n.
    mode : {"factored", "chain"}
        "chain" sends the real bits of every picture and draw. "factored" draws whether the transport
        block arrives from measured block-error tables: the same law, at next to no cost.
    concealment : {"mid-grey", "mean-colour"}
        What is shown of a lost picture. The mean colour is charged as 24 bits at the scheme's rate
        and taken to arrive.
    name : str, optional
    decoder : str, Decoder or None
        The LDPC decoder, by default "layered20": layered belief propagation. "sionna" is Sionna's flooding one.
    tables : {"predicted", "exact"}
        In factored mode: whether error rates of codes that have no table in the package are predicted from those of
        other codes, or measured.
    harq : {1, 2, 3, 4}
        Transmissions that are allowed, of redundancy versions 0, 2, 3, 1. More than one need `mode="chain"`,
        since no block-error table describes what soft combining gives.
    tags : mapping, optional
        Added to its own: "scheme", "cbr" and "role".

    Raises
    ------
    LinksimError
        If the channel fades and the receiver does not know h, retransmissions are asked of the factored mode, or
        an argument is off.

    Examples
    --------
    >>> from linksim.phy import Awgn, get_mcs
    >>> from linksim.source import Bpg
    >>> link = SeparationLink(Bpg(), get_mcs("16-QAM 2/3"), Awgn(), cbr=1 / 16)
    """

    def __init__(
        self,
        source: SourceCodec | RateDistortion,
        mcs: Mcs,
        channel: Channel,
        cbr: float,
        mode: str = "factored",
        concealment: str = "mid-grey",
        name: str | None = None,
        decoder: str | Decoder | None = None,
        tables: str = "predicted",
        tags: Mapping[str, str | float] | None = None,
        harq: int = 1,
    ):
        source, harq = as_curves(source), check_harq(harq)
        if mode not in MODES:
            raise LinksimError(f"unknown mode {mode!r}; take one of {', '.join(MODES)}")
        if tables not in TABLES:
            raise LinksimError(f"tables is {tables!r}; take one of {', '.join(TABLES)}")
        if harq > 1 and mode != "chain":
            raise LinksimError(
                f"no block-error table describes the soft combining of harq={harq}; take mode='chain', or harq=1"
            )
        if mode == "chain" and not source.has_streams:
            factored = "mode='factored'" + (", harq=1" if harq > 1 else "")
            raise LinksimError(f"{source.name} has no stream of a single picture to send; take {factored}")
        if not channel.coherent:
            raise LinksimError(
                f"a coherent digital link needs to know the fading of {channel.name}; make the channel with csi=True"
            )
        if mode == "factored":
            _ = channel.law  # raises where there are no tables for the channel
            # Nothing is simulated but a coin toss per draw.
            self.max_pixels, self.first_draws = 1 << 40, 128
        self.mcs, self.channel, self.mode, self.tables = mcs, channel, mode, tables
        self.cbr, self.harq = exact_cbr(cbr), harq
        self.concealment = check_concealment(concealment)
        self.decoder = get_decoder(decoder)
        scheme, legend = f"{source.name} + {mcs.name}", legend_of(channel)
        if harq > 1:
            scheme = f"{scheme}, HARQ {harq}"
        self.name = name or f"{scheme}, CBR {cbr_label(cbr)}{legend}"
        own = {"scheme": f"{scheme}{legend}", "cbr": float(self.cbr), "role": "scheme"}
        self.tags = {**own, **(tags or {})}
        self._transports: dict[int, Transport] = {}
        self._take(source)

    def _forget(self) -> None:
        self._plans: dict[str, PicturePlan] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_transports": {}, "_plans": {}}

    def fingerprint(self) -> str:
        if self.mode == "chain":
            arrival = {"chain": chain.fingerprint(self.decoder), "libraries": chain.libraries()}
        else:
            law = self.channel.law
            tables = tables_fingerprint(law, self.decoder)
            arrival = {"tables": tables, "law": law, "choice": self.tables}
        if self.harq > 1:  # without, it is the link of before there were retransmissions
            arrival["harq"] = REDUNDANCY_VERSIONS[: self.harq]
        return identity.fingerprint(
            "separation link",
            VERSION,
            source=self._source_id,
            mcs=[self.mcs.bits_per_symbol, self.mcs.code_rate, self.mcs.max_code_block_bits],
            channel=self.channel,
            cbr=self.cbr,
            mode=self.mode,
            concealment=[self.concealment, CONCEALMENT_VERSION],
            sizes=[plan.VERSION, transport.VERSION],
            **arrival,
        )

    def quick(self) -> SeparationLink:
        """The same link with predicted error rates, so that nothing has to be measured."""
        link = copy.copy(self)
        link.tables = "predicted"
        link._transports, link._plans = {}, {}
        return link

    def rate(self) -> float:
        """Information bits per channel use, of one transmission."""
        return self.mcs.spectral_efficiency

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        warm_source(self.source, pictures, workers)
        if self.mode == "factored":
            # What has to be measured is measured here, once, and not by every worker for itself.
            for picture in {picture.size: picture for picture in pictures}.values():
                block_error_curves(self._transport(picture)[0], self.channel.law, self.tables)

    def plan(self, picture: Picture) -> PicturePlan:
        """How a picture is sent, worked out once.

        Raises
        ------
        LinksimError
            If it gets no channel use, or too few for its mean colour.
        """
        if picture.sha256 not in self._plans:
            carrier, items, uses = self._transport(picture)
            budget = max(0, carrier.payload_bytes - len(END))
            point = self.source.best_within(picture.pixels, budget)
            spent = dict(carrier.bandwidth_items())
            if point is not None:
                payload = spent.pop("payload")
                spent["picture stream"] = payload * point.num_bytes / carrier.payload_bytes
                spent["end marker and padding"] = payload - spent["picture stream"]
            self._plans[picture.sha256] = PicturePlan(carrier, point, Bandwidth(uses, {**spent, **items}))
        return self._plans[picture.sha256]

    def _transport(self, picture: Picture) -> tuple[Transport, dict[str, float], int]:
        """The transport of a picture, what else its channel uses are spent on, and how many there are."""
        budget = channel_uses(self.cbr, picture)
        symbols = data_symbols(self.channel, budget)
        aside = math.ceil(MEAN_COLOUR_BITS / self.rate()) if self.concealment == "mean-colour" else 0
        if symbols - aside < 1:
            what = "the mean colour; raise cbr or use mid-grey" if aside else "what the channel takes; raise cbr"
            raise LinksimError(f"picture {picture.name!r}: {budget} channel uses do not hold {what}")
        if symbols - aside not in self._transports:
            versions = REDUNDANCY_VERSIONS[: self.harq]
            self._transports[symbols - aside] = Transport(self.mcs, symbols - aside, self.decoder, versions)
        overhead = self.channel.overhead(symbols)
        items = {"mean colour": float(aside), "channel overhead": float(overhead)}
        return (
            self._transports[symbols - aside],
            {item: uses for item, uses in items.items() if uses},
            symbols + overhead,
        )

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        plans = [self.plan(picture) for picture in pictures]
        # Where not even the lowest quality fits there is an outage, whatever the channel does: nothing is sent again.
        unsent = Arrivals.of_one(np.zeros(len(draws), bool))
        outcomes = [o for i, p in enumerate(plans) if p.point is None for o in self._outcomes(i, pictures[i], unsent)]
        sent = [i for i, p in enumerate(plans) if p.point is not None]
        if sent:
            keys = [
                draw_keys(np.stack([picture_key(noise, pictures[i].sha256, seed) for i in sent]), draws)
                for noise in noise_identities(self.channel, self.harq)
            ]
            arrive = self._chain if self.mode == "chain" else self._factored
            arrivals = arrive([pictures[i] for i in sent], keys, float(value))
            outcomes += [o for i, arrived in zip(sent, arrivals) for o in self._outcomes(i, pictures[i], arrived)]
        at_most = [bandwidth_of(p.bandwidth, 1 if p.point is None else self.harq) for p in plans]
        return Reception(layers=[outcomes], bandwidth=[at_most])

    def _factored(self, pictures: Sequence[Picture], keys: Sequence[Any], snr_db: float) -> Iterator[Arrivals]:
        """Toss for every picture and draw: keys `[P, D, 2]` of the one transmission."""
        law, gain = self.channel.given_fade(keys[0])
        toss = uniform(keys[0], 1, Stream.SUCCESS).numpy()[..., 0]
        for row, picture in enumerate(pictures):
            # One gain for all, or one for each picture and draw
            met = snr_db + 10 * np.log10(np.maximum(gain[row] if np.ndim(gain) > 1 else gain, 1e-30))
            lost = transport_error_probability(self.plan(picture).transport, law, met, tables=self.tables)
            yield Arrivals.of_one(toss[row] >= lost)

    def _chain(self, pictures: Sequence[Picture], keys: Sequence[Any], snr_db: float) -> Iterator[Arrivals]:
        """Send real bits for every picture and draw: keys `[P, D, 2]` of each transmission."""
        for row, picture in enumerate(pictures):
            how = self.plan(picture)
            stream = self.source.stream(picture.pixels, how.point.quality)
            payload = (stream + END).ljust(how.transport.payload_bytes, b"\0")
            yield send(how.transport, self.channel, payload, [of_draw[row] for of_draw in keys], snr_db)

    def _outcomes(self, index: int, picture: Picture, arrivals: Arrivals) -> list[Outcomes]:
        how = self.plan(picture)
        quality = None if how.point is None else how.point.quality
        each = how.bandwidth if self.harq > 1 else None
        receiver = Receiver(self.source, self._source_id, picture, quality, self.concealment, each)
        return receiver.outcomes(index, arrivals)
