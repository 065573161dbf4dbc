"""Bit-level channels: rates, direction, erasures, independence of the batch, errors."""

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.phy import Bec, BlockErasure, Bsc, ZChannel, get_bit_channel
from linksim.phy._tf import tf
from linksim.phy.rng import draw_keys, picture_key

NAMES = ["bsc", "bec", "z", "block-erasure"]


def keys_of(count: int) -> tf.Tensor:
    return draw_keys(picture_key("bits", "picture", 0), range(count))


def bits(batch: int, n: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2, [batch, n]).astype(np.float32)


def received(channel, *args) -> np.ndarray:
    return tf.nest.flatten(channel(*args))[0].numpy()


@pytest.mark.parametrize("p", [1e-3, 0.1, 0.5])
def test_bsc_flips_both_values_with_probability_p(p):
    sent = bits(500, 2000)
    flipped = received(Bsc(p), sent, keys_of(500)) != sent
    for value in (0, 1):
        share, count = flipped[sent == value].mean(), (sent == value).sum()
        assert share == pytest.approx(p, abs=4 * np.sqrt(p / count))


def test_bec_marks_lost_bits_and_keeps_the_others():
    sent = bits(500, 2000)
    got = received(Bec(0.2), sent, keys_of(500))
    assert (got == -1).mean() == pytest.approx(0.2, abs=4 * np.sqrt(0.2 / sent.size))
    np.testing.assert_array_equal(got[got != -1], sent[got != -1])


def test_z_channel_turns_ones_into_zeros_only():
    sent = bits(500, 2000)
    got = received(ZChannel(0.1), sent, keys_of(500))
    assert np.all(got[sent == 0] == 0)
    assert (got[sent == 1] == 0).mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.1 / np.sum(sent == 1)))


def test_block_erasure_loses_whole_blocks_of_1056_bytes():
    """Three and a half blocks of 8448 bits: each is there as a whole or not at all, also the last."""
    sent = bits(400, 8448 * 3 + 4000)
    got, survived = (t.numpy() for t in BlockErasure(0.16)(sent, keys_of(400)))
    assert survived.shape == (400, 4) and survived.dtype == bool
    assert 1 - survived.mean() == pytest.approx(0.16, abs=4 * np.sqrt(0.16 / survived.size))
    mask = np.repeat(survived, 8448, axis=1)[:, : sent.shape[1]]
    np.testing.assert_array_equal(got, np.where(mask, sent, -1.0))


def test_block_erasure_survival_is_known_without_sending():
    channel, keys = BlockErasure(0.3, block_bytes=10), keys_of(50)
    _, survived = channel(bits(50, 801), keys)
    np.testing.assert_array_equal(channel.survived(keys, 11).numpy(), survived.numpy())


@pytest.mark.parametrize("name", NAMES)
def test_p_zero_never_happens_and_p_one_always(name):
    sent = np.ones([100, 9000], np.float32)
    np.testing.assert_array_equal(received(get_bit_channel(name, 0.0), sent, keys_of(100)), sent)
    everywhere = received(get_bit_channel(name, 1.0), sent, keys_of(100))
    np.testing.assert_array_equal(everywhere, {"bsc": 0, "bec": -1, "z": 0, "block-erasure": -1}[name] * sent)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_does_not_depend_on_its_batch_or_length(name):
    channel, sent, keys = get_bit_channel(name, 0.4), bits(64, 20_000), keys_of(64)
    together = received(channel, sent, keys)
    np.testing.assert_array_equal(received(channel, sent[9:10], keys[9:10])[0], together[9])
    np.testing.assert_array_equal(received(channel, sent[::-1], keys[::-1])[::-1], together)
    np.testing.assert_array_equal(received(channel, sent[:, :9999], keys), together[:, :9999])


@pytest.mark.parametrize("name", NAMES)
def test_events_at_a_small_p_are_among_those_at_a_large_one(name):
    sent, keys = np.ones([200, 9000], np.float32), keys_of(200)
    small, large = (received(get_bit_channel(name, p), sent, keys) != sent for p in (0.1, 0.3))
    assert np.all(large[small]) and large.sum() > 2 * small.sum()


@pytest.mark.parametrize("name", NAMES)
def test_in_a_graph_as_eagerly(name):
    channel, sent, keys = get_bit_channel(name, 0.4), bits(3, 17_000), keys_of(3)
    spec = [tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([None, 2], tf.uint32)]
    graph = tf.function(lambda b, k: tf.nest.flatten(channel(b, k))[0], input_signature=spec)
    np.testing.assert_array_equal(graph(sent, keys).numpy(), received(channel, sent, keys))


def test_without_keys_every_call_is_fresh():
    sent = np.zeros([2, 1000], np.float32)
    first, second = Bsc(0.5)(sent).numpy(), Bsc(0.5)(sent).numpy()
    assert 0.4 < np.mean(first != second) < 0.6 and 0.4 < np.mean(first[0] != first[1]) < 0.6


def test_labels():
    assert Bsc(0.01).label == "bsc(0.01)"
    assert ZChannel(0.5).label == "z(0.5)"
    assert BlockErasure(0.1).label == "block-erasure(0.1, 1056 bytes)"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), "many", None])
def test_p_must_be_a_probability(name, p):
    with pytest.raises(LinksimError, match="give a probability from 0 to 1"):
        get_bit_channel(name, p)


@pytest.mark.parametrize("block_bytes", [0, -1, 1.5, True, "1056"])
def test_blocks_must_have_bytes(block_bytes):
    with pytest.raises(LinksimError, match="block_bytes"):
        BlockErasure(0.1, block_bytes)


def test_unknown_bit_channel_is_named_with_the_known_ones():
    with pytest.raises(LinksimError, match="choose one of bsc, bec, z, block-erasure"):
        get_bit_channel("awgn", 0.1)


def test_fingerprint_follows_law_and_parameters():
    made = [get_bit_channel(name, p) for name in NAMES for p in (0.1, 0.2)] + [BlockErasure(0.1, 100)]
    assert len({channel.fingerprint() for channel in made}) == len(made)
    assert Bsc(0.1).fingerprint() == Bsc(0.1).fingerprint()


def test_fingerprint_follows_the_random_numbers_under_it(monkeypatch):
    before = Bsc(0.1).fingerprint()
    monkeypatch.setattr("linksim.phy.rng.VERSION", 10_000)
    assert Bsc(0.1).fingerprint() != before
