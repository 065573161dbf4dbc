"""The layered decoder as TensorFlow operations, run here on the CPU: bit for bit what the compiled loops give."""

import numpy as np
import pytest
import tensorflow as tf

from linksim.phy.coding.decoders import _layered_tf
from linksim.phy.coding.decoders._layered_gpu import LayeredOperations
from linksim.phy.coding.decoders._layered_graph import LayeredGraph
from linksim.phy.coding.decoders._layered_tf import CompiledLayered
from linksim.phy.coding.ldpc import LdpcCode


def received(code, sigma, rows=24, version=0, seed=0):
    """Log-likelihood ratios of the buffer, of random words over noise of several strengths around sigma."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, [rows, code.info_bits]).astype(np.float32)
    coded = 2 * code.encode(bits, version).numpy() - 1
    sigmas = sigma * np.linspace(0.85, 1.15, rows)[:, None]
    y = coded + sigmas * rng.normal(size=coded.shape)
    return code.recover_rate((2 * y / sigmas**2).astype(np.float32), version).numpy()


def both(code, llr, iterations=20, xla=False):
    loops = CompiledLayered(code, iterations).run(llr)
    operations = LayeredOperations(LayeredGraph.of(code), code.buffer_bits, iterations, xla=xla)
    return loops, operations.run(llr)


def assert_alike(code, llr, **options):
    (logits, used), (found, counted) = both(code, llr, **options)
    assert np.array_equal(counted, used) and np.array_equal(found, logits)
    return used


# Near the cliff: some blocks at once, some late, some never.
@pytest.mark.parametrize(
    ("base_graph", "info_bits", "coded_bits", "sigma"),
    [
        (1, 330, 990, 1.15),  # Z = 15
        (1, 700, 762, 0.47),  # rate 0.92, filler bits
        (2, 100, 500, 1.5),  # filler bits
        (2, 12, 60, 1.2),  # Z = 2
        (2, 640, 960, 0.73),
        (2, 200, 2000, 2.3),  # repetition
    ],
)
def test_all_is_as_in_the_loops(base_graph, info_bits, coded_bits, sigma):
    used = assert_alike(code := LdpcCode(base_graph, info_bits, coded_bits, 2), received(code, sigma))
    assert 0 in used and len(set(used.tolist())) > 2


def test_with_xla_too():
    code = LdpcCode(2, 100, 300, 2)
    assert_alike(code, received(code, 1.0), xla=True)


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_rows_without_a_parity_are_left_out(version):
    """Of a whole buffer of which one redundancy version was received."""
    code = LdpcCode(2, 300, 700, 2, redundancy_versions=(0, 1, 2, 3))
    assert_alike(code, received(code, 0.85, version=version))


def test_hostile_values():
    code = LdpcCode(2, 100, 400, 2)
    llr = received(code, 0.9, rows=8)
    llr[0], llr[1], llr[2, ::3], llr[3, ::5], llr[4], llr[5, 7] = 0, np.nan, np.inf, -np.inf, 1e30, np.nan
    llr[6, ::2] *= -1e6
    assert_alike(code, llr)


def test_one_block_is_as_among_others():
    code = LdpcCode(2, 150, 330, 2)
    llr = received(code, 0.9, rows=40)
    operations = LayeredOperations(LayeredGraph.of(code), code.buffer_bits, 20, xla=False)
    logits, used = operations.run(llr)
    for row in (0, 17, 39):
        alone = operations.run(llr[row : row + 1])
        assert np.array_equal(alone[0][0], logits[row]) and alone[1][0] == used[row]
    assert operations.run(llr[:0])[0].shape == (0, 150)


def test_few_iterations():
    code = LdpcCode(2, 150, 330, 2)
    assert_alike(code, received(code, 0.8), iterations=3)


def test_where_there_is_a_gpu_the_operations_are_taken(monkeypatch):
    code = LdpcCode(2, 100, 300, 2)
    llr = received(code, 0.9)
    expected = CompiledLayered(code, 20).run(llr)
    compiled = CompiledLayered(code, 20)
    monkeypatch.setattr(_layered_tf, "decode_blocks", None)
    with pytest.raises(TypeError):
        compiled.run(llr)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["a GPU"])
    compiled._operations._xla = False
    found = compiled.run(llr)
    assert np.array_equal(found[0], expected[0]) and np.array_equal(found[1], expected[1])
