"""From a finished training run to a zoo entry."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from linksim.codecs.conversation import rehearse
from linksim.codecs.precision import precision
from linksim.zoo.card import Card
from linksim.zoo.weights import file_sha256, load_weights, save_weights


def golden_output(codec: Any) -> list[float]:
    """Twelve numbers that change when any layer does: symbols or bits, and pixels, of a fixed picture, no noise.

    Of bytes, which one level more or less changes beyond recognition, only what is shown of them counts.

    Parameters
    ----------
    codec : Codec
    """
    i, j, c = np.mgrid[0:30, 0:37, 0:3]  # sides that need padding
    picture = (0.5 + 0.5 * np.sin(0.3 * i + 0.2 * j * (c + 1)))[None].astype("float32")
    sent, shown = rehearse(codec, picture, 10.0)
    output = np.stack([ops.convert_to_numpy(y)[0] for y in shown])
    arrays = [ops.convert_to_numpy(values).reshape(-1) for values in sent if not isinstance(values, (list, tuple))]
    of_parts = _spread(np.concatenate(arrays), 6) if arrays else []
    return [round(float(v), 6) for v in [*of_parts, *_spread(output.reshape(-1), 12 - len(of_parts))]]


def _spread(values: np.ndarray, count: int) -> np.ndarray:
    return values[:: max(values.size // count, 1)][:count]


def export(training: Any, folder: Path, notes: str = "", backend: str | None = None) -> Card:
    """Write `weights.h5` (float16) and `card.json` of a run into `folder`.

    Parameters
    ----------
    training : linksim.training.loop.Training
        With at least one epoch behind it; or what has its `recipe`, `history`, `start` and `best_weights`.
    folder : Path
    notes : str
    backend : str, optional
        What it was trained with, where that was not in this process.
    """
    from linksim.codecs.registry import create

    recipe, history = training.recipe, training.history
    with training.best_weights() as trained:
        save_weights(folder / "weights.h5", trained)
    # The golden output is of what a user will load: float16 weights, in a float32 network.
    with precision("float32"):
        codec = create(recipe.codec, recipe.options)
    load_weights(folder / "weights.h5", codec)
    here = keras.backend.backend()
    last = history[-1]
    thinned = [*history[: -1 : max(len(history) // 20, 1)], last]
    if training.start is not None:
        thinned.insert(0, training.start.report)
    card = Card(
        name=recipe.name,
        recipe=recipe.to_dict(),
        steps=last.step,
        backend=backend or f"{here} {importlib.metadata.version(here)}, Keras {keras.__version__}, {_device()}",
        seconds=round(last.seconds, 1),
        val_psnr=round(last.val_psnr, 3),
        val_psnr_layers=[round(v, 3) for v in last.layers],
        val_lpips=None if last.lpips is None else round(last.lpips, 5),
        val_bpp=None if last.bpp is None else round(last.bpp, 5),
        history=[(p.step, round(p.val_psnr, 3)) for p in thinned],
        sha256=file_sha256(folder / "weights.h5"),
        golden=golden_output(codec),
        notes=notes,
    )
    card.write(folder)
    return card


def _device() -> str:
    devices = keras.distribution.list_devices()
    return "GPU" if any("gpu" in d.lower() or "cuda" in d.lower() for d in devices) else "CPU"
