"""What models of one shape reach on the pictures that are held back, under JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras
import numpy as np
from jax import numpy as jnp

from linksim.training.chain import Chain
from linksim.training.validation import AT_ONCE, NOISE, Validation, score

_DRAWS = 16  # more than a codec draws for a batch


class Validator:
    """Validates all models of a group in compiled calls.

    Parameters
    ----------
    chain : Chain
        Whose objective says whether bits are asked for, too.
    held_back : uint8 [N, H, W, 3]
    parts : function of a model's state
        Trainable and other variables of the chain, those of the optimiser, and a random key.
    over_models : function of (function of one model's state and SNR, state, snr_db)
        Calls it for each model.
    """

    def __init__(self, chain: Chain, held_back: np.ndarray, parts: Callable[..., Any], over_models: Callable[..., Any]):
        self.chain, self.held_back = chain, jnp.asarray(held_back)
        self.rate_weight = chain.objective.rate_weight
        self._parts, self._over_models = parts, over_models
        self._compiled = jax.jit(self._errors)

    def __call__(self, state: Sequence[Any], snr_db: Any) -> list[Validation]:
        """What each model reaches; the noise is the same each time."""
        shape, count = self.held_back.shape[1:], len(self.held_back)
        whole = count // AT_ONCE * AT_ONCE
        error: Any = 0.0
        for pictures, at_once in ((self.held_back[:whole], AT_ONCE), (self.held_back[whole:], count - whole)):
            if len(pictures):
                parts = pictures.reshape(-1, at_once, *shape)
                error += np.asarray(self._compiled(state, snr_db, parts)) * len(pictures) / count
        layers = error.shape[1] - (self.rate_weight is not None)
        return [
            Validation(tuple((-10 * np.log10(row[:layers])).tolist()), None, *row[layers:].tolist()) for row in error
        ]

    def score(self, found: Validation) -> float:
        """By what one set of weights counts as better than another."""
        return score(*found, self.rate_weight)

    def _errors(self, state: Sequence[Any], snr_db: Any, pictures: Any) -> Any:
        """Mean squared error after each layer, `[M, L]`, of pictures `[parts, N, H, W, 3]` rounded to 8 bits; and bits
        per pixel as a last column where the objective weighs them. Each part has its own noise."""
        noise = self.chain.channel.seed_generator.state
        place = next(i for i, v in enumerate(self.chain.non_trainable_variables) if v is noise)

        def one(state: Sequence[Any], snr_db: Any) -> Any:
            trainable, other, _, _ = self._parts(state)
            snr = (snr_db[0], snr_db[1]) if snr_db.ndim else snr_db

            def part(numbered: tuple[Any, Any]) -> Any:
                number, x = numbered
                seed = jnp.stack([other[place][0], (NOISE + _DRAWS * number).astype(other[place].dtype)])
                quiet = [*other[:place], seed, *other[place + 1 :]]
                y = x.astype(jnp.float32) / 255
                shown, _ = self.chain.stateless_call(trainable, quiet, y, training=False, snr_db=snr)
                error = jnp.mean((jnp.round(shown * 255) - x[:, None]) ** 2, axis=(0, 2, 3, 4)) / 255**2
                return error if self.rate_weight is None else jnp.append(error, self._bpp(trainable, quiet, y))

            return jnp.mean(jax.lax.map(part, (jnp.arange(len(pictures)), pictures)), axis=0)

        return self._over_models(one, state, snr_db)

    def _bpp(self, trainable: Sequence[Any], other: Sequence[Any], pictures: Any) -> Any:
        variables = [*self.chain.trainable_variables, *self.chain.non_trainable_variables]
        with keras.StatelessScope(state_mapping=list(zip(variables, [*trainable, *other], strict=True))):
            bits = self.chain.objective.bits(self.chain.codec, pictures)
        return jnp.mean(bits) / (pictures.shape[1] * pictures.shape[2])
