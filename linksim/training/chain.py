"""Codec, channel, codec as one Keras model: what the gradient goes through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from linksim.codecs.conversation import hold, told, told_whole
from linksim.codecs.parts import Bits, Bytes, Part, Symbols
from linksim.codecs.registry import create
from linksim.errors import LinksimError
from linksim.training.bit_channel import BIT_LAWS, send_bits
from linksim.training.channel import TrainingChannel
from linksim.training.objectives import Objective, make_objective
from linksim.training.phase import Phase
from linksim.training.recipe import Recipe


class _LearnsSome(keras.Model):
    """A model of which only chosen variables learn, whatever flags its layers have.

    The flags are shared with the codec and between the models of a phase; what learns is not.
    """

    _learned: frozenset[int] = frozenset()

    def learn(self, variables: Sequence[Any]) -> None:
        """Let these variables learn, and no others; before `compile`."""
        self._learned = frozenset(map(id, variables))

    @property
    def trainable_variables(self) -> list[Any]:
        return [v for v in self.variables if id(v) in self._learned]

    @property
    def non_trainable_variables(self) -> list[Any]:
        return [v for v in self.variables if id(v) not in self._learned]

    @property
    def trainable_weights(self) -> list[Any]:
        return [w for w in self.weights if id(w) in self._learned]

    @property
    def non_trainable_weights(self) -> list[Any]:
        return [w for w in self.weights if id(w) not in self._learned]


class Chain(_LearnsSome):
    """The conversation of a codec over the training channel: pictures to what is shown, `[B, L, H, W, 3]`."""

    def __init__(self, recipe: Recipe):
        super().__init__(name="chain")
        self.codec = create(recipe.codec, recipe.options)
        self.bit_law = recipe.channel if recipe.channel in BIT_LAWS else None
        self.error_probability = recipe.error_probability
        self.channel = TrainingChannel("awgn" if self.bit_law else recipe.channel, seed=recipe.seed)
        self.snr_db = recipe.snr_db
        self.objectives = tuple(make_objective(phase.objective, dict(phase.options)) for phase in recipe.schedule)
        before = None
        for objective in self.objectives:
            objective.attach(self.codec)
            if before is not None and before.rival is not None and objective.shares_rival(before):
                objective.rival = before.rival
            before = objective
        rivals = {id(o.rival): o.rival for o in self.objectives if o.rival is not None}
        self.rivals = list(rivals.values())
        self.objective = self.objectives[0] if self.objectives else Objective()

    def enter(self, phase: Phase, objective: Objective, optimizer: keras.optimizers.Optimizer) -> None:
        """Make ready for a phase: its objective, what learns, and a fresh optimiser."""
        self.objective = objective
        self.learn(_chosen(self.codec, phase))
        self.compile(optimizer=optimizer, jit_compile=False)
        optimizer.build(self.trainable_variables)

    def call(self, pictures: Any, training: bool = False, snr_db: Any = None) -> Any:
        """What is shown, `[B, L, H, W, 3]`, at an Es/N0 in dB, or at one of a range (a pair) for each picture.

        By default that of the recipe; a kit that trains models for several SNRs together gives each its own. Outside
        training the SNRs of a range are spread evenly over the pictures, so that validations on two machines compare.
        In training, for an objective that sees it, `(shown, sent)`: the values of every part beside it.
        """
        if training and (seen := self.objective.look(self.codec, pictures, self._over_bits)) is not None:
            return seen
        snr_db = self.snr_db if snr_db is None else snr_db
        if isinstance(snr_db, tuple):
            snr_db = self._of_range(*snr_db, ops.shape(pictures)[0], training)
        size, seed = tuple(pictures.shape[1:3]), self.channel.seed_generator
        transmission = None
        if self.bit_law is None:
            whole = None if self.codec.needs_reception else self.codec.num_symbols(*size)
            transmission = self.channel.transmission(snr_db, whole)

        sent: list[Any] = []

        def answer(part: Part) -> Any:
            if training and self.objective.sees_sent:
                sent.append(part.values)
            if isinstance(part, Bytes):  # they are protected, whatever the channel does
                return told_whole(part)
            if isinstance(part, Bits) and self.bit_law:
                return told(part, self._over_bits(part.values))
            if isinstance(part, Symbols) and transmission:
                return told(part, transmission(part.values))
            kind = type(part).__name__.lower()
            raise LinksimError(f"a training channel for {kind} is needed; set the channel of the recipe")

        shown = ops.stack(hold(self.codec.converse(pictures, snr_db, size, training, seed), answer), axis=1)
        return (shown, sent) if training and self.objective.sees_sent else shown

    def _over_bits(self, bits: Any) -> Any:
        """What becomes of bits, `[B, n]`; without a channel for bits they arrive."""
        if self.bit_law is None:
            return bits
        return send_bits(bits, self.bit_law, self.error_probability, self.channel.seed_generator)

    def _of_range(self, low: Any, high: Any, count: Any, training: bool) -> Any:
        """An SNR for each picture, in dB."""
        if training:
            return keras.random.uniform((count,), low, high, seed=self.channel.seed_generator)
        return low + (high - low) * (ops.arange(0.5, count, dtype="float32") / ops.cast(count, "float32"))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return self.objective.loss(_without_labels(y, self.objective), y_pred)


class Rival(_LearnsSome):
    """The network that an objective trains against the codec, at its own loss and optimiser."""

    def __init__(self, chain: Chain, objective: Objective):
        super().__init__(name="rival")
        self.chain = chain
        self.objective = objective
        self.learn(objective.rival.trainable_variables)
        optimizer = keras.optimizers.Adam(objective.rival_learning_rate, beta_1=objective.rival_beta_1)
        self.compile(optimizer=optimizer, jit_compile=False)
        optimizer.build(self.trainable_variables)

    def call(self, pictures: Any, training: bool = False) -> Any:
        return keras.tree.map_structure(ops.stop_gradient, self.chain(pictures, training=training))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        return self.objective.rival_loss(_without_labels(y, self.objective), y_pred)


def _without_labels(pictures: Any, objective: Objective) -> Any:
    return pictures if objective.needs_labels else pictures[..., :3]


def _chosen(codec: Any, phase: Phase) -> list[Any]:
    """The variables of a codec that learn in a phase."""
    if phase.rival_alone:
        return []
    named = {what: _variables(codec, what) for what in (*phase.trains, *phase.freezes)}
    chosen = [v for what in phase.trains for v in named[what]] if phase.trains else codec.trainable_variables
    frozen = {id(v) for what in phase.freezes for v in named[what]}
    chosen = [v for v in chosen if id(v) not in frozen]
    if not chosen:
        raise LinksimError("a phase in which nothing learns; change its trains and freezes")
    return chosen


def _variables(codec: Any, what: str) -> list[Any]:
    """Of an attribute of a codec: a network, or a list of them."""
    found, waiting = [], [getattr(codec, what, None)]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, (list, tuple)):
            waiting = [*item, *waiting]
        elif isinstance(item, keras.layers.Layer):
            found += item.variables
        else:
            raise LinksimError(f"{type(codec).__name__} has no network {what!r}; name one of its attributes")
    return found
