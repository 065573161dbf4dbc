"""The layered decoder as TensorFlow operations, run here on the CPU: bit for bit what the compiled loops give."""

import numpy as np
import pytest

from linksim.phy._tf import tf
from linksim.phy.coding.decoders import _layered_tf
from linksim.phy.coding.decoders._layered_gpu import LayeredOperations
from linksim.phy.coding.decoders._layered_graph import LayeredGraph
from linksim.phy.coding.decoders._layered_tf import CompiledLayered
from linksim.phy.coding.ldpc import LdpcCode

ITERATIONS = 12


def noisy_llr(code, rows, sigma, seed=0, version=0):
    """Logits of what random words leave in real noise, of one standard deviation or of one for each row."""
    rng = np.random.default_rng(seed)
    bits = tf.constant(rng.integers(0, 2, (rows, code.info_bits)), tf.float32)
    coded = 2 * code.encode(bits, version).numpy() - 1
    sigma = np.broadcast_to(sigma, rows)[:, None]
    llr = 2 * (coded + sigma * rng.normal(size=coded.shape)) / sigma**2
    return code.recover_rate(tf.constant(llr, tf.float32), version).numpy()


def operations_of(code, iterations=ITERATIONS, xla=False):
    """Without XLA, which takes longer to compile than the few blocks of a test to decode."""
    return LayeredOperations(LayeredGraph.of(code), code.buffer_bits, iterations, xla=xla)


def loops_of(code, llr, iterations=ITERATIONS):
    return CompiledLayered(code, iterations).run(llr)


@pytest.fixture(autouse=True)
def without_a_gpu(monkeypatch):
    """`CompiledLayered` is the loops, also where these tests meet a GPU."""
    monkeypatch.setattr(_layered_tf.tf.config, "list_physical_devices", lambda kind=None: [])


def assert_same(found, expected):
    """Down to the sign of a zero."""
    np.testing.assert_array_equal(found[0].view(np.int32), expected[0].view(np.int32))
    np.testing.assert_array_equal(found[1], expected[1])
    assert found[0].dtype == np.float32 and found[1].dtype == np.int32


# Lifting sizes from 2 to 384, below 16, multiples of it and others; many, few and no filler bits; repetition; rates at
# which nearly no parity is sent.
CODES = [
    (1, 44, 0.5),
    (1, 66, 0.2),
    (1, 300, 0.85),
    (1, 1000, 0.67),
    (1, 4224, 0.92),
    (1, 7900, 0.85),
    (2, 12, 0.34),
    (2, 48, 0.6),
    (2, 190, 0.5),
    (2, 641, 0.67),
    (2, 3840, 0.92),
    (2, 100, 0.1),
]


@pytest.mark.parametrize("base_graph, info_bits, rate", CODES)
def test_the_same_logits_after_as_many_iterations(base_graph, info_bits, rate):
    """Around the cliff: some blocks at once, some late, some never."""
    code = LdpcCode(base_graph, info_bits, round(info_bits / rate / 2) * 2, 2)
    llr = noisy_llr(code, 20, np.geomspace(0.4, 1.6, 20) / np.sqrt(2 ** (2 * rate) - 1))
    expected = loops_of(code, llr)
    assert 0 in expected[1] and len(np.unique(expected[1])) > 2
    assert_same(operations_of(code).run(llr), expected)


def test_rows_without_a_parity_are_left_out_block_by_block():
    """Of a whole buffer, blocks of which one redundancy version was received, blocks of two, and one of nothing.

    Five with strong LLRs of which some are wrong: a row that is not left out then shows, as it clips its bits.
    """
    code = LdpcCode(2, 300, 700, 2, (0, 1, 2, 3))
    parts = {v: noisy_llr(code, 5, np.linspace(0.5, 1.0, 5), v, v) for v in range(4)}
    same_words = [noisy_llr(code, 5, 1.3, 7, v) for v in (0, 2)]
    flips = np.where(np.random.default_rng(1).random([5, code.buffer_bits]) < 0.05, -1, 1).astype(np.float32)
    strong = 1e6 * flips * noisy_llr(code, 5, 0.1)
    llr = np.concatenate([*parts.values(), sum(same_words), strong, np.zeros([1, code.buffer_bits], np.float32)])
    mixed = llr[np.random.default_rng(0).permutation(len(llr))]
    expected = loops_of(code, mixed)
    assert len(np.unique(expected[1])) > 2
    assert_same(operations_of(code).run(mixed), expected)


