"""`linksim train --bundle`: everything that a machine with JAX, NumPy and h5py needs, in one folder."""

from __future__ import annotations

import importlib.metadata
import json
import math
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import linksim
from linksim.errors import LinksimError
from linksim.files import prepare_folder, write_atomically
from linksim.training.bundle.packing import photograph, write_photographs, write_pictures
from linksim.training.data import load_data
from linksim.training.objectives import make_objective
from linksim.training.recipe import Recipe
from linksim.training.run import warm_start_of
from linksim.zoo.weights import save_arrays

LIMIT_MB = 60
_SPARE_MB = 1  # beside what is counted: folders, and how far the estimate of a picture's bytes may be off
_LEARNED_HALF = (
    "errors", "files", "identity", "messages", "pixels", "places", "scripts", "codecs", "metrics", "training", "zoo",
)  # fmt: skip
_LIBRARIES = (
    "keras", "absl-py", "namex", "optree", "rich", "markdown-it-py", "mdurl", "pygments", "packaging",
    "typing_extensions", "lazy_loader",
)  # fmt: skip
_LIBRARIES_OF_PHOTOGRAPHS = ("pillow",)
_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
_PATCH = 256
"""Side in pixels of the patches of photographs, from which crops are cut."""

_RUN = '''"""Trains the recipes of bundle.json under JAX: python run.py --minutes 9, and again to go on."""

import os
import sys
import zipfile
from pathlib import Path

if "%d.%d" % sys.version_info[:2] != "PYTHON":
    here = "%d.%d" % sys.version_info[:2]
    print("run.py: the libraries are for Python PYTHON; make the bundle again with --python", here, file=sys.stderr)
    sys.exit(2)
here = Path(__file__).resolve().parent
site = here / "site"
if not site.exists():
    part = here / ("site.part%d" % os.getpid())  # a kill leaves no half of it under its name
    with zipfile.ZipFile(here / "site.zip") as libraries:
        libraries.extractall(part)
    part.rename(site)
os.environ["KERAS_BACKEND"] = "jax"
sys.path[:0] = [str(here), str(site)]

from linksim.training.bundle.machine import main  # noqa: E402

main(here)
'''


