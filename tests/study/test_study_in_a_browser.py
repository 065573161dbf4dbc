"""A study as a participant meets it: a real server, a headless Chromium, lost connections and kills included."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from linksim.study.answers import read_answers
from linksim.study.make import make_study
from linksim.study.page import write_page

pytest.importorskip("flask")
pytest.importorskip("waitress")
CHECKS = 3


@pytest.fixture(scope="module")
def study(folder, tmp_path_factory):
    """46 patches and three checks, as in the paper but small."""
    made = make_study([folder], ["ours"], ["theirs 1/12", "theirs 1/6"], at=10.0, patches=46, side=20, checks=CHECKS)
    to = tmp_path_factory.mktemp("study")
    write_page(made, to)
    return made.study, to


class Server:
    """`linksim study serve`, started and killed at will on one port."""

    def __init__(self, folder: Path, answers: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder, self.answers, self.process = folder, answers, None
        self.start()
        self.tokens = (answers / "tokens.txt").read_text().split()[1:]

    def start(self) -> None:
        command = [sys.executable, "-m", "linksim.cli", "study", "serve", str(self.folder), "--answers"]
        command += [str(self.answers), "--participants", "3", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/none", timeout=1)
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def url(self, participant: int) -> str:
        return f"http://127.0.0.1:{self.port}/?t={self.tokens[participant]}"

    def files(self) -> list[str]:
        return sorted(path.name for path in self.answers.glob("*.json"))


@pytest.fixture
def server(study, tmp_path):
    made = Server(study[1], tmp_path / "answers")
    yield made
    made.kill()


def answer(page, times: int, key: str = "ArrowLeft") -> None:
    """Choose so many times, each when the pictures are there and a tap is no second tap of before."""
    for _ in range(times):
        before = page.locator("#progress").inner_text()
        page.wait_for_timeout(170)
        page.keyboard.press(key)
        page.wait_for_function(
            "(was) => document.getElementById('ask').hidden || document.getElementById('progress').textContent !== was",
            arg=before,
        )


def test_46_pairs_are_answered_and_kept_once(study, server, opened):
    """Begun, reloaded in the middle, gone back, ended: one file, and a second visit changes nothing."""
    seen = opened(server.url(0), offline=False)
    page = seen.page
    page.get_by_role("button", name="Begin").click()
    answer(page, 20)
    shown = page.locator("#left img").get_attribute("src")
    page.reload()
    assert page.locator("#progress").inner_text() == f"21 of {46 + CHECKS}"
    assert page.locator("#left img").get_attribute("src") == shown
    page.wait_for_timeout(200)
    page.get_by_role("button", name="Back").click()
    assert page.locator("#progress").inner_text() == f"20 of {46 + CHECKS}"
    answer(page, 27 + CHECKS, "ArrowRight")
    page.get_by_text("Your answers have arrived").wait_for()
    page.reload()
    page.get_by_text("Your answers have arrived").wait_for()
    assert len(server.files()) == 1
    (kept,) = read_answers([server.answers], study[0])
    assert len(kept.answers) == 46 + CHECKS and len({a.patch for a in kept.answers if a.setting is not None}) == 46
    # Each setting is asked equally often, and sides and order are random.
    assert sum(a.setting == 0 for a in kept.answers) == 23
    assert 8 < sum(a.left == "ours" for a in kept.answers) < 41
    assert [a.patch for a in kept.answers] != sorted(a.patch for a in kept.answers)
    left = [(a.left == "ours") == a.prefers_ours for a in kept.answers]
    assert left == [True] * 19 + [False] * (27 + CHECKS)
    assert all(a.ms >= 150 for a in kept.answers) and seen.complaints == []


def test_a_lost_connection_and_a_killed_server_lose_nothing(study, server, opened):
    """Two participants at once; one loses the network at the end, the other the server."""
    one, other = (opened(server.url(n), offline=False).page for n in (0, 1))
    for page in (one, other):
        page.get_by_role("button", name="Begin").click()
        answer(page, 45 + CHECKS)
    one.context.set_offline(True)
    answer(one, 1)
    one.get_by_text("There is no connection").wait_for()
    assert server.files() == []
    one.context.set_offline(False)
    one.get_by_text("Your answers have arrived").wait_for()
    server.kill()
    answer(other, 1)
    other.get_by_text("There is no connection").wait_for()
    server.start()
    other.get_by_text("Your answers have arrived").wait_for(timeout=20_000)
    assert len(server.files()) == 2 and len(read_answers([server.answers], study[0])) == 2


def test_as_a_file_on_a_phone(study, tmp_path, opened):
    """Without a server and a network: tapped, closed, opened again, saved."""
    seen = opened(study[1] / "study.html", 360, has_touch=True, accept_downloads=True)
    page = seen.page
    page.get_by_role("button", name="Begin").tap()
    assert seen.overflow() <= 0
    for _ in range(5):
        page.wait_for_timeout(200)
        page.locator("#right").tap()
    again = seen.context.new_page()
    page.close()
    again.goto((study[1] / "study.html").as_uri())
    assert again.locator("#progress").inner_text() == f"6 of {46 + CHECKS}"
    answer(again, 41 + CHECKS)
    with again.expect_download() as download:
        again.get_by_role("button", name="Save my answers").click()
    assert re.fullmatch(rf"answers-{study[0].id}-[0-9a-f]{{8}}\.json", download.value.suggested_filename)
    download.value.save_as(tmp_path / "answers.json")
    (kept,) = read_answers([tmp_path / "answers.json"], study[0])
    assert len(kept.answers) == 46 + CHECKS
    assert all(url.startswith(("file://", "data:", "blob:")) for url in seen.requests)


def test_nobody_is_kept_out(study, opened):
    seen = opened(study[1] / "study.html", 360)
    assert seen.obstacles() == []
    seen.page.get_by_role("button", name="Begin").click()
    assert seen.obstacles() == []


def test_a_second_tap_is_no_second_answer(study, opened):
    page = opened(study[1] / "study.html").page
    page.get_by_role("button", name="Begin").click()
    page.wait_for_timeout(250)
    page.evaluate("document.getElementById('left').click(); document.getElementById('left').click();")
    page.wait_for_timeout(100)
    assert page.locator("#progress").inner_text() == f"2 of {46 + CHECKS}"
