"""Learning rates over the steps of a phase, and the optimisers that follow them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from linksim.training.muon import ConvMuon
from linksim.training.phase import Phase


@keras.saving.register_keras_serializable("linksim")
class WarmupConstantDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, a constant rate, then linearly to the final rate (Zhai et al. 2022, sec. 3.5; Hu et al. 2024).

    Until the decay begins, nothing depends on how many steps there will be: such a run can be made longer
    afterwards, and its decay can be taken whenever the time is up.

    Parameters
    ----------
    rate, final_rate : float
    warmup, decay_from, steps : int
        Steps of the warm-up, step at which the decay begins, steps in all.
    """

    def __init__(self, rate: float, final_rate: float, warmup: int, decay_from: int, steps: int):
        self.rate = rate
        self.final_rate = final_rate
        self.warmup = warmup
        self.decay_from = decay_from
        self.steps = steps

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        rise = ops.minimum((step + 1.0) / max(self.warmup, 1), 1.0) if self.warmup else 1.0
        fallen = ops.clip((step - self.decay_from) / max(self.steps - self.decay_from, 1), 0.0, 1.0)
        return rise * (self.rate + fallen * (self.final_rate - self.rate))

    def get_config(self) -> dict[str, Any]:
        names = ("rate", "final_rate", "warmup", "decay_from", "steps")
        return {name: getattr(self, name) for name in names}


class _KeepsWeights:
    """Keras puts the averaged weights in place of the others when `fit` ends; here the loop decides."""

    def finalize_variable_values(self, var_list: Any) -> None:
        pass


@keras.saving.register_keras_serializable("linksim")
class LoopAdam(_KeepsWeights, keras.optimizers.Adam):
    """Adam as the loop runs it."""


@keras.saving.register_keras_serializable("linksim")
class LoopMuon(_KeepsWeights, ConvMuon):
    """`ConvMuon` as the loop runs it."""


def make_optimizer(phase: Phase) -> keras.optimizers.Optimizer:
    """The optimiser of a phase, with its learning rates."""
    rate, final = phase.learning_rate, phase.final_learning_rate
    schedule: keras.optimizers.schedules.LearningRateSchedule
    if phase.decay is not None:
        schedule = WarmupConstantDecay(rate, final, phase.warmup_steps, phase.decay_from, phase.steps)
    else:
        schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=rate if not phase.warmup_steps else 0.0,
            decay_steps=max(phase.steps - phase.warmup_steps, 1),
            alpha=final / rate,
            warmup_target=rate if phase.warmup_steps else None,
            warmup_steps=phase.warmup_steps,
        )
    average = {} if phase.averaging is None else {"use_ema": True, "ema_momentum": phase.averaging}
    if phase.optimizer == "muon":
        return LoopMuon(schedule, **average)
    return LoopAdam(schedule, beta_1=phase.beta_1, **average)


def averages(optimizer: keras.optimizers.Optimizer) -> list[Any]:
    """The running means of what learns, in its order; empty where the phase takes none."""
    return optimizer._model_variables_moving_average if optimizer.use_ema else []
