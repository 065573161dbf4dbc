"""Reference files: what a published point must say."""

import pytest

from linksim.errors import LinksimError
from linksim.report import load_reference


@pytest.mark.parametrize("line", ["paper,X,0.1,3,psnr,", "paper,X,0.1,nan,psnr,28", "paper,X", ",X,0.1,3,psnr,28"])
def test_a_broken_reference_file_is_named(tmp_path, line):
    path = tmp_path / "reference.csv"
    path.write_text(f"source,link,cbr,snr_db,metric,value\n{line}\n")
    with pytest.raises(LinksimError, match="reference.csv"):
        load_reference(path)
    with pytest.raises(LinksimError, match="cannot be read"):
        load_reference(tmp_path / "none.csv")


def test_points_stand_on_the_axis_of_the_sweep(tmp_path):
    path = tmp_path / "reference.csv"
    path.write_text("source,link,erasure_probability,metric,value\npaper,X,0.1,psnr,28\n")
    assert load_reference(path, "erasure_probability")[0]["erasure_probability"] == "0.1"
    with pytest.raises(LinksimError, match="needs source, link, snr_db, metric, value"):
        load_reference(path)
