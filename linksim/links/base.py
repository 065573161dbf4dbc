"""What every link is: pictures in, receptions out."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from linksim.images.picture import Picture

if TYPE_CHECKING:
    from typing_extensions import Self

    from linksim.source import SourceCodec

NO_TAGS: Mapping[str, str | float] = MappingProxyType({})


@dataclass(frozen=True)
class Bandwidth:
    """Channel uses of one transmission of one picture, itemised.

    Parameters
    ----------
    channel_uses : int
        Complex symbols that the transmission occupies, unused ones included.
    items : mapping of str to float
        What they were spent on, in channel uses; the items add up to `channel_uses`.
    """

    channel_uses: int
    items: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Distinct reconstructions of pictures of one size, and how many draws gave each.

    Parameters
    ----------
    picture : int array [M]
        Index into the pictures that were transmitted.
    count : int array [M]
        Number of draws with this reconstruction, at least 1.
    delivered : bool array [M]
        Whether the layer arrived; False where the receiver shows a concealment picture.
    pixels : uint8 array [M, H, W, 3], or a function without arguments that returns it
        A function where the reconstruction is costly and the metric may be known already.
    keys : list of M strings, or None
        Stable identities: two reconstructions of one picture with one key have the same pixels,
        also across runs. None where no reconstruction ever comes again.
    channel_uses : int array [M], or None
        Complex symbols that each of these draws took, up to and including this layer, where draws differ
        (retransmission); the same for all `count` draws of an outcome. None where every draw took the
        `Bandwidth.channel_uses` of its picture.
    certain : bool
        Whether every draw gives this: nothing that could get lost stood between. Otherwise draws that are all alike
        leave open what a rare one would give.
    items : mapping of str to float array [M], or None
        What `channel_uses` were spent on; the items add up to them. None where a link does not itemise them, or
        where draws do not differ.
    """

    picture: np.ndarray
    count: np.ndarray
    delivered: np.ndarray
    pixels: np.ndarray | Callable[[], np.ndarray]
    keys: Sequence[str] | None = None
    channel_uses: np.ndarray | None = None
    certain: bool = False
    items: Mapping[str, np.ndarray] | None = None

    def load_pixels(self) -> np.ndarray:
        """The reconstructions, `uint8 [M, H, W, 3]`."""
        return self.pixels() if callable(self.pixels) else self.pixels


@dataclass(frozen=True, eq=False)
class Reception:
    """What arrived of some pictures over some draws of the channel.

    Parameters
    ----------
    layers : sequence of sequences of Outcomes
        One entry per layer, each holding every picture with its counts adding up to the number
        of draws. A link without layers has one entry.
    bandwidth : sequence of sequences of Bandwidth
        [layer][picture]: what it took to receive up to and including this layer; where draws differ, what
        it takes at most.
    """

    layers: Sequence[Sequence[Outcomes]]
    bandwidth: Sequence[Sequence[Bandwidth]]


class Link(ABC):
    """A picture through a channel and back.

    `name` is what tables and legends show; it must differ between the links of one sweep.

    `axis` names what `value` is in `transmit`: "snr_db" for most links, "erasure_probability" or
    "bit_error_probability" over bit channels, "wrong_bits" of a stream, "cbr" where the bandwidth is what varies.

    `tags` say by what figures group and style the link. linksim itself uses "scheme" (what a legend
    shows where the bandwidth ratio is said elsewhere), "cbr" (a number), "role" ("scheme", "baseline"
    or "learned") and "training_snr_db" (a number). They change no result and are no part of a fingerprint.
    """

    name: str
    axis: str = "snr_db"
    tags: Mapping[str, str | float] = NO_TAGS
    models: Sequence[str] = ()
    """Titles of the learned codecs in it, which are the names of their entries where they are the zoo's."""
    num_layers: int = 1
    max_pixels: int = 1_600_000
    """Pixels of the pictures that one call should be given at most, unless a single picture has more."""
    first_draws: int = 2
    """Draws that a first look at a point takes; more where a draw costs next to nothing."""

    @property
    def model_weights(self) -> Mapping[str, str]:
        """Of those `models` that say so: title -> digest of the weights, `linksim.codecs.Codec.stored_digest`."""
        return {}

    @property
    def source_names(self) -> Sequence[str]:
        """Names of the source codecs in it, each once; where there is one, `with_source` replaces it."""
        return ()

    def with_source(self, source: SourceCodec) -> Link:
        """The same link, and the same name, with another source codec; without one it is the link itself.

        Parameters
        ----------
        source : SourceCodec
        """
        return self

    @abstractmethod
    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        """Send every picture once per draw.

        Noise and fading depend on (channel, picture, draw, seed) only: not on the link, on the
        other pictures, on the order or on how draws are split over calls.

        Parameters
        ----------
        pictures : sequence of Picture
        value : float
            On the axis of the link; for "snr_db", Es/N0 per channel use before fading, in dB. Given by
            position: links of one axis may call it by its name.
        draws : range
            Numbers of the channel draws, step 1.
        seed : int
            Seed of the whole sweep.
        """

    def prepare(self, pictures: Sequence[Picture], workers: int) -> None:
        """Do once, on `workers` processes, what every unit would otherwise wait for; by default nothing.

        Parameters
        ----------
        pictures : sequence of Picture
            All that the sweep will send.
        workers : int
            Processes on this machine.
        """

    def quick(self) -> Link:
        """A link for a first look (`--quick`), less exact where that saves minutes; by default itself."""
        return self

    @abstractmethod
    def fingerprint(self) -> str:
        """Hex digest of all that can change the output: weights, parameters, tables, code version."""


def weights_of(codec: Any) -> dict[str, str]:
    """Title of a codec -> digest of its weights; empty where it has none, or is of a kind that does not say."""
    digest = codec.stored_digest() if hasattr(codec, "stored_digest") else ""
    return {codec.title: digest} if digest else {}


@dataclass(frozen=True)
class MemberPoint:
    """What an envelope knows of a member at one axis value, after one layer: mean PSNR in dB, share delivered.

    Parameters
    ----------
    psnr : float
        Mean PSNR in dB.
    delivered : float
        Share of the draws that was delivered, 0 to 1.
    """

    psnr: float
    delivered: float


class Envelope(ABC):
    """Links that are simulated each for itself, and a rule that picks one of them per axis value and layer.

    It is no link: nothing is transmitted by it. A sweep simulates `members`, all of the same number
    of layers, and derives the envelope's rows from theirs. `tags` are those of `Link.tags`.
    """

    name: str
    members: Sequence[Link]
    tags: Mapping[str, str | float] = NO_TAGS

    @property
    def source_names(self) -> Sequence[str]:
        """Names of the source codecs of its members, each once (`Link.source_names`)."""
        return tuple(dict.fromkeys(name for member in self.members for name in member.source_names))

    def quick(self) -> Self:
        """The same rule over members for a first look (`Link.quick`)."""
        envelope = copy.copy(self)
        envelope.members = [member.quick() for member in self.members]
        return envelope

    @abstractmethod
    def choose(self, points: Sequence[MemberPoint]) -> int:
        """Index of the member to use, given every member's point at one axis value and layer, in members' order.

        Parameters
        ----------
        points : sequence of MemberPoint
            One for each member, in their order.
        """
