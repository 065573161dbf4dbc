"""Golden outputs of the physical layer.

Where one fails and the change is meant: raise the VERSION that it names, then run pytest --update-golden.
"""

import numpy as np
import pytest

from linksim.phy import capacity, get_bit_channel, get_channel, rng
from linksim.phy._tf import tf
from linksim.phy.bler import curve, probability
from linksim.phy.bler.store import packaged_tables
from linksim.phy.bler.table import BlerKey
from linksim.phy.bler.waterfall import waterfall
from linksim.phy.channels import base, bits, equalize
from linksim.phy.coding import chain, ldpc, plan, qam, scrambling, segmentation, transport
from linksim.phy.coding.decoders import belief_propagation, layered
from linksim.phy.coding.plan import CodeConfiguration


def keys(count=3):
    return rng.draw_keys(rng.picture_key("golden", "picture", 0), range(count))


def symbols(rows=3, n=24):
    return np.exp(1j * np.arange(rows * n).reshape(rows, n) ** 1.5).astype(np.complex64)


def noisy(x, snr_db, seed=0):
    """Symbols with noise of NumPy, so that the generator under test is not part of it."""
    generator = np.random.default_rng(seed)
    noise = generator.normal(size=x.shape) + 1j * generator.normal(size=x.shape)
    return (np.asarray(x) + np.sqrt(10 ** (-snr_db / 10) / 2) * noise).astype(np.complex64)


def some_bits(rows, n, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (rows, n)).astype(np.float32)


def test_random_numbers(golden):
    where = "linksim/phy/rng.py"
    words = rng.threefry2x32(
        (tf.constant([1, 2, 3], tf.uint32), tf.constant([4, 5, 6], tf.uint32)),
        (tf.constant([7, 8, 9], tf.uint32), tf.constant([0, 1, 2], tf.uint32)),
    )
    golden.check("rng-bits", rng.VERSION, np.stack([word.numpy() for word in words]), where)
    golden.check("rng-keys", rng.VERSION, keys(), where)
    golden.check("rng-uniform", rng.VERSION, rng.uniform(keys(), 9, rng.Stream.SUCCESS), where)
    golden.check("rng-complex-normal", rng.VERSION, rng.complex_normal(keys(), 9, rng.Stream.NOISE, start=2), where)


@pytest.mark.parametrize("name", ["awgn", "rayleigh-slow", "rayleigh-fast"])
def test_channels_without_csi(golden, name):
    received = get_channel(name)(symbols(), 7.0, keys(), start=5)
    golden.check(f"channel-{name}", base.VERSION, received.symbols, "linksim/phy/channels/base.py")
    golden.check(f"channel-{name}-noise", base.VERSION, received.noise_variance, "linksim/phy/channels/base.py")


@pytest.mark.parametrize("name", ["rayleigh-slow", "rayleigh-fast"])
def test_channels_with_csi(golden, name):
    received = get_channel(name, csi=True)(symbols(), 7.0, keys())
    golden.check(f"channel-{name}-csi", base.VERSION, received.symbols, "linksim/phy/channels/base.py")
    golden.check(f"channel-{name}-csi-noise", base.VERSION, received.noise_variance, "linksim/phy/channels/base.py")


def test_equalizer(golden):
    h = noisy(np.zeros([2, 6]), 0.0, seed=1)
    h[0, :2] = 0, 1e-7
    x_hat, no = equalize.equalize(tf.constant(noisy(symbols(2, 6), 5.0)), tf.constant(h), 0.3)
    golden.check("equalizer", equalize.VERSION, x_hat, "linksim/phy/channels/equalize.py")
    golden.check("equalizer-noise", equalize.VERSION, no, "linksim/phy/channels/equalize.py")


@pytest.mark.parametrize("name", ["bsc", "bec", "z", "block-erasure"])
def test_bit_channels(golden, name):
    n = 60 if name != "block-erasure" else 8448 * 3 + 60
    received = tf.nest.flatten(get_bit_channel(name, 0.3)(some_bits(3, n), keys()))
    golden.check(
        f"bits-{name}", bits.VERSION, received[-1 if name == "block-erasure" else 0], "linksim/phy/channels/bits.py"
    )


