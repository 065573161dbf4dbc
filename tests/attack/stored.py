"""Damaged and forged stores of units, and flipped files of weights."""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from pathlib import Path

import numpy as np

from tests.attack.trial import Outcome, mutated, tried


def _store(folder: Path) -> tuple[Path, list]:
    """A store of three units, and the units."""
    from linksim.montecarlo.statistics import LayerStatistics, Moments, UnitStatistics
    from linksim.montecarlo.store import Store
    from linksim.montecarlo.unit import WorkUnit

    store, rng = Store(folder), np.random.default_rng(0)
    metrics = (("mse", "1"), ("psnr", "1"))
    units = [WorkUnit("f" * 64, "snr_db", 1.0, (0, 3), "d" * 64, (i, i + 2), 0, metrics) for i in (0, 2, 4)]
    n = np.full(3, 2)
    for unit in units:
        made = {name: Moments(rng.normal(size=3), rng.random(3)) for name, _ in metrics}
        store.append(unit, "link", UnitStatistics((LayerStatistics(n, n - 1, 5 * n, made, {}, {"payload": 15.0}),)))
    store.close()
    return next((folder / "units").glob("*.jsonl")), units


def stores(count: int, seed: int) -> Outcome:
    """Bytes of the file mutated; and JSON with other values under a right checksum and a right id."""
    from linksim.identity import digest
    from linksim.montecarlo import merge
    from linksim.montecarlo.records import _IDENTITY
    from linksim.montecarlo.store import Store

    rng = np.random.default_rng(seed)
    values = [None, -1, 0, 10**18, 1e308, "x", "", [], {}, [[]], True, "eJwDAAAAAAE=", [3, "d"], [0, 2]]

    def forged(line: bytes) -> bytes:
        body = json.loads(line[9:])
        place = body if rng.integers(2) else body["layers"][0]
        place[list(place)[rng.integers(len(place))]] = values[rng.integers(len(values))]
        try:
            body["id"] = digest({name: body[name] for name in _IDENTITY})
        except KeyError:
            pass
        text = json.dumps(body).encode()
        return b"%08x %s" % (zlib.crc32(text), text)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, units = _store(folder / "a")
        whole = path.read_bytes()

        def one() -> str | None:
            lines = whole.splitlines()
            content = (
                mutated(whole, rng) if rng.integers(2) else b"\n".join([lines[0], forged(lines[1]), lines[2], b""])
            )
            path.write_bytes(content)
            try:
                merge([folder / "a"], folder / "b")
                store = Store(folder / "a")
                for unit in units:
                    store.get(unit)
            finally:
                shutil.rmtree(folder / "b", ignore_errors=True)
                assert path.read_bytes() == content, "the file was changed"
            return None

        return tried(count, one)


def weights(count: int, seed: int) -> Outcome:
    """Files of weights of the zoo, flipped, cut and stuffed, read as arrays."""
    from linksim.zoo.card import ROOT
    from linksim.zoo.weights import load_arrays

    rng = np.random.default_rng(seed)
    paths = sorted(ROOT.glob("**/weights.h5"), key=lambda path: path.stat().st_size)[:3]
    contents = [path.read_bytes() for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.h5"

        def one() -> str | None:
            path.write_bytes(mutated(contents[rng.integers(len(contents))], rng))
            arrays = load_arrays(path)
            return None if all(isinstance(array, np.ndarray) for array in arrays.values()) else "no arrays"

        return tried(count, one)
