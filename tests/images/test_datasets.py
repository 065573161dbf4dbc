"""Kodak and CIFAR-10, from files that the tests make and, where they are, from the real ones."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
from PIL import Image

from linksim import images
from linksim.errors import LinksimError
from linksim.images import cifar, kodak


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache and nothing else."""
    monkeypatch.delenv("LINKSIM_DATA", raising=False)
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path))
    cifar.cifar10_arrays.cache_clear()
    yield tmp_path
    cifar.cifar10_arrays.cache_clear()


@pytest.fixture
def tiny_cifar(cache, monkeypatch):
    """CIFAR-10 with 20 pictures a batch, noise for pixels, the checks set to it: (pixels, labels)."""
    rng = np.random.default_rng(11)
    pixels = rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    labels = rng.permutation(np.repeat(np.arange(10), 2))
    monkeypatch.setattr(cifar, "_BATCH_SIZE", 20)
    monkeypatch.setitem(cifar.PIXELS_SHA256, "test", sha256_of(pixels))
    monkeypatch.setitem(cifar.PIXELS_SHA256, "train", sha256_of(np.concatenate([pixels] * 5)))
    return pixels, labels


def sha256_of(pixels):
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def batch_bytes(pixels, labels):
    """The official record: a label byte, then 1024 red, 1024 green and 1024 blue bytes."""
    return b"".join(
        bytes([label]) + b"".join(picture[..., c].tobytes() for c in range(3)) for picture, label in zip(pixels, labels)
    )


