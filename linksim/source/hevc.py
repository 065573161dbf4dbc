"""HEVC parameter sets: what a BPG file keeps of a sequence parameter set, and how to rebuild the rest."""

from __future__ import annotations

from dataclasses import dataclass

from linksim.errors import LinksimError
from linksim.source.bitio import BitReader, BitWriter, add_emulation_prevention, remove_emulation_prevention

VPS, SPS, PPS, END_OF_SEQUENCE = 32, 33, 34, 36  # NAL unit types (H.265, table 7-1)
IDR = (19, 20)

# explicit_rdpcm, extended_precision, high_precision_offsets, cabac_bypass_alignment: a BPG file must
# not set these of the nine flags of the range extension (H.265, 7.3.2.3.2; first flag = highest bit).
_FORBIDDEN_RANGE_FLAGS = 0b000110101
_LEVEL_IDC = 186  # level 6.2; decoders of still pictures do not look at it


@dataclass(frozen=True)
class Pcm:
    """The PCM fields of an SPS, as they are coded."""

    bit_depth_luma_minus1: int
    bit_depth_chroma_minus1: int
    log2_min_size_minus3: int
    log2_diff_size: int
    loop_filter_disabled: int


@dataclass(frozen=True)
class CodingTools:
    """The fields of an SPS that a BPG file carries, in its order; all else is implied by the format.

    Sizes are log2 of luma samples. `range_flags` are the nine flags of the range extension, or
    None when the SPS has no extension.
    """

    log2_min_cb: int
    log2_diff_cb: int
    log2_min_tb: int
    log2_diff_tb: int
    max_depth_intra: int
    sao: int
    pcm: Pcm | None
    strong_intra_smoothing: int
    range_flags: int | None

    @classmethod
    def from_bpg(cls, header: bytes) -> CodingTools:
        """Read the `hevc_header` of a BPG file.

        Raises
        ------
        LinksimError
            If the fields are cut off or hold values that HEVC or BPG forbids.
        """
        r = BitReader(header)
        log2_min_cb, log2_diff_cb = r.ue() + 3, r.ue()
        log2_min_tb, log2_diff_tb = r.ue() + 2, r.ue()
        max_depth_intra, sao = r.ue(), r.u(1)
        pcm = Pcm(r.u(4), r.u(4), r.ue(), r.ue(), r.u(1)) if r.u(1) else None
        strong = r.u(1)
        range_flags = None
        if r.u(1):
            if r.u(8) != 0x80:
                raise LinksimError("the BPG file uses HEVC extensions that the format forbids: it is damaged")
            range_flags = r.u(9)
        tools = cls(
            log2_min_cb, log2_diff_cb, log2_min_tb, log2_diff_tb, max_depth_intra, sao, pcm, strong, range_flags
        )
        tools._check()
        return tools

    @classmethod
    def from_sps(cls, unit: bytes) -> CodingTools:
        """Read the SPS that x265 wrote for one picture (NAL unit, header included).

        Reads up to the VUI: x265 always writes one, and never a range extension after it.
        """
        r = BitReader(remove_emulation_prevention(unit[2:]))
        r.u(4)
        if r.u(3):
            raise LinksimError("x265 coded more than one temporal layer; install another version of av")
        r.u(1 + 88 + 8)  # nesting, profile, level
        r.ue()
        chroma_format = r.ue()
        if chroma_format == 3:
            r.u(1)
        r.ue(), r.ue()  # coded size
        if r.u(1):
            r.ue(), r.ue(), r.ue(), r.ue()  # conformance window
        r.ue(), r.ue(), r.ue()  # bit depths, picture order count
        r.u(1)
        r.ue(), r.ue(), r.ue()  # picture buffer
        log2_min_cb, log2_diff_cb = r.ue() + 3, r.ue()
        log2_min_tb, log2_diff_tb = r.ue() + 2, r.ue()
        _, max_depth_intra = r.ue(), r.ue()
        scaling_list = r.u(1)
        _, sao = r.u(1), r.u(1)
        pcm = Pcm(r.u(4), r.u(4), r.ue(), r.ue(), r.u(1)) if r.u(1) else None
        num_reference_sets, long_term = r.ue(), r.u(1)
        if scaling_list or num_reference_sets or long_term:
            raise LinksimError("x265 coded a sequence that BPG cannot carry; install another version of av")
        r.u(1)
        tools = cls(log2_min_cb, log2_diff_cb, log2_min_tb, log2_diff_tb, max_depth_intra, sao, pcm, r.u(1), None)
        tools._check()
        return tools

    def to_bpg(self) -> bytes:
        """The `hevc_header` of a BPG file, without its length."""
        w = BitWriter()
        self._write_sizes(w)
        w.ue(self.max_depth_intra)
        w.u(1, self.sao)
        self._write_pcm(w)
        w.u(1, self.strong_intra_smoothing)
        self._write_extension(w)
        return w.to_bytes(stop_bit=False)

    def to_sps(self, chroma_format: int, bit_depth: int, coded_height: int, coded_width: int) -> bytes:
        """The whole SPS (NAL unit without start code) that a BPG file implies (H.265, 7.3.2.2).

        Parameters
        ----------
        chroma_format : {0, 1, 2, 3}
            Grey, 4:2:0, 4:2:2, 4:4:4.
        bit_depth : int
            Bits per sample of luma and chroma.
        coded_height, coded_width : int
            In luma samples, multiples of the smallest coding block. No conformance window is
            written: the caller crops, since not every decoder crops odd sizes of subsampled chroma.
        """
        w = BitWriter()
        w.u(4, 0)  # VPS id
        w.u(3, 0)  # one temporal layer
        w.u(1, 1)
        _write_profile(w)
        w.ue(0)  # SPS id
        w.ue(chroma_format)
        if chroma_format == 3:
            w.u(1, 0)  # not separate planes
        w.ue(coded_width)
        w.ue(coded_height)
        w.u(1, 0)  # no conformance window
        w.ue(bit_depth - 8)
        w.ue(bit_depth - 8)
        w.ue(8 - 4)  # log2_max_pic_order_cnt_lsb
        w.u(1, 1)
        for _ in range(3):
            w.ue(0)  # picture buffer of one, no reordering
        self._write_sizes(w)
        w.ue(self.max_depth_intra)  # inter
        w.ue(self.max_depth_intra)
        w.u(1, 0)  # no scaling list
        w.u(1, 1)  # amp
        w.u(1, self.sao)
        self._write_pcm(w)
        w.ue(0)  # no short-term reference sets
        w.u(1, 0)  # no long-term references
        w.u(1, 1)  # temporal mvp
        w.u(1, self.strong_intra_smoothing)
        w.u(1, 0)  # no VUI
        self._write_extension(w)
        return nal_unit(SPS, w.to_bytes(stop_bit=True))

    @property
    def min_cb(self) -> int:
        """Side of the smallest coding block in luma samples; the coded size is a multiple of it."""
        return 1 << self.log2_min_cb

    def _check(self) -> None:
        # H.265, 7.4.3.2: blocks of 8 to 64, transforms of 4 to 32 and smaller than the smallest block.
        log2_ctb = self.log2_min_cb + self.log2_diff_cb
        log2_max_tb = self.log2_min_tb + self.log2_diff_tb
        legal = (
            4 <= log2_ctb <= 6
            and self.log2_min_tb < self.log2_min_cb
            and log2_max_tb <= min(5, log2_ctb)
            and self.max_depth_intra <= log2_ctb - self.log2_min_tb
        )
        if self.pcm is not None:
            log2_pcm = self.pcm.log2_min_size_minus3 + 3
            legal = legal and log2_pcm + self.pcm.log2_diff_size <= min(5, log2_ctb)
        if self.range_flags is not None:
            legal = legal and not self.range_flags & _FORBIDDEN_RANGE_FLAGS
        if not legal:
            raise LinksimError("the BPG file holds HEVC parameters out of range; send the stream again: it is damaged")

    def _write_sizes(self, w: BitWriter) -> None:
        w.ue(self.log2_min_cb - 3)
        w.ue(self.log2_diff_cb)
        w.ue(self.log2_min_tb - 2)
        w.ue(self.log2_diff_tb)

    def _write_pcm(self, w: BitWriter) -> None:
        w.u(1, self.pcm is not None)
        if self.pcm is not None:
            w.u(4, self.pcm.bit_depth_luma_minus1)
            w.u(4, self.pcm.bit_depth_chroma_minus1)
            w.ue(self.pcm.log2_min_size_minus3)
            w.ue(self.pcm.log2_diff_size)
            w.u(1, self.pcm.loop_filter_disabled)

    def _write_extension(self, w: BitWriter) -> None:
        w.u(1, self.range_flags is not None)
        if self.range_flags is not None:
            w.u(8, 0x80)
            w.u(9, self.range_flags)