def test_hostile_values():
    """Blocks of one value, blocks with every tenth replaced, and any mixture."""
    code = LdpcCode(2, 130, 400, 2)
    values = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0, -0.0, 1e-30, 0.5 / 32, -0.5 / 32], np.float32)
    rng = np.random.default_rng(0)
    flat = np.repeat(values[:, None], code.buffer_bits, axis=1)
    tenth = noisy_llr(code, len(values), 0.7)
    tenth[:, ::10] = values[:, None]
    llr = np.concatenate([flat, tenth, rng.choice(values, [20, code.buffer_bits])])
    expected = loops_of(code, llr)
    assert (expected[1] > 0).any() and (expected[1] == 0).any()
    assert_same(operations_of(code).run(llr), expected)


def test_neighbours_and_calls_change_nothing():
    """None, one, few and many blocks, in one call or in several."""
    code = LdpcCode(2, 250, 500, 2)
    llr = noisy_llr(code, 150, 0.92)
    expected = loops_of(code, llr)
    assert 10 < (expected[1] == 0).sum() < 140
    operations = operations_of(code)
    for rows in (slice(0, 0), slice(3, 4), slice(20, 53), slice(None)):
        assert_same(operations.run(llr[rows]), tuple(values[rows] for values in expected))
    operations.blocks_per_call = 32
    assert_same(operations.run(llr), expected)


@pytest.mark.parametrize("iterations", [1, 3])
def test_few_iterations(iterations):
    code = LdpcCode(2, 150, 330, 2)
    llr = noisy_llr(code, 20, np.linspace(0.3, 0.9, 20))
    expected = loops_of(code, llr, iterations)
    assert set(expected[1]) == set(range(iterations + 1))
    assert_same(operations_of(code, iterations).run(llr), expected)


def test_with_xla_too():
    code = LdpcCode(2, 100, 300, 2)
    llr = noisy_llr(code, 20, np.linspace(0.6, 1.4, 20))
    operations = operations_of(code, xla=True)
    assert_same(operations.run(llr), loops_of(code, llr))
    assert operations._xla  # it was used, and has not failed


def test_where_xla_cannot_compile_operations_run_one_by_one():
    code = LdpcCode(2, 60, 120, 2)
    llr = noisy_llr(code, 20, 0.8)
    operations, tries = operations_of(code, xla=True), []

    def fused(llr):
        tries.append(llr)
        raise tf.errors.InternalError(None, None, "libdevice not found")

    operations.__dict__["_fused"] = fused
    for _ in range(2):
        assert_same(operations.run(llr), loops_of(code, llr))
    assert len(tries) == 1


def test_blocks_stay_on_the_gpu():
    """TensorFlow has a kernel for GPUs of every operation on blocks, and none that works in the memory of the host.

    Its list of kernels tells this also where there is no GPU. A dimension that is not known is that of blocks.
    """
    if not tf.test.is_built_with_cuda():
        pytest.skip("TensorFlow was built without kernels for GPUs")
    from tensorflow.python.framework import kernels, op_def_registry

    graph = operations_of(LdpcCode(2, 100, 200, 2))._one_by_one.graph.as_graph_def(add_shapes=True)
    seen = set()
    for node in [*graph.node, *(node for function in graph.library.function for node in function.node_def)]:
        shapes = node.attr["_output_shapes"].list.shape
        values = node.attr["value"].tensor
        if node.op == "Const":  # numbers of lines: int32 would be copied to the GPU again and again
            size = np.prod([dim.size for dim in values.tensor_shape.dim])
            assert size < 32 or values.dtype != tf.int32.as_datatype_enum, node.name
        if node.op in ("Placeholder", "StatelessWhile", "While", "Const") or not any(
            dim.size == -1 for shape in shapes for dim in shape.dim
        ):
            continue
        found = [
            kernel
            for kernel in kernels.get_registered_kernels_for_op(node.op).kernel
            if kernel.device_type == "GPU"
            and all(node.attr[c.name].type in c.allowed_values.list.type for c in kernel.constraint)
        ]
        if node.op == "Identity" and node.attr["T"].type == tf.int32.as_datatype_enum:
            continue  # the iterations, on their way out
        outputs = {output.name for output in op_def_registry.get(node.op).output_arg}
        assert found, f"{node.name}: no kernel of {node.op} for a GPU"
        on_host = any(outputs & set(kernel.host_memory_arg) for kernel in found)
        assert not on_host, f"{node.name}: {node.op} on the host"
        seen.add(node.op)
    assert {"GatherV2", "TensorScatterUpdate", "RightShift", "AddV2", "SelectV2"} <= seen


def test_where_there_is_a_gpu_the_operations_are_taken(monkeypatch):
    code = LdpcCode(2, 100, 300, 2)
    llr = noisy_llr(code, 20, 0.9)
    expected = loops_of(code, llr)
    monkeypatch.setattr(_layered_tf, "decode_blocks", None)
    monkeypatch.setattr(_layered_tf.tf.config, "list_physical_devices", lambda kind=None: ["a GPU"])
    compiled = CompiledLayered(code, ITERATIONS)
    compiled._operations._xla = False
    assert_same(compiled.run(llr), expected)
