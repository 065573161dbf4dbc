"""A kit's steps under JAX are the loop's steps under TensorFlow: loss, gradient, three steps of the optimiser."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import linksim

SCRIPT = """
import sys, numpy as np, keras
from linksim.training import Recipe
from linksim.training.channel import TrainingChannel
codec, options, backend, out = sys.argv[1:]
recipe = Recipe("t", codec, eval(options), snr_db=7.0, steps=100, batch_size=4, optimizer="muon", learning_rate=3e-3,
                decay=0.5, averaging=0.9)
rng = np.random.default_rng(0)
x = rng.random((4, 16, 16, 3)).astype("float32")
noise = 0.2 * rng.standard_normal((4, 4096, 2)).astype("float32")
TrainingChannel.noise = lambda self, shape, snr_db: keras.ops.convert_to_tensor(noise[:, : shape[1]])
fixed = lambda codec: [(0.1 * rng.standard_normal(w.shape) + (0.25 if "alpha" in w.path else 0)).astype("float32")
                       for w in codec.weights]
if backend == "jax":
    sys.modules["tensorflow"] = None
    import jax
    from linksim.training.bundle.group import Group
    pictures = (255 * x).astype("uint8")
    group = Group([recipe], pictures, pictures, [None], [None])
    group.chain.codec.set_weights(fixed(group.chain.codec))
    variables = [*group.chain.trainable_variables, *group.chain.non_trainable_variables, *group.optimizer.variables]
    state = [*[v.value for v in variables], jax.random.PRNGKey(0)]
    trainable, other, _, _ = group._parts(state)
    snr = jax.numpy.float32(7.0)
    gradient = jax.grad(lambda t: group.loss(t, other, x, snr)[0])(trainable)
    losses = []
    for _ in range(3):
        state, loss = group.one_step(state, x, snr)
        losses.append(float(loss))
    weights = group._parts(state)[0]
else:
    import tensorflow as tf
    from linksim.training.chain import Chain
    from linksim.training.optimizers import make_optimizer
    chain = Chain(recipe)
    chain(x)
    chain.codec.set_weights(fixed(chain.codec))
    chain.enter(recipe.schedule[0], chain.objectives[0], make_optimizer(recipe.schedule[0]))
    with tf.GradientTape() as tape:
        loss = chain.objective.loss(x, chain(x, training=True))
    gradient = tape.gradient(loss, [v.value for v in chain.trainable_variables])
    losses = []
    for _ in range(3):
        chain.reset_metrics()
        losses.append(float(chain.train_on_batch(x, x)))
    weights = chain.trainable_variables
pack = lambda arrays: {str(i): np.asarray(a) for i, a in enumerate(arrays)}
np.savez(out, losses=losses, **{f"g{k}": a for k, a in pack(gradient).items()},
         **{f"w{k}": a for k, a in pack(weights).items()})
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "codec, options",
    [
        ("deepjscc-resnet", {"latent_channels": 4, "filters": 8, "adaptive": True}),
        ("multiple-decoders", {"layer_channels": (2, 4)}),
    ],
)
def test_loss_gradient_and_three_steps(tmp_path, codec, options):
    pytest.importorskip("jax")
    made = []
    for backend in ("jax", "tensorflow"):
        out = tmp_path / f"{backend}.npz"
        env = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(Path(linksim.__file__).parent.parent)}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, codec, repr(options), backend, str(out)],
            env=env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        made.append(np.load(out))
    jax, tensorflow = made
    assert set(jax) == set(tensorflow)
    np.testing.assert_allclose(jax["losses"], tensorflow["losses"], rtol=2e-6)
    for name in jax:
        atol = {"g": 1e-5 * max(np.abs(tensorflow[name]).max(), 1e-3), "w": 2e-5}.get(name[0], 0)
        np.testing.assert_allclose(jax[name], tensorflow[name], rtol=1e-4, atol=atol, err_msg=name)