def vps() -> bytes:
    """The smallest video parameter set, which decoders want and BPG leaves out (H.265, 7.3.2.1)."""
    w = BitWriter()
    w.u(4, 0)  # id
    w.u(2, 3)
    w.u(6, 0)
    w.u(3, 0)  # one temporal layer
    w.u(1, 1)
    w.u(16, 0xFFFF)
    _write_profile(w)
    w.u(1, 1)
    for _ in range(3):
        w.ue(0)
    w.u(6, 0)
    w.ue(0)
    w.u(2, 0)  # no timing, no extension
    return nal_unit(VPS, w.to_bytes(stop_bit=True))


def skips_transform_and_quantisation(pps: bytes) -> bool:
    """Whether blocks may be coded without loss, by `transquant_bypass_enabled_flag` of a PPS (H.265, 7.3.2.3.1).

    Raises
    ------
    LinksimError
        If the PPS is cut off.
    """
    r = BitReader(remove_emulation_prevention(pps[2:]))
    r.ue(), r.ue()  # PPS and SPS id
    r.u(1 + 1 + 3 + 1 + 1)  # dependent slices, output flag, extra header bits, sign hiding, CABAC tables
    r.ue(), r.ue(), r.ue()  # reference indices, QP
    r.u(1 + 1)  # constrained intra prediction, transform skip
    if r.u(1):
        r.ue()  # depth of QP differences
    r.ue(), r.ue()  # chroma QP offsets
    r.u(1 + 1 + 1)  # chroma offsets in slices, weighted prediction
    return bool(r.u(1))


def end_of_sequence() -> bytes:
    """The NAL unit that says that nothing follows (H.265, 7.3.2.6)."""
    return nal_unit(END_OF_SEQUENCE, b"")


def nal_unit(unit_type: int, payload: bytes) -> bytes:
    """A NAL unit of layer 0 without its start code (H.265, 7.3.1)."""
    return bytes([unit_type << 1, 1]) + add_emulation_prevention(payload)


def nal_unit_type(unit: bytes) -> int:
    """The six bits that say what a NAL unit holds."""
    return unit[0] >> 1 & 0x3F


def _write_profile(w: BitWriter) -> None:
    # Profile 4 (range extensions): with 1 or 3 libavcodec decodes some 4:4:4 files wrongly.
    w.u(3, 0)
    w.u(5, 4)
    w.u(32, 1 << 31 - 4)
    w.u(4, 0b1001)  # progressive, frames only
    w.u(44, 0)
    w.u(8, _LEVEL_IDC)
