"""What every codec is: a conversation between a transmitter that has pictures and a receiver that wants them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim import identity
from linksim.codecs.conversation import Dialogue, rehearse
from linksim.codecs.traits import probe_picture, traits


class Codec(keras.Model):
    """Pictures to parts, and what arrived of the parts to pictures, in one or several layers.

    A codec is told by one generator, `converse`. Training, validation and links run it, each with
    its own channel. `Autoencoder` is the common case; codecs of several layers are `ProgressiveCodec`.

    Parameters
    ----------
    name : str, optional
        Keras' name, without a slash.
    title : str, optional
        What tables and legends show; default: the name. `linksim.zoo.load` gives that of the entry.
    training_snr_db : float, optional
        Es/N0 in dB that its weights were trained at, where it was one.

    Attributes
    ----------
    VERSION : int
        Raised whenever the same weights make something else of the same picture. The versions of all
        base classes and layers count too, each for its own code.
    num_layers : int
        How many pictures a receiver is shown, one after the other.
    needs_reception : bool
        Whether later parts depend on what was received before.
    encodes_for_snr : bool
        Whether the transmitter looks at the SNR; where it does not, a picture is encoded once for all of them.
    """

    VERSION: int = 1
    num_layers: int = 1
    needs_reception: bool = False
    encodes_for_snr: bool = False

    def __init__(self, name: str | None = None, title: str | None = None, training_snr_db: float | None = None):
        super().__init__(name=name)
        self.title = title or self.name
        self.training_snr_db = training_snr_db

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        """Send pictures, part by part, and show what arrives.

        A generator. It yields a part (`linksim.codecs.parts`) and is told what arrived of it; it yields
        `Shown` whenever the receiver has something new to show, once per layer, and is told nothing.
        What is shown may depend on `pictures` only through the answers: a receiver runs the same
        conversation with black pictures.

        Parameters
        ----------
        pictures : [B, H, W, 3], float32 in [0, 1]
        snr_db : float or [B]
            Es/N0 in dB. Only a codec with `encodes_for_snr` may use it for what it sends.
        size : (int, int)
            (H, W).
        training : bool
            What is shown are then the pictures whose errors the loss averages: all layers, or some.
        seed : keras.random.SeedGenerator, optional
            For codecs whose training draws something beside the noise.
        """
        raise NotImplementedError(f"{type(self).__name__} must define converse")

    def call(self, pictures: Any, training: bool = False) -> Any:
        """The last picture shown over a perfect channel, `[B, H, W, 3]`; builds every layer."""
        return rehearse(self, pictures, 100.0)[1][-1]

    def fingerprint(self) -> str:
        """Hex digest of all that can change what the codec sends or shows: versions, configuration, weights.

        Of a class outside linksim also what it makes of a picture, rounded: its VERSION is easily forgotten.
        """
        kind = type(self)
        own = kind.__module__.split(".")[0] == "linksim"
        made = None if own else self._traits()
        config = {k: v for k, v in self.get_config().items() if k not in ("name", "title", "training_snr_db")}
        return identity.fingerprint(
            "codec",
            self.VERSION,
            codec=kind.__qualname__,
            versions=self.versions(),
            precision=self.dtype_policy.name,
            config=config,
            weights=weights_digest(self),
            traits=made,
        )

    def stored_digest(self) -> str:
        """Of its weights as the zoo stores them, see `linksim.identity.stored_digest`; "" of a codec without weights.

        It names a set of weights, and is no part of a fingerprint, which looks at every bit.
        """
        return identity.stored_digest(ops.convert_to_numpy(w) for w in self.weights) if self.weights else ""

    def fill_in(self, taken: Mapping[str, Sequence[int]]) -> None:
        """Begin, from weights that were just taken from another network, what that did not have. By default nothing:
        that stays as it began.

        Parameters
        ----------
        taken : mapping of shapes
            Of the weights of the other network, by the path of the variable here that took of it what both have.
        """

    def versions(self) -> dict[str, int]:
        """VERSION of the class, of every class that it is based on, and of every layer in it, by class name."""
        kinds = {kind for part in (self, *self._flatten_layers()) for kind in type(part).__mro__}
        return {kind.__qualname__: kind.__dict__["VERSION"] for kind in kinds if "VERSION" in kind.__dict__}

    def _traits(self) -> list[list[float]]:
        picture = probe_picture((32, 32))[None].astype(np.float32) / np.float32(255)
        sent, shown = rehearse(self, picture, 10.0)
        found = [np.frombuffer(v[0], np.uint8) if isinstance(v, (list, tuple)) else v for v in sent]
        return [traits(ops.convert_to_numpy(v)) for v in [*found, *shown]]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; a codec of one's own adds its own."""
        title = None if self.title == self.name else self.title
        about = {"title": title, "training_snr_db": self.training_snr_db}
        return {"name": self.name, **{k: v for k, v in about.items() if v is not None}}

    def __reduce__(self) -> tuple[Any, ...]:
        # For worker processes: the constructor's arguments and the weights are all there is.
        return _rebuild, (type(self), self.get_config(), [ops.convert_to_numpy(w) for w in self.weights])


def weights_digest(codec: Any) -> str:
    """SHA-256 of the weights of a codec in their order, hex; of one that has none, of nothing."""
    digest = hashlib.sha256()
    for w in getattr(codec, "weights", ()):
        digest.update(np.ascontiguousarray(ops.convert_to_numpy(w)))
    return digest.hexdigest()


def _rebuild(kind: type[Codec], config: dict[str, Any], weights: list[Any]) -> Codec:
    codec = kind(**config)
    if weights:
        build(codec)
        codec.set_weights(weights)
    return codec


def build(codec: Codec) -> Codec:
    """The codec itself, with all its weights made."""
    if not codec.built:
        side = 2 * getattr(codec, "stride", 8)
        codec(ops.zeros((1, side, side, 3)))
    return codec
