"""What Keras calls while it trains: after each step, and after each epoch."""

from __future__ import annotations

from typing import Any

import keras


class EveryEpoch(keras.callbacks.Callback):
    """Validate, save and report after each epoch, in that order; say after each step that it is done.

    Parameters
    ----------
    run : linksim.training.loop.Training
    """

    async_safe = True  # nothing of the model is looked at after a step, so that an accelerator need not be waited for

    def __init__(self, run: Any):
        super().__init__()
        self.run = run
        self._before = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._before = epoch * self.params["steps"]

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.run.tick(self._before + batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.run.finish_epoch(epoch + 1, float((logs or {})["loss"]))
