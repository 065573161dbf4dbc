"""LIC-GMM-AM: learned image compression with Gaussian mixtures and attention, whose bytes decode alike everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.base import Codec, weights_digest
from linksim.codecs.conversation import Dialogue
from linksim.codecs.layers.blocks import depth_to_space
from linksim.codecs.lic import entropy, fixed_length, mixture
from linksim.codecs.lic.checkerboard import black, checkerboard, two_by_two
from linksim.codecs.lic.exact import STEP, ExactConv, rounded
from linksim.codecs.lic.mixture import PARAMETERS
from linksim.codecs.lic.size import SIDE_BYTES, check_size
from linksim.codecs.lic.start import start_transforms
from linksim.codecs.lic.transforms import analysis, hyper_analysis, synthesis
from linksim.codecs.parts import Bits, Bytes, Shown
from linksim.codecs.symbol_codec import pad_to_multiple
from linksim.errors import LinksimError

_STRIDE = 64
"""A hyper-latent stands for 64x64 pixels."""

_LARGEST = 2000
"""Magnitude of a latent: `ExactConv` takes up to 2047."""

_GREY = 0.5
_ID_BYTES = 2
_HEADER = _ID_BYTES + 2 * SIDE_BYTES


@keras.saving.register_keras_serializable("linksim")
class LicGmm(Codec):
    """Learned image compression (Cheng et al. 2020) with the checkerboard context of He et al. (2021).

    Latents y = g_a(x) and hyper-latents z = h_a(y) are rounded and sent. A receiver reads z under a fixed mixture for
    each channel; from it, by h_s, the latents on the black fields of a checkerboard; and from both, by a 5x5
    convolution that sees the black fields only, those on the white ones. Each latent has a mixture of three Gaussians.
    All networks that a decoder's probabilities depend on are `ExactConv`; g_a, h_a and g_s are ordinary ones.

    Parameters
    ----------
    filters : int
        N, the width of everything; 128 and 192 in the paper.
    fixed_bits : int
        0: pictures are sent as entropy-coded bytes. Else each latent is sent in that many bits (two's complement), any
        of which may get lost, as in Table I of Yetis (2025). Hyper-latents only serve entropy coding and are not sent.

    Raises
    ------
    LinksimError
        If `filters` is no even positive number, or `fixed_bits` is not 0 or from 2 to 12.
    """

    VERSION = 1
    start_needs_snr = False

    def __init__(self, filters: int = 96, fixed_bits: int = 0, name: str | None = None, **about: Any):
        if filters < 2 or filters % 2:
            raise LinksimError(f"filters is {filters}; give an even number from 2 on")
        if fixed_bits and not 2 <= fixed_bits <= 12:
            raise LinksimError(f"fixed_bits is {fixed_bits}; give 0, or a number from 2 to 12")
        super().__init__(name=name, **about)
        self.filters, self.fixed_bits, n = filters, fixed_bits, filters
        self.analysis, self.hyper_analysis, self.synthesis = analysis(n), hyper_analysis(n), synthesis(n)
        # h_s: from a hyper-latent to 2x2, and to 4x4 latents.
        self.expand = [ExactConv(n, 3), ExactConv(4 * n, 3), ExactConv(n, 3), ExactConv(8 * n, 3)]
        self.context = ExactConv(2 * n, 5, leaky=False)
        self.mixtures = [ExactConv(4 * n, 1), ExactConv(3 * n, 1), ExactConv(PARAMETERS * n, 1, leaky=False)]
        shape = (None, None, None)
        for layer, channels in zip(self.expand, (n, n, n, n), strict=True):
            layer.build((*shape, channels))
        self.context.build((*shape, n))
        for layer, channels in zip(self.mixtures, (4 * n, 4 * n, 3 * n), strict=True):
            layer.build((*shape, channels))
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

    # What training sees.

    def shown_and_bits(
        self, pictures: Any, training: bool = True, channel: Callable[[Any], Any] | None = None
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

        Returns
        -------
        shown : [B, H, W, 3]
        bits : [B]
        """
        height, width = pictures.shape[1:3]
        y, z = self._latents(pictures)
        whole_y, whole_z = _whole(y), _whole(z)
        noisy_y, noisy_z = (self._noisy(y), self._noisy(z)) if training else (whole_y, whole_z)
        prior = rounded(self.prior, 1 / STEP)
        spent = ops.sum(mixture.bits(noisy_z, prior), axis=(1, 2, 3))
        hyper = self._expanded(whole_z)
        first = checkerboard(*y.shape[1:3])
        blind = self._parameters(hyper, ops.zeros_like(hyper))
        seeing = self._parameters(hyper, self.context(whole_y * first))
        parameters = ops.where(first[..., None] > 0, blind, seeing)
        spent = spent + ops.sum(mixture.bits(noisy_y, parameters), axis=(1, 2, 3))
        arrived = fixed_length.sent(whole_y, self.fixed_bits, channel) if self.fixed_bits and channel else whole_y
        return self._shown(arrived, (height, width)), spent

    def _noisy(self, x: Any) -> Any:
        return x + keras.random.uniform(ops.shape(x), -0.5, 0.5, "float32", self.seed_generator)

    def _latents(self, pictures: Any) -> tuple[Any, Any]:
        x = ops.cast(pad_to_multiple(pictures, _STRIDE), "float32") - 0.5
        y = ops.cast(self.analysis(x), "float32")
        return y, ops.cast(self.hyper_analysis(y), "float32")

    def _expanded(self, z: Any) -> Any:
        first, second, third, fourth = self.expand
        x = depth_to_space(second(first(z)), 2)
        return depth_to_space(fourth(third(x)), 2)

    def _parameters(self, hyper: Any, context: Any) -> Any:
        """`[B, h, w, n, 9]`."""
        x = ops.concatenate([hyper, context], axis=-1)
        for layer in self.mixtures:
            x = layer(x)
        return ops.reshape(x, (-1, *hyper.shape[1:3], self.filters, PARAMETERS))

    def _shown(self, y: Any, size: tuple[int, int]) -> Any:
        return (ops.cast(self.synthesis(y), "float32") + 0.5)[:, : size[0], : size[1]]

    # What is sent.

    def versions(self) -> dict[str, int]:
        return {**super().versions(), "entropy": entropy.VERSION}

    def model_id(self) -> bytes:
        """Two bytes that streams of these weights begin with."""
        return hashlib.sha256(f"{self.VERSION} {entropy.VERSION} {weights_digest(self)}".encode()).digest()[:_ID_BYTES]

    def compress(self, picture: np.ndarray) -> bytes:
        """The bytes of a picture, `uint8 [H, W, 3]`: model, size, hyper-latents, latents on black and on white."""
        height, width, _ = picture.shape
        check_size((height, width))
        y, z = (
            np.clip(np.rint(ops.convert_to_numpy(v)[0]), -_LARGEST, _LARGEST).astype(np.int64)
            for v in self._latents(picture[None].astype(np.float32) / np.float32(255))
        )
        encoder = entropy.Encoder()
        encoder.write(z.ravel(), self._prior_of(z.shape))
        hyper = self._expanded_exactly(z)
        first = black(*y.shape[:2])
        encoder.write(y[first].ravel(), self._exact_parameters(hyper, None)[first].reshape(-1, PARAMETERS))
        seeing = self._exact_parameters(hyper, y * first[..., None])
        encoder.write(y[~first].ravel(), seeing[~first].reshape(-1, PARAMETERS))
        sides = b"".join((n - 1).to_bytes(SIDE_BYTES, "big") for n in (height, width))
        return self.model_id() + sides + encoder.finish()

    def size_of(self, stream: bytes) -> tuple[int, int]:
        """(H, W) that a stream says.

        Raises
        ------
        LinksimError
            If it is too short, of other weights, or of a picture that is too large.
        """
        if len(stream) < _HEADER:
            raise LinksimError(f"the stream has {len(stream)} bytes, less than a header; send it whole")
        if stream[:_ID_BYTES] != self.model_id():
            raise LinksimError("the stream is damaged or of another model; decode it with the weights it was made with")
        height, width = (
            1 + int.from_bytes(stream[i : i + SIDE_BYTES], "big") for i in (_ID_BYTES, _ID_BYTES + SIDE_BYTES)
        )
        check_size((height, width))
        return height, width

    def latents_of(self, stream: bytes) -> np.ndarray:
        """The latents of a stream, int64 `[H/16, W/16, filters]`: the same on every machine."""
        height, width = self.size_of(stream)
        rows, columns = (-(-n // _STRIDE) for n in (height, width))
        decoder = entropy.Decoder(stream[_HEADER:])
        shape = (rows, columns, self.filters)
        z = np.clip(decoder.read(self._prior_of(shape)).reshape(shape), -_LARGEST, _LARGEST)
        hyper = self._expanded_exactly(z)
        y = np.zeros((4 * rows, 4 * columns, self.filters), np.int64)
        first = black(*y.shape[:2])
        blind = self._exact_parameters(hyper, None)[first].reshape(-1, PARAMETERS)
        y[first] = np.clip(decoder.read(blind), -_LARGEST, _LARGEST).reshape(-1, self.filters)
        seeing = self._exact_parameters(hyper, y)[~first].reshape(-1, PARAMETERS)
        y[~first] = np.clip(decoder.read(seeing), -_LARGEST, _LARGEST).reshape(-1, self.filters)
        return y

    def decompress(self, stream: bytes) -> np.ndarray:
        """The picture of a stream, `uint8 [H, W, 3]`.

        Raises
        ------
        LinksimError
            As `size_of`; a damaged stream otherwise gives some picture.
        """
        y = self.latents_of(stream)[None].astype(np.float32)
        shown = ops.convert_to_numpy(self._shown(y, self.size_of(stream)))[0]
        return np.round(np.clip(shown, 0.0, 1.0) * 255).astype(np.uint8)

    def _prior_of(self, shape: tuple[int, ...]) -> np.ndarray:
        prior = np.floor(ops.convert_to_numpy(self.prior).astype(np.float64) * STEP + 0.5).astype(np.int64)
        return np.broadcast_to(prior, (*shape, PARAMETERS)).reshape(-1, PARAMETERS)

    def _expanded_exactly(self, z: np.ndarray) -> np.ndarray:
        x = z.astype(np.float64) * STEP
        for i, layer in enumerate(self.expand):
            x = layer.exactly(x)
            if i % 2:
                x = two_by_two(x)
        return x

    def _exact_parameters(self, hyper: np.ndarray, y: np.ndarray | None) -> np.ndarray:
        """Whole numbers `[h, w, n, 9]`, blind where `y` is None."""
        context = np.zeros_like(hyper) if y is None else self.context.exactly(y.astype(np.float64) * STEP)
        x = np.concatenate([hyper, context], axis=-1)
        for layer in self.mixtures:
            x = layer.exactly(x)
        return x.reshape(*hyper.shape[:2], self.filters, PARAMETERS)

    # The conversation.

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        check_size(size)
        if self.fixed_bits:
            yield Shown((yield Bits(lambda: self._bits(pictures), lambda arrived: self._of_bits(arrived, size))))
            return

        def streams() -> list[bytes]:
            return [self.compress(np.round(ops.convert_to_numpy(p) * 255).astype(np.uint8)) for p in pictures]

        def intact() -> Any:
            return ops.clip(self._shown(_whole(self._latents(pictures)[0]), size), 0.0, 1.0)

        yield Shown((yield Bytes(streams, lambda arrived: self._received(arrived, size), intact)))

    def _bits(self, pictures: Any) -> Any:
        return fixed_length.to_bits(self._latents(pictures)[0], self.fixed_bits)

    def _of_bits(self, received: Any, size: tuple[int, int]) -> Any:
        rows, columns = (-(-n // _STRIDE) * 4 for n in size)
        y = fixed_length.from_bits(received, (rows, columns, self.filters), self.fixed_bits)
        return ops.clip(self._shown(y, size), 0.0, 1.0)

    def _received(self, streams: Sequence[bytes | None], size: tuple[int, int]) -> Any:
        shown = []
        for stream in streams:
            if stream is None:
                shown.append(np.full((*size, 3), _GREY, np.float32))
                continue
            if self.size_of(stream) != tuple(size):
                raise LinksimError(f"the stream is of another size than {size[0]}x{size[1]}; send it again")
            shown.append(self.decompress(stream).astype(np.float32) / np.float32(255))
        return ops.convert_to_tensor(np.stack(shown))

    def get_config(self) -> dict[str, Any]:
        own = {"filters": self.filters, "fixed_bits": self.fixed_bits}
        return {**super().get_config(), **{key: value for key, value in own.items() if value}}


def _whole(x: Any) -> Any:
    """Rounded as the encoder rounds, with the gradient of x."""
    return ops.clip(ops.stop_gradient(ops.round(x) - x) + x, -_LARGEST, _LARGEST)
