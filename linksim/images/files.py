"""From picture files to `Picture`, by stated rules."""

from __future__ import annotations

import os
import re
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from linksim.errors import LinksimError
from linksim.images.picture import Picture

if TYPE_CHECKING:
    from PIL import Image

VERSION = 1
"""Raised whenever a file becomes other pixels than before. Stored results notice by themselves, since
pictures are identified by their pixels; readers of old results do not."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""What counts as a picture in a folder, in lower or upper case."""

MAX_PIXELS = 1 << 26
"""Largest picture that is decoded, 67 megapixels: a few kilobytes can claim to be far more. Reading takes up to 12
bytes a pixel."""

_AT_ONCE = 1 << 20
"""Pixels that are converted at a time."""


def read_picture(path: str | Path, name: str | None = None) -> Picture:
    """Read one PNG, JPEG or WebP file; the content decides which, not the suffix.

    Everything becomes `uint8 [H, W, 3]` by these rules:

    - grey, 1-bit and palette pictures are expanded to RGB;
    - 16-bit samples v become `(v * 255 + 32767) // 65535`, the nearest of 256 levels;
    - transparency (alpha channel, transparent palette entry or colour key) is composited on
      white: `(c * a + 255 * (255 - a) + 127) // 255`;
    - CMYK is converted by Pillow, without a colour profile;
    - the EXIF orientation is applied;
    - of an animation, the first frame is taken;
    - colour profiles (ICC, gAMA, cHRM) are ignored: the samples are taken as sRGB.

    Parameters
    ----------
    path : str or Path
    name : str, optional
        Name of the picture; the file's stem by default.

    Raises
    ------
    LinksimError
        Naming the file, if it does not exist, is no picture in one of these formats, is damaged
        or truncated (PNG checksums included), or has more than `MAX_PIXELS` pixels.
    """
    path = Path(path)
    if not os.path.isfile(path):
        raise LinksimError(f"{path} is not a file; give the path of a PNG, JPEG or WebP picture")
    try:
        pixels = _decode(path)
    except LinksimError:
        raise
    except PermissionError as error:
        raise LinksimError(f"{path} cannot be read ({error.strerror}); change its permissions") from error
    except Exception as error:
        # Decoders meet hostile bytes here, and what they raise is not documented.
        raise LinksimError(
            f"{path} is not a PNG, JPEG or WebP picture, or is damaged ({_first_line(error)}); replace or remove it"
        ) from error
    return Picture(_text(path.stem if name is None else name), pixels)


def _text(name: str) -> str:
    """A name whose bytes that are no UTF-8 are written out, such as \\xff: names go into tables and figures."""
    return os.fsencode(name).decode(errors="backslashreplace")


def picture_paths(folder: str | Path) -> list[Path]:
    """The picture files of a folder in natural order: `p2.png` before `p10.png`.

    Hidden files, other suffixes than `SUFFIXES` and sub-folders are ignored.

    Raises
    ------
    LinksimError
        If `folder` is no readable folder or holds no picture.
    """
    folder = Path(folder)
    try:
        paths = [
            p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file()
        ]
    except OSError as error:
        raise LinksimError(f"{folder} cannot be listed ({error.strerror}); give a folder of pictures") from error
    if not paths:
        suffixes = ", ".join(SUFFIXES)
        raise LinksimError(f"{folder} holds no picture; put {suffixes} files there (sub-folders are not read)")
    return sorted(paths, key=natural_key)


def read_folder(folder: str | Path, limit: int | None = None) -> list[Picture]:
    """The first `limit` pictures of a folder, all by default, in natural order.

    A picture is named by its file's stem, or by the whole file name where two files share the stem.

    Raises
    ------
    LinksimError
        If the folder holds no picture, or one of those read is broken.
    """
    paths = picture_paths(folder)
    stems = Counter(p.stem for p in paths)
    return [read_picture(p, p.stem if stems[p.stem] == 1 else p.name) for p in paths[:limit]]


