"""Modulation and coding schemes: the tables of 3GPP TS 38.214 and the set that the papers use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from linksim.errors import LinksimError

MAX_CODE_BLOCK_BITS = 8448
"""Longest LDPC code block in bits: 22 columns of base graph 1, lifted by 384 (TS 38.212, 5.2.2)."""

MAX_CODE_RATE = 948 / 1024
"""Highest code rate of NR (TS 38.214, tables 5.1.3.1-1 and -2)."""

_BITS_PER_SYMBOL = (2, 4, 6, 8)


@dataclass(frozen=True)
class Mcs:
    """A modulation and coding scheme.

    Parameters
    ----------
    name : str
        What tables and legends show.
    bits_per_symbol : {2, 4, 6, 8}
        Coded bits per QAM symbol (Q_m).
    code_rate : float
        Target code rate R: information bits, CRCs included, per coded bit; above 0 and at most
        948/1024.
    max_code_block_bits : int
        Longest code block in bits, its CRC included. A smaller limit than the 8448 of TS 38.212
        models a code of a fixed length, such as (4096, 6144).

    Raises
    ------
    LinksimError
        If a value lies outside these ranges.
    """

    name: str
    bits_per_symbol: int
    code_rate: float
    max_code_block_bits: int = MAX_CODE_BLOCK_BITS

    def __post_init__(self) -> None:
        if self.bits_per_symbol not in _BITS_PER_SYMBOL:
            raise LinksimError(
                f"modulation with {self.bits_per_symbol} bits per symbol is unknown: use 2, 4, 6 or 8 "
                "(4-, 16-, 64- or 256-QAM)"
            )
        if not 0 < self.code_rate <= MAX_CODE_RATE:
            raise LinksimError(
                f"code rate {self.code_rate:g} of {self.name!r} is out of range: use a rate above 0 "
                "and at most 948/1024"
            )
        if not 64 <= self.max_code_block_bits <= MAX_CODE_BLOCK_BITS:
            raise LinksimError(
                f"code blocks of at most {self.max_code_block_bits} bits are not possible: use a "
                f"limit from 64 to {MAX_CODE_BLOCK_BITS}"
            )

    @property
    def spectral_efficiency(self) -> float:
        """Information bits per channel use, CRCs included."""
        return self.bits_per_symbol * self.code_rate


def _nr_table(name: str, *rows: tuple[int, str]) -> tuple[Mcs, ...]:
    """One table of TS 38.214 from rows of (Q_m, code rates x 1024 in the order of their index)."""
    pairs = [(order, float(rate)) for order, rates in rows for rate in rates.split()]
    return tuple(Mcs(f"{name}:{index}", order, rate / 1024) for index, (order, rate) in enumerate(pairs))


NR_MCS_TABLES: dict[str, tuple[Mcs, ...]] = {
    "nr1": _nr_table(
        "nr1",
        (2, "120 157 193 251 308 379 449 526 602 679"),
        (4, "340 378 434 490 553 616 658"),
        (6, "438 466 517 567 616 666 719 772 822 873 910 948"),
    ),
    "nr2": _nr_table(
        "nr2",
        (2, "120 193 308 449 602"),
        (4, "378 434 490 553 616 658"),
        (6, "466 517 567 616 666 719 772 822 873"),
        (8, "682.5 711 754 797 841 885 916.5 948"),
    ),
    "nr3": _nr_table(
        "nr3",
        (2, "30 40 50 64 78 99 120 157 193 251 308 379 449 526 602"),
        (4, "340 378 434 490 553 616"),
        (6, "438 466 517 567 616 666 719 772"),
    ),
}
"""MCS tables 5.1.3.1-1 (up to 64-QAM), -2 (up to 256-QAM) and -3 (low rates) of TS 38.214."""


def _qam(order: int, rate: str) -> Mcs:
    bits_per_symbol = order.bit_length() - 1
    return Mcs(f"{order}-QAM {rate}", bits_per_symbol, float(Fraction(rate)))


PAPER_MCS: tuple[Mcs, ...] = (
    _qam(4, "1/3"),
    _qam(4, "1/2"),
    _qam(4, "2/3"),
    _qam(16, "1/3"),
    _qam(16, "1/2"),
    _qam(16, "2/3"),
    _qam(64, "1/2"),
    _qam(64, "2/3"),
    _qam(64, "3/4"),
    Mcs("16-QAM (4096, 6144)", 4, 2 / 3, max_code_block_bits=4096),
)
"""The schemes that papers on deep joint source-channel coding compare with.

The last one is 16-QAM 2/3 with code blocks of at most 4096 bits in 6144 coded bits.
"""

_NR_PATTERN = re.compile(r"(?:nr|38\.214-)([123])[:/](\d+)")
_QAM_PATTERN = re.compile(r"(4|16|64|256)-?qam(\d+)/(\d+)")


def get_mcs(name: str | Mcs) -> Mcs:
    """Find a scheme by its name.

    Parameters
    ----------
    name : str or Mcs
        `16-QAM 2/3` (any of 4, 16, 64, 256 and any rate up to 948/1024; QPSK is 4-QAM),
        `16-QAM (4096, 6144)`, or `nr1:10` or `38.214-1/10` for row 10 of table 5.1.3.1-1 of TS 38.214
        (`nr2` and `nr3` for tables -2 and -3). Case, spaces and hyphens do not matter. An `Mcs` is
        returned as it is.

    Returns
    -------
    Mcs

    Raises
    ------
    LinksimError
        If no scheme has this name.
    """
    if isinstance(name, Mcs):
        return name
    text = re.sub(r"\s+", "", str(name)).lower().replace("qpsk", "4-qam")
    for mcs in PAPER_MCS:
        if _squeeze(mcs.name) == _squeeze(text):
            return mcs
    if match := _NR_PATTERN.fullmatch(text):
        table, index = f"nr{match[1]}", int(match[2])
        if index < len(NR_MCS_TABLES[table]):
            return NR_MCS_TABLES[table][index]
        raise LinksimError(f"{name!r} is not an MCS: {table} has the indices 0 to {len(NR_MCS_TABLES[table]) - 1}")
    if (match := _QAM_PATTERN.fullmatch(text)) and int(match[3]) > 0:
        return _qam(int(match[1]), f"{int(match[2])}/{int(match[3])}")
    known = ", ".join(mcs.name for mcs in PAPER_MCS)
    raise LinksimError(
        f"{name!r} is not an MCS: use one of {known}, a modulation and a rate such as "
        "'256-QAM 3/4', or a row of TS 38.214 such as 'nr1:10'"
    )


def _squeeze(name: str) -> str:
    return re.sub(r"[\s-]", "", name).lower()