def make_bundle(
    out: Path,
    recipes: Sequence[Recipe],
    root: Path,
    python: str | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> int:
    """Write a kit; returns its size in bytes.

    Parameters
    ----------
    out : Path
        A folder that is not there yet, or empty.
    recipes : sequence of Recipe
        In the order in which they are trained.
    root : Path
        Runs that recipes start from are in `root/<recipe name>`; else the zoo's entries are taken.
    python : str, optional
        Version of Python on the machine, such as "3.12"; by default that of this one. For another, the
        libraries are downloaded with pip.
    report : function of str, optional
        Called with a line for each step that takes time.

    Raises
    ------
    LinksimError
        If `out` is in use, a recipe cannot be trained by a kit, data are missing, or libraries cannot be had.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise LinksimError(f"{out} exists and is no empty folder; name a new one")
    for recipe in recipes:
        _check(recipe)
    names = [recipe.name for recipe in recipes]
    if len(set(names)) < len(names) or not names:
        raise LinksimError("name each recipe of a bundle once, and at least one")
    prepare_folder(out.parent)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
        made = Path(folder) / "kit"
        made.mkdir()
        size = _fill(made, recipes, root, python, report)
        if out.exists():
            out.rmdir()
        made.rename(out)
    return size


def _check(recipe: Recipe) -> None:
    """That a kit can train a recipe."""
    if not isinstance(recipe.codec, str):
        raise LinksimError(
            f"recipe {recipe.name!r} is of {recipe.codec_name}, and a kit has the codecs of linksim only; take "
            "`linksim train`"
        )
    if not recipe.steps:
        raise LinksimError(f"recipe {recipe.name!r} needs no training; run `linksim train {recipe.name}`")
    if len(recipe.schedule) > 1:
        raise LinksimError(f"recipe {recipe.name!r} has {len(recipe.schedule)} phases; a kit trains those of one")
    phase = recipe.schedule[0]
    objective = make_objective(phase.objective, dict(phase.options))
    if objective.rival is not None or objective.sees_sent:
        raise LinksimError(f"recipe {recipe.name!r} has a rival; a kit trains those without, take `linksim train`")
    if objective.judge is not None:
        raise LinksimError(f"recipe {recipe.name!r} looks through a network; a kit has none, take `linksim train`")


def _fill(out: Path, recipes: Sequence[Recipe], root: Path, python: str | None, report: Callable[[str], None]) -> int:
    """All of a kit, into an empty folder; its size in bytes."""
    _copy_code(out / "linksim")
    report("libraries")
    photographs = any(recipe.crop is not None for recipe in recipes)
    _write_libraries(out / "site.zip", python, _LIBRARIES + _LIBRARIES_OF_PHOTOGRAPHS * photographs)
    starts = _copy_starts(out, recipes, root)
    data = _write_data(out, recipes, report)
    about = {"recipes": [r.to_dict() for r in recipes], "starts": starts, "data": data, "linksim": linksim.__version__}
    write_atomically(out / "bundle.json", json.dumps(about, indent=1) + "\n")
    write_atomically(out / "run.py", _RUN.replace("PYTHON", python or _HERE))
    size = _size(out)
    if size > LIMIT_MB * 1_000_000:
        raise LinksimError(f"the bundle has {size / 1e6:.0f} MB, more than {LIMIT_MB}; bundle fewer recipes at once")
    return size


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _copy_code(to: Path) -> None:
    package = Path(linksim.__file__).parent
    # The zoo's weights stay here; `models.py` is code and comes along.
    ignore = shutil.ignore_patterns("__pycache__", "models")
    to.mkdir()
    shutil.copy(package / "__init__.py", to / "__init__.py")
    for name in _LEARNED_HALF:
        if (package / name).is_dir():
            shutil.copytree(package / name, to / name, ignore=ignore)
        else:
            shutil.copy(package / f"{name}.py", to / f"{name}.py")


def _copy_starts(out: Path, recipes: Sequence[Recipe], root: Path) -> dict[str, str]:
    """Weights that recipes start from and that no recipe of the bundle makes: name -> file."""
    made = {recipe.name for recipe in recipes}
    starts = {}
    for recipe in recipes:
        if recipe.warm_start and recipe.warm_start not in made | set(starts):
            arrays = warm_start_of(recipe, root)
            assert arrays is not None  # since the recipe has a warm start
            starts[recipe.warm_start] = f"start-{len(starts)}.h5"
            save_arrays(out / starts[recipe.warm_start], arrays)
    return starts


def _write_data(out: Path, recipes: Sequence[Recipe], report: Callable[[str], None]) -> dict[str, str]:
    """Training and validation pictures of each data set, as many as fit: data -> stem of the files."""
    first = {recipe.data: recipe for recipe in reversed(recipes)}
    stems = {data: f"pictures-{i}" for i, data in enumerate(first)}
    loaded = {data: load_data(recipe) for data, recipe in first.items()}
    for data, stem in stems.items():
        write_pictures(out / f"{stem}-val.bin", np.asarray(loaded[data][1]))
    room = max((LIMIT_MB - _SPARE_MB) * 1_000_000 - _size(out), 0) / len(first)
    for data, stem in stems.items():
        path, (train, _), crop = out / f"{stem}-train.bin", loaded[data], first[data].crop
        if crop is None:
            count = _write_as_many_as_fit(path, np.asarray(train), room)
        else:
            count = _write_patches(path, train, room, crop)
        report(f"{data}: {count:,} pictures in {path.stat().st_size / 1e6:.0f} MB")
    return stems


def _write_as_many_as_fit(path: Path, pictures: np.ndarray, room: float) -> int:
    order = np.random.default_rng(0).permutation(len(pictures))
    trial = pictures[order[: max(len(pictures) // 20, 1)]]
    write_pictures(path, trial)
    each = path.stat().st_size / len(trial)
    count = min(len(pictures), int(0.98 * room / each))
    if count < 1:
        raise LinksimError("the pictures do not fit into the bundle; bundle fewer data sets at once")
    write_pictures(path, pictures[np.sort(order[:count])])
    return count


def _write_patches(path: Path, pictures: Sequence[np.ndarray], room: float, crop: int) -> int:
    """Square patches of photographs of several sizes, at random places, until the room or the photographs are used up.

    A patch is no smaller than the crop. Large photographs give more of them.
    """
    rng = np.random.default_rng(0)
    side = min(max(_PATCH, crop), *(min(p.shape[:2]) for p in pictures))
    areas = np.array([p.shape[0] * p.shape[1] for p in pictures], float)
    used, made = 0, []
    # Every photograph is seen before any is seen again.
    first, wanted = rng.permutation(len(pictures)), math.ceil(areas.sum() / side**2)
    for i in [*first, *rng.choice(len(pictures), max(wanted - len(first), 0), p=areas / areas.sum())]:
        p = pictures[i]
        top, left = (rng.integers(n - side + 1) for n in p.shape[:2])
        data = photograph(p[top : top + side, left : left + side])
        used += len(data) + 8
        if used > room:
            break
        made.append(data)
    if not made:
        raise LinksimError("the pictures do not fit into the bundle; bundle fewer data sets at once")
    write_photographs(path, made)
    return len(made)


def _write_libraries(path: Path, python: str | None, names: Sequence[str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if python is None or python == _HERE:
            _add_installed(archive, names)
        else:
            _add_downloaded(archive, python, names)


def _add_installed(archive: zipfile.ZipFile, names: Sequence[str]) -> None:
    for name in names:
        try:
            files = importlib.metadata.files(name) or []
        except importlib.metadata.PackageNotFoundError as error:
            raise LinksimError(f"{name} is not installed; install linksim again") from error
        for file in files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                archive.write(str(file.locate()), str(file))


def _add_downloaded(archive: zipfile.ZipFile, python: str, names: Sequence[str]) -> None:
    try:
        wanted = [f"{name}=={importlib.metadata.version(name)}" for name in names]
    except importlib.metadata.PackageNotFoundError as error:
        raise LinksimError(f"{error.name} is not installed; install linksim again") from error
    platforms = [part for name in _PLATFORMS for part in ("--platform", name)]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder]
        command += ["--python-version", python, "--implementation", "cp", *platforms, *wanted]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise LinksimError(
                f"libraries for Python {python} cannot be downloaded ({last}); go online, or leave --python"
            )
        for wheel in sorted(Path(folder).glob("*.whl")):
            with zipfile.ZipFile(wheel) as library:
                for item in library.infolist():
                    if not item.is_dir() and ".data/" not in item.filename:
                        archive.writestr(item.filename, library.read(item))