def natural_key(path: Path) -> tuple[list[tuple[int, int | str]], str]:
    """Sort key under which numbers inside names count as numbers."""
    parts = re.split(r"(\d+)", path.name.lower())
    # `isdecimal` and not `isdigit`: "²" is a digit that int() refuses.
    return [(0, int(p)) if p.isdecimal() else (1, p) for p in parts], path.name


def _decode(path: Path) -> np.ndarray:
    from PIL import Image

    formats = ("PNG", "JPEG", "WEBP")
    too_large = f"{path} has more than {MAX_PIXELS} pixels; crop or shrink it"
    with warnings.catch_warnings():
        # Pillow's own limits are larger: below them it is silent, above them it warns or raises.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        # These are about odd metadata; damage to the picture itself raises.
        warnings.simplefilter("ignore", UserWarning)
        try:
            with Image.open(path, formats=formats) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise LinksimError(too_large)
                is_png = image.format == "PNG"
                if is_png:
                    image.verify()  # checksums of all chunks; the file must be opened again after it
            with Image.open(path, formats=formats) as image:
                pixels = _png16(path, image) if is_png and _png_bit_depth(path) == 16 else _eight_bit(image)
                return np.ascontiguousarray(_upright(pixels, image.getexif().get(0x0112, 1)))
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise LinksimError(too_large) from error


def _eight_bit(image: Image.Image) -> np.ndarray:
    out = np.empty((image.height, image.width, 3), np.uint8)
    for top, bottom in _strips(*out.shape[:2]):
        strip = image.crop((0, top, image.width, bottom))
        if image.has_transparency_data:
            rgba = np.asarray(strip.convert("RGBA"))
            out[top:bottom] = _on_white(rgba[..., :3], rgba[..., 3])
        else:
            out[top:bottom] = np.asarray(strip.convert("RGB"))
    return out


def _strips(height: int, width: int) -> list[tuple[int, int]]:
    """Rows of a picture that are converted together: first, and one past the last."""
    step = max(1, _AT_ONCE // width)
    return [(top, min(top + step, height)) for top in range(0, height, step)]


def _png_bit_depth(path: Path) -> int:
    """Bits per sample: byte 24 of every PNG file, after the signature and the size in IHDR."""
    with open(path, "rb") as file:
        return file.read(25)[24]


def _png16(path: Path, image: Image.Image) -> np.ndarray:
    """16-bit PNG; Pillow would cut colour samples to their upper byte instead of rounding."""
    import imagecodecs

    wide = imagecodecs.png_decode(path.read_bytes())
    wide = wide[..., None] if wide.ndim == 2 else wide
    if wide.dtype != np.uint16 or wide.shape[:2] != (image.height, image.width):
        raise ValueError(f"decoded as {wide.dtype} {list(wide.shape)}")
    out = np.empty((*wide.shape[:2], 3), np.uint8)
    for top, bottom in _strips(*out.shape[:2]):
        out[top:bottom] = _sixteen_bit(wide[top:bottom], image.info.get("transparency"))
    return out


def _sixteen_bit(wide: np.ndarray, key: object) -> np.ndarray:
    """uint8 [H, W, 3] of uint16 [H, W, 1 to 4]; `key` is the colour that is transparent, if there is one."""
    channels = wide.shape[2]
    alpha = None
    if channels in (2, 4):
        alpha = _to_eight_bit(wide[..., -1])
    elif key is not None:
        alpha = np.where((wide == np.asarray(key)).all(-1), 0, 255).astype(np.uint8)
    colour = _to_eight_bit(wide[..., : 1 if channels < 3 else 3])
    colour = np.broadcast_to(colour, (*colour.shape[:2], 3))
    return colour if alpha is None else _on_white(colour, alpha)


def _to_eight_bit(samples: np.ndarray) -> np.ndarray:
    return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _on_white(colour: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    a = alpha[..., None].astype(np.uint32)
    return ((colour * a + 255 * (255 - a) + 127) // 255).astype(np.uint8)


def _upright(pixels: np.ndarray, orientation: object) -> np.ndarray:
    """Undo EXIF orientation 2 to 8 (Exif 2.3, 4.6.4); any other value means upright."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120] or type(error).__name__
