"""The explorer in a headless Chromium, from files and without a network: what is seen and what can be done."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linksim
from linksim.cli.report import card_of
from linksim.report import read
from linksim.report.site.build import build_site

RESULTS = Path(linksim.__file__).parents[1] / "results"
PUBLISHED = sorted(path.parent for path in RESULTS.glob("*/curve.csv"))


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The site of all published results."""
    out = tmp_path_factory.mktemp("published") / "site"
    return build_site(PUBLISHED, out, card_of).parent


def test_published_pages_are_whole_on_phones_and_large_screens(published, opened):
    """Curves drawn, nothing complained of or asked from elsewhere, nothing wider than the window."""
    for width in (360, 1920):
        for page in [published / "index.html", *(published / f.name / "index.html" for f in PUBLISHED)]:
            seen = opened(page, width)
            assert seen.complaints == [] and all(url.startswith("file://") for url in seen.requests), page
            assert seen.overflow() <= 0, (page, width)
            if page.parent != published:
                assert seen.page.locator("#chart svg").count() == 1
                assert seen.page.locator("#chart .curve path").count() + seen.page.locator("#chart circle").count() > 0
            seen.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(published, site, opened, scheme):
    """By contrast, labels, roles or the order of headings."""
    pages = published / "index.html", published / "quickstart" / "index.html", site / "colours" / "index.html"
    for page in pages:
        assert opened(page, color_scheme=scheme).obstacles() == []


def test_curves_follow_the_legend_the_metric_and_the_axis(published, opened):
    page = opened(published / "kodak_awgn" / "index.html").page
    lines = page.locator("#chart .curve path")
    assert page.locator("#ratio").input_value() == "0.0625" and lines.count() == 8
    page.get_by_label("DeepJSCC, small network, CBR 1/16").uncheck()
    assert lines.count() == 7
    page.get_by_role("button", name="Members of envelopes: all").click()
    assert lines.count() == 27  # and ten schemes of each of two source codecs
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Members of envelopes: none"
    page.get_by_role("button", name="Links: none").click()
    assert lines.count() == 20
    page.get_by_role("button", name="Links: all").click()
    page.get_by_role("button", name="Members of envelopes: none").click()
    page.locator("#metric").select_option("psnr_of_mean_mse")
    assert "PSNR of the mean MSE" in page.locator("#chart svg").first.get_attribute("aria-label")
    page.locator("#x").select_option("cbr")
    assert page.locator("#at").input_value() == "10" and not page.locator("#ratio").is_visible()
    # At one SNR the ratios of a scheme are a line, and have one entry.
    assert page.get_by_label("BPG + capacity", exact=True).is_checked()
    before = lines.count()
    page.get_by_label("BPG + capacity", exact=True).uncheck()
    assert lines.count() == before - 1


def test_numbers_can_be_read_with_the_keyboard_and_taken_along(published, opened):
    page = opened(published / "quickstart" / "index.html", accept_downloads=True).page
    rows = read(RESULTS / "quickstart").rows
    page.locator("#chart").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    said = page.locator("#said").inner_text()
    link = next(name for name in dict.fromkeys(rows.table["link"]) if name not in rows.members)
    second = rows.table[(rows.table["link"] == link) & (rows.table["metric"] == "psnr")].iloc[1]
    assert said.startswith(f"{link}; ") and f"PSNR (dB): {second['mean']:.6g};" in said and "95 % interval" in said
    page.keyboard.press("Escape")
    assert page.locator("#said").inner_text() == ""
    files = {}
    for kind in ("csv", "svg", "png"):
        with page.expect_download() as download:
            page.locator(f"#{kind}").click()
        assert download.value.suggested_filename == f"quickstart-psnr.{kind}"
        files[kind] = Path(download.value.path()).read_bytes()
    taken = list(csv.DictReader(io.StringIO(files["csv"].decode())))
    of_link = [row for row in taken if row["link"] == link]
    assert float(of_link[1]["psnr"]) == pytest.approx(second["mean"]) and len(taken[0]) == 9
    assert float(of_link[1]["snr_db"]) == second["snr_db"] and float(of_link[1]["ci_low"]) == second["ci_low"]
    shown = rows.table[(rows.table["metric"] == "psnr") & ~rows.table["link"].isin(rows.members)]
    assert len([row for row in taken if row["ci_low"]]) == len(shown)
    assert files["svg"].startswith(b"<svg") and link.encode() in files["svg"].replace(b"&amp;", b"&")
    drawn = np.asarray(Image.open(io.BytesIO(files["png"])).convert("RGB"))
    assert drawn.shape[1] > 600 and len(np.unique(drawn.reshape(-1, 3), axis=0)) > 20
    page.locator("#numbers summary").click()
    page.locator("#numbers tbody tr").first.wait_for()
    assert page.locator("#numbers tbody tr").count() == len(taken)


def test_models_show_how_they_learned(published, opened):
    page = opened(published / "quickstart" / "index.html").page
    card = page.locator("details.model").first
    card.locator("summary").click()
    card.locator(".learning svg").first.wait_for()
    assert card.locator(".learning svg path").count() > 0
    assert re.search(r"[0-9a-f]{64}", card.inner_text())


