"""What two runs have and say differently: links, metrics and values of one alone, and how both came to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linksim.montecarlo.side import Side


def alone(side: Side, both: set[tuple[Any, ...]]) -> list[str]:
    """What a side has and the other has not, in few words: whole links, then metrics and values of links."""
    missing = [key for key in side.rows if key not in both]
    shared = {key[0] for key in both}
    lines = [f"link {link!r}" for link in dict.fromkeys(key[0] for key in missing) if link not in shared]
    for link in dict.fromkeys(key[0] for key in missing if key[0] in shared):
        of_link = [key for key in missing if key[0] == link]
        metrics = ", ".join(dict.fromkeys(key[2] for key in of_link))
        values = ", ".join(dict.fromkeys(f"{key[3]:g}" for key in of_link))
        lines.append(f"{link!r}: {metrics} at {side.axis} {values}")
    return lines


def differences_of_provenance(a: Mapping[str, Any], b: Mapping[str, Any], links: Mapping[str, str]) -> list[str]:
    """What two `run.json` say differently of pictures, seed, stopping, versions and links; one line each.

    Links of two names (`links`: name in a -> name in b) are two links, of which nobody expects one fingerprint.
    """
    lines = []

    def told(what: str, x: object, y: object) -> None:
        if x != y:
            lines.append(f"{what}: {'not said' if x is None else x} in A, {'not said' if y is None else y} in B")

    for what, key in (("pictures", "set"), ("number of pictures", "count")):
        told(what, (a.get("pictures") or {}).get(key), (b.get("pictures") or {}).get(key))
    if not lines and (a.get("pictures") or {}).get("sha256") != (b.get("pictures") or {}).get("sha256"):
        lines.append("pictures: of one name and number, with other pixels")
    for what, key in (("seed", "seed"), ("half width aimed at, dB", "ci_half_width_db"), ("most draws", "max_draws")):
        told(what, a.get(key), b.get(key))
    versions = [run.get("versions") or {} for run in (a, b)]
    for name in sorted(versions[0].keys() | versions[1].keys()):
        told(f"version of {name}", versions[0].get(name), versions[1].get(name))
    prints = [run.get("fingerprints") or {} for run in (a, b)]
    alike = [x for x, y in links.items() if x == y and x in prints[0] and x in prints[1]]
    others = [x for x in alike if prints[0][x] != prints[1][x]]
    if others:
        lines.append(f"other fingerprints (weights, parameters or code): {', '.join(map(repr, others))}")
    return lines
