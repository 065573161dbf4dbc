"""Downloads against a server on this machine: whole and verified, or nothing."""

import hashlib
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linksim import images
from linksim.errors import LinksimError
from linksim.images import cifar, kodak
from linksim.images import download as module
from linksim.images.download import download, sha256_of_file

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def server(monkeypatch):
    """Serves `pages` (path -> bytes); a page in `cut` breaks off half-way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.server.pages.get(self.path)
            self.server.asked.append(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write((body or b"")[: len(body or b"") // (2 if self.path in self.server.cut else 1)])

        def log_message(self, *args):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.pages, http.cut, http.asked = {"/file": CONTENT}, set(), []
        http.url = f"http://127.0.0.1:{http.server_address[1]}"
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield http
        http.shutdown()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("LINKSIM_DATA", raising=False)
    monkeypatch.setenv("LINKSIM_CACHE", str(tmp_path / "cache"))
    cifar.cifar10_arrays.cache_clear()
    yield tmp_path / "cache"
    cifar.cifar10_arrays.cache_clear()


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{s.getsockname()[1]}"


def files_in(folder: Path):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def fetch(url, cache, verify=sha256_of_file(hashlib.sha256(CONTENT).hexdigest())):
    download(url, cache / "set" / "file", verify, "set", "Do it by hand")


def test_whole_file_under_its_name(server, cache, capfd):
    fetch(f"{server.url}/file", cache)
    assert (cache / "set" / "file").read_bytes() == CONTENT
    assert files_in(cache) == ["file"]
    assert capfd.readouterr() == ("", "")  # quiet where there is no terminal


def test_progress_on_a_terminal(server, cache, monkeypatch, capsys):
    """The bar ends full, and is drawn on stderr."""
    bars = []

    class Recorded(module._Bar):
        def close(self):
            bars.append((self.total, self._progress.tasks[0].completed))
            super().close()

    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr(module, "_Bar", Recorded)
    fetch(f"{server.url}/file", cache)
    assert bars[0] == (len(CONTENT), len(CONTENT))
    captured = capsys.readouterr()
    assert "set: file" in captured.err and captured.out == ""


def test_wrong_checksum_leaves_no_file(server, cache):
    server.pages["/file"] = CONTENT[:-1] + b"!"
    said = r"could not be downloaded .*SHA-256 is .*nothing was kept\)\. Do it by hand\.$"
    with pytest.raises(LinksimError, match=said):
        fetch(f"{server.url}/file", cache)
    assert files_in(cache) == []


def test_broken_connection_leaves_no_file(server, cache):
    server.cut.add("/file")
    with pytest.raises(LinksimError, match="the connection broke"):
        fetch(f"{server.url}/file", cache, verify=lambda path: None)
    assert files_in(cache) == []


def test_http_error_is_told(server, cache):
    with pytest.raises(LinksimError, match=r"/gone answered 404\)"):
        fetch(f"{server.url}/gone", cache)
    assert files_in(cache) == []


def test_interrupt_leaves_no_file(server, cache):
    def interrupt(path):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(f"{server.url}/file", cache, interrupt)
    assert files_in(cache) == []


def test_cache_that_cannot_be_written(server, cache):
    cache.write_text("a file where the folder should be")
    with pytest.raises(LinksimError, match=r"could not be downloaded \(.*\)\. Do it by hand\.$"):
        fetch(f"{server.url}/file", cache)


def test_no_network_says_which_files_to_put_where(cache, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(kodak, "URL", closed_port() + "/kodim{:02d}.png")
    monkeypatch.setattr(cifar, "URL", closed_port() + "/cifar-10-binary.tar.gz")
    with pytest.raises(LinksimError) as error:
        images.load("kodak")
    assert str(error.value) == (
        f"kodak is not in {cache} and could not be downloaded (no network). "
        f"Put kodim01.png .. kodim24.png into {cache}/kodak, or set LINKSIM_DATA."
    )
    expected = f"cifar10 is not in {cache} and could not be downloaded (no network). Put cifar-10-binary.tar.gz from "
    with pytest.raises(LinksimError, match=re.escape(expected)):
        images.load("cifar10")
    assert files_in(cache) == []


def test_kodak_is_downloaded_once_whatever_the_compression(server, cache, tmp_path, monkeypatch):
    """Mirrors compress the same pixels differently; the pixels decide."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    monkeypatch.setattr(kodak, "PIXELS_SHA256", (hashlib.sha256(pixels).hexdigest(),) * 24)
    monkeypatch.setattr(kodak, "URL", server.url + "/kodim{:02d}.png")
    for number, level in [(1, 0), (2, 9)]:
        Image.fromarray(pixels).save(tmp_path / "a.png", compress_level=level)
        server.pages[f"/kodim{number:02d}.png"] = (tmp_path / "a.png").read_bytes()
    assert server.pages["/kodim01.png"] != server.pages["/kodim02.png"]
    for _ in range(2):
        assert [p.name for p in images.load("kodak", limit=2)] == ["kodim01", "kodim02"]
    assert server.asked == ["/kodim01.png", "/kodim02.png"]
    assert files_in(cache) == ["kodim01.png", "kodim02.png"]


@pytest.mark.parametrize("page", [b"<html>moved</html>", "other picture"])
def test_what_is_not_kodak_is_not_kept(server, cache, tmp_path, monkeypatch, page):
    if isinstance(page, str):
        Image.new("RGB", (768, 512)).save(tmp_path / "a.png")
        page = (tmp_path / "a.png").read_bytes()
    monkeypatch.setattr(kodak, "URL", server.url + "/kodim{:02d}.png")
    server.pages["/kodim01.png"] = page
    with pytest.raises(LinksimError, match="kodim01.png: .*nothing was kept.*Put kodim01.png"):
        images.load("kodak")
    assert files_in(cache) == []
