"""`linksim bench`: what there is to measure."""

import pytest

from linksim.cli.app import main


def test_an_unknown_benchmark_is_named_before_anything_is_loaded(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["bench", "--only", "coffee"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == (
        "linksim: unknown benchmark 'coffee'; "
        "take one of analog, progressive, ldpc, bpg, factored, ds2c2, perceptual, lic, metrics\n"
    )
