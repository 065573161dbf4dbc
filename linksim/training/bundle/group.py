"""Models of one shape that learn side by side under JAX: many steps in one compiled call, pictures on the device."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import keras
import numpy as np
from jax import numpy as jnp

from linksim.codecs.precision import precision
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.training.bundle.ending import MovableDecay, ending_at, ends
from linksim.training.bundle.models import Trained
from linksim.training.bundle.validator import Validator
from linksim.training.chain import Chain
from linksim.training.closed_form import start_from_statistics
from linksim.training.optimizers import WarmupConstantDecay, averages, make_optimizer
from linksim.training.recipe import Recipe
from linksim.training.validation import Validation
from linksim.training.warm_start import take_common
from linksim.zoo.weights import variable_names

_OWN = ("name", "snr_db", "warm_start", "seed")
"""Fields in which the recipes of a group may differ."""


def shape_of(recipe: Recipe) -> str:
    """Recipes of the same can be trained together."""
    fields = {key: value for key, value in recipe.to_dict().items() if key not in _OWN}
    return str((sorted(fields.items()), isinstance(recipe.snr_db, tuple)))


class Diverged(LinksimError):
    """The loss of some models is no number any more.

    Parameters
    ----------
    names : sequence of str
        Of their recipes.
    """

    def __init__(self, names: Sequence[str]):
        super().__init__(f"training of {', '.join(names)} diverged; lower learning_rate")
        self.names = list(names)


class Group:
    """M models that are trained together.

    Parameters
    ----------
    recipes : sequence of Recipe
        Of one shape, of one phase without a rival.
    pictures, held_back : uint8 [N, H, W, 3]
        To train on, and to validate on.
    starts : sequence of mapping or None
        For each recipe the weights that it starts from, by the zoo's names.
    before : sequence of Trained or None
        What an earlier call left of each.
    together : bool
        Whether all models take each step at once (`jax.vmap`), or one after the other.

    Raises
    ------
    LinksimError
        If a recipe has several phases or a rival, or starts from weights of another network.
    """

    def __init__(
        self,
        recipes: Sequence[Recipe],
        pictures: np.ndarray,
        held_back: np.ndarray,
        starts: Sequence[Mapping[str, np.ndarray] | None],
        before: Sequence[Trained | None],
        together: bool = True,
    ):
        self.recipes = list(recipes)
        self.together = together
        recipe = self.recipes[0]
        if len(recipe.schedule) != 1:
            raise LinksimError(f"recipe {recipe.name!r} has several phases; train it with `linksim train`")
        with precision(recipe.precision):
            self.chain = Chain(recipe)
            self.chain(np.zeros((1, *held_back.shape[1:]), "float32"))
            if self.chain.rivals:
                raise LinksimError(f"recipe {recipe.name!r} has a rival; train it with `linksim train`")
            self.optimizer = make_optimizer(recipe.schedule[0])
            self.chain.enter(recipe.schedule[0], self.chain.objectives[0], self.optimizer)
            states = [
                self._start(r, start, pictures) if old is None or not old.state else list(map(jnp.asarray, old.state))
                for r, start, old in zip(self.recipes, starts, before, strict=True)
            ]
        self.state = [jnp.stack(parts) for parts in zip(*states, strict=True)]
        # Codecs that hand over bits or bytes are told no SNR.
        self.snr_db = jnp.asarray([0.0 if r.snr_db is None else r.snr_db for r in self.recipes], jnp.float32)
        self.history = [[] if old is None else list(old.history) for old in before]
        self.bpp = [[] if old is None else list(old.bpp) for old in before]
        self.best = [{} if old is None else dict(old.best) for old in before]
        self.best_at = [-1 if old is None else old.best_at for old in before]
        self.pictures = jnp.asarray(pictures)
        schedule = self.optimizer._learning_rate
        self._schedule = schedule if isinstance(schedule, WarmupConstantDecay) else None
        self._ends = ends(recipe)
        self._chunk = jax.jit(self._train, donate_argnums=0)
        self._validator = Validator(self.chain, held_back, self._parts, self._over_models)

    def end_at(self, steps: int) -> None:
        """Let training end after so many steps in all; a decay of the rate that has not begun keeps its share, and one
        that has may only end sooner.

        Raises
        ------
        LinksimError
            If the learning rate follows a cosine, or already falls and would fall for longer, or more steps were done.
        """
        recipe = self.recipes[0]
        phase = recipe.schedule[0]
        if self._schedule is None or phase.decay is None:
            raise LinksimError(f"recipe {recipe.name!r} has no constant rate; give it a decay, or leave --fit")
        if steps < self.step or (self.step > phase.decay_from and steps > recipe.steps):
            raise LinksimError(f"recipe {recipe.name!r} cannot end after {steps} steps any more")
        self.recipes = [ending_at(r, steps, self.step) for r in self.recipes]
        self._ends = ends(self.recipes[0])

    @property
    def step(self) -> int:
        """Gradient steps done."""
        return int(self.history[0][-1][0]) if self.history[0] else 0

    def _start(self, recipe: Recipe, start: Mapping[str, np.ndarray] | None, pictures: np.ndarray) -> list[Any]:
        """Trainable and other variables of the chain and of the optimiser, and a random key."""
        keras.utils.set_random_seed(recipe.seed)
        codec = create(recipe.codec, recipe.options)
        if start is not None:
            take_common(codec, start, f"the start of {recipe.name!r}", recipe.name)
        if recipe.analytic_start:
            start_from_statistics(codec, pictures, recipe)
        for mine, value in zip(self.chain.codec.weights, codec.weights, strict=True):
            mine.assign(value)
        noise = self.chain.channel.seed_generator.state
        noise.assign(np.array([recipe.seed, 0], noise.dtype))
        variables = [*self.chain.trainable_variables, *self.chain.non_trainable_variables, *self.optimizer.variables]
        return [*(jnp.asarray(v) for v in variables), jax.random.PRNGKey(recipe.seed)]

    def _parts(self, state: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any], Any]:
        a = len(self.chain.trainable_variables)
        b = a + len(self.chain.non_trainable_variables)
        return list(state[:a]), list(state[a:b]), list(state[b:-1]), state[-1]

    def loss(self, trainable: list[Any], other: list[Any], x: Any, snr_db: Any) -> tuple[Any, list[Any]]:
        """Of a batch `[B, H, W, 3]` in [0, 1], and the other variables afterwards."""
        snr = (snr_db[0], snr_db[1]) if snr_db.ndim else snr_db
        shown, other = self.chain.stateless_call(trainable, other, x, training=True, snr_db=snr)
        return self.chain.objective.loss(x, shown), other

    def one_step(self, state: Sequence[Any], x: Any, snr_db: Any) -> tuple[list[Any], Any]:
        """The state after a step on a batch, and its loss."""
        trainable, other, optimizer, key = self._parts(state)
        (loss, other), gradient = jax.value_and_grad(self.loss, has_aux=True)(trainable, other, x, snr_db)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradient, trainable)
        return [*trainable, *other, *optimizer, key], loss

    def _batch(self, key: Any, pictures: Any) -> Any:
        """Random pictures, mirrored and cropped as the recipe says."""
        r = self.recipes[0]
        which, mirror, place = jax.random.split(key, 3)
        x = pictures[jax.random.randint(which, (r.batch_size,), 0, len(pictures))]
        if r.crop is not None:
            room = jnp.asarray([x.shape[1] - r.crop + 1, x.shape[2] - r.crop + 1])
            corner = jax.random.randint(place, (r.batch_size, 2), 0, room)
            x = jax.vmap(lambda p, at: jax.lax.dynamic_slice(p, (at[0], at[1], 0), (r.crop, r.crop, 3)))(x, corner)
        flip = jax.random.bernoulli(mirror, 0.5, (r.batch_size, 1, 1, 1))
        return jnp.where(flip, x[:, :, ::-1], x).astype(jnp.float32) / 255

    def _train(self, state: list[Any], snr_db: Any, pictures: Any, when: Any, steps: Any) -> tuple[list[Any], Any]:
        if self._schedule is not None:
            self.optimizer.learning_rate = MovableDecay(self._schedule, when)

        def one(state: list[Any], snr_db: Any) -> tuple[list[Any], Any]:
            def step(_: Any, before: tuple[list[Any], Any]) -> tuple[list[Any], Any]:
                state, total = before
                key, now = jax.random.split(state[-1])
                state, loss = self.one_step([*state[:-1], key], self._batch(now, pictures), snr_db)
                return state, total + loss

            # The number of steps is an argument: a trial, an epoch and the rest at the end are compiled once.
            state, total = jax.lax.fori_loop(0, steps, step, (state, jnp.zeros((), jnp.float32)))
            return state, total / steps

        return self._over_models(one, state, snr_db)

    def _over_models(self, one: Any, state: list[Any], snr_db: Any) -> Any:
        if self.together:
            return jax.vmap(one)(state, snr_db)
        # One after the other, in one compiled call all the same.
        return jax.lax.map(lambda each: one(*each), (state, snr_db))

    def validate(self, averaged: bool = False) -> list[Validation]:
        """What each model reaches on the pictures that are held back, or its running mean."""
        return self._validator(self._averaged() if averaged else self.state, self.snr_db)

    def _averaged(self) -> list[Any]:
        """The state with the running means in place of what learns; as it is where there are none."""
        means = averages(self.optimizer)
        a = len(self.chain.trainable_variables)
        first = a + len(self.chain.non_trainable_variables)
        place = {id(v): first + i for i, v in enumerate(self.optimizer.variables)}
        return [*(self.state[place[id(m)]] for m in means), *self.state[a:]] if means else list(self.state)

    def try_out(self, steps: int) -> float:
        """Seconds that so many steps take once they are compiled; the state stays as it was."""
        before = [np.asarray(part) for part in self.state]
        for _ in range(2):
            start = time.monotonic()
            self.state, losses = self._chunk(self.state, self.snr_db, self.pictures, self._ends, steps)
            np.asarray(losses)
            seconds = time.monotonic() - start
        self.state = [jnp.asarray(part) for part in before]
        return seconds

    def train(self, steps: int) -> None:
        """Some steps, a validation, and the best weights kept."""
        start = time.monotonic()
        self.state, losses = self._chunk(self.state, self.snr_db, self.pictures, self._ends, steps)
        if not np.all(np.isfinite(np.asarray(losses))):
            names = [r.name for r, x in zip(self.recipes, np.asarray(losses), strict=True) if not np.isfinite(x)]
            raise Diverged(names)
        own = self.validate()
        means = self.validate(averaged=True) if averages(self.optimizer) else own
        seconds, step = (time.monotonic() - start) / len(self.recipes), self.step + steps
        weights: dict[bool, list[dict[str, np.ndarray]]] = {}
        score = self._validator.score
        for i in range(len(self.recipes)):
            averaged = score(means[i]) > score(own[i])
            found = (means if averaged else own)[i]
            before = self.history[i][-1][1] if self.history[i] else 0.0
            best = score(self._best_found(i)) if self.history[i] else -np.inf
            self.history[i].append([step, before + seconds, *found.layers])
            self.bpp[i] += [] if found.bpp is None else [found.bpp]
            if score(found) > best:
                self.best_at[i] = len(self.history[i]) - 1
                if averaged not in weights:
                    weights[averaged] = self._weights(averaged)
                self.best[i] = weights[averaged][i]

    def _best_found(self, i: int) -> Validation:
        at = self.best_at[i]
        return Validation(tuple(self.history[i][at][2:]), None, self.bpp[i][at] if self.bpp[i] else None)

    def _weights(self, averaged: bool) -> list[dict[str, np.ndarray]]:
        """Of each model, float16, by the zoo's names."""
        trainable, other, _, _ = self._parts(self._averaged() if averaged else self.state)
        values = {id(v): x for v, x in zip(self.chain.trainable_variables, trainable, strict=True)}
        values |= {id(v): x for v, x in zip(self.chain.non_trainable_variables, other, strict=True)}
        codec = self.chain.codec
        named = zip(variable_names(codec), codec.weights, strict=True)
        # One copy from the device for all models.
        arrays = {name: np.asarray(values[id(v)].astype("float16")) for name, v in named}
        return [{name: array[i] for name, array in arrays.items()} for i in range(len(self.recipes))]

    def trained(self) -> dict[str, Trained]:
        """All models, as far as they came."""
        device = f"jax {jax.__version__}, Keras {keras.__version__}, {jax.devices()[0].device_kind}"
        state = [np.asarray(part) for part in self.state]
        return {
            r.name: Trained(
                recipe=r.to_dict(),
                history=self.history[i],
                bpp=self.bpp[i],
                best=self.best[i],
                best_at=self.best_at[i],
                state=[part[i] for part in state],
                device=device,
            )
            for i, r in enumerate(self.recipes)
        }
