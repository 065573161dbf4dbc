"""Batches of training pictures, the same for the same seed and epoch."""

from __future__ import annotations

import keras
import numpy as np

from linksim.errors import LinksimError
from linksim.training.objectives import OBJECTIVES
from linksim.training.recipe import Recipe

_CIFAR_VALIDATION = 1000

_VALIDATION_CROPS = 4
"""Of each picture; of crops larger than `_SMALL_CROP` one, of every third picture: each validation takes its time."""

_SMALL_CROP = 128


class Batches(keras.utils.PyDataset):
    """Shuffled, mirrored and cropped pictures: `(x, x)` with x `[B, S, S, 3]`, float32 in [0, 1].

    Where pictures have a fourth channel, the class of each pixel, `(x, y)` with y `[B, S, S, 4]`, the class as it is.

    Order, mirroring and crops follow from (seed, epoch, batch) alone, so that a resumed run sees
    what an uninterrupted one would have seen.

    Parameters
    ----------
    pictures : sequence of uint8 [H, W, 3 or 4]
    batch_size : int
    steps : int
        Batches per epoch.
    crop : int or None
        Side of the cut square, in pixels; None takes pictures whole, then all of one size.
    seed, epoch : int
        The epoch to start from.
    by_area : bool
        Whether large pictures come more often than small ones, as their pixels are more; else all equally often.
    """

    def __init__(
        self,
        pictures,
        batch_size: int,
        steps: int,
        crop: int | None,
        seed: int,
        epoch: int = 0,
        by_area: bool = False,
    ):
        super().__init__(workers=1)
        self.by_area = by_area
        self.pictures = pictures
        self.batch_size = batch_size
        self.steps = steps
        self.crop = crop
        self.seed = seed
        self.epoch = epoch
        self._shuffle()

    def _shuffle(self) -> None:
        rng = np.random.default_rng([self.seed, self.epoch])
        need = self.steps * self.batch_size
        if self.by_area:
            areas = np.array([p.shape[0] * p.shape[1] for p in self.pictures], np.float64)
            self._order = rng.choice(len(self.pictures), need, p=areas / areas.sum())
            return
        rounds = -(-need // len(self.pictures))
        self._order = np.concatenate([rng.permutation(len(self.pictures)) for _ in range(rounds)])[:need]

    def __len__(self) -> int:
        return self.steps

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._shuffle()

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([self.seed, self.epoch, index])
        chosen = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        batch = np.stack([_cut(self.pictures[i], self.crop, rng) for i in chosen])
        mirrored = rng.random(len(batch)) < 0.5
        batch[mirrored] = batch[mirrored, :, ::-1]
        x = batch[..., :3].astype(np.float32) / np.float32(255)
        return x, x if batch.shape[-1] == 3 else np.concatenate([x, batch[..., 3:].astype(np.float32)], axis=-1)


def _cut(picture: np.ndarray, crop: int | None, rng: np.random.Generator) -> np.ndarray:
    if crop is None:
        return picture
    top = rng.integers(picture.shape[0] - crop + 1)
    left = rng.integers(picture.shape[1] - crop + 1)
    return picture[top : top + crop, left : left + crop]


def load_data(recipe: Recipe):
    """Training pictures, and validation pictures that are never trained on.

    Where an objective of the recipe needs labels, the training pictures have a fourth channel, the class of each pixel.

    Returns
    -------
    (sequence of uint8 [H, W, 3 or 4], uint8 [N, S, S, 3])

    Raises
    ------
    LinksimError
        If the data are not there, or a picture is smaller than the crop.
    """
    from linksim import images
    from linksim.images.labelled import LABELLED
    from linksim.images.sets import name_and_limit

    name, limit = name_and_limit(recipe.data)
    labels = any(getattr(OBJECTIVES.get(phase.objective), "needs_labels", False) for phase in recipe.schedule)
    if labels and name not in LABELLED:
        raise LinksimError(f"recipe {recipe.name!r}: {name} has no labels; take one of {', '.join(LABELLED)}")
    if name == "cifar10":
        pixels, _ = images.cifar10_arrays("train")
        return _spread(pixels[:-_CIFAR_VALIDATION], limit), pixels[-_CIFAR_VALIDATION:]
    if name == "photos":
        train, val = (
            [images.read_picture(path).pixels for path in images.training_photos(split)] for split in ("train", "val")
        )
    elif name in LABELLED:
        splits = [images.load_labelled(name, split) for split in ("train", "val")]
        train, val = ([one.picture.pixels for one in split] for split in splits)
        if labels:
            train = [np.dstack([one.picture.pixels, one.labels]) for one in splits[0]]
    else:
        pictures = [picture.pixels for picture in images.load(name)]
        held_back = max(len(pictures) // 10, 1)
        train, val = pictures[held_back:], pictures[:held_back]
    crop = recipe.crop
    if crop is None:
        raise LinksimError(f"recipe {recipe.name!r}: pictures of several sizes need a crop; set crop, in pixels")
    large = [[p for p in part if min(p.shape[:2]) >= crop] for part in (_spread(train, limit), val)]
    if not all(large):
        raise LinksimError(f"{recipe.data}: too few pictures of at least {crop}x{crop} to train and validate on")
    rng = np.random.default_rng(0)
    looked_at, crops = (large[1], _VALIDATION_CROPS) if crop <= _SMALL_CROP else (large[1][::3], 1)
    return large[0], np.stack([_cut(p, crop, rng) for p in looked_at for _ in range(crops)])


def _spread(pictures, limit: int | None):
    """So many of the pictures, evenly spread: neighbours in a film are nearly one picture."""
    if limit is None or limit >= len(pictures):
        return pictures
    return [pictures[i] for i in np.linspace(0, len(pictures) - 1, limit).round().astype(int)]
