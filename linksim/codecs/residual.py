"""Successive refinement by sending what the layers before left over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from numbers import Integral
from typing import Any

import keras
from keras import ops

from linksim.codecs.base import pad_to_multiple
from linksim.codecs.deepjscc import small_decoder, small_encoder
from linksim.codecs.progressive import ProgressiveCodec
from linksim.codecs.layers.symbols import to_latent, to_symbols
from linksim.errors import LinksimError


@keras.saving.register_keras_serializable("linksim")
class ResidualTransmission(ProgressiveCodec):
    """One encoder and decoder per layer; layer i sends the picture minus what came before (Kurka and Gunduz 2019, sec. III-B).

    The receiver adds up the outputs of its decoders. What it has is unknown to a transmitter without
    feedback: it subtracts an estimate, the mean of `realizations` independent passes through channel
    and decoder. With `feedback` it subtracts what the receiver really has, as it does in training.

    The pairs are trained one after another: only the last one is trainable, and a codec of more
    layers takes the pairs of one of fewer as they are.

    Parameters
    ----------
    layer_channels : sequence of int
        Real channels of each layer at a quarter of the resolution: 8 is k_i/n = 1/12.
    realizations : int
        m, passes that the transmitter averages; 1, 10, 100 and 1000 in the paper's table I.
    feedback : bool
        The transmitter knows the channel output of earlier layers.

    Raises
    ------
    LinksimError
        If `realizations` is less than 1.
    """

    def __init__(
        self,
        layer_channels: Sequence[int] = (8, 8),
        realizations: int = 10,
        feedback: bool = False,
        name: str | None = None,
    ):
        super().__init__(layer_channels, stride=4, name=name)
        if not isinstance(realizations, Integral) or realizations < 1:
            raise LinksimError(f"realizations is {realizations}; give a whole number, at least 1")
        self.realizations = realizations
        self.feedback = feedback
        # In the order of the layers, so that one more layer leaves the names of all before as they are.
        self.pairs = []
        for i, c in enumerate(self.layer_channels):
            pair = [small_encoder(c, f"encoder_{i + 1}")]
            pair.append(small_decoder(c, "tanh" if i else "sigmoid", f"decoder_{i + 1}"))
            self.pairs.append(pair)
            for network in pair:
                network.trainable = i == self.num_layers - 1

    def with_transmitter(self, realizations: int = 10, feedback: bool = False) -> "ResidualTransmission":
        """The same weights behind another transmitter."""
        config = {**self.get_config(), "realizations": realizations, "feedback": feedback}
        twin = type(self).from_config(config)
        twin(ops.zeros((1, 8, 8, 3)))
        twin.set_weights(self.get_weights())
        label = "feedback" if feedback else f"m = {realizations}"
        twin.title = f"{(getattr(self, 'title', None) or self.name).split(', ')[0]}, {label}"
        return twin

    def encode_layer(self, layer: int, pictures: Any, estimate: Any = None, training: bool = False) -> Any:
        """Symbols `[B, k_i, 2]` of one layer (0 is the first) from pictures and what the receiver is thought to have of them, both `[B, H, W, 3]`."""
        # In float32 whatever the policy: a small difference of large numbers.
        residual = pictures if estimate is None else ops.cast(pictures, "float32") - estimate
        latent = self.pairs[layer][0](pad_to_multiple(residual, self.stride), training=training)
        return self.power_normalization(to_symbols(latent))

    def decode_layer(self, layer: int, latent: Any, size: tuple[int, int], training: bool = False) -> Any:
        """What one layer adds `[B, H, W, 3]`: the first a picture in [0, 1], the others a correction in [-1, 1]."""
        return self._crop(self.pairs[layer][1](latent, training=training), size)

    def layer_output(self, layer: int, symbols: Any, size: tuple[int, int], training: bool = False) -> Any:
        """`decode_layer` from the received symbols `[B, k_i, 2]` of that layer alone."""
        rows, columns = (-(-side // self.stride) for side in size)
        return self.decode_layer(layer, to_latent(symbols, rows, columns), size, training=training)

    def encode(self, pictures: Any, snr_db: Any = None, training: bool = False) -> Any:
        """Symbols of all layers where the channel is perfect: the transmitter knows what the receiver has.

        Links that know the channel do better: see `linksim.links.AnalogLink`.
        """
        return self._walk(pictures, lambda symbols: symbols, training)[0]

    def analyze(self, pictures: Any, training: bool = False) -> Any:
        raise LinksimError("the layers of residual transmission have a latent each; use encode or encode_layer")

    synthesize = analyze

    def _walk(self, pictures: Any, send: Callable[[Any], Any], training: bool) -> tuple[Any, list[Any]]:
        """Layer by layer with feedback: all symbols, and the sums of outputs, not clipped."""
        size = pictures.shape[1:3]
        symbols, sums = [], []
        for layer in range(self.num_layers):
            last = training and layer == self.num_layers - 1
            symbols.append(self.encode_layer(layer, pictures, sums[-1] if sums else None, training=last))
            output = self.layer_output(layer, send(symbols[-1]), size, training=last)
            sums.append(sums[-1] + output if sums else output)
        return ops.concatenate(symbols, axis=1), sums

    def decode(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> Any:
        return self.decode_layers(symbols, snr_db, size, training=training)[-1]

    def decode_layers(self, symbols: Any, snr_db: Any, size: tuple[int, int], training: bool = False) -> list[Any]:
        outputs = [self.decode_layer(i, z, size, training) for i, z in enumerate(self.split(symbols, size))]
        return [ops.clip(total, 0.0, 1.0) for total in accumulate(outputs)]

    def reconstructions(
        self, pictures: Any, send: Callable[[Any], Any], snr_db: Any, training: bool = False, seed: Any = None
    ) -> list[Any]:
        # With feedback, in validation too. In training only the last sum has a gradient.
        sums = self._walk(pictures, send, training)[1]
        return sums[-1:] if training else [ops.clip(total, 0.0, 1.0) for total in sums]

    def get_config(self) -> dict[str, Any]:
        return {
            "layer_channels": list(self.layer_channels),
            "realizations": self.realizations,
            "feedback": self.feedback,
            "name": self.name,
        }
