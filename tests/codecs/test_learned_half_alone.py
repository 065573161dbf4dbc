"""The learned half must train where neither TensorFlow nor Sionna is installed."""

import importlib.util
import os
import subprocess
import sys

import pytest

SCRIPT = """
import sys
sys.modules["tensorflow"] = None
sys.modules["sionna"] = None
import importlib, pkgutil
for package in ("codecs", "training", "zoo", "metrics", "images"):
    root = importlib.import_module(f"linksim.{package}")
    for module in pkgutil.walk_packages(root.__path__, root.__name__ + "."):
        importlib.import_module(module.name)
print("fine")
"""


def test_sources_name_neither():
    """Whatever the backend: no module of the five packages imports TensorFlow or Sionna itself."""
    import ast
    from pathlib import Path

    import linksim

    for package in ("codecs", "training", "zoo", "metrics", "images", "source"):
        for path in (Path(linksim.__file__).parent / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not [n for n in names if n.split(".")[0] in ("tensorflow", "sionna")], path
                assert not [n for n in names if n.startswith(("linksim.phy", "linksim.links"))], path


def test_imports_without_tensorflow():
    """Keras itself needs some backend: NumPy's serves to show that every module imports."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "KERAS_BACKEND": "numpy"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "fine\n", done.stderr


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
@pytest.mark.slow
def test_trains_under_jax(tmp_path):
    script = (
        "import sys; sys.modules['tensorflow'] = None; import pathlib, numpy as np\n"
        "from linksim.training import Recipe, Training\n"
        "import linksim.training.loop as loop\n"
        "loop.STEPS_PER_EPOCH = 2\n"
        "x = np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), dtype=np.uint8)\n"
        "loop.load_data = lambda recipe: (x, x[:8])\n"
        f"t = Training(Recipe('r', 'deepjscc', {{'latent_channels': 4}}, steps=2), pathlib.Path({str(tmp_path)!r}))\n"
        "print(t.run().step)\n"
    )
    env = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert done.stdout == "2\n", done.stderr
