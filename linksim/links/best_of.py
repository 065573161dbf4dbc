"""The envelope over modulation and coding schemes, or over trained models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from linksim.errors import LinksimError
from linksim.links.base import Envelope, Link, MemberPoint

RULES = ("oracle", "target-bler")
TARGET_BLER = 0.1


class BestOf(Envelope):
    """What a transmitter reaches that picks a scheme per SNR.

    Links of several layers are picked per SNR and layer: after every layer the best of them, as if the
    number of layers that arrive were known beforehand.

    Parameters
    ----------
    members : sequence of Link
        All of one number of layers. For "target-bler": links with a `rate()` in bits per channel use.
    rule : {"oracle", "target-bler"}
        "oracle": the scheme with the best mean PSNR on the pictures that are sent, which no real
        transmitter knows. "target-bler": the highest rate whose block error rate is at most 10 %, as
        5G's link adaptation has it (TS 38.214, 5.2.2.1); where none is, the lowest rate.
    name : str, optional
    tags : mapping, optional
        Added to its own: "scheme" (its name), "role" where all members have one role, and "cbr" where they have
        one bandwidth ratio.

    Raises
    ------
    LinksimError
        If there is no member, the rule is unknown, or a member has no rate where one is needed.
    """

    def __init__(
        self,
        members: Sequence[Link],
        rule: str = "oracle",
        name: str | None = None,
        tags: Mapping[str, str | float] | None = None,
    ):
        if not members:
            raise LinksimError("BestOf has no members; give it at least one link")
        if rule not in RULES:
            raise LinksimError(f"unknown rule {rule!r}; take one of {', '.join(RULES)}")
        if rule == "target-bler" and not all(hasattr(m, "rate") for m in members):
            raise LinksimError("target-bler compares rates; give it separation links")
        self.members = list(members)
        self.rule = rule
        self.name = name or f"best of {len(self.members)} ({rule})"
        shared = {
            key: self.members[0].tags[key]
            for key in ("cbr", "role")
            if key in self.members[0].tags and len({m.tags.get(key) for m in self.members}) == 1
        }
        self.tags = {"scheme": self.name, **shared, **(tags or {})}

    def choose(self, points: Sequence[MemberPoint]) -> int:
        if self.rule == "oracle":
            return int(np.argmax([p.psnr for p in points]))
        rates = [m.rate() for m in self.members]
        reliable = [i for i, p in enumerate(points) if 1 - p.delivered <= TARGET_BLER]
        if reliable:
            # Schemes of one rate are common (4-QAM 2/3 and 16-QAM 1/3): the more reliable one, then the better.
            return max(reliable, key=lambda i: (rates[i], points[i].delivered, points[i].psnr))
        return int(np.argmin(rates))
