"""Participants that nobody asked, to try a study and its analysis: what they say is no result."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np

from linksim import metrics
from linksim.errors import LinksimError
from linksim.messages import Ticker
from linksim.study.make import Made, Study

_UNDECIDED = 0.02
"""Standard deviation, in LPIPS, of what a simulated participant takes one picture to be better than another."""


def answers_of(study: Study, participant: str, prefers_ours: Callable[[int, int], bool], seed: int) -> str:
    """The answers of one simulated participant, as a page saves them.

    Parameters
    ----------
    study : Study
    participant : str
        Hex digits.
    prefers_ours : function of (patch, setting)
    seed : int
        Of sides, times and the first setting.
    """
    rng = np.random.default_rng(seed)
    first = int(rng.integers(len(study.settings)))
    asked = [(i, (i + first) % len(study.settings)) for i in range(len(study.patches))]
    chosen = {f"{i}/{k}": prefers_ours(i, k) for i, k in asked}
    chosen |= {f"check/{i}": True for i in range(study.checks)}
    said = [
        {
            "pair": pair,
            "left": ("ours", "theirs")[int(rng.integers(2))],
            "chosen": "ours" if ours else "theirs",
            "ms": int(rng.integers(800, 5000)),
        }
        for pair, ours in chosen.items()
    ]
    return json.dumps({"study": study.id, "participant": participant, "simulated": True, "answers": said}) + "\n"


def by_lpips(made: Made, participants: int, seed: int = 0) -> list[str]:
    """Answers of participants who choose the patch that is nearer to the original by LPIPS, and err now and then.

    Parameters
    ----------
    made : Made
    participants : int
    seed : int

    Raises
    ------
    LinksimError
        If the weights of LPIPS are not on this machine.
    """
    lpips = metrics.get("lpips")
    if (missing := lpips.missing()) is not None:
        raise LinksimError(missing)
    study, better = made.study, {}
    tick = Ticker("patches compared by LPIPS")
    for i, original in enumerate(made.originals):
        tick(i, len(made.originals))
        for k in range(len(study.settings)):
            pair = np.stack([made.shown[f"{i}/{k}/ours"], made.shown[f"{i}/{k}/theirs"]])
            ours, theirs = lpips(np.stack([original, original]), pair)
            better[i, k] = float(theirs - ours)

    def one(number: int) -> str:
        rng = np.random.default_rng([seed, number])
        return answers_of(study, rng.bytes(16).hex(), lambda i, k: better[i, k] + rng.normal(0, _UNDECIDED) > 0, number)

    return [one(number) for number in range(participants)]
