"""Picture sets by name, folder or file."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from linksim.errors import LinksimError
from linksim.files import cache_folder
from linksim.images.cifar import load_cifar10
from linksim.images.download import no_downloads
from linksim.images.files import picture_paths, read_folder, read_picture
from linksim.images.kodak import load_kodak
from linksim.images.labelled import set_folder
from linksim.images.picture import Picture, PictureSet
from linksim.messages import tell
from linksim.places import find, pretty

SAMPLE_FILES = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
"""The everyday colour photographs in scikit-image's wheel, 451x300 to 741x500. Left out: its
microscopy, retina and deep-sky pictures, drawings, and the second view of the motorcycle."""

_DIGITS = 9  # of a number of pictures; no set has a billion

CLIC_TEST_URL = "https://storage.googleapis.com/clic2021_public/professional_test_2021.zip"
CLIC_VALID_URL = "https://data.vision.ee.ethz.ch/cvl/clic/professional_valid_2020.zip"


def load(spec: str | Path | PictureSet, limit: int | None = None) -> PictureSet:
    """A picture set by name, from a folder or from one file.

    ================  ===============================================================
    `sample`          five photographs that come with scikit-image; always there
    `kodak`           24 photographs of 768x512 or 512x768; downloaded once
    `cifar10`         the 10,000 test pictures of 32x32; downloaded once
    `cifar10-train`   the 50,000 training pictures
    `clic2021`        the professional test set of CLIC 2021; to be put in place by hand
    `clic2021-valid`  its professional validation set; to be put in place by hand
    `camvid`          233 street scenes of 480x360, the test split; to be put in place by hand
    ================  ===============================================================

    Sets are looked for in `LINKSIM_DATA`, then in the cache (`LINKSIM_CACHE`, else the user's
    cache folder), then downloaded into the cache. Pictures keep their full size.

    Parameters
    ----------
    spec : str, Path or PictureSet
        A name from the table, else a path; `./kodak` is the folder where `kodak` is the set.
        How files are read is told by `read_picture`, how folders by `picture_paths`. A
        PictureSet is passed through.
    limit : int, optional
        Take only the first `limit` pictures, and read only those. Where the set has fewer all are taken, and
        a line says so.

    Raises
    ------
    LinksimError
        If the name is unknown, the data cannot be had, a file is broken or `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise LinksimError(f"limit is {limit}; a picture set needs at least 1 picture")
    found = _load(spec, limit)
    if limit is not None and len(found) < limit:
        tell(f"{found.name} has {len(found)} pictures, fewer than {limit}: all are taken")
    return found


def _load(spec: str | Path | PictureSet, limit: int | None) -> PictureSet:
    if isinstance(spec, PictureSet):
        return spec if limit is None else spec[:limit]
    if isinstance(spec, str) and spec in _SETS:
        return PictureSet(spec, _SETS[spec](limit))
    place = os.path.expanduser(spec)
    path = Path(place)
    if os.path.isdir(place):
        return PictureSet(path.resolve().name or str(path), read_folder(path, limit))
    if os.path.isfile(place):
        return PictureSet(path.stem, [read_picture(path)])
    raise _unknown(spec)


def load_local(name: str, limit: int | None = None) -> PictureSet:
    """A picture set by name, if it is on this machine: nothing is downloaded, and no folder or file is opened because
    it has that name.

    Parameters
    ----------
    name : str
        One of `names()`.
    limit : int, optional
        As for `load`.

    Raises
    ------
    LinksimError
        If there is no such set, or it is not here.
    """
    if name not in _SETS:
        raise _unknown(name)
    with no_downloads():
        return load(name, limit)


def check_spec(spec: str) -> None:
    """See that a name is one of the sets, or that there is such a folder or file; nothing is read.

    Raises
    ------
    LinksimError
        If not.
    """
    if spec not in _SETS and not os.path.exists(os.path.expanduser(spec)):
        raise _unknown(spec)


def _unknown(spec: str | Path) -> LinksimError:
    return LinksimError(f"no picture set, folder or file is called {str(spec)!r}; the sets are {', '.join(names())}")


def name_and_limit(text: str) -> tuple[str, int | None]:
    """("kodak", 6) from "kodak:6", ("kodak", None) from "kodak": the first 6 of what is sent, and of what is trained on
    6 that are evenly spread.

    Raises
    ------
    LinksimError
        If the number is 0, or longer than nine digits.
    """
    name, colon, number = text.rpartition(":")
    if not colon or not number.isdecimal():
        return text, None
    if len(number) > _DIGITS or int(number) < 1 or not name:
        raise LinksimError(
            f"pictures {text[:80]}: give a set and at least one picture, fewer than a billion, e.g. kodak:6"
        )
    return name, int(number)


def names() -> list[str]:
    """Names of the picture sets that `load` knows, the default one first."""
    return list(_SETS)


def training_photos(split: str) -> list[Path]:
    """Paths of the photographs for training full-size codecs: `photos/train` or `photos/val`.

    Any photographs will do; nothing is downloaded. None of the evaluation sets is among them.

    Parameters
    ----------
    split : {"train", "val"}

    Raises
    ------
    LinksimError
        If there is no such folder in `LINKSIM_DATA` or the cache, or no picture in it.
    """
    if split not in ("train", "val"):
        raise LinksimError(f"the training photographs have no split {split!r}; choose train or val")
    folder = find(f"photos/{split}")
    if folder is None:
        raise LinksimError(
            f"there are no training photographs in {pretty(cache_folder() / 'photos' / split)}; put any folder of "
            f"photographs there, or set LINKSIM_DATA to a folder that holds photos/{split}"
        )
    return picture_paths(folder)


def _load_sample(limit: int | None) -> list[Picture]:
    spec = importlib.util.find_spec("skimage")  # finds the package without importing it
    if spec is None or not spec.submodule_search_locations:
        raise LinksimError("the sample pictures come with scikit-image, which is missing; pip install scikit-image")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    return [read_picture(folder / name) for name in SAMPLE_FILES[:limit]]


def _load_clic(split: str, archive_url: str, limit: int | None) -> list[Picture]:
    """A CLIC folder, whether renamed to the split or still called like the archive."""
    archive = archive_url.rsplit("/", 1)[1].removesuffix(".zip")
    for relative in (f"clic2021/{split}", f"clic2021/{archive}/{split}", f"clic2021/{archive}"):
        folder = find(relative)
        if folder is not None:
            return read_folder(folder, limit)
    target = pretty(cache_folder() / "clic2021" / split)
    # Not downloaded: its publishers state no checksum that a download could be held against.
    raise LinksimError(
        f"the {split} set of clic2021 is not in {target} and is not downloaded by linksim. "
        f"Unpack {archive_url} so that its PNG files lie in {target}, or set LINKSIM_DATA."
    )


_SETS: dict[str, Callable[[int | None], list[Picture]]] = {
    "sample": _load_sample,
    "kodak": load_kodak,
    "cifar10": lambda limit: load_cifar10("test", limit),
    "cifar10-train": lambda limit: load_cifar10("train", limit),
    "clic2021": lambda limit: _load_clic("test", CLIC_TEST_URL, limit),
    "clic2021-valid": lambda limit: _load_clic("valid", CLIC_VALID_URL, limit),
    "camvid": lambda limit: read_folder(set_folder("camvid/test"), limit),
}
