"""Sites from folders alone: what is written, what is refused, and that no text can become a script."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from result_folders import keep_pictures, table, write_folder

import linksim
from linksim.errors import LinksimError
from linksim.report import read
from linksim.report.site.build import build_site
from linksim.report.site.pictures import pictures_of

ASSETS = Path(linksim.__file__).parent / "report" / "site" / "assets"


def data_of(page: Path) -> dict:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    return json.loads(text)


def test_a_page_holds_the_numbers_of_its_folder(site):
    data = data_of(site / "colours" / "index.html")
    rows = read(site.parent / "colours").rows.table
    curve = data["curves"]["points"]["psnr"]["blue|0"]
    expected = rows[(rows["link"] == "blue") & (rows["metric"] == "psnr")]
    assert curve["mean"] == list(expected["mean"]) and curve["ci_low"] == pytest.approx(list(expected["ci_low"]))
    assert data["curves"]["ratios"] == {"0.0833333": "1/12", "0.166667": "1/6"}
    page = (site / "colours" / "index.html").read_text()
    studied = ("nobody was asked", "75.0 %", "60.0 to 85.0 %", "./preference.png")
    for said in ("linksim run s", "1 min 15 s", "2 target, 1 limit", "python 3", *studied):
        assert said in page
    lost = next(p for p in data["pictures"]["shown"] if p["link"] == "red" and p["value"] == 0)
    assert lost["delivered"] is False and lost["scores"]["psnr"] > 0
    assert 'href="./colours/index.html"' in (site / "index.html").read_text()


def test_names_cannot_become_scripts(tmp_path):
    evil = "</script><script>alert(1)</script><!-- "
    folder = write_folder(tmp_path / "s", table({evil: 1 / 6}), command=evil, tags={evil: {"scheme": evil}})
    (folder / "README.md").write_text(
        f"# s\n\nSaid: {evil} [there](javascript:alert(1)) <img src=x onerror=alert(1)>\n"
    )
    page = (build_site([folder], tmp_path / "site").parent / "s" / "index.html").read_text()
    assert data_of(tmp_path / "site" / "s" / "index.html")["curves"]["links"][evil]["tags"]["scheme"] == evil
    assert "<script>alert" not in page and "<img src=x" not in page and 'href="javascript' not in page
    assert len(re.findall("<script", page)) == 6


@pytest.mark.parametrize(
    "recipe, history, says",
    [
        ({"warm_start": "a/b"}, [[0, 20.25], [500, 24]], "begins at what it started from, the weights of a/b"),
        ({"warm_start": "a/b"}, [[500, 24]], "not on this card"),
        ({"analytic_start": True}, [[0, 20.25], [500, 24]], "an analytic start: 20.25 dB at step 0"),
        ({"warm_start": None}, [[0, 20.25], [500, 24]], "weights that were given: 20.25 dB"),
        ({"warm_start": None}, [[500, 24]], None),
    ],
)
def test_a_page_says_where_a_learning_curve_begins(tmp_path, recipe, history, says):
    card = {"steps": 500, "val_psnr": 24, "notes": "", "backend": "", "seconds": 1, "sha256": "0"}
    card |= {"recipe": recipe, "history": history}
    links = {"a": {"fingerprint": "0", "layers": 1, "tags": {}, "models": ["m"]}}
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}), links=links)
    page = (build_site([folder], tmp_path / "site", {"m": card}.get).parent / "s" / "index.html").read_text()
    assert bool(re.search(says or "started from", page)) is (says is not None)
    assert data_of(tmp_path / "site" / "s" / "index.html")["models"]["m"]["history"] == history


@pytest.mark.parametrize(
    "ran, today, says",
    [
        (["x"], "x", "These weights ran."),
        (["x"], "y", "Other weights ran: those of this name have changed since."),
        (["x", "y"], "y", "These weights ran in some links"),
        (["x"], None, "cannot be read, and were not compared"),
        ([], "x", None),
    ],
)
def test_a_page_says_whether_the_weights_of_a_card_ran(tmp_path, ran, today, says):
    """As far as `run.json` knows: those of before do not."""
    card = {"steps": 500, "val_psnr": 24, "notes": "", "backend": "", "seconds": 1, "sha256": "0"}
    card |= {"recipe": {}, "history": [[500, 24]]}
    names = [f"link {i}" for i in range(max(len(ran), 1))]
    links = {name: {"fingerprint": "0", "layers": 1, "tags": {}, "models": ["m"]} for name in names}
    for name, digest in zip(names, ran, strict=False):
        links[name]["weights"] = {"m": digest}
    folder = write_folder(tmp_path / "s", table(dict.fromkeys(names, 1 / 6)), links=links)
    index = build_site([folder], tmp_path / "site", {"m": card}.get, digest_of=lambda name: today)
    page = (index.parent / "s" / "index.html").read_text()
    assert (says or "m: 500 steps") in page
    assert len(re.findall("weights ran[ .:]|were not compared", page.partition('<details class="model"')[2])) == bool(
        says
    )


def test_equal_pictures_are_one_file(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6, "b": 1 / 6}))
    keep_pictures(folder, {"a": 1, "b": 1}, pictures=2, values=(0.0, 3.0))
    found = pictures_of(read(folder), tmp_path / "pictures", 1e6)
    assert len(found["shown"]) == 10 and found["quality"] is None
    files = {p["file"] for p in found["shown"]}
    assert {f"pictures/{path.name}" for path in (tmp_path / "pictures").iterdir()} == files
    assert len(files) == 4  # each original, and what both links made of it
    assert {round(p["scores"]["psnr"], 2) for p in found["shown"] if p["link"]} == {24.05}


def test_large_pictures_become_smaller_and_say_so(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    keep_pictures(folder, {"a": 1}, pictures=6)
    rng = np.random.default_rng(0)
    for path in (folder / "received").glob("*.png"):
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(path)
    whole = sum(path.stat().st_size for path in (folder / "received").glob("*.png"))
    found = pictures_of(read(folder), tmp_path / "pictures", whole / 3)
    written = list((tmp_path / "pictures").iterdir())
    assert found["quality"] and len(written) == 12 and all(path.suffix == ".webp" for path in written)
    assert sum(path.stat().st_size for path in written) <= whole / 3
    with pytest.raises(LinksimError, match="--max-mb"):
        pictures_of(read(folder), tmp_path / "less", whole / 1000)


def test_other_metrics_under_the_pictures(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    keep_pictures(folder, {"a": 1})
    found = pictures_of(read(folder), tmp_path / "p", 1e6, ("psnr", "mse"))
    assert {p["scores"]["mse"] for p in found["shown"] if p["link"]} == {256.0}
    with pytest.raises(LinksimError, match="unknown|no metric"):
        pictures_of(read(folder), tmp_path / "q", 1e6, ("beauty",))


def test_nothing_that_is_no_site_is_written_over(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("all of it")
    with pytest.raises(LinksimError, match="no site of before"):
        build_site([folder], tmp_path / "mine")
    with pytest.raises(LinksimError, match="called s"):
        build_site([folder, write_folder(tmp_path / "other" / "s", table({"a": 1 / 6}))], tmp_path / "site")
    with pytest.raises(LinksimError, match="no results"):
        build_site([], tmp_path / "site")
    (tmp_path / "broken").mkdir()
    build_site([folder], tmp_path / "site")
    with pytest.raises(LinksimError, match="does not exist"):
        build_site([tmp_path / "broken"], tmp_path / "site")
    assert (tmp_path / "site" / "s" / "index.html").exists()  # the site of before stays
    (tmp_path / "site" / "notes.txt").write_text("mine")
    with pytest.raises(LinksimError, match="holds notes.txt"):
        build_site([folder], tmp_path / "site")
    (tmp_path / "site" / "notes.txt").unlink()
    with pytest.raises(LinksimError, match="called assets"):
        build_site([write_folder(tmp_path / "assets", table({"a": 1 / 6}))], tmp_path / "site")
    build_site([write_folder(tmp_path / "t", table({"a": 1 / 6}))], tmp_path / "site")
    assert not (tmp_path / "site" / "s").exists() and (tmp_path / "site" / "t").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_site_is_replaced_from_within(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "a #1?", table({"a": 1 / 6}))
    build_site([folder], tmp_path / "site")
    monkeypatch.chdir(tmp_path / "site")
    assert build_site([folder], Path(".")) == Path("index.html")
    assert 'href="./a%20%231%3F/index.html"' in (tmp_path / "site" / "index.html").read_text()


@pytest.mark.parametrize("file", ["../../secret", "/etc/hostname", "..", "", "linked.png"])
def test_no_file_from_elsewhere_comes_into_a_site(tmp_path, file):
    """A result folder of a stranger's may name any file."""
    (tmp_path / "secret").write_text("key")
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    keep_pictures(folder, {"a": 1})
    (folder / "received" / "linked.png").symlink_to(tmp_path / "secret")
    (folder / "curve.png").symlink_to(tmp_path / "secret")
    index = folder / "received" / "index.json"
    entries = [*json.loads(index.read_text()), {"link": "x", "layer": 0, "picture": "y", "value": 1.0, "file": file}]
    index.write_text(json.dumps(entries))
    with pytest.raises(LinksimError, match=r"index\.json is damaged"):
        build_site([folder], tmp_path / "site", scores=())
    index.write_text(json.dumps(entries[:-1]))
    (folder / "received" / "0.png").write_text("no picture")
    with pytest.raises(LinksimError, match="is no PNG file"):
        build_site([folder], tmp_path / "site", scores=())
    (folder / "received").rename(folder / "elsewhere")
    build_site([folder], tmp_path / "site")
    assert not (tmp_path / "site" / "s" / "curve.png").exists()


