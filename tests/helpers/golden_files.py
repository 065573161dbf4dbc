"""Golden outputs: what code gave when its VERSION was last raised.

A test hands over a small output and the VERSION of the code that made it. `tests/golden/<name>.json`
holds the same of before. An output that has changed under the same VERSION fails the test: stored results
would otherwise be reused that the code of today would not give.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from linksim.files import write_atomically

FOLDER = Path(__file__).resolve().parents[1] / "golden"
MAX_VALUES = 4096


class GoldenFiles:
    """The fixture `golden`.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    update : bool
        Write the files that are missing, and those whose VERSION was raised (`pytest --update-golden`).
    """

    def __init__(self, folder: Path = FOLDER, update: bool = False):
        self.folder, self.update = folder, update

    def check(self, name: str, version: int, output: Any, where: str, rtol: float = 1e-4, atol: float = 1e-5) -> None:
        """Fail the test unless the output is the stored one.

        Parameters
        ----------
        name : str
            Name of the file, without `.json`.
        version : int
            VERSION of the code that made the output.
        output : array, tensor, scalar, or (nested) list of strings
            At most 4096 values. Integers, booleans and strings are compared exactly; real and complex
            numbers with `rtol` and `atol`, since libraries may round differently.
        where : str
            The file whose VERSION it is, such as "linksim/phy/rng.py".
        """
        path = self.folder / f"{name}.json"
        new = _described(output, version)
        if not path.exists():
            if not self.update:
                pytest.fail(f"{name} has no golden output yet; run pytest --update-golden", pytrace=False)
            self._write(path, new)
            return
        old = json.loads(path.read_text())
        if version < old["version"]:
            pytest.fail(
                f"VERSION in {where} is {version} and was {old['version']} when {path.name} was written; "
                "a VERSION only goes up: raise it beyond that",
                pytrace=False,
            )
        if version > old["version"]:
            if not self.update:
                pytest.fail(f"VERSION in {where} was raised; run pytest --update-golden", pytrace=False)
            self._write(path, new)
            return
        difference = _difference(old, new, rtol, atol)
        if difference:
            pytest.fail(
                f"the output of {name} has changed ({difference}) and VERSION in {where} has not: "
                "raise VERSION if that is meant, then run pytest --update-golden",
                pytrace=False,
            )

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        write_atomically(path, json.dumps(content) + "\n")


def _described(output: Any, version: int) -> dict[str, Any]:
    array = np.asarray(output)
    if array.size > MAX_VALUES:
        raise ValueError(f"{array.size} values are too many for a golden output; take at most {MAX_VALUES} of them")
    kind = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex", "U": "str"}.get(array.dtype.kind)
    if kind is None:
        raise TypeError(f"a golden output of {array.dtype}; give numbers or strings")
    flat = array.ravel()
    if kind == "complex":
        flat = np.stack([flat.real, flat.imag], axis=-1)
    if kind in ("float", "complex"):
        # Nine digits tell any two float32 apart, and stay readable.
        values = [float(f"{x:.9g}") for x in flat.ravel().astype(float)]
    else:
        values = flat.tolist()
    return {"version": version, "kind": kind, "shape": list(array.shape), "values": values}


def _difference(old: dict[str, Any], new: dict[str, Any], rtol: float, atol: float) -> str:
    """What differs, in a few words; empty if nothing does."""
    for what in ("kind", "shape"):
        if old[what] != new[what]:
            return f"{what} {new[what]}, was {old[what]}"
    a, b = np.array(old["values"]), np.array(new["values"])
    if new["kind"] in ("float", "complex"):
        equal = np.isclose(b.astype(float), a.astype(float), rtol=rtol, atol=atol, equal_nan=True)
    else:
        equal = a == b
    if equal.all():
        return ""
    first = int(np.argmin(equal))
    return f"{np.sum(~equal)} of {equal.size} values, the first is {new['values'][first]}, was {old['values'][first]}"