def write_archive(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_cifar10_from_the_official_folder(tiny_cifar, cache):
    pixels, labels = tiny_cifar
    folder = cache / "cifar10" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for name in ["test_batch.bin", *(f"data_batch_{i}.bin" for i in range(1, 6))]:
        (folder / name).write_bytes(batch_bytes(pixels, labels))
    got_pixels, got_labels = images.cifar10_arrays("test")
    np.testing.assert_array_equal(got_pixels, pixels)
    np.testing.assert_array_equal(got_labels, labels)
    assert (got_pixels.dtype, got_labels.dtype) == (np.uint8, np.int64)
    assert images.cifar10_arrays("train")[0].shape == (100, 32, 32, 3)
    assert [p.name for p in images.load("cifar10", limit=2)] == ["test_00000", "test_00001"]
    assert images.load("cifar10-train")[99].name == "train_00099"


def test_cifar10_from_the_official_archive(tiny_cifar, cache):
    """Members that are not asked for, links and paths that lead out are not so much as looked at."""
    pixels, labels = tiny_cifar
    archive = cache / "cifar10" / cifar.ARCHIVE
    good = {f"{cifar.FOLDER}/test_batch.bin": batch_bytes(pixels, labels)}
    write_archive(archive, {"../escape.txt": b"x", "/tmp/escape.txt": b"x", **good})
    np.testing.assert_array_equal(images.cifar10_arrays("test")[0], pixels)
    assert sorted(p.name for p in cache.rglob("*") if p.is_file()) == [cifar.ARCHIVE]


def test_cifar10_from_mosaics(tiny_cifar, cache, monkeypatch):
    pixels, labels = tiny_cifar
    monkeypatch.setattr(cifar, "_MOSAIC_ROWS", 2)
    monkeypatch.setattr(cifar, "_MOSAIC_COLUMNS", 5)
    monkeypatch.setitem(cifar.NUM_MOSAICS, "test", 2)
    folder = cache / "cifar10"
    folder.mkdir()
    for i, ten in enumerate(pixels.reshape(2, 10, 32, 32, 3)):
        rows = [np.concatenate(list(ten[r : r + 5]), axis=1) for r in (0, 5)]
        Image.fromarray(np.concatenate(rows)).save(folder / f"test_{i:02d}.webp", lossless=True)
    np.save(folder / "test_labels.npy", labels)
    got_pixels, got_labels = images.cifar10_arrays("test")
    np.testing.assert_array_equal(got_pixels, pixels)
    np.testing.assert_array_equal(got_labels, labels)


def test_cifar10_is_decoded_once_and_cannot_be_spoiled(tiny_cifar, cache):
    pixels, labels = tiny_cifar
    write_archive(cache / "cifar10" / cifar.ARCHIVE, {f"{cifar.FOLDER}/test_batch.bin": batch_bytes(pixels, labels)})
    first = images.cifar10_arrays("test")[0]
    assert images.cifar10_arrays("test")[0] is first
    with pytest.raises(ValueError):
        first[0, 0, 0, 0] = 1


@pytest.mark.parametrize("damage", ["pixel", "label", "short", "missing", "not an archive", "cut"])
def test_damaged_cifar10_is_named(tiny_cifar, cache, damage):
    pixels, labels = tiny_cifar
    content = bytearray(batch_bytes(pixels, labels))
    if damage == "pixel":
        content[5] ^= 1
    if damage == "label":
        content[0] ^= 1
    if damage == "short":
        content = content[:-7]
    archive = cache / "cifar10" / cifar.ARCHIVE
    name = "other.bin" if damage == "missing" else "test_batch.bin"
    write_archive(archive, {f"{cifar.FOLDER}/{name}": bytes(content)})
    if damage == "not an archive":
        archive.write_text("text")
    if damage == "cut":
        archive.write_bytes(archive.read_bytes()[:3000])
    with pytest.raises(LinksimError, match="cifar-10-binary.tar.gz is damaged .*; replace it"):
        images.cifar10_arrays("test")


def test_unknown_split():
    with pytest.raises(LinksimError, match="'val'; choose train or test"):
        images.cifar10_arrays("val")


def test_pickled_labels_are_never_unpickled(tiny_cifar, cache, monkeypatch):
    monkeypatch.setitem(cifar.NUM_MOSAICS, "test", 1)
    (cache / "cifar10").mkdir()
    Image.new("RGB", (800, 1280)).save(cache / "cifar10" / "test_00.webp", lossless=True)
    np.save(cache / "cifar10" / "test_labels.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(LinksimError, match="damaged.*allow_pickle=False"):
        images.cifar10_arrays("test")


def test_kodak_that_is_not_kodak_is_named(cache):
    (cache / "kodak").mkdir()
    Image.new("RGB", (768, 512)).save(cache / "kodak" / "kodim01.png")
    with pytest.raises(LinksimError, match="kodim01.png is not the original"):
        images.load("kodak", limit=1)


def test_kodak_has_24_distinct_hashes():
    assert len(set(kodak.PIXELS_SHA256)) == kodak.NUM_PICTURES == 24


def test_real_kodak(data_folder, monkeypatch):
    """24 pictures, six of them upright."""
    monkeypatch.setenv("LINKSIM_DATA", str(data_folder))
    pictures = images.load("kodak")
    assert [p.name for p in pictures] == [f"kodim{i:02d}" for i in range(1, 25)]
    upright = [i for i, p in enumerate(pictures, 1) if p.size == (768, 512)]
    assert upright == [4, 9, 10, 17, 18, 19]
    assert sum(p.size == (512, 768) for p in pictures) == 18


def test_real_cifar10(data_folder, monkeypatch):
    """The first labels and the mean colours that every CIFAR-10 tutorial prints."""
    monkeypatch.setenv("LINKSIM_DATA", str(data_folder))
    cifar.cifar10_arrays.cache_clear()
    pixels, labels = images.cifar10_arrays("test")
    assert pixels.shape == (10000, 32, 32, 3)
    assert labels[:10].tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]
    pixels, labels = images.cifar10_arrays("train")
    assert labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    np.testing.assert_allclose(pixels.mean(axis=(0, 1, 2)) / 255, [0.4914, 0.4822, 0.4465], atol=1e-4)
    cifar.cifar10_arrays.cache_clear()
