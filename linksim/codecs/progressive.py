"""Codecs that analyse a picture once and send the latent in layers: it sharpens with every layer received."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from keras import ops

from linksim.codecs.conversation import Dialogue
from linksim.codecs.parts import Shown, Symbols
from linksim.codecs.symbol_codec import SymbolCodec


class ProgressiveCodec(SymbolCodec):
    """A codec that cuts its latent into L layers (Kurka and Gündüz 2019, sec. II).

    A new codec gives `analyze`, pictures to the latents of all layers side by side; `synthesize`, the
    latents of the first i layers side by side to pictures; and `get_config` with its constructor's
    arguments, by which it travels to worker processes.

    Parameters
    ----------
    layer_channels, stride, name, **about
        As in `SymbolCodec`.
    """

    VERSION = 1

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        """Pictures `[B, H, W, 3]`, sides multiples of `stride`, to latents `[B, H/stride, W/stride, sum of c_i]`.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        training : bool
            Whether layers behave as in training.
        """
        raise NotImplementedError(f"{type(self).__name__} must define analyze")

    def synthesize(self, latent: Any, training: bool = False) -> Any:
        """The received latents of the first i layers to pictures `[B, h*stride, w*stride, 3]`.

        They lie side by side, `[B, h, w, c_1 + .. + c_i]`.

        Parameters
        ----------
        latent : [B, h, w, c_1 + .. + c_i]
            As it was received.
        training : bool
            Whether layers behave as in training.
        """
        raise NotImplementedError(f"{type(self).__name__} must define synthesize")

    def encode_layers(self, pictures: Any, training: bool = False) -> list[Any]:
        """Pictures `[B, H, W, 3]`, float32 in [0, 1], to the symbols of each layer, `[B, k_i, 2]`.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        training : bool
            Whether layers behave as in training.
        """
        return self.layers_of(self.analyze(self.pad(pictures), training=training))

    def show(self, latents: list[Any], size: tuple[int, int], training: bool = False) -> Any:
        """The pictures `[B, H, W, 3]` after the layers whose received latents are given.

        Parameters
        ----------
        latents : list of [B, h, w, c_i]
            Of the first layers, as they were received.
        size : (int, int)
            (H, W) of the picture, in pixels.
        training : bool
            Whether layers behave as in training.
        """
        return self.crop(self.synthesize(ops.concatenate(latents, axis=-1), training=training), size)

    def send_all(self, layers: list[Any], size: tuple[int, int]) -> Generator[Symbols, Any, list[Any]]:
        """The part of a conversation that sends all layers and shows nothing: returns their received latents.

        Parameters
        ----------
        layers : list of [B, k_i, 2]
            Symbols of each layer.
        size : (int, int)
            (H, W) of the picture, in pixels.
        """
        latents = []
        for symbols in layers:
            latents.append(self.latent_of((yield Symbols(symbols)), size))
        return latents

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        latents: list[Any] = []
        for symbols in self.encode_layers(pictures, training=training):
            latents += yield from self.send_all([symbols], size)
            yield Shown(self.show(latents, size, training=training))
