"""What follows from the answers: how often ours is preferred at each setting, and how sure that is.

Participants and patches are both drawn from many: other people, and other patches, would have answered otherwise. So
both are random effects. The variance of the share is estimated with clusters in both ways (Cameron, Gelbach and Miller
2011: that of participants, plus that of patches, minus that of single answers), which needs no model of how
people choose, takes answers of any balance, and, unlike a bootstrap over both, does not count the noise of single
answers twice (Owen 2007). The interval is Wilson's with the number of independent answers that this variance amounts
to, so that it stays within 0 and 1, and Student's t for the few clusters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from linksim.errors import LinksimError
from linksim.study.answers import Answers
from linksim.study.make import Setting, Study


@dataclass(frozen=True)
class Preference:
    """How often ours is preferred at one setting.

    Parameters
    ----------
    setting : Setting
    share : float
        Of the answers that prefer ours.
    low, high : float
        95 % confidence interval.
    participants, answers : int
    """

    setting: Setting
    share: float
    low: float
    high: float
    participants: int
    answers: int


@dataclass(frozen=True)
class Outcome:
    """What a study gave.

    Parameters
    ----------
    preferences : sequence of Preference
        In the order of the settings.
    excluded : int
        Participants who failed more attention checks than was allowed, and are not counted.
    """

    preferences: tuple[Preference, ...]
    excluded: int

    def highest_cbr(self, ours: str, surely: bool = False) -> float | None:
        """Up to which bandwidth ratio of the other schemes one of ours is still preferred, in more than half of the
        answers; with `surely` by its whole interval. None where it is not preferred at the lowest of them."""
        highest = None
        of = [p for p in self.preferences if p.setting.ours == ours]
        for cbr in sorted({p.setting.theirs_cbr for p in of}):
            there = [p.low if surely else p.share for p in of if p.setting.theirs_cbr == cbr]
            if min(there) <= 0.5:
                break
            highest = cbr
        return highest


def analyse(study: Study, answers: Sequence[Answers], allowed: int = 0) -> Outcome:
    """The preference at each setting.

    Parameters
    ----------
    study : Study
    answers : sequence of Answers
    allowed : int
        Attention checks that a participant may fail.

    Raises
    ------
    LinksimError
        If fewer than two participants are left.
    """
    attentive = [one for one in answers if one.failed_checks <= allowed]
    if len(attentive) < 2:
        raise LinksimError(f"{len(attentive)} of {len(answers)} participants count; an interval needs at least two")
    found = []
    for number, setting in enumerate(study.settings):
        given = [
            (i, answer.patch, answer.prefers_ours)
            for i, one in enumerate(attentive)
            for answer in one.answers
            if answer.setting == number
        ]
        if not given:
            continue
        who, patch, ours = (np.array(column) for column in zip(*given, strict=True))
        share, low, high = preference(who, patch, ours)
        found.append(Preference(setting, share, low, high, len(set(who.tolist())), len(given)))
    return Outcome(tuple(found), len(answers) - len(attentive))


def preference(who: np.ndarray, patch: np.ndarray, ours: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """A share and its confidence interval, participants and patches being random.

    Parameters
    ----------
    who, patch : int array [n]
        Participant and patch of each answer.
    ours : bool array [n]
        Whether ours was preferred.
    level : float
        Of confidence.

    Returns
    -------
    share, low, high : float
    """
    ours = np.asarray(ours, float)
    n, share = len(ours), float(np.mean(ours))
    people, patches = len(np.unique(who)), len(np.unique(patch))
    # A share of 0 or 1 has no variance; that of half an answer more on either side has.
    center = (n * share + 0.5) / (n + 1)
    alone = center * (1 - center) / n
    error = ours - share
    variance = max(_clustered(error, who) + _clustered(error, patch) - _clustered(error, np.arange(n)), alone)
    independent = center * (1 - center) / variance
    quantile = stats.t.ppf(0.5 + level / 2, max(min(people, patches) - 1, 1))
    middle = (share + quantile**2 / (2 * independent)) / (1 + quantile**2 / independent)
    half = (
        quantile
        / (1 + quantile**2 / independent)
        * math.sqrt(share * (1 - share) / independent + quantile**2 / (4 * independent**2))
    )
    # Rounding may take a bound beyond 0, 1 or the share itself.
    return share, max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)


def _clustered(error: np.ndarray, cluster: np.ndarray) -> float:
    """Variance of the mean where answers of one cluster go together."""
    _, index = np.unique(cluster, return_inverse=True)
    sums = np.bincount(index, error)
    count = len(sums)
    return float(np.sum(sums**2)) / len(error) ** 2 * (count / max(count - 1, 1))
