"""Latents searched for each picture, where an encoder has the time: a decoder knows nothing of it.

Stochastic Gumbel annealing (Yang, Bamler and Mandt 2020, "Improving inference for neural image compression", sec. 3.2;
before it Campos et al. 2019): latents are variables, rounded up or down at random with a gradient, ever less at random,
and descend rate + distortion of their picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.lic import estimate
from linksim.codecs.precision import precision as computed_in
from linksim.errors import LinksimError
from linksim.identity import fingerprint

if TYPE_CHECKING:
    from linksim.codecs.lic.codec import LicGmm

VERSION = 1
"""Raised whenever the same codec, picture and steps give other latents."""

_HOT, _COLD = 0.4, 0.2
"""Temperature at the first step and at the last; between them it falls by the same factor each step."""

_NOISE = 0.5
"""Of the random choice, of the paper's: there are thousands of steps there, and ten times as few here."""

_RATE = 0.05
"""Of the first step, falling linearly to zero: root mean square of the change of a latent."""

_MOST = 2.0
"""Largest change of a latent, in those: between two symbols its gradient has no bound."""

_MOMENTUM = 0.8

_EDGE = 1e-4


class Refiner:
    """Searches latents for a codec, with 1.3 kB of memory for each pixel where it has 64 filters.

    Parameters
    ----------
    codec : LicGmm
        Its weights do not change any more.
    weight : float or sequence of float
        lambda, of a codec with several rates one for each, as in training: bits per pixel + lambda * 255^2 * MSE is
        what descends.
    steps : int
        20 gain two thirds of what 100 do.
    precision : str
        Keras' dtype policy of the search. "mixed_bfloat16" is nearly twice as fast on a CPU that knows that type, and
        far slower on others. What is sent does not depend on it but for the choice of latents.

    Raises
    ------
    LinksimError
        If there is no step or no such precision, not one weight for each rate, or latents are sent in bits of one
        length.
    """

    def __init__(
        self, codec: LicGmm, weight: float | Sequence[float], steps: int = 50, precision: str = "float32"
    ) -> None:
        self.weights = tuple(np.atleast_1d(np.asarray(weight, np.float64)).tolist())
        if steps < 1:
            raise LinksimError(f"{steps} steps of refinement; give 1 or more")
        if len(self.weights) != codec.rates or min(self.weights) <= 0:
            raise LinksimError(f"weight is {weight} for a codec of {codec.rates} rates; give a positive one for each")
        if precision not in ("float32", "mixed_bfloat16"):
            raise LinksimError(f"precision is {precision!r}; take float32 or mixed_bfloat16")
        if codec.fixed_bits:
            raise LinksimError("latents of one length have no rate to refine; refine a model without fixed_bits")
        self.codec, self.steps, self.precision = codec, steps, precision
        self._searches: dict[tuple[int, int], _Search] = {}

    def latents(self, picture: np.ndarray, rate: float) -> tuple[np.ndarray, np.ndarray]:
        """Latents and hyper-latents to be sent.

        Parameters
        ----------
        picture : uint8 [H, W, 3]
        rate : float
            0 (most bits) to `codec.rates - 1`; between two the weight is their geometric mean, as in training.

        Returns
        -------
        y : [H / 16, W / 16, latent_channels], float32
        z : [H / 64, W / 64, filters], float32
            Whole numbers, sides rounded up as the codec's. Where the search finds nothing better, what it began with.
        """
        size = (picture.shape[0], picture.shape[1])
        weight = float(2 ** np.interp(rate, np.arange(len(self.weights)), np.log2(self.weights)))
        x = picture[None].astype(np.float32) / np.float32(255)
        y, z = self.codec.latents(x, ops.full((1,), rate))
        if size not in self._searches:
            self._searches = {size: self._make(size, (y.shape, z.shape))}  # of one size: graphs take memory
        found = self._searches[size].run(x, (y, z), rate, weight)
        choices = [tuple(map(ops.round, pair)) for pair in ((y, z), found)]
        costs = [self._cost(pair, x, rate, weight) for pair in choices]
        best = choices[int(costs[1] < costs[0])]
        return ops.convert_to_numpy(best[0])[0], ops.convert_to_numpy(best[1])[0]

    def _make(self, size: tuple[int, int], shapes: Any) -> _Search:
        # A copy, since it may compute in another precision, and learns nothing.
        with computed_in(self.precision):
            codec = type(self.codec).from_config(self.codec.get_config())
            codec.set_weights(self.codec.get_weights())
            return _Search(codec, size, shapes, self.steps)

    def _cost(self, latents: Any, x: Any, rate: float, weight: float) -> float:
        y, z = latents
        at = ops.full((1,), rate)
        bits = estimate.bits_of(self.codec, (y, z), (y, z), at)
        shown = ops.clip(self.codec.shown(y, x.shape[1:3], at), 0.0, 1.0)
        return float(_cost(x, shown, bits, weight)[0])

    def fingerprint(self) -> str:
        """Hex digest of what decides which latents are found for given weights and picture."""
        return fingerprint("refiner", VERSION, weights=self.weights, steps=self.steps, precision=self.precision)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_searches": {}}


