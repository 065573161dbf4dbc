"""Which channels block-error tables are for."""

from __future__ import annotations

from linksim.errors import LinksimError
from linksim.phy.channels.base import Channel
from linksim.phy.channels.flat import get_channel


def law_of(channel: Channel | str) -> Channel:
    """The channel itself, where tables are for it: one that is its own law (`Channel.law`).

    Parameters
    ----------
    channel : Channel, or its name

    Raises
    ------
    LinksimError
        If there is no such channel, or there are no tables for it.
    """
    if isinstance(channel, str):
        channel = get_channel(channel, csi=True)
    if channel.law is not channel:
        raise LinksimError(
            f"there are no block-error tables for {channel.name!r}: use {channel.law.name}, at the SNR that a fade "
            "leaves"
        )
    if not channel.coherent:
        raise LinksimError(f"block-error tables on {channel.name} are for a receiver that knows h; give csi=True")
    return channel
