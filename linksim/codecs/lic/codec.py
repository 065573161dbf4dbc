"""LIC-GMM-AM: learned image compression with Gaussian mixtures and attention, whose bytes decode alike everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.base import Codec, weights_digest
from linksim.codecs.conversation import Dialogue
from linksim.codecs.layers.gains import Gains
from linksim.codecs.lic import entropy, estimate, mixture, rates
from linksim.codecs.lic.exact import ExactConv
from linksim.codecs.lic.header import BYTES as HEADER_BYTES
from linksim.codecs.lic.header import ID_BYTES, read_header, write_header
from linksim.codecs.lic.mixture import PARAMETERS
from linksim.codecs.lic.refine import Refiner
from linksim.codecs.lic.size import STRIDE, check_size
from linksim.codecs.lic.start import start_transforms
from linksim.codecs.lic.streams import LARGEST, read, write
from linksim.codecs.lic.talk import talk
from linksim.codecs.lic.transforms import analysis, hyper_analysis, synthesis
from linksim.codecs.lic.units import signed_octaves
from linksim.codecs.symbol_codec import pad_to_multiple
from linksim.errors import LinksimError

_MOST_RATES = 64
"""Makes 127 qualities, which a byte can number."""

_HYPER_OCTAVES = 0.25
"""Between the first gains of hyper-latents: where latents take fewer bits, it pays less to tell much of them."""

QUALITIES_PER_RATE = 2
"""Qualities from one rate that has gains to the next."""


@keras.saving.register_keras_serializable("linksim")
class LicGmm(Codec):
    """Learned image compression (Cheng et al. 2020) with the checkerboard context of He et al. (2021).

    Latents y = g_a(x) and hyper-latents z = h_a(y) are rounded and sent. A receiver reads z under a fixed mixture for
    each channel; from it, by h_s, the latents on the black fields of a checkerboard; and from both, by a 5x5
    convolution that sees the black fields only, those on the white ones. Each latent has a mixture of three Gaussians.
    All networks that a decoder's probabilities depend on are `ExactConv`; g_a, h_a and g_s are ordinary ones.

    Beside the papers: h_a and the convolution are given how large latents are, on a scale of octaves, which is what
    spreads follow from (`linksim.codecs.lic.units`). Of many rates all networks but g_s see latents before their
    gains, and the mixtures are told the rate.

    Parameters
    ----------
    filters : int
        N, the width of all layers but those of the latents; 128 and 192 in the paper.
    fixed_bits : int
        0: pictures are sent as entropy-coded bytes. Else each latent is sent in that many bits, a sign and a magnitude,
        any of which may get lost, as in Table I of Yetis (2025). Hyper-latents only serve entropy coding and are not
        sent. Of a model for many rates, at the middle one.
    latent_channels : int
        M, channels of y; 0 for as many as filters, as in the paper. More let a narrow network show more.
    rates : int
        1 is the paper's model, for the rate that it was trained for. More: one model for many rates, by gains of the
        latents (Cui et al. 2021) for so many.

    Raises
    ------
    LinksimError
        If `filters` or `latent_channels` is no even positive number, `rates` not from 1 to 64, or `fixed_bits` not 0
        or from 2 to 12.
    """

    VERSION = 3
    start_needs_snr = False

    def __init__(
        self,
        filters: int = 96,
        fixed_bits: int = 0,
        latent_channels: int = 0,
        rates: int = 1,
        name: str | None = None,
        **about: Any,
    ):
        for what, value in (("filters", filters), ("latent_channels", latent_channels or filters)):
            if value < 2 or value % 2:
                raise LinksimError(f"{what} is {value}; give an even number from 2 on")
        if not 1 <= rates <= _MOST_RATES:
            raise LinksimError(f"rates is {rates}; give a number from 1 to {_MOST_RATES}")
        if fixed_bits and not 2 <= fixed_bits <= 12:
            raise LinksimError(f"fixed_bits is {fixed_bits}; give 0, or a number from 2 to 12")
        super().__init__(name=name, **about)
        self.filters, self.fixed_bits, self.rates = filters, fixed_bits, rates
        self.latent_channels = latent_channels or filters
        n, m = self.filters, self.latent_channels
        self.analysis, self.hyper_analysis, self.synthesis = analysis(n, m), hyper_analysis(n, m), synthesis(n, m)
        # h_s: from a hyper-latent to 2x2, and to 4x4 latents.
        self.expand = [ExactConv(n, 3), ExactConv(4 * n, 3), ExactConv(n, 3), ExactConv(8 * n, 3)]
        self.context = ExactConv(2 * n, 5, leaky=False)  # of latents and of their octaves
        self.mixtures = [ExactConv(4 * n, 1), ExactConv(6 * n, 1), ExactConv(PARAMETERS * m, 1, leaky=False)]
        shape = (None, None, None)
        for layer, channels in zip(self.expand, (n, n, n, n), strict=True):
            layer.build((*shape, channels))
        self.context.build((*shape, 2 * m))
        of_rate = rates if rates > 1 else 0
        for layer, channels in zip(self.mixtures, (4 * n + of_rate, 4 * n, 6 * n), strict=True):
            layer.build((*shape, channels))
        self.gains = Gains(rates, m) if rates > 1 else None
        self.hyper_gains = Gains(rates, n, octaves=_HYPER_OCTAVES, undone=False) if rates > 1 else None
        for gains in filter(None, (self.gains, self.hyper_gains)):
            gains.build()
        of_prior = {"shape": (n, PARAMETERS), "initializer": mixture.first_prior, "dtype": "float32"}
        self.prior = self.add_weight(name="prior", autocast=False, **of_prior)  # float32 in mixed precision, too
        self.seed_generator = keras.random.SeedGenerator(0)
        self.built = True

    def learn_statistics(self, pictures: Sequence[np.ndarray], snr_db: Any = None) -> None:
        """Start from the transform coding of blocks of 16x16 pixels; of an SNR nothing depends. For fresh weights: what
        these networks have beside the transform is made small.

        Parameters
        ----------
        pictures : sequence of uint8 [H, W, 3]
            Pictures to learn from.
        snr_db : None
            There is no SNR that bytes depend on.

        Raises
        ------
        LinksimError
            If there are too few pictures.
        """
        start_transforms(self, pictures)

    def fill_in(self, taken: Mapping[str, Sequence[int]]) -> None:
        rates.go_on(self, taken)

    # What training sees.

    def shown_and_bits(
        self,
        pictures: Any,
        training: bool = True,
        channel: Callable[[Any], Any] | None = None,
        rate: Any = None,
    ) -> tuple[Any, Any]:
        """Pictures as a receiver shows them and the bits that they take, both with a gradient.

        In training synthesis sees rounded latents (straight through), probabilities noisy ones (Minnen and Singh 2020).

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        training : bool
            Whether bits are those of noisy latents, or an estimate of what `compress` will take.
        channel : function of [B, n], optional
            What becomes of bits, where latents are sent in `fixed_bits`.
        rate : [B], float32, optional
            0 (most bits) to rates - 1 (fewest), of each picture; the middle one by default. A model for one rate does
            not look at it.

        Returns
        -------
        shown : [B, H, W, 3]
        bits : [B]
        """
        rate = self._rates_of(pictures, rate)
        return estimate.shown_and_bits(self, pictures, training, channel, rate)

    def draw_rates(self, count: Any) -> Any:
        """Rates for training: spread evenly from 0 to `rates - 1` from a random start, so that every batch
        has high and low ones.

        Parameters
        ----------
        count : int or scalar tensor
            Pictures, B.

        Returns
        -------
        [B], float32
        """
        start = keras.random.uniform((), dtype="float32", seed=self.seed_generator)
        places = ops.arange(count, dtype="float32") / ops.cast(count, "float32") + start
        return (self.rates - 1) * (places - ops.floor(places))

    def latents(self, pictures: Any, rate: Any = None) -> tuple[Any, Any]:
        """Latents and hyper-latents, multiplied by gains, to be rounded.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        rate : [B], float32, optional

        Returns
        -------
        y : [B, h, w, latent_channels], float32
            h and w are H / 16 and W / 16, rounded up to multiples of 4.
        z : [B, h / 4, w / 4, filters], float32
        """
        x = ops.cast(pad_to_multiple(pictures, STRIDE), "float32") - 0.5
        y = ops.cast(self.analysis(x), "float32")
        z = ops.cast(self.hyper_analysis(signed_octaves(y)), "float32")
        gain, of_hyper = self.gains_at(self._rates_of(pictures, rate))
        return (y, z) if gain is None else (y * gain, z * of_hyper)

    def gains_at(self, rate: Any) -> tuple[Any, Any]:
        """What latents `[B, 1, 1, latent_channels]` and hyper-latents `[B, 1, 1, filters]` are multiplied by; None and
        None where there is one rate."""
        if self.gains is None or self.hyper_gains is None:
            return None, None
        return self.gains.gain(rate), self.hyper_gains.gain(rate)

    def sixteenths_at(self, rate: float) -> tuple[np.ndarray | None, np.ndarray | None]:
        """k in those gains 2**(k/16), int64, for a rate that is a multiple of 1/2: the same on every machine."""
        if self.gains is None or self.hyper_gains is None:
            return None, None
        return self.gains.sixteenths(rate), self.hyper_gains.sixteenths(rate)

    def _rates_of(self, x: Any, rate: Any) -> Any:
        return ops.full((ops.shape(x)[0],), float(self.rates // 2)) if rate is None else rate

    @staticmethod
    def places(size: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of latents of a picture of (H, W) pixels."""
        rows, columns = (-(-n // STRIDE) * STRIDE // 16 for n in size)
        return rows, columns

    def shown(self, y: Any, size: tuple[int, int], rate: Any = None) -> Any:
        """What synthesis makes of rounded latents.

        Parameters
        ----------
        y : [B, h, w, latent_channels], float32
        size : (int, int)
            (H, W) of the pictures, without what was padded.
        rate : [B], float32, optional
            That they were made at.

        Returns
        -------
        [B, H, W, 3], float32
            Not clipped.
        """
        if self.gains is not None:
            y = self.gains.unscale(y, self._rates_of(y, rate))
        return (ops.cast(self.synthesis(y), "float32") + 0.5)[:, : size[0], : size[1]]

    # What is sent.

    def versions(self) -> dict[str, int]:
        return {**super().versions(), "entropy": entropy.VERSION}

    def model_id(self) -> bytes:
        """Two bytes that streams of these weights begin with."""
        return hashlib.sha256(f"{self.VERSION} {entropy.VERSION} {weights_digest(self)}".encode()).digest()[:ID_BYTES]

    @property
    def num_qualities(self) -> int:
        """How many qualities `compress` knows."""
        return QUALITIES_PER_RATE * (self.rates - 1) + 1

    def compress(self, picture: np.ndarray, quality: int | None = None, refiner: Refiner | None = None) -> bytes:
        """The bytes of a picture: model, quality, size, hyper-latents, latents on black and on white.

        Parameters
        ----------
        picture : uint8 [H, W, 3]
        quality : int, optional
            0 (most bits) to `num_qualities - 1`; the middle rate by default.
        refiner : Refiner, optional
            Of this codec: searches better latents for the picture, for which its 50 steps take some twenty times as
            long.

        Raises
        ------
        LinksimError
            If the picture is too large, there is no such quality, or the refiner is of another codec.
        """
        quality = QUALITIES_PER_RATE * (self.rates // 2) if quality is None else quality
        if quality not in range(self.num_qualities):
            raise LinksimError(f"quality is {quality}; give a whole number from 0 to {self.num_qualities - 1}")
        rate = quality / QUALITIES_PER_RATE
        height, width, _ = picture.shape
        check_size((height, width))
        if refiner is not None:
            refiner.check(self)
            found = refiner.latents(picture, rate)
        else:
            found = (v[0] for v in self.latents(picture[None].astype(np.float32) / np.float32(255), _one(rate)))
        y, z = (np.clip(np.rint(ops.convert_to_numpy(v)), -LARGEST, LARGEST).astype(np.int64) for v in found)
        stream = write(self, y, z, rate)
        return write_header(self.model_id(), quality, (height, width)) + stream

    def size_of(self, stream: bytes) -> tuple[int, int]:
        """(H, W) that a stream says.

        Raises
        ------
        LinksimError
            If it is too short, of other weights or an unknown quality, or of a picture that is too large.
        """
        return read_header(stream, self.model_id(), self.num_qualities)[1]

    def latents_of(self, stream: bytes) -> np.ndarray:
        """The latents of a stream, int64 `[H/16, W/16, latent_channels]`: the same on every machine."""
        return self._read(stream)[0]

    def _read(self, stream: bytes) -> tuple[np.ndarray, tuple[int, int], float]:
        """Latents, size and rate."""
        quality, size = read_header(stream, self.model_id(), self.num_qualities)
        rate = quality / QUALITIES_PER_RATE
        return read(self, stream[HEADER_BYTES:], self.places(size), rate), size, rate

    def decompress(self, stream: bytes) -> np.ndarray:
        """The picture of a stream, `uint8 [H, W, 3]`.

        Raises
        ------
        LinksimError
            As `size_of`; a damaged stream otherwise gives some picture.
        """
        y, size, rate = self._read(stream)
        shown = ops.convert_to_numpy(self.shown(y[None].astype(np.float32), size, _one(rate)))[0]
        return np.round(np.clip(shown, 0.0, 1.0) * 255).astype(np.uint8)

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        return talk(self, pictures, size)

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "fixed_bits": self.fixed_bits, "rates": self.rates}
        own["latent_channels"] = self.latent_channels
        return {**super().get_config(), **own}


def _one(rate: float) -> Any:
    """Of a picture, `[1]`."""
    return ops.full((1,), rate)
