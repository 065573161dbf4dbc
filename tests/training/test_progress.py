"""What is said while a run goes on, and at Ctrl-C, is true."""

import pytest
import rich.console

from linksim.training import EpochReport, Recipe, progress

RECIPE = Recipe("test/stopped", "deepjscc", {"latent_channels": 4}, steps=500)


@pytest.mark.parametrize("there, says", [(True, "goes on from the checkpoint"), (False, "nothing was kept")])
def test_ctrl_c_says_whether_there_is_a_checkpoint(tmp_path, monkeypatch, capsys, there, says):
    def stopped(recipe, root, report, tick):
        folder = root / recipe.name
        folder.mkdir(parents=True)
        if there:
            (folder / "checkpoint.h5").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "train", stopped)
    with pytest.raises(SystemExit) as ended:
        progress.train_with_progress(RECIPE, tmp_path)
    assert ended.value.code == 130 and says in capsys.readouterr().err


def test_where_there_is_no_terminal_a_line_every_half_minute(tmp_path, monkeypatch, capsys):
    """After a step as after an epoch; short runs say nothing, and long epochs do not keep silent."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.Progress(RECIPE, tmp_path) as shown:
        for step in range(1, 251):  # a second each
            now[0] += 1
            shown.tick(step)
            if step == 100:
                shown.report(EpochReport(100, 0.1, 100.0, (20.0, 21.5), lpips=0.25))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 250 // 30
    assert lines[0] == "linksim: test/stopped: step 30 of 500, about 8 min left"
    assert lines[-1].startswith(
        "linksim: test/stopped: step 240 of 500, validation PSNR 20.00 / 21.50 dB, LPIPS 0.2500"
    )


def test_a_terminal_has_a_bar_and_a_notebook_lines(tmp_path, monkeypatch, capsys):
    """In notebooks a bar of rich is nothing at all without ipywidgets."""
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    monkeypatch.setenv("FORCE_COLOR", "1")  # by which rich takes standard error for a terminal
    for notebook in (False, True):
        monkeypatch.setattr(rich.console, "_is_jupyter", lambda notebook=notebook: notebook)
        with progress.Progress(RECIPE, tmp_path) as shown:
            now[0] += 31
            shown.tick(7)
        assert ("linksim: test/stopped: step 7 of 500" in capsys.readouterr().err) == notebook
