"""Machine code of loops by Numba, made once and kept on disk."""

from __future__ import annotations

import hashlib
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import config, njit

from linksim.files import cache_folder

_ONE_AT_A_TIME = threading.Lock()

# Numba looks at the file of a function only, not at what that calls in another one.
_TOOLS = hashlib.sha256(Path(__file__).with_name("_numba_tools.py").read_bytes()).hexdigest()[:8]


def compiled(function: Callable[..., Any], signature: Any) -> Callable[..., Any]:
    """The machine code of a function, for arguments of these types, which lets go of the interpreter's lock.

    It is kept where `NUMBA_CACHE_DIR` says, as Numba keeps it, else beside the source, else, where that cannot be
    written, in the cache of linksim; where nothing can be written, it is made again by every process.
    """
    function.__qualname__ = f"{function.__qualname__}_{_TOOLS}"
    with _ONE_AT_A_TIME:
        before = config.CACHE_DIR
        if not before and not os.access(Path(function.__code__.co_filename).parent, os.W_OK):
            config.CACHE_DIR = str(cache_folder("numba"))
        try:
            return njit(signature, nogil=True, error_model="numpy", cache=True)(function)
        except (OSError, RuntimeError, EOFError, pickle.PickleError):
            return njit(signature, nogil=True, error_model="numpy")(function)
        finally:
            config.CACHE_DIR = before
