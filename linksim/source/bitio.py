"""Bits and variable-length numbers of HEVC and BPG: u(n), ue(v), ue7, emulation prevention."""

from __future__ import annotations

import re

from linksim.errors import LinksimError


class BitWriter:
    """Collects bits, most significant first."""

    def __init__(self) -> None:
        self._value = 0
        self._length = 0

    def u(self, num_bits: int, value: int) -> None:
        """Append `value` in `num_bits` bits."""
        assert 0 <= value < 1 << num_bits
        self._value = self._value << num_bits | value
        self._length += num_bits

    def ue(self, value: int) -> None:
        """Append `value` >= 0 as an Exp-Golomb code (H.265, 9.2)."""
        self.u(2 * (value + 1).bit_length() - 1, value + 1)

    def to_bytes(self, stop_bit: bool) -> bytes:
        """All bits so far, filled up with zeros to whole bytes; `stop_bit` puts a one before the zeros."""
        value, length = (self._value << 1 | 1, self._length + 1) if stop_bit else (self._value, self._length)
        fill = -length % 8
        return (value << fill).to_bytes((length + fill) // 8, "big")


class BitReader:
    """Reads bits, most significant first.

    Raises
    ------
    LinksimError
        When more bits are asked for than there are.
    """

    def __init__(self, data: bytes):
        self._data = data
        self._position = 0

    def u(self, num_bits: int) -> int:
        """The next `num_bits` bits as an unsigned number."""
        end = self._position + num_bits
        if end > 8 * len(self._data):
            raise LinksimError("the HEVC parameters are cut off; send the stream again: it is truncated")
        chunk = self._data[self._position // 8 : (end + 7) // 8]
        self._position = end
        return int.from_bytes(chunk, "big") >> (-end % 8) & ((1 << num_bits) - 1)

    def ue(self) -> int:
        """The next Exp-Golomb code, at most 32 bits of value (H.265, 9.2)."""
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
            if zeros > 32:
                raise LinksimError("an HEVC parameter is longer than 32 bits; send the stream again: it is damaged")
        return (1 << zeros) - 1 + self.u(zeros)


def write_ue7(value: int) -> bytes:
    """`value` in groups of 7 bits, big-endian, the top bit set on all groups but the last (BPG, 2.2)."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))


def read_ue7(data: bytes, position: int) -> tuple[int, int]:
    """A ue7 number of at most 32 bits at `position`, and the position behind it.

    Raises
    ------
    LinksimError
        If the number is cut off, starts with the forbidden byte 0x80 or exceeds 32 bits.
    """
    value = 0
    for i in range(5):
        if position + i >= len(data):
            raise LinksimError("the BPG header is cut off; send the stream again: it is truncated")
        byte = data[position + i]
        if i == 0 and byte == 0x80:
            break
        value = value << 7 | byte & 0x7F
        if byte < 0x80 and value < 1 << 32:
            return value, position + i + 1
    raise LinksimError("the BPG header holds an illegal number; send the stream again: it is damaged")


def add_emulation_prevention(payload: bytes) -> bytes:
    """Put 0x03 between two zero bytes and a byte of at most 3, so that no start code appears (H.265, 7.4.2)."""
    out = bytearray()
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    if zeros:  # a payload must not end in zero; only cabac_zero_words do
        out.append(3)
    return bytes(out)


def remove_emulation_prevention(payload: bytes) -> bytes:
    """The inverse of `add_emulation_prevention`."""
    return re.sub(rb"\x00\x00\x03", b"\x00\x00", payload)


def split_nal_units(stream: bytes) -> list[bytes]:
    """The NAL units of an Annex-B byte stream, without start codes and trailing zeros (H.265, B.2).

    The start code of the first unit may be missing, as it is in a BPG file.
    """
    units = [unit.rstrip(b"\0") for unit in stream.split(b"\0\0\1")]
    return [unit for unit in units if unit]
