"""What Ctrl-C says is true."""

import pytest

from linksim.training import Recipe, progress

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