def test_capacity_formulas(golden):
    snr_db = np.array([-12.5, -3.0, 0.0, 4.2, 11.0, 23.0])
    curves = [
        capacity.gaussian_capacity(snr_db),
        capacity.ergodic_capacity(snr_db),
        capacity.outage_capacity(snr_db, 0.1),
        *(capacity.bicm_capacity(m, snr_db) for m in (2, 4, 6, 8)),
        capacity.ergodic_bicm_capacity(4, snr_db),
    ]
    golden.check("capacity", capacity.VERSION, np.stack(curves), "linksim/phy/capacity.py")
    limits = [capacity.bicm_limit_db(6, 2 / 3), capacity.ergodic_bicm_limit_db(4, 0.5)]
    golden.check("capacity-limits", capacity.VERSION, np.array(limits), "linksim/phy/capacity.py")


@pytest.mark.parametrize("bits_per_symbol", [2, 4, 6, 8])
def test_qam(golden, bits_per_symbol):
    where = "linksim/phy/coding/qam.py"
    sent = qam.QamMapper(bits_per_symbol)(some_bits(2, 12 * bits_per_symbol))
    golden.check(f"qam-{bits_per_symbol}-symbols", qam.VERSION, sent, where)
    y = tf.constant(noisy(sent, 8.0))
    llr = qam.QamDemapper(bits_per_symbol)(y, tf.constant(np.linspace(0.05, 1.0, 24).reshape(2, 12), tf.float32))
    golden.check(f"qam-{bits_per_symbol}-llr", qam.VERSION, llr, where)


@pytest.mark.parametrize("base_graph", [1, 2])
@pytest.mark.parametrize("redundancy_version", [0, 1, 2, 3])
def test_ldpc(golden, base_graph, redundancy_version):
    where = "linksim/phy/coding/ldpc.py"
    code = ldpc.LdpcCode(base_graph, 400, 840, 4, (0, redundancy_version))
    coded = code.encode(tf.constant(some_bits(2, 400)), redundancy_version)
    golden.check(f"ldpc-bg{base_graph}-rv{redundancy_version}", ldpc.VERSION, coded.numpy().astype(int), where)
    buffer = code.recover_rate(tf.reshape(tf.range(1.0, 841.0), [1, 840]), redundancy_version)
    golden.check(f"ldpc-bg{base_graph}-rv{redundancy_version}-buffer", ldpc.VERSION, buffer.numpy().astype(int), where)


def test_scrambling(golden):
    sequence = scrambling.scrambling_sequence(500).astype(int)
    golden.check("scrambling", scrambling.VERSION, sequence, "linksim/phy/coding/scrambling.py")


def test_plan(golden):
    sizes = [
        [p.payload_bytes, p.num_code_blocks, p.code_block_bits, p.blocks.base_graph if p.blocks else 0]
        for mcs in ("4-QAM 1/3", "16-QAM 2/3", "64-QAM 3/4", "nr1:0", "16-QAM (4096, 6144)")
        for p in (plan.plan_transport(mcs, n) for n in (5, 64, 256, 777, 3001, 24_577, 73_728))
    ]
    golden.check("plan", plan.VERSION, np.array(sizes), "linksim/phy/coding/plan.py")


def test_segmentation(golden):
    cut = segmentation.CodeBlockSegmentation(plan.plan_code_blocks(8432, 0.8))(some_bits(1, 8432)).numpy()
    crc = segmentation.Crc("CRC24B").attach(cut).numpy()
    tails = np.concatenate([cut[..., -40:], crc[..., -40:]]).astype(int)
    golden.check("segmentation", segmentation.VERSION, tails, "linksim/phy/coding/segmentation.py")


@pytest.mark.parametrize("snr_db, base_graph", [(1.5, 2), (2.2, 1)])
def test_belief_propagation(golden, snr_db, base_graph):
    """Marginal: some blocks arrive and some do not; decisions in the first rows, and which rows are right."""
    code = ldpc.LdpcCode(base_graph, 400, 800, 2)
    sent = tf.constant(some_bits(32, 400))
    y = noisy(2 * code.encode(sent).numpy() - 1, snr_db - 3.0, seed=2).real
    llr = code.recover_rate(tf.constant(4 * y * 10 ** ((snr_db - 3.0) / 10), tf.float32))
    decoder = belief_propagation.BeliefPropagation(8).compile(code)
    decoded, _ = decoder.decode(llr, lambda b: tf.zeros([b.shape[0]], tf.bool))
    right = np.all(decoded.numpy() == sent.numpy(), axis=1)
    assert 3 < right.sum() < 29
    where = "linksim/phy/coding/decoders/belief_propagation.py"
    golden.check(f"bp-bg{base_graph}-right", belief_propagation.VERSION, right, where)
    wrong = np.sum(decoded.numpy() != sent.numpy(), axis=1)
    golden.check(f"bp-bg{base_graph}-wrong-bits", belief_propagation.VERSION, wrong, where)


