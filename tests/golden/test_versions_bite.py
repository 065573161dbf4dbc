"""Change one constant, and a golden test says which VERSION to raise; raise it, and stored results are not used."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SPEAKS_FOR = {
    "phy/coding/decoders/_belief_propagation_tf.py": "phy/coding/decoders/belief_propagation.py",
    "phy/information.py": "phy/capacity.py",
}
"""Where the VERSION of a file stands that has none of its own."""

CHANGES = {
    "noise generator": ("phy/rng.py", "_PARITY = 0x1BD11BDA", "_PARITY = 0x1BD11BDB", "phy", "test_random_numbers"),
    "equaliser": ("phy/channels/equalize.py", "_FLOOR = 1e-12", "_FLOOR = 1e-1", "phy", "test_equalizer"),
    "capacity": ("phy/information.py", "_STEP = 0.25", "_STEP = 4.0", "phy", "test_capacity"),
    "GDN": ("codecs/layers/gdn.py", "_BETA_MIN = 1e-6", "_BETA_MIN = 1e-1", "codecs", "gdn"),
    "LDPC decoder": (
        "phy/coding/decoders/_belief_propagation_tf.py",
        "_MAX_TANH = 1.0 - 1e-7",
        "_MAX_TANH = 0.5",
        "phy",
        "belief",
    ),
}


@pytest.fixture
def tree(tmp_path) -> Path:
    """A copy of the code and its golden tests, without the weights of the zoo."""
    shutil.copytree(ROOT / "linksim", tmp_path / "linksim", ignore=shutil.ignore_patterns("*.h5", "__pycache__"))
    for room in ("phy", "codecs", "golden", "helpers"):
        shutil.copytree(ROOT / "tests" / room, tmp_path / "tests" / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def python(tree: Path, *arguments: str) -> subprocess.CompletedProcess:
    env = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run([sys.executable, *arguments], cwd=tree, env=env, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_constant_is_noticed(tree, what):
    file, before, after, room, test = CHANGES[what]
    path = tree / "linksim" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    done = python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/{room}/test_golden.py", "-k", test)
    assert done.returncode == 1, done.stdout
    assert f"VERSION in linksim/{SPEAKS_FOR.get(file, file)}" in done.stdout, done.stdout


@pytest.fixture(scope="module")
def links():
    """A link for each change, one that its VERSION speaks for."""
    from linksim.codecs.registry import create
    from linksim.links import AnalogLink, CapacityLink, SeparationLink
    from linksim.phy import Awgn, RayleighFast, get_mcs
    from linksim.source import Jpeg

    small = create("deepjscc", {"latent_channels": 4})
    return {
        "noise generator": AnalogLink(small, Awgn()),
        "equaliser": AnalogLink(small, RayleighFast(csi=True)),
        "capacity": CapacityLink(Jpeg(), Awgn(), 1 / 16),
        "GDN": AnalogLink(create("deepjscc-gdn", {"latent_channels": 4, "filters": 4}), Awgn()),
        "LDPC decoder": SeparationLink(Jpeg(), get_mcs("16-QAM 1/2"), Awgn(), 1 / 16, "chain", decoder="bp20"),
    }


@pytest.mark.parametrize("what", CHANGES)
def test_a_raised_version_makes_another_link(links, monkeypatch, what):
    """Stored units of the link before are then not those of the link after."""
    from linksim.codecs.layers.gdn import Gdn

    file = CHANGES[what][0]
    module = SPEAKS_FOR.get(file, file).removesuffix(".py").replace("/", ".")
    holder = Gdn if what == "GDN" else importlib.import_module(f"linksim.{module}")
    before = links[what].fingerprint()
    monkeypatch.setattr(holder, "VERSION", holder.VERSION + 1000)
    assert links[what].fingerprint() != before