class _Search(keras.Model):
    """Latents of a picture as variables of a model of which nothing else learns."""

    def __init__(self, codec: Any, size: tuple[int, int], shapes: Any, steps: int) -> None:
        super().__init__(name="search")
        self.codec, self.size, self.steps = codec, size, steps
        codec.trainable = False
        of_all = {"initializer": "zeros", "dtype": "float32", "autocast": False}
        self.latents = [self.add_weight(name=name, shape=shape, **of_all) for name, shape in zip("yz", shapes)]
        numbers = ("temperature", "rate", "weight")
        self.numbers = {n: self.add_weight(name=n, shape=(1,), trainable=False, **of_all) for n in numbers}
        self.seed_generator = keras.random.SeedGenerator(0)
        self._first_seed = ops.convert_to_numpy(self.seed_generator.state)
        falling = keras.optimizers.schedules.PolynomialDecay(_RATE, steps, 0.0)
        self.compile(optimizer=_Descent(falling), jit_compile=False)
        self.optimizer.build(self.latents)

    def run(self, x: Any, start: Any, rate: float, weight: float) -> tuple[Any, Any]:
        """Latents and hyper-latents, not rounded, for a picture `[1, H, W, 3]`, from others."""
        for variable in self.optimizer.variables:
            variable.assign(ops.zeros_like(variable))
        self.seed_generator.state.assign(self._first_seed)
        for variable, value in zip(self.latents, start, strict=True):
            variable.assign(value)
        self.numbers["rate"].assign([rate])
        self.numbers["weight"].assign([weight])
        for step in range(self.steps):
            self.numbers["temperature"].assign([_HOT * (_COLD / _HOT) ** (step / max(self.steps - 1, 1))])
            self.train_on_batch(x, x)
        y, z = (ops.convert_to_numpy(v) for v in self.latents)
        return y, z

    def call(self, x: Any, training: bool = False) -> Any:
        y, z = map(self._chosen, self.latents)
        bits = estimate.bits_of(self.codec, (y, z), (y, estimate.whole(z)), self.numbers["rate"])
        return self.codec.shown(y, self.size, self.numbers["rate"]), bits

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return ops.sum(_cost(x, *y_pred, self.numbers["weight"]))

    def _chosen(self, v: Any) -> Any:
        """Between the whole numbers below and above, near one of them at random."""
        below = ops.stop_gradient(ops.floor(v))
        part = ops.clip(v - below, _EDGE, 1 - _EDGE)
        temperature = self.numbers["temperature"]
        upwards = (ops.arctanh(part) - ops.arctanh(1 - part)) / temperature
        # The difference of two Gumbel variables is a logistic one.
        u = keras.random.uniform(v.shape, _EDGE, 1 - _EDGE, "float32", self.seed_generator)
        return below + ops.sigmoid((upwards + _NOISE * (ops.log(u) - ops.log(1 - u))) / temperature)


class _Descent(keras.optimizers.Optimizer):
    """Momentum, in units of the root mean square of all gradients of a variable: a quantiser step counts the same in
    every latent, which Adam, with a unit for each, does not know."""

    def __init__(self, learning_rate: Any) -> None:
        super().__init__(learning_rate, name="descent")

    def build(self, variables: Any) -> None:
        if not self.built:
            super().build(variables)
            self.averages = self.add_optimizer_variables(variables, "average")
            self.squares = [self.add_variable((), name="square", dtype="float32") for _ in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        place = self._get_variable_index(variable)
        average, square = self.averages[place], self.squares[place]
        self.assign(average, _MOMENTUM * average + (1 - _MOMENTUM) * gradient)
        self.assign(square, 0.95 * square + 0.05 * ops.mean(ops.square(gradient)))
        # Both begin at zero, which is undone as in Adam.
        step = ops.cast(self.iterations + 1, "float32")
        unit = ops.sqrt(square / (1 - 0.95**step)) + 1e-12
        change = ops.clip(average / (1 - _MOMENTUM**step) / unit, -_MOST, _MOST)
        self.assign_sub(variable, ops.cast(learning_rate, "float32") * change)


def _cost(x: Any, shown: Any, bits: Any, weight: Any) -> Any:
    """Bits + weight * 255^2 * MSE * pixels, `[B]`."""
    pixels = x.shape[1] * x.shape[2]
    return bits + weight * 255**2 * pixels * ops.mean(ops.square(x - shown), axis=(1, 2, 3))