def test_light_and_dark(published, opened):
    seen = opened(published / "quickstart" / "index.html", color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert seen.page.evaluate(ground) == "rgb(20, 23, 27)"
    seen.page.get_by_role("button", name="Dark").click()
    assert seen.page.evaluate(ground) == "rgb(255, 255, 255)"
    seen.page.reload()
    assert seen.page.evaluate(ground) == "rgb(255, 255, 255)"
    assert seen.page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "false"


def shot(page) -> np.ndarray:
    """The stage as it is seen."""
    return np.asarray(Image.open(io.BytesIO(page.locator("#stage").screenshot())).convert("RGB"))


def look(page) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The pixels at an eighth and at seven eighths of the width, above the handle's knob."""
    seen = shot(page)
    return tuple(seen[20, seen.shape[1] // 8]), tuple(seen[20, 7 * seen.shape[1] // 8])


def ready(page) -> None:
    page.locator("#pictures").scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('#stage img')].every((i) => i.complete && i.naturalWidth)")


def test_two_pictures_under_one_border(site, opened):
    seen = opened(site / "colours" / "index.html")
    page = seen.page
    ready(page)
    page.locator("#left").select_option("red|0")
    page.locator("#right").select_option("blue|0")
    page.locator("#value").fill("1")
    ready(page)
    assert look(page) == ((204, 0, 0), (0, 0, 204))
    assert "SNR 3 dB" in page.locator("#value-text").inner_text()
    assert page.locator("#right-said").inner_text().endswith("dB, chosen")
    # The border goes where it is dragged, and where the keys send it.
    box = page.locator("#stage").bounding_box()
    handle = page.locator("#handle").bounding_box()
    page.mouse.move(handle["x"] + 16, handle["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.05 * box["width"], box["y"] + 20, steps=4)
    page.mouse.up()
    assert look(page) == ((0, 0, 204), (0, 0, 204))
    page.locator("#handle").focus()
    page.keyboard.press("End")
    assert look(page) == ((204, 0, 0), (204, 0, 0))
    assert page.locator("#handle").get_attribute("aria-valuenow") == "100"
    page.keyboard.press("PageDown")
    assert look(page) == ((204, 0, 0), (204, 0, 0)) and page.locator("#handle").get_attribute("aria-valuenow") == "90"
    # What was lost is shown as it is, and said.
    page.locator("#value").fill("0")
    ready(page)
    assert look(page)[0] == (255, 0, 0) and page.locator("#left-said").inner_text().startswith("not delivered")
    page.locator("#left").select_option("|0")
    ready(page)
    assert look(page)[0] == (200, 200, 200)
    assert seen.complaints == []


def test_zoom_and_move_in_step(site, opened):
    page = opened(site / "colours" / "index.html").page
    ready(page)
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.wheel(0, -40)  # alone it scrolls the page
    assert "scale(1)" in page.locator("#left-image").evaluate("(i) => i.style.transform")
    page.mouse.wheel(0, 40)
    page.wait_for_timeout(300)
    ready(page)
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4 - 50, box["y"] + box["height"] / 4 - 30, steps=3)
    page.mouse.up()
    transforms = page.evaluate("[...document.querySelectorAll('#stage img')].map((i) => i.style.transform)")
    assert transforms[0] == transforms[1] != "" and re.search(r"scale\(2\.7", transforms[0])
    # The border is still where it was on the stage: half of it.
    cut = page.evaluate("document.getElementById('right-image').getBoundingClientRect().left")
    clip = float(re.search(r"([\d.]+)px\)$", page.evaluate("document.getElementById('right-image').style.clipPath"))[1])
    scale = float(re.search(r"scale\(([\d.]+)\)", transforms[0])[1])
    assert cut + clip * scale == pytest.approx(box["x"] + box["width"] / 2, abs=1.5)
    page.locator("#stage").focus()
    page.keyboard.press("ArrowRight")
    moved = page.evaluate("[...document.querySelectorAll('#stage img')].map((i) => i.style.transform)")
    assert moved[0] == moved[1] != transforms[0]
    page.get_by_role("button", name="Whole picture").click()
    transforms = page.evaluate("[...document.querySelectorAll('#stage img')].map((i) => i.style.transform)")
    assert set(transforms) == {"translate(0px, 0px) scale(1)"}


def test_two_fingers_zoom(site, opened):
    page = opened(site / "colours" / "index.html", 360, has_touch=True).page
    ready(page)
    box = page.locator("#stage").bounding_box()
    page.evaluate(
        """([x, y]) => {
            const stage = document.getElementById("stage");
            stage.setPointerCapture = () => {};
            const finger = (type, id, dx) => stage.dispatchEvent(new PointerEvent(type,
                { pointerId: id, clientX: x + dx, clientY: y, bubbles: true, cancelable: true, pointerType: "touch" }));
            finger("pointerdown", 1, -20); finger("pointerdown", 2, 20);
            finger("pointermove", 1, -40); finger("pointermove", 2, 40);
            finger("pointerup", 1, -40); finger("pointerup", 2, 40);
        }""",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )
    scale = page.evaluate("document.getElementById('left-image').style.transform.match(/scale\\((.*)\\)/)[1]")
    assert float(scale) == pytest.approx(2.0, abs=0.01)


def test_pictures_are_loaded_when_they_are_looked_at(site, opened):
    seen = opened(site / "colours" / "index.html", 360, height=500)  # more than 200 pixels above them

    def asked() -> set[str]:
        return {url for url in seen.requests if "/pictures/" in url}

    assert asked() == set()
    ready(seen.page)
    assert len(asked()) == 2
    seen.page.locator("#value").fill("2")
    for _ in range(100):  # the pictures of before are whole until the new ones are asked for
        if len(asked()) > 2:
            break
        seen.page.wait_for_timeout(100)
    ready(seen.page)
    assert 3 <= len(asked()) <= 4
