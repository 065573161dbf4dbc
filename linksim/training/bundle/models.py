"""What a kit writes: for each recipe its best weights so far, and all that it goes on from; few files of limited size.

The files together hold one group per recipe: `best/<weight>` (float16), `state/<number>` (what training goes on from;
not of a recipe that is finished), and `about`, JSON. All files of one writing carry its number and how many they are,
as in `models-3-0of2.h5`. The newest whole set counts, so that a kill at any moment leaves one.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from linksim.errors import LinksimError
from linksim.zoo.weights import load_arrays, save_arrays

MOST_FILES = 8
MOST_BYTES = 16 * 1024 * 1024
_NAME = re.compile(r"models-(\d+)-(\d+)of(\d+)\.h5")


@dataclasses.dataclass
class Trained:
    """A recipe as far as a kit came with it.

    Parameters
    ----------
    recipe : dict
        Its fields.
    history : list of [step, seconds, validation PSNR in dB after each layer ..]
    best : mapping of str to array
        The weights that were best on the validation pictures, float16, by the zoo's names.
    best_at : int
        Place in the history of the best.
    state : list of arrays
        What training goes on from; empty where it is finished.
    device : str
        Versions, and what it ran on.
    bpp : list of float
        Validation bits per pixel for each entry of the history, where the objective weighs them; else empty.
    """

    recipe: dict[str, Any]
    history: list[list[float]]
    best: Mapping[str, np.ndarray]
    best_at: int
    state: list[np.ndarray]
    device: str
    bpp: list[float] = dataclasses.field(default_factory=list)

    @property
    def steps(self) -> int:
        """Gradient steps done."""
        return int(self.history[-1][0]) if self.history else 0

    def arrays(self) -> dict[str, np.ndarray]:
        """As a file holds it."""
        about = {k: v for k, v in dataclasses.asdict(self).items() if k not in ("best", "state")}
        found = {f"best/{name}": np.asarray(a, "float16") for name, a in self.best.items()}
        if self.steps < int(self.recipe["steps"]):
            found |= {f"state/{i:04d}": a for i, a in enumerate(self.state)}
        return {**found, "about": np.bytes_(json.dumps(about))}


def write_models(folder: Path, models: Mapping[str, Trained]) -> None:
    """Write all models, in at most 8 files of at most 16 MB; what was there is replaced.

    Raises
    ------
    LinksimError
        If they do not fit: fewer recipes at once do.
    """
    files: list[dict[str, np.ndarray]] = []
    sizes: list[int] = []
    for name, model in sorted(models.items(), key=lambda item: -_size(item[1].arrays())):
        # A model may be larger than a file: its arrays find their places one by one.
        for key, array in model.arrays().items():
            size = _size({key: array})
            place = next((i for i, used in enumerate(sizes) if used + size <= MOST_BYTES), None)
            if place is None:
                files.append({})
                sizes.append(0)
                place = len(files) - 1
            files[place][f"{name.replace('/', '|')}/{key}"] = array
            sizes[place] += size
    if len(files) > MOST_FILES or max(sizes, default=0) > MOST_BYTES:
        raise LinksimError(
            f"the models need {len(files)} files of {MOST_BYTES >> 20} MB and more; bundle fewer recipes at once"
        )
    old = _sets(folder)
    number = max(old, default=-1) + 1
    for i, arrays in enumerate(files):
        save_arrays(folder / f"models-{number}-{i}of{len(files)}.h5", arrays)
    for path in [path for paths in old.values() for path in paths]:
        path.unlink()


def _sets(folder: Path) -> dict[int, list[Path]]:
    """The files of each writing, whole or not, by its number."""
    found: dict[int, list[Path]] = {}
    for path in sorted(folder.glob("models-*.h5")):
        if match := _NAME.fullmatch(path.name):
            found.setdefault(int(match[1]), []).append(path)
    return found


def _newest(folder: Path) -> list[Path]:
    """The files of the last writing that is whole."""
    sets = [paths for _, paths in sorted(_sets(folder).items())]
    whole = [paths for paths in sets if len(paths) == int(paths[0].stem.partition("of")[2])]
    return whole[-1] if whole else []


def _size(arrays: Mapping[str, np.ndarray]) -> int:
    return sum(a.nbytes + 600 for a in arrays.values())  # what HDF5 puts around an array


def read_models(folder: Path) -> dict[str, Trained]:
    """What a kit wrote; empty where it wrote nothing yet.

    Raises
    ------
    LinksimError
        If a file is damaged.
    """
    found: dict[str, Trained] = {}
    groups: dict[str, dict[str, np.ndarray]] = {}
    for path in _newest(folder):
        for name, array in load_arrays(path).items():
            recipe, _, key = name.partition("/")
            groups.setdefault(recipe.replace("|", "/"), {})[key] = array
    for recipe, arrays in groups.items():
        try:
            about = json.loads(bytes(arrays["about"]))
            best = {key.removeprefix("best/"): a for key, a in arrays.items() if key.startswith("best/")}
            state = [arrays[key] for key in sorted(arrays) if key.startswith("state/")]
            found[recipe] = Trained(**about, best=best, state=state)
        except (KeyError, ValueError, TypeError) as error:
            raise LinksimError(
                f"{recipe} in {folder} is damaged ({error}); it was left as it is, run the kit again"
            ) from error
    return found
