"""Decoders by name, and a sketch: another LDPC decoder in a few lines."""

import numpy as np
import pytest
from sionna.phy.fec.ldpc import LDPC5GDecoder

from linksim import identity
from linksim.errors import LinksimError
from linksim.phy import Awgn, Transport
from linksim.phy._tf import tf
from linksim.phy.bler.measure import BlockErrors, measure_table
from linksim.phy.bler.probability import tables_fingerprint
from linksim.phy.bler.table import BlerKey
from linksim.phy.coding.decoders import DEFAULT_DECODER, get_decoder, register_decoder, registry
from linksim.phy.coding.decoders.belief_propagation import BeliefPropagation
from linksim.phy.coding.ldpc import LdpcCode
from linksim.phy.rng import draw_keys, picture_key


class MinSum:
    """The sketch: Sionna's min-sum update, 12 iterations."""

    name = "minsum12"

    def fingerprint(self):
        return identity.fingerprint("min-sum", 1, iterations=12)

    def compile(self, code):
        decoder = LDPC5GDecoder(code.encoder, cn_update="minsum", num_iter=12, prune_pcm=not code.has_whole_buffer)

        class Compiled:
            def decode(self, llr, check):
                bits = decoder(llr)
                return bits, check(bits)

        return Compiled()


def test_min_sum_sends_and_receives():
    """Through `Transport`: bytes arrive where the noise is weak, and are lost where it is strong."""
    transport = Transport("4-QAM 1/2", 400, MinSum())
    payload = np.random.default_rng(0).integers(0, 256, (6, transport.payload_bytes)).astype(np.uint8)
    keys = draw_keys(picture_key("awgn", "min-sum", 0), range(6))
    for snr_db, delivered in ((6.0, True), (-4.0, False)):
        received = transport.receive(*Awgn()(transport.transmit(payload), snr_db, keys))
        assert received.delivered.tolist() == [delivered] * 6
    assert transport.fingerprint() != Transport("4-QAM 1/2", 400).fingerprint()


def test_min_sum_has_a_table_of_its_own():
    """Under its own key; plain min-sum is worse than the sum-product that it approximates."""
    (configuration,) = Transport("4-QAM 1/2", 400, MinSum()).code_configurations()
    key = BlerKey.of(configuration, "awgn", MinSum().name)
    assert key.name.endswith("-minsum12")
    simulation = BlockErrors(key, decoder=MinSum())
    at_the_cliff, _ = simulation.measure(1.5, 10**6, 256)
    above, _ = simulation.measure(3.0, 10**6, 256)
    better, _ = BlockErrors(BlerKey.of(configuration, "awgn", "bp20")).measure(1.5, 10**6, 256)
    assert better < at_the_cliff < 256 and above < at_the_cliff / 4
    assert tables_fingerprint("awgn", MinSum()) != tables_fingerprint("awgn")


def test_a_registered_decoder_is_found_by_its_name(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTERED", {})
    with pytest.raises(LinksimError, match="no decoder 'minsum12'"):
        BlockErrors(BlerKey("awgn", 2, 2, 168, 512, "minsum12"))
    decoder = register_decoder(MinSum())
    assert get_decoder("minsum12") is decoder
    table = measure_table(BlerKey("awgn", 2, 2, 168, 512, "minsum12"), min_errors=5, max_blocks=128)
    assert table.key.decoder == "minsum12" and table.errors[0] > table.errors[-1]


def test_belief_propagation_is_found_with_any_number_of_iterations():
    assert get_decoder() is DEFAULT_DECODER and get_decoder("bp20") == BeliefPropagation(20)
    assert get_decoder("bp7").iterations == 7 and get_decoder("bp7").name == "bp7"
    assert get_decoder("bp7").fingerprint() != get_decoder("bp20").fingerprint()
    for name in ("bp0", "bp", "BP20", ""):
        with pytest.raises(LinksimError, match="choose one of"):
            get_decoder(name)


def test_more_iterations_decode_more():
    """At a marginal SNR, with Sionna's stopping at nothing but the CRC."""
    code = LdpcCode(2, 168, 512, 2)
    bits = tf.cast(tf.random.stateless_uniform([64, 168], [1, 2]) < 0.5, tf.float32)
    noise = tf.random.stateless_normal([64, 512], [3, 4])
    llr = code.recover_rate(2.0 / 1.0 * ((2 * code.encode(bits) - 1) + 1.0 * noise))

    def right(decoder):
        decoded, passed = decoder.compile(code).decode(llr, lambda b: tf.zeros([b.shape[0]], tf.bool))
        assert not passed.numpy().any()  # it believes the check, and the check alone
        return int(tf.reduce_sum(tf.cast(tf.reduce_all(decoded == bits, 1), tf.int32)))

    few, many = right(BeliefPropagation(3)), right(BeliefPropagation(20))
    assert few < many <= 64
