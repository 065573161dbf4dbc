"""Street scenes and other pictures with the class of each pixel, in the folder layouts of the sets' own sites."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linksim.errors import LinksimError
from linksim.files import cache_folder
from linksim.images.files import picture_paths, read_picture
from linksim.images.picture import Picture
from linksim.places import find, pretty

UNKNOWN = 255
"""The label of a pixel whose class is not told, or does not count."""

CAMVID_CLASSES = [
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "bicyclist",
]  # as Badrinarayanan et al. (2017) group them

# labelIds of the Cityscapes scripts that count in the benchmark, in the order of their train ids.
_CITYSCAPES_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
_ADE20K_CLASSES = 150


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """A picture, and the class of each pixel.

    Parameters
    ----------
    picture : Picture
    labels : uint8 [H, W]
        From 0; 255 where it is unknown.

    Raises
    ------
    LinksimError
        If the two are not of one size, or the labels no uint8.
    """

    picture: Picture
    labels: np.ndarray

    def __post_init__(self) -> None:
        size = self.picture.pixels.shape[:2]
        if self.labels.dtype != np.uint8 or self.labels.shape != size:
            got = f"{self.labels.dtype} {list(self.labels.shape)}"
            raise LinksimError(
                f"the labels of {self.picture.name} are {got}, the picture is {list(size)}; give one each"
            )


@dataclass(frozen=True)
class _Set:
    """A set: how many classes, and where the picture and label files of a split are."""

    classes: int
    files: Callable[[str], Iterator[tuple[Path, Path]]]
    class_of: Callable[[np.ndarray], np.ndarray]


def load_labelled(name: str, split: str, limit: int | None = None) -> list[LabelledPicture]:
    """A split of a set with labels, from `LINKSIM_DATA` or the cache; nothing is downloaded.

    ============  ===================================================================================
    `camvid`      11 classes. `camvid/SPLIT/*` and `camvid/SPLIT_labels/*.png`, classes 0 to 10, 11 is void
    `cityscapes`  19 classes. `cityscapes/leftImg8bit/SPLIT/CITY/*_leftImg8bit.png` and
                  `cityscapes/gtFine/SPLIT/CITY/*_gtFine_labelIds.png`
    `ade20k`      150 classes. `ade20k/images/SPLIT/*.jpg` and `ade20k/annotations/SPLIT/*.png`, as in
                  ADEChallengeData2016; splits `training` and `validation` (also `train`, `val`)
    ============  ===================================================================================

    Parameters
    ----------
    name : str
        One of the table.
    split : {"train", "val", "test"}
    limit : int, optional
        Read only the first pictures.

    Raises
    ------
    LinksimError
        If the set or the split is not there, a label file is missing or damaged, or of another size.
    """
    if name not in LABELLED:
        raise LinksimError(f"there is no labelled set {name!r}; take one of {', '.join(LABELLED)}")
    found = []
    for number, (path, labels) in enumerate(LABELLED[name].files(split)):
        if number == limit:
            break
        picture = read_picture(path)
        found.append(LabelledPicture(picture, _read_labels(labels, LABELLED[name])))
    return found


def _read_labels(path: Path, source: _Set) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            values = np.asarray(image if image.mode in ("L", "P") else image.convert("L"))
    except FileNotFoundError as error:
        raise LinksimError(f"the label map {path} is missing; restore it, or remove its picture") from error
    except Exception as error:  # decoders meet hostile bytes here, and what they raise is not documented
        raise LinksimError(f"{path} is no PNG label map, or is damaged ({error}); restore it") from error
    labels = source.class_of(values)
    wrong = (labels >= source.classes) & (labels != UNKNOWN)
    if wrong.any():
        raise LinksimError(f"{path} has class {labels[wrong].max()}, the set {source.classes} classes; restore it")
    return labels


def set_folder(relative: str) -> Path:
    """A folder of a set.

    Raises
    ------
    LinksimError
        If it is not there.
    """
    folder = find(relative)
    if folder is None:
        where = pretty(cache_folder() / relative)
        raise LinksimError(f"{where} does not exist; put the set there as its site ships it, or set LINKSIM_DATA")
    return folder


def _camvid(split: str) -> Iterator[tuple[Path, Path]]:
    folder = set_folder(f"camvid/{split}")
    for path in picture_paths(folder):
        yield path, folder.with_name(f"{split}_labels") / f"{path.stem}.png"


def _cityscapes(split: str) -> Iterator[tuple[Path, Path]]:
    folder = set_folder(f"cityscapes/leftImg8bit/{split}")
    labels = folder.parents[1] / "gtFine" / split
    for city in sorted(p for p in folder.iterdir() if p.is_dir()):
        for path in picture_paths(city):
            stem = path.stem.removesuffix("_leftImg8bit")
            yield path, labels / city.name / f"{stem}_gtFine_labelIds.png"


def _ade20k(split: str) -> Iterator[tuple[Path, Path]]:
    split = {"train": "training", "val": "validation"}.get(split, split)
    folder = set_folder(f"ade20k/images/{split}")
    for path in picture_paths(folder):
        yield path, folder.parents[1] / "annotations" / split / f"{path.stem}.png"


def _table(classes: dict[int, int]) -> Callable[[np.ndarray], np.ndarray]:
    table = np.full(256, UNKNOWN, np.uint8)
    for value, label in classes.items():
        table[value] = label
    return lambda values: table[values]


def _camvid_class(values: np.ndarray) -> np.ndarray:
    """11 is void; a larger value is an error, not unknown."""
    return np.where(values == len(CAMVID_CLASSES), UNKNOWN, values).astype(np.uint8)


LABELLED: dict[str, _Set] = {
    "camvid": _Set(len(CAMVID_CLASSES), _camvid, _camvid_class),
    "cityscapes": _Set(
        len(_CITYSCAPES_IDS), _cityscapes, _table({value: label for label, value in enumerate(_CITYSCAPES_IDS)})
    ),
    "ade20k": _Set(_ADE20K_CLASSES, _ade20k, _table({value: value - 1 for value in range(1, _ADE20K_CLASSES + 1)})),
}
"""The sets by name."""
