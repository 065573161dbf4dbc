"""Weights on disk: HDF5, named by layer path, never pickled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from linksim.errors import LinksimError
from linksim.files import cannot_write, replacing

_FORMAT = ("v110", "v110")

_KINDS = "biufS"
"""Kinds of values that files of ours hold: numbers, and the text of checkpoints."""

_MOST_TIMES, _ALWAYS = 64, 1 << 26
"""What a file unpacks to may be so many times as large as the file, and always so many bytes: weights are noise, which
no filter makes much smaller, and a few arrays of zeros are small."""


def variable_names(model: Any) -> list[str]:
    """One stable name per weight of a Keras model: position, then path without the model's own name."""
    # The position keeps names unique and ordered: Keras numbers automatic layer names per process.
    return [f"{i:03d}/{w.path.split('/')[-1]}" for i, w in enumerate(model.weights)]


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], compressed: bool = False) -> None:
    """Write arrays to an HDF5 file, whole or not at all: temporary file, fsync, rename; smaller, but slower, where it
    is to be kept and not to be written again and again."""
    smaller = {"shuffle": True, "compression": "gzip", "compression_opts": 9} if compressed else {}
    try:
        # The format of HDF5 1.10: a tenth less than the oldest for networks of many small arrays.
        with replacing(path) as temporary, h5py.File(temporary, "w", track_order=True, libver=_FORMAT) as file:
            for name, array in arrays.items():
                # A checksum per array, so that a flipped bit is an error when it is read; in one chunk, since
                # those that h5py guesses are padded to a common size.
                whole = {"fletcher32": True, "chunks": np.shape(array), **smaller} if np.size(array) > 1 else {}
                file.create_dataset(name, data=array, track_times=False, **whole)
    except OSError as error:
        raise cannot_write(path, error, "free space or choose another folder") from error


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read what `save_arrays` wrote.

    Nothing but the file is read, whoever wrote it: HDF5 could have arrays that stand in other files.

    Raises
    ------
    LinksimError
        If the file is missing or is no whole HDF5 file, or holds what no file of ours does.
    """
    found: dict[str, Any] = {}

    def collect(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    try:
        with h5py.File(path, "r") as file:
            file.visititems(collect)
            for name, item in found.items():
                if item.external or item.is_virtual:
                    raise ValueError(f"{name} stands in another file")
                if item.dtype.kind not in _KINDS or item.size is None:
                    raise ValueError(f"{name} holds {item.dtype}, no numbers")
            whole = sum(item.size * item.dtype.itemsize for item in found.values())
            if whole > max(_MOST_TIMES * path.stat().st_size, _ALWAYS):
                raise ValueError(f"it would unpack to {whole:,} bytes")
            arrays = {name: item[()] for name, item in found.items()}
    except FileNotFoundError as error:
        raise LinksimError(f"{path} does not exist; train it with `linksim train` or name other weights") from error
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        why = " ".join(str(error).split())  # HDF5 breaks its lines
        raise LinksimError(f"{path} is damaged ({why}); it was left as it is, restore it from a copy") from error
    return arrays


def save_weights(path: Path, model: Any, dtype: str = "float16") -> None:
    """Write the weights of a built Keras model as `dtype`."""
    values = (np.asarray(w.numpy() if hasattr(w, "numpy") else w, dtype=dtype) for w in model.weights)
    save_arrays(path, dict(zip(variable_names(model), values, strict=True)), compressed=True)


def assign(variables: Sequence[Any], names: Sequence[str], arrays: Mapping[str, np.ndarray], where: str) -> None:
    """Put arrays into variables of the same names and shapes.

    Raises
    ------
    LinksimError
        If a name is missing or left over, a shape differs or a value is not finite; no variable is changed then.
    """
    if set(names) != set(arrays):
        odd = sorted(set(names) ^ set(arrays))[0]
        raise LinksimError(f"{where} does not belong to this network ({odd} is on one side only); name its own weights")
    cast = {}
    for name, variable in zip(names, variables, strict=True):
        if tuple(arrays[name].shape) != tuple(variable.shape):
            raise LinksimError(
                f"{where}: {name} has shape {list(arrays[name].shape)}, the network {list(variable.shape)}; "
                "name weights of this codec and these options"
            )
        with np.errstate(over="ignore"):
            cast[name] = arrays[name].astype(variable.dtype) if arrays[name].dtype.kind != "S" else np.array(np.nan)
        if not np.all(np.isfinite(cast[name].astype(np.float64))):
            raise LinksimError(f"{where}: {name} holds values that are not finite; restore it from a copy")
    for name, variable in zip(names, variables, strict=True):
        variable.assign(cast[name])


def load_weights(path: Path, model: Any) -> None:
    """Fill a built Keras model from a file."""
    assign(model.weights, variable_names(model), load_arrays(path), str(path))


def file_sha256(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
