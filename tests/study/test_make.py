"""Studies from result folders: the same patch on both sides, settings that rotate, mistakes in one line."""

import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

from linksim.errors import LinksimError
from linksim.report import read
from linksim.report.kept import pixels_of
from linksim.study.make import Study, make_study, read_study
from linksim.study.page import ABOUT, write_page


def test_both_sides_show_the_same_patch(made, folder):
    study = made.study
    assert [(s.ours, s.theirs, round(1 / s.theirs_cbr), s.value) for s in study.settings] == [
        ("ours", "theirs 1/12", 12, 10.0), ("ours", "theirs 1/6", 6, 10.0)
    ]  # fmt: skip
    assert len(study.patches) == 8 and {name for name, *_ in study.patches} == {"a", "b"}  # "small" is too small
    files = {(p.link, p.picture, p.value): p.file for p in read(folder).received}
    for i, (name, row, column) in enumerate(study.patches):
        for k, setting in enumerate(study.settings):
            for role, link in (("ours", setting.ours), ("theirs", setting.theirs)):
                whole = pixels_of(files[link, name, 10.0])
                np.testing.assert_array_equal(
                    made.shown[f"{i}/{k}/{role}"], whole[row : row + 64, column : column + 64]
                )
        np.testing.assert_array_equal(
            made.originals[i], pixels_of(files["", name, None])[row : row + 64, column : column + 64]
        )
    assert all(  # no two overlap
        abs(a[1] - b[1]) >= 64 or abs(a[2] - b[2]) >= 64
        for i, a in enumerate(study.patches)
        for b in study.patches[:i]
        if a[0] == b[0]
    )
    check = made.shown["check/1/theirs"].astype(float), made.shown["check/1/ours"].astype(float)
    assert np.mean((check[0] - check[1]) ** 2) > 100


def test_a_study_is_known_by_all_that_is_in_it(made, folder, study_folder):
    assert read_study(study_folder / ABOUT) == made.study == Study.of(made.study.to_dict())
    again = make_study([folder], ["ours"], ["theirs 1/12", "theirs 1/6"], at=10.0, patches=8, side=64, checks=2)
    assert again.study == made.study
    for change in ({"seed": 1}, {"at": 5.0}, {"question": "Which is nearer to nature?"}, {"checks": 1}):
        options = {"at": 10.0, "patches": 8, "side": 64, "checks": 2, **change}
        other = make_study([folder], ["ours"], ["theirs 1/12", "theirs 1/6"], **options)
        assert other.study.id != made.study.id


@pytest.mark.parametrize(
    "change, message",
    [
        ({"ours": ["nobody"]}, "no link 'nobody'; take some of ours, theirs 1/12"),
        ({"at": None}, "several values were kept; take --at from 5, 10"),
        ({"at": 7.0}, "7 was not kept"),
        ({"side": 141}, "no picture of all links is 141x141"),
        ({"patches": 9}, "room for 10 patches, and 12 are wanted"),
        ({"theirs": []}, "compares two links"),
        ({"patches": 0}, "at least one patch"),
    ],
)
def test_mistakes_are_one_line(folder, change, message):
    options = {"ours": ["ours"], "theirs": ["theirs 1/12"], "at": 10.0, "side": 64, **change}
    with pytest.raises(LinksimError, match=message) as error:
        make_study([folder], **options)
    assert "\n" not in str(error.value)


def test_runs_may_not_show_others_under_one_name(folder, tmp_path):
    twice = make_study([folder, folder], ["ours"], ["theirs 1/12"], at=10.0, patches=8, side=64, checks=2)
    assert len(twice.study.patches) == 8
    other = tmp_path / "run"
    shutil.copytree(folder, other)
    picture = next(p for p in read(other).received if p.link == "ours" and p.value == 10.0)
    Image.fromarray(255 - pixels_of(picture.file)).save(picture.file)
    with pytest.raises(LinksimError, match="are called the same and differ"):
        make_study([folder, other], ["ours"], ["theirs 1/12"], at=10.0, patches=8, side=64)


def test_our_patch_stands_in_the_page_once(made, tmp_path):
    page = write_page(made, tmp_path / "s").read_text()
    # ours, theirs at two settings, and two checks of two pictures
    assert page.count("data:image/webp;base64") == 8 * 3 + 2 * 2
    named = dataclasses.replace(made, study=dataclasses.replace(made.study, question="</script><script>alert(1)"))
    assert "<script>alert(1)" not in write_page(named, tmp_path / "t").read_text()


def test_damaged_studies_are_named(study_folder):
    (study_folder / ABOUT).write_text("{}")
    with pytest.raises(LinksimError, match="is no study"):
        read_study(study_folder / ABOUT)
    with pytest.raises(LinksimError, match="cannot be read"):
        read_study(study_folder / "nothing.json")
