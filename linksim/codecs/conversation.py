"""Who runs the conversation of a codec decides what the channel is; the codec does not know."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol

from keras import ops

from linksim.codecs.parts import Bytes, Part, Shown
from linksim.errors import LinksimError

Dialogue = Generator[Part | Shown, Any, None]
"""What `Codec.converse` returns: it yields parts and is sent what arrived of them."""


class Converses(Protocol):
    """Whatever holds a conversation: `linksim.codecs.Codec`."""

    def converse(
        self, pictures: Any, snr_db: Any, size: tuple[int, int], training: bool = False, seed: Any = None
    ) -> Dialogue:
        """See `linksim.codecs.Codec.converse`."""


class Hangup(Exception):
    """Raised by an answer that ends the conversation: what was shown so far remains."""


def hold(dialogue: Dialogue, answer: Callable[[Part], Any]) -> list[Any]:
    """Run a conversation to its end.

    Parameters
    ----------
    dialogue : generator
        From `Codec.converse`.
    answer : function of a part
        Returns what the generator is told: what arrived, decoded where the part says how (see `told`).

    Returns
    -------
    list of [B, H, W, 3]
        Whatever was shown, in order.
    """
    shown: list[Any] = []
    reply = None
    while True:
        try:
            part = dialogue.send(reply)
            reply = None
            if isinstance(part, Shown):
                shown.append(part.pictures)
            else:
                reply = answer(part)
        except (StopIteration, Hangup):
            dialogue.close()
            return shown


def told(part: Part, arrived: Any) -> Any:
    """What a conversation is told of a part that arrived: decoded where the part says how."""
    return arrived if part.decode is None else part.decode(arrived)


def told_whole(part: Part) -> Any:
    """What a conversation is told of a part that arrived as it was sent."""
    intact = part.intact if isinstance(part, Bytes) else None
    return told(part, part.values) if intact is None else intact


def rehearse(codec: Converses, pictures: Any, snr_db: Any) -> tuple[list[Any], list[Any]]:
    """The conversation over a perfect channel.

    Parameters
    ----------
    codec : Codec
    pictures : [B, H, W, 3], float32
    snr_db : float
        Es/N0 in dB that both ends are told.

    Returns
    -------
    sent : list
        The values of every part.
    shown : list of [B, H, W, 3]
    """
    parts, shown = rehearse_parts(codec, pictures, snr_db)
    return [part.values for part in parts], shown


def rehearse_parts(codec: Converses, pictures: Any, snr_db: Any) -> tuple[list[Part], list[Any]]:
    """The same, with the parts as they were sent; bytes are decoded, also where the codec knows what they give."""
    parts: list[Part] = []

    def answer(part: Part) -> Any:
        parts.append(part)
        return told(part, part.values)

    return parts, hold(codec.converse(pictures, snr_db, tuple(pictures.shape[1:3])), answer)


def receive(codec: Converses, arrived: Sequence[Any], snr_db: Any, size: tuple[int, int]) -> list[Any]:
    """The receiver's side of a conversation, from what arrived of its first parts.

    The conversation is given black pictures: what is shown comes from what arrived, and nothing else.

    Parameters
    ----------
    codec : Codec
    arrived : sequence
        What arrived of each part, at least of the first.
    snr_db : float or [B]
        Es/N0 in dB.
    size : (int, int)
        (H, W).

    Returns
    -------
    list of [B, H, W, 3]
    """
    if not len(arrived):
        raise LinksimError("nothing arrived that could be decoded; give at least the first part")
    rest = iter(arrived)

    def answer(part: Part) -> Any:
        try:
            return told(part, next(rest))
        except StopIteration:
            raise Hangup from None

    return hold(codec.converse(black(arrived[0], size), snr_db, size), answer)


def black(like: Any, size: tuple[int, int]) -> Any:
    """Black pictures `[B, H, W, 3]`, as many as `like` has rows: what a receiver knows beforehand."""
    rows = len(like) if isinstance(like, (list, tuple)) else ops.shape(like)[0]
    return ops.zeros((rows, *size, 3), dtype="float32")
