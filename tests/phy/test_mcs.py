"""Modulation and coding schemes."""

import pytest

from linksim.errors import LinksimError
from linksim.phy.mcs import NR_MCS_TABLES, PAPER_MCS, Mcs, get_mcs


@pytest.mark.parametrize("table", [1, 2, 3])
def test_nr_tables_equal_those_of_sionna(table):
    """Two transcriptions of TS 38.214, 5.1.3.1 agree in every row."""
    from sionna.phy.nr.utils import decode_mcs_index

    from linksim.phy._tf import tf

    rows = NR_MCS_TABLES[f"nr{table}"]
    assert len(rows) == {1: 29, 2: 28, 3: 29}[table]
    orders, rates = decode_mcs_index(tf.range(len(rows)), table_index=table, is_pusch=False)
    assert [mcs.bits_per_symbol for mcs in rows] == orders.numpy().tolist()
    assert [mcs.code_rate for mcs in rows] == pytest.approx(rates.numpy().tolist(), rel=1e-6)


def test_every_scheme_is_found_by_its_name():
    for mcs in [*PAPER_MCS, *(mcs for table in NR_MCS_TABLES.values() for mcs in table)]:
        assert get_mcs(mcs.name) is mcs
        assert get_mcs(mcs) is mcs


@pytest.mark.parametrize(
    "text, name",
    [
        ("16qam 2/3", "16-QAM 2/3"),
        (" 64-QAM  3/4", "64-QAM 3/4"),
        ("QPSK 1/2", "4-QAM 1/2"),
        ("16-qam (4096,6144)", "16-QAM (4096, 6144)"),
        ("NR2:27", "nr2:27"),
        ("38.214-1/17", "nr1:17"),
        ("38.214-3/28", "nr3:28"),
        ("256-QAM 3/4", "256-QAM 3/4"),
    ],
)
def test_spelling_does_not_matter(text, name):
    assert get_mcs(text).name == name


def test_the_4096_6144_code_is_rate_2_3_in_shorter_blocks():
    mcs = get_mcs("16-QAM (4096, 6144)")
    assert (mcs.bits_per_symbol, mcs.max_code_block_bits) == (4, 4096)
    assert mcs.max_code_block_bits / mcs.code_rate == pytest.approx(6144)


@pytest.mark.parametrize(
    "name", ["", "8-PSK 1/2", "16-QAM", "16-QAM 2/0", "16-QAM 99/100", "nr1:29", "nr4:1", "nr1:-1", "38.214-1/29"]
)
def test_an_unknown_scheme_is_refused_in_one_line_that_says_what_to_use(name):
    with pytest.raises(LinksimError) as error:
        get_mcs(name)
    assert "\n" not in str(error.value)
    assert "use" in str(error.value) or "has the indices" in str(error.value)


@pytest.mark.parametrize("arguments", [(3, 0.5), (4, 0.0), (4, 1.0), (4, 0.5, 9000)])
def test_a_scheme_outside_5g_is_refused(arguments):
    with pytest.raises(LinksimError, match="use"):
        Mcs("mine", *arguments)
