"""`linksim bench`: what there is to measure."""

import pytest

from linksim.cli import bench_scale
from linksim.cli.app import main


def test_an_unknown_benchmark_is_named_before_anything_is_loaded(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["bench", "--only", "coffee"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == (
        "linksim: unknown benchmark 'coffee'; "
        "take one of analog, progressive, ldpc, bpg, factored, ds2c2, perceptual, lic, metrics\n"
    )


def test_the_harness_is_measured_by_a_link_that_costs_nothing():
    found = {m.what: m for m in bench_scale.resume(200)}
    assert set(found) == {
        "200 units: run",
        "200 units: store",
        "200 units: resume",
        "200 units: memory of the process that resumes, above its start",
    }
    assert 0 < found["200 units: resume"].value and 0.05 < found["200 units: store"].value < 1


@pytest.mark.parametrize(
    "options, message", [(["--units", "many"], "--units many"), (["--only", "bpg"], "--only chooses among the other")]
)
def test_mistakes_with_scale_are_one_line(capsys, options, message):
    with pytest.raises(SystemExit) as caught:
        main(["bench", "--scale", *options])
    assert caught.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--units", "--workers"])
def test_options_of_scale_do_not_stand_alone(capsys, option):
    with pytest.raises(SystemExit) as caught:
        main(["bench", option, "1000"])
    assert caught.value.code == 2 and f"{option} belongs to --scale" in capsys.readouterr().err