@pytest.mark.parametrize("snr_db, base_graph", [(1.8, 2), (1.6, 1)])
def test_layered_belief_propagation(golden, snr_db, base_graph):
    """Marginal, exact: how many bits of each block are wrong, and some logits in steps of 1/32."""
    code = ldpc.LdpcCode(base_graph, 400, 800, 2)
    sent = some_bits(32, 400)
    y = noisy(2 * code.encode(tf.constant(sent)).numpy() - 1, snr_db - 3.0, seed=2).real
    # Multiples of 1/32, so that no rounding of the library decides.
    llr = code.recover_rate(tf.constant(np.round(128 * y * 10 ** ((snr_db - 3.0) / 10)) / 32, tf.float32))
    decoder = layered.LayeredBeliefPropagation(4).compile(code)
    logits, _ = decoder.soft(llr, lambda b: tf.zeros([b.shape[0]], tf.bool))
    wrong = np.sum((logits.numpy() >= 0) != sent, axis=1)
    assert 3 < np.sum(wrong == 0) < 29
    where = "linksim/phy/coding/decoders/layered.py"
    golden.check(f"layered-bg{base_graph}-wrong-bits", layered.VERSION, wrong, where)
    steps = np.round(32 * logits.numpy()[:8, ::10]).astype(int)
    golden.check(f"layered-bg{base_graph}-logits", layered.VERSION, steps, where)


def test_chain(golden):
    """CRC, code, scrambling and mapping of one code block, and which of 32 noisy ones arrive."""
    where = "linksim/phy/coding/chain.py"
    blocks = chain.CodeBlockChain(CodeConfiguration(4, 2, 400, 800), decoder="bp10", first_bit=8)
    sent = blocks.transmit(tf.constant(some_bits(32, 376)))
    golden.check("chain-symbols", chain.VERSION, sent[:4], where)
    _, passed = blocks.receive(tf.constant(noisy(sent, 6.6)), tf.fill([32, 200], np.float32(10**-0.66)))
    assert 3 < passed.numpy().sum() < 29
    golden.check("chain-passed", chain.VERSION, passed, where)


def test_transport(golden):
    where = "linksim/phy/coding/transport.py"
    block = transport.Transport("16-QAM 2/3", 4400)
    assert block.num_code_blocks == 2
    payload = np.random.default_rng(0).integers(0, 256, (1, block.payload_bytes)).astype(np.uint8)
    sent = block.transmit(payload)
    golden.check("transport-symbols", transport.VERSION, sent[0, ::5], where)
    y = noisy(sent, 12.0)
    y[:, :2200] = noisy(np.zeros([1, 2200]), 0.0)
    received = block.receive(y, 10**-1.2)
    golden.check("transport-passed", transport.VERSION, received.blocks_passed, where)


def test_probabilities(golden):
    """Of tables that stay as they are: those of the default decoder may be continued."""
    for key in (BlerKey("awgn", 4, 1, 8448, 12672, "bp20"), BlerKey("rayleigh-fast", 4, 1, 8448, 16896, "bp20")):
        found = waterfall(packaged_tables()[key])
        snr_db = found.snr_db.mean() + np.linspace(-1.0, 1.0, 41)
        rates = np.log10(found.probability(snr_db))
        golden.check(f"bler-{key.name}", curve.VERSION, rates, "linksim/phy/bler/curve.py")
    whole = probability.transport_error_probability(
        transport.Transport("16-QAM 2/3", 73_728, "bp20"), "awgn", np.linspace(8.5, 9.5, 21)
    )
    golden.check("bler-transport", probability.VERSION, whole, "linksim/phy/bler/probability.py")
