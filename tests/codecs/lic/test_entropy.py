"""Probabilities and bytes of whole numbers: exact, complete, and as good as the mixtures say."""

import subprocess
import sys

import numpy as np
import pytest
from keras import ops

from linksim.codecs.lic import entropy, mixture
from linksim.codecs.lic.entropy import LARGEST, Decoder, Encoder
from linksim.codecs.lic.mixture import ESCAPE, WINDOW, bits, exact_values, frequencies, weights_means_scales
from linksim.errors import LinksimError


def parameters(count, seed=0, widest=110):
    rng = np.random.default_rng(seed)
    scales = rng.integers(-60, widest, (count, 3))
    parts = [rng.integers(-64, 64, (count, 3)), rng.integers(-200, 200, (count, 3)), scales]
    return np.concatenate(parts, axis=1)


def drawn(parameters, seed=1):
    """Values of the mixtures."""
    rng = np.random.default_rng(seed)
    weights, means, rows = weights_means_scales(parameters)
    which = np.array([rng.choice(3, p=w / 256) for w in weights])
    pick = np.arange(len(which)), which
    scales = 2.0 ** ((rows[pick] - 52) / 16)
    return np.rint(means[pick] / 16 + scales * rng.standard_normal(len(which))).astype(int)


def test_no_table_entry_is_near_a_half():
    """So that a library whose last digits differ rounds to the same table."""
    scales = 2.0 ** ((np.arange(160) - 52) / 16)
    powers = 2.0**16 * 2.0 ** (-np.arange(len(mixture._powers())) / 16)
    for values in (exact_values(scales), powers):
        assert np.abs(values % 1 - 0.5).min() > 1e-7


def test_weights_are_shares_of_256():
    weights, _, rows = weights_means_scales(parameters(1000))
    assert np.all(weights.sum(axis=-1) == 256) and weights.min() >= 0
    assert rows.min() == 0 and rows.max() == 159
    alike, _, _ = weights_means_scales(np.zeros((1, 9), int))
    assert sorted(alike[0]) == [85, 85, 86]


def test_frequencies_are_those_of_the_mixture():
    from scipy.stats import norm

    given = parameters(200)
    counts, middle = frequencies(given)
    assert counts.shape == (200, 2 * WINDOW + 2) and counts.min() >= 1 and counts.sum(axis=1).max() < 2**17
    weights, means, rows = weights_means_scales(given)
    scales = 2.0 ** ((rows - 52) / 16)
    symbols = middle[:, None] + np.arange(-WINDOW, WINDOW + 1)
    wanted = sum(
        weights[:, k, None] / 256 * (norm.cdf((symbols + 0.5 - m) / s) - norm.cdf((symbols - 0.5 - m) / s))
        for k, m, s in ((k, means[:, k, None] / 16, scales[:, k, None]) for k in range(3))
    )
    assert np.abs((counts[:, :ESCAPE] - 1) / 2**16 - wanted).max() < 3e-5


def test_largest_parameters_are_counted_exactly():
    """All that whole-number networks can give: nothing wraps in 32 bits."""
    rng = np.random.default_rng(0)
    given = rng.choice([-32767, -2048, -1, 0, 3, 2048, 32767], (500, 9))
    counts, middle = frequencies(given)
    weights, means, rows = weights_means_scales(given)
    edges = 16 * (middle[:, None] + np.arange(-WINDOW, WINDOW + 2)) - 8
    total = np.zeros(edges.shape, np.int64)
    for k in range(3):
        apart = edges - means[:, k, None]
        part = mixture.scale_table().astype(np.int64)[rows[:, k, None], np.minimum(np.abs(apart), 16 * 512)]
        total += weights[:, k, None] * np.where(apart < 0, 2**16 - part, part)
    np.testing.assert_array_equal(counts[:, :ESCAPE], np.diff(total, axis=1) // 256 + 1)
    assert counts.min() >= 1 and counts.sum(axis=1).max() < 2**17


def test_the_alphabets_of_a_version_are_these(golden):
    golden.check("lic-frequencies", entropy.VERSION, frequencies(parameters(30))[0], "linksim/codecs/lic/entropy.py")


def test_the_middle_is_in_the_middle():
    counts, middle = frequencies(np.array([[0, 0, 0, 160, 160, 160, 0, 0, 0]]))
    assert middle[0] == 10 and np.argmax(counts[0]) == WINDOW


@pytest.mark.parametrize("count", [0, 1, 1000, entropy._AT_ONCE + 3])
def test_what_is_written_is_read(count):
    given = parameters(count)
    values = drawn(given) if count else np.zeros(0, int)
    encoder = Encoder()
    encoder.write(values, given)
    encoder.write(values[::-1], given[::-1])
    decoder = Decoder(encoder.finish())
    np.testing.assert_array_equal(decoder.read(given), values)
    np.testing.assert_array_equal(decoder.read(given[::-1]), values[::-1])


def test_values_far_from_their_mixture_are_sent_too():
    given = parameters(50)
    values = np.random.default_rng(0).choice([-LARGEST, -3000, 0, 70, 3000, LARGEST], 50)
    encoder = Encoder()
    encoder.write(values, given)
    np.testing.assert_array_equal(Decoder(encoder.finish()).read(given), values)


def test_bytes_are_what_training_counts():
    """Of mixtures that fit into the window; beyond it a value costs some bits more than it would have to."""
    given = parameters(20_000, widest=4 * 16)
    values = drawn(given)
    counted = bits(*(ops.convert_to_tensor(v.astype("float32")) for v in (values, given / 16)))
    encoder = Encoder()
    encoder.write(values, given)
    assert 8 * len(encoder.finish()) == pytest.approx(float(ops.sum(counted)), rel=0.002)


def test_another_process_makes_the_same_bytes():
    """One thread, and no TensorFlow."""
    script = (
        "import sys, hashlib; sys.modules['tensorflow'] = None; import numpy as np;"
        "from linksim.codecs.lic.mixture import frequencies; from test_entropy import parameters;"
        "print(hashlib.sha256(frequencies(parameters(3000))[0].tobytes()).hexdigest())"
    )
    import hashlib
    import os
    from pathlib import Path

    env = {
        **os.environ,
        "KERAS_BACKEND": "jax",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": f"{Path(__file__).parent}:{Path(mixture.__file__).parents[3]}",
    }
    pytest.importorskip("jax")
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == hashlib.sha256(frequencies(parameters(3000))[0].tobytes()).hexdigest()


def test_any_bytes_are_read_or_refused():
    given = parameters(300)
    rng = np.random.default_rng(0)
    for length in range(0, 200):
        try:
            values = Decoder(rng.bytes(length)).read(given)
        except LinksimError:
            continue
        assert values.shape == (300,) and np.abs(values).max() <= LARGEST
