"""Numbers and NAL units of HEVC and BPG."""

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.source.bitio import (
    BitReader,
    BitWriter,
    add_emulation_prevention,
    read_ue7,
    remove_emulation_prevention,
    split_nal_units,
    write_ue7,
)


@pytest.mark.parametrize(
    "value, coded",
    [(0, "00"), (127, "7f"), (128, "8100"), (16383, "ff7f"), (16384, "818000"), (2**32 - 1, "8fffffff7f")],
)
def test_ue7_at_its_boundaries(value, coded):
    """Groups of seven bits, big-endian: the examples of the BPG specification and the ends of each length."""
    assert write_ue7(value).hex() == coded
    assert read_ue7(b"x" + bytes.fromhex(coded) + b"y", 1) == (value, 1 + len(coded) // 2)


@pytest.mark.parametrize("coded", ["", "81", "8000", "9080808000", "ffffffffff7f"])
def test_illegal_ue7_is_refused(coded):
    """Cut off, with a leading zero group, or beyond 32 bits."""
    with pytest.raises(LinksimError):
        read_ue7(bytes.fromhex(coded), 0)


@pytest.mark.parametrize("value, bits", [(0, "1"), (1, "010"), (2, "011"), (3, "00100"), (6, "00111"), (7, "0001000")])
def test_exp_golomb_codes_of_h265_table_9_2(value, bits):
    writer = BitWriter()
    writer.ue(value)
    assert writer.to_bytes(stop_bit=False)[0] == int(bits.ljust(8, "0"), 2)
    assert BitReader(writer.to_bytes(stop_bit=False)).ue() == value


def test_a_reader_refuses_to_read_past_the_end():
    with pytest.raises(LinksimError):
        BitReader(b"\x00\x00").ue()
    with pytest.raises(LinksimError):
        BitReader(b"\x00" * 40).ue()


@pytest.mark.parametrize(
    "plain, coded",
    [
        ("000001", "00000301"),
        ("00000000", "000003000003"),
        ("000003", "00000303"),
        ("000004", "000004"),
        ("0000000000", "0000030000030003"),
        ("0100", "010003"),
    ],
)
def test_emulation_prevention_of_h265_7_4_2(plain, coded):
    assert add_emulation_prevention(bytes.fromhex(plain)).hex() == coded


def test_emulation_prevention_hides_every_start_code_and_is_reversible():
    rng = np.random.default_rng(0)
    for _ in range(300):
        plain = bytes(rng.choice([0, 0, 0, 1, 2, 3, 4], rng.integers(1, 40)).tolist()) + b"\x80"
        coded = add_emulation_prevention(plain)
        assert not any(bytes([0, 0, byte]) in coded for byte in (0, 1, 2))
        assert remove_emulation_prevention(coded) == plain


def test_nal_units_between_start_codes_of_either_length():
    assert split_nal_units(b"\0\0\0\1ab\0\0\1cd\0\0\0\1ef\0") == [b"ab", b"cd", b"ef"]
    assert split_nal_units(b"ab\0\0\1cd") == [b"ab", b"cd"], "the first start code may be missing, as in BPG"
    assert split_nal_units(b"") == []
