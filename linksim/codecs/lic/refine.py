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

from linksim.codecs.layers.gains import weight_at
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
"""Of the random choice, in the paper's. Thousands of steps average it there; with tens of steps and all of it the cost
first rises."""

_RATE = 0.05
"""Of learning at the first step, falling linearly to zero: what a latent changes by where its gradient, averaged over
steps, is the root mean square of all."""

_MOMENTUM = 0.8
"""What five steps tell: of fifty, no more may lie behind."""

_MOST = 2.0
"""Largest change of a latent in units of the rate: single gradients are many times the root mean square."""

_EDGE = 1e-4
"""How near to a whole number a latent counts as different from it: the logit of one has no end."""


class Refiner:
    """Searches latents for a codec, with 1.3 kB of memory for each pixel where it has 64 filters.

    What it draws at random is the same on every machine and for every picture; what it finds may differ where a library
    or a number of threads rounds otherwise. Any decoder reads it alike.

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
        far slower on others.

    Raises
    ------
    LinksimError
        If there is no step or no such precision, not one weight for each rate, or latents are sent in bits of one
        length.
    """

    def __init__(
        self, codec: LicGmm, weight: float | Sequence[float], steps: int = 50, precision: str = "float32"
    ) -> None:
        if codec.fixed_bits:
            raise LinksimError("latents of one length have no rate to refine; refine a model without fixed_bits")
        self.weights = tuple(np.atleast_1d(np.asarray(weight, np.float64)).tolist())
        if not isinstance(steps, int) or steps < 1:
            raise LinksimError(f"{steps} steps of refinement; give a whole number from 1 on")
        if len(self.weights) != codec.rates or not all(0 < w < np.inf for w in self.weights):
            raise LinksimError(f"weight is {weight} for a codec of {codec.rates} rates; give a positive one for each")
        if precision not in ("float32", "mixed_bfloat16"):
            raise LinksimError(f"precision is {precision!r}; take float32 or mixed_bfloat16")
        self.codec, self.steps, self.precision = codec, steps, precision
        self._model_id = codec.model_id()
        self._searches: dict[tuple[int, int], _Search] = {}

    def check(self, codec: LicGmm) -> None:
        """See that it searches for this codec, with the weights that this has now.

        Raises
        ------
        LinksimError
            If not.
        """
        if codec.model_id() != self._model_id:
            raise LinksimError("the refiner is of another codec, or of weights of before; make one of this codec")

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
        weight = float(weight_at(self.weights, ops.full((1,), rate))[0])
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
        self.chances = [
            self.add_weight(name=f"{v.name}_chances", shape=v.shape, trainable=False, **of_all) for v in self.latents
        ]
        numbers = ("temperature", "rate", "weight")
        self.numbers = {n: self.add_weight(name=n, shape=(1,), trainable=False, **of_all) for n in numbers}
        falling = keras.optimizers.schedules.PolynomialDecay(_RATE, steps, 0.0)
        # XLA makes small networks slower under TensorFlow; JAX has no graphs but its own.
        self.compile(optimizer=_Descent(falling), jit_compile=keras.backend.backend() == "jax")
        self.optimizer.build(self.latents)

    def run(self, x: Any, start: Any, rate: float, weight: float) -> tuple[Any, Any]:
        """Latents and hyper-latents, not rounded, for a picture `[1, H, W, 3]`, from others."""
        for variable in self.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        rng = np.random.default_rng(0)  # numpy's, which is the same under every backend
        for variable, value in zip(self.latents, start, strict=True):
            variable.assign(ops.convert_to_numpy(value))  # a copy, since JAX gives up the arrays that it steps from
        self.numbers["rate"].assign([rate])
        self.numbers["weight"].assign([weight])
        for step in range(self.steps):
            self.numbers["temperature"].assign([_HOT * (_COLD / _HOT) ** (step / max(self.steps - 1, 1))])
            for chance in self.chances:
                # The difference of the two Gumbel variables that choose between two values is logistic.
                chance.assign(rng.logistic(scale=_NOISE, size=chance.shape))
            self.train_on_batch(x, x)
        y, z = (ops.convert_to_numpy(v) for v in self.latents)
        return y, z

    def call(self, x: Any, training: bool = False) -> Any:
        y, z = map(self._chosen, self.latents, self.chances)
        # The hyper-decoder sees whole numbers, as in training; the context what is between, and passes on gradients.
        bits = estimate.bits_of(self.codec, (y, z), (y, estimate.whole(z)), self.numbers["rate"])
        return self.codec.shown(y, self.size, self.numbers["rate"]), bits

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return ops.sum(_cost(x, *y_pred, self.numbers["weight"]))

    def _chosen(self, v: Any, chance: Any) -> Any:
        """Between the whole numbers below and above, near one of them at random."""
        below = ops.stop_gradient(ops.floor(v))
        part = ops.clip(v - below, _EDGE, 1 - _EDGE)
        temperature = self.numbers["temperature"]
        upwards = (ops.arctanh(part) - ops.arctanh(1 - part)) / temperature
        return below + ops.sigmoid((upwards + chance) / temperature)


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
