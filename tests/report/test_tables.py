"""Tables: Markdown to read, CSV to compute with."""

import csv

import pytest
from result_folders import table, write_folder

from linksim.errors import LinksimError
from linksim.report import Rows, Table, draw
from linksim.report.tables import cells, to_csv, to_markdown


def test_a_row_per_link_and_layer_and_a_column_per_value(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a|b": 1 / 6, "x": 1 / 6}, layers={"x": 2}), envelopes={"x": ["a|b"]})
    markdown, numbers = draw(folder, [Table(at=(0.0, 3.0))])
    assert markdown.read_text().splitlines()[2:] == [
        "| link | 0 dB | 3 dB |",
        "| --- | ---: | ---: |",
        "| a\\|b, after layer 1 | 25.00 ± 0.10 | 28.00 ± 0.10 |",
        "| x, after layer 1 | 26.00 ± 0.10 | 29.00 ± 0.10 |",
        "| x, after layer 2 | 28.00 ± 0.10 | 31.00 ± 0.10 |",
    ]
    rows = list(csv.reader(numbers.open()))
    assert rows[0] == ["link", *(f"psnr at snr_db={snr}{half}" for snr in (0, 3) for half in ("", ", half width"))]
    assert rows[1] == ["a|b, after layer 1", "25.000000", "0.100000", "28.000000", "0.100000"]


def test_several_metrics_at_one_value():
    rows = Rows(table({"a": 1 / 6}, metrics=("psnr", "ssim")))
    shown = cells(rows, Table(("psnr", "ssim"), at=3.0), intervals=False)
    assert shown.columns == ["link", "PSNR (dB)", "SSIM"] and shown.rows == [["a", "28.00", "28.00"]]
    assert to_markdown(rows, Table(("psnr", "ssim"), at=3.0)).startswith(
        "s: PSNR (dB), SSIM, 3 dB, with 95 % intervals\n"
    )


def test_what_is_not_there_is_named_and_gaps_are_empty():
    whole = table({"a": 1 / 6, "b": 1 / 6})
    rows = Rows(whole[(whole["link"] == "a") | (whole["snr_db"] > 0)], envelopes={"a": ["b"]})
    assert cells(rows, Table(at=0.0)).rows == [["a", "25.00 ± 0.10"], ["b", ""]]
    assert cells(rows, Table(at=0.0, members=False)).rows == [["a", "25.00 ± 0.10"]]
    with pytest.raises(LinksimError, match="no metric 'ssim'"):
        cells(rows, Table("ssim"))
    assert cells(rows, Table(at=(7.0, 5.0))).columns == ["link", "6 dB"], "the nearest one that was simulated, once"


def test_bits_per_pixel_and_what_is_lost():
    """At 1/6 channel uses a sample there are half a bit a pixel; 25 dB after 30 are a sixth less."""
    rows = Rows(table({"a": 1 / 6}).replace({"mean": {28.0: 20.0}}))
    shown = cells(rows, Table(at=(0.0, 3.0), bpp=True, loss=True), intervals=False)
    assert shown.columns == ["link", "bits per pixel", "0 dB", "3 dB", "3 dB, loss"]
    assert shown.rows == [["a", "0.500", "25.00", "20.00", "20.0 %"]]
    heads, numbers = csv.reader(to_csv(rows, Table(at=(0.0, 3.0), bpp=True, loss=True)).splitlines())
    assert dict(zip(heads, numbers))["psnr at snr_db=3, loss in %"] == "20.000000"
    assert dict(zip(heads, numbers))["bits per pixel"] == "0.500000"
