"""Bits as pictures: what a latent, a coded stream or noise looks like before and behind a channel for bits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from linksim.codecs.conversation import hold, told_whole
from linksim.codecs.parts import Bits, Part
from linksim.errors import LinksimError
from linksim.identity import fingerprint
from linksim.images.picture import Picture
from linksim.links.base import Bandwidth, Link, Outcomes, Reception
from linksim.metrics.bits import SQUARE
from linksim.phy._tf import tf
from linksim.phy.channels.bits import BitChannel
from linksim.phy.rng import draw_keys, picture_key
from linksim.source.base import SourceCodec, running

VERSION = 1
"""Raised whenever the same bits are shown otherwise, or a source gives other bits of the same picture."""

_GREY = 128


class BitSource(Protocol):
    """Makes bits of a picture.

    Attributes
    ----------
    planes : int
        Bits for each 8x8 block of pixels.
    """

    planes: int

    def bits(self, picture: Picture) -> np.ndarray:
        """`uint8 [h, w, planes]`, h = ceil(H / 8), w = ceil(W / 8).

        Parameters
        ----------
        picture : Picture
        """

    def fingerprint(self) -> str:
        """Hex digest of all that can change the bits."""


class LatentBits:
    """The bits that a codec sends, such as the enhancement layer of DS2C2; its other parts arrive.

    Parameters
    ----------
    codec : linksim.codecs.Codec
        Sends one part of bits, `channels` for each 8x8 block.
    """

    def __init__(self, codec: Any):
        self.codec, self.planes = codec, int(codec.channels)

    def bits(self, picture: Picture) -> np.ndarray:
        found: list[np.ndarray] = []

        def answer(part: Part) -> Any:
            if isinstance(part, Bits):
                found.append(np.asarray(part.values)[0])
            return told_whole(part)

        pixels = picture.pixels[None].astype(np.float32) / np.float32(255)
        hold(self.codec.converse(pixels, None, picture.size), answer)
        return found[0].astype(np.uint8).reshape(*_cells(picture), self.planes)

    def fingerprint(self) -> str:
        return fingerprint("latent bits", VERSION, codec=self.codec)


class StreamBits:
    """The first bits of a stream that an image codec makes of the picture, row by row, one plane after the other.

    Parameters
    ----------
    codec : SourceCodec
    planes : int
    """

    def __init__(self, codec: SourceCodec, planes: int):
        self.codec, self.planes = codec, planes

    def bits(self, picture: Picture) -> np.ndarray:
        height, width = _cells(picture)
        needed = height * width * self.planes
        pixels = np.ascontiguousarray(picture.pixels)

        def body(quality: int) -> bytes:  # without the header, which is not entropy coded
            with running(self.codec, "encode_at"):
                stream = self.codec.encode_at(pixels, quality)
            return stream[self.codec.header_bytes(stream) :]

        ladder = list(reversed(self.codec.qualities))  # of which the first that is long enough is taken
        number = bisect_left(ladder, needed, key=lambda quality: 8 * len(body(quality)))
        if number == len(ladder):
            raise LinksimError(f"{self.codec.name} has no stream of {needed} bits of {picture.name}; take fewer planes")
        bits = np.unpackbits(np.frombuffer(body(ladder[number]), np.uint8))[:needed]
        return bits.reshape(self.planes, height, width).transpose(1, 2, 0)

    def fingerprint(self) -> str:
        return fingerprint("stream bits", VERSION, codec=self.codec, planes=self.planes)


class IndependentBits:
    """Coins, one for each bit, which know nothing of the picture.

    Parameters
    ----------
    planes : int
    share : float
        Of ones.
    """

    def __init__(self, planes: int, share: float = 0.5):
        self.planes, self.share = planes, share

    def bits(self, picture: Picture) -> np.ndarray:
        rng = np.random.default_rng(int(picture.sha256[:16], 16))
        return (rng.random((*_cells(picture), self.planes)) < self.share).astype(np.uint8)

    def fingerprint(self) -> str:
        return fingerprint("independent bits", VERSION, planes=self.planes, share=self.share)


class BitPictures(Link):
    """Shows the bits themselves, each a square of 8x8 pixels where it belongs: white 1, black 0, grey erased.

    Every plane is a layer of its own. The metrics `bits_...` (`linksim.metrics.bits`) are made for these pictures;
    PSNR says nothing of them.

    Parameters
    ----------
    source : BitSource
    channel : function of a probability
        Makes a `BitChannel`, such as the class itself.
    axis : str
        What the probability is called.
    name : str
    tags : mapping, optional
    """

    def __init__(
        self,
        source: BitSource,
        channel: Callable[[float], BitChannel],
        axis: str,
        name: str,
        tags: Mapping[str, str | float] | None = None,
    ):
        self.source, self.channel, self.axis, self.name = source, channel, axis, name
        self.num_layers = source.planes
        self.tags = {"scheme": name, **(tags or {})}
        self._bits: dict[str, np.ndarray] = {}  # a few kilobytes a picture, for seconds of coding

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_bits": {}}

    def fingerprint(self) -> str:
        return fingerprint("bit pictures", VERSION, source=self.source, channel=self.channel(0.5), axis=self.axis)

    def transmit(self, pictures: Sequence[Picture], value: float, draws: range, seed: int = 0) -> Reception:
        channel, planes = self.channel(value), self.num_layers
        layers: list[list[Outcomes]] = [[] for _ in range(planes)]
        bandwidth: list[list[Bandwidth]] = [[] for _ in range(planes)]
        for number, picture in enumerate(pictures):
            if picture.sha256 not in self._bits:
                self._bits[picture.sha256] = self.source.bits(picture)
            bits = self._bits[picture.sha256]
            keys = draw_keys(picture_key(channel.noise_identity, picture.sha256, seed)[None], draws)[0]
            sent = tf.tile(tf.constant(bits.reshape(1, -1), tf.float32), [len(draws), 1])
            received = channel(sent, keys)
            received = received[0] if isinstance(received, (tuple, list)) else received
            shown = np.asarray(received).reshape(len(draws), *bits.shape)
            each = np.ones(len(draws), np.int64)
            for plane in range(planes):
                pixels = _draw(shown[..., plane], picture.size)
                certain = channel.p == 0
                layers[plane].append(Outcomes(each * number, each, each.astype(bool), pixels, certain=certain))
                uses = bits[..., 0].size * (plane + 1)
                bandwidth[plane].append(Bandwidth(uses, {"bits": float(uses)}))
        return Reception(layers, bandwidth)


def _cells(picture: Picture) -> tuple[int, int]:
    height, width = picture.size
    return -(-height // SQUARE), -(-width // SQUARE)


def _draw(bits: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bits `[B, h, w]` as pictures `uint8 [B, H, W, 3]`."""
    levels = np.where(bits < 0, _GREY, np.rint(bits * 255)).astype(np.uint8)
    large = levels.repeat(SQUARE, axis=1).repeat(SQUARE, axis=2)[:, : size[0], : size[1]]
    return np.repeat(large[..., None], 3, axis=-1)