def test_no_link_and_no_tensorflow_is_needed(tmp_path):
    folder = write_folder(tmp_path / "s", table({"a": 1 / 6}))
    code = (
        "import sys; from pathlib import Path; from linksim.report.site.build import build_site;"
        f"build_site([Path({str(folder)!r})], Path({str(tmp_path / 'site')!r}));"
        "assert not {'tensorflow', 'sionna', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_meet_wcag_aa():
    """Text 4.5:1 (1.4.3), curves 3:1 (1.4.11), light and dark; the dark ones are written twice and are the same."""
    css = (ASSETS / "explorer.css").read_text()
    themes = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r"color-scheme: \w+;[^}]*", css)]
    assert len(themes) == 3 and themes[1] == themes[2]
    for theme in themes[:2]:
        for text in ("ink", "faint", "accent"):
            assert min(contrast(theme[text], theme[ground]) for ground in ("ground", "raised")) >= 4.5, text
        assert contrast(theme["warn"], theme["warn-ground"]) >= 4.5
        for i in range(8):
            assert contrast(theme[f"c{i}"], theme["ground"]) >= 3, i


def test_tex_in_names_is_readable_text(tmp_path):
    folder = write_folder(tmp_path / "s", table({r"$\eta$ = 3": 1 / 6, "costs $5": 1 / 6}))
    keep_pictures(folder, {r"$\eta$ = 3": 1})
    page = build_site([folder], tmp_path / "site").parent / "s" / "index.html"
    assert set(data_of(page)["curves"]["links"]) == {"η = 3", "costs $5"}
    assert {p["link"] for p in data_of(page)["pictures"]["shown"]} == {"", "η = 3"}
    assert "\\eta" not in page.read_text(encoding="utf-8")
