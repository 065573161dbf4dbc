"""What a training run says: lines where there is no terminal, and what Ctrl-C left."""

import pytest

from linksim.training import Recipe, progress
from linksim.training.history import EpochReport

RECIPE = Recipe("test/stopped", "deepjscc", {"latent_channels": 4}, steps=500)


@pytest.mark.parametrize("there, says", [(True, "goes on from the checkpoint"), (False, "nothing was kept")])
def test_ctrl_c_says_whether_there_is_a_checkpoint(tmp_path, monkeypatch, capsys, there, says):
    def stopped(recipe, root, report):
        folder = root / recipe.name
        folder.mkdir(parents=True)
        if there:
            (folder / "checkpoint.h5").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(progress, "train", stopped)
    with pytest.raises(SystemExit) as ended:
        progress.train_with_progress(RECIPE, tmp_path)
    assert ended.value.code == 130 and says in capsys.readouterr().out


def test_a_log_file_has_a_line_per_report_with_speed_and_time_left(tmp_path, monkeypatch, capsys):
    class Done:
        steps, val_psnr, val_lpips, val_bpp = 500, 20.0, None, None

    def trained(recipe, root, report):
        report(EpochReport(100, 0.1, 50.0, (20.0,)))
        return Done()

    monkeypatch.setattr(progress, "train", trained)
    progress.train_with_progress(RECIPE, tmp_path)
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "step 100 of 500: validation PSNR 20.00 dB, 2.0 steps/s, 3 min left"
