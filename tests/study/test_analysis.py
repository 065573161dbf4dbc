"""The analysis is right where the truth is known: coverage, extremes, attention, thresholds."""

import json

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.study.analysis import analyse, preference
from linksim.study.answers import parse_answers, read_answers
from linksim.study.simulate import answers_of
from linksim.study.table import write


def chances(mean, person, patch):
    return 1 / (1 + np.exp(-(mean + person + patch)))


@pytest.mark.parametrize(
    "people, patches, mean, of_people, of_patches, settings",
    [(20, 46, 0.5, 0.5, 0.8, 1), (20, 46, 2.5, 0.5, 0.8, 1), (8, 46, 0.5, 0.7, 0.7, 1), (30, 46, 0.5, 1.0, 1.0, 4)],
)
def test_intervals_hold_the_truth_in_95_of_100_studies(people, patches, mean, of_people, of_patches, settings):
    """1,000 studies of people and patches that differ; between 93 and 97 %, as the binomial noise of 1,000 allows."""
    rng = np.random.default_rng(7)
    many = rng.normal(size=(2, 400_000))
    truth = np.mean(chances(mean, of_people * many[0], of_patches * many[1]))
    held = 0
    for _ in range(1000):
        person, patch = rng.normal(0, of_people, people), rng.normal(0, of_patches, patches)
        who, which = (axis.ravel() for axis in np.meshgrid(np.arange(people), np.arange(patches), indexing="ij"))
        asked = (which + rng.integers(settings, size=people)[who]) % settings == 0
        who, which = who[asked], which[asked]
        ours = rng.random(len(who)) < chances(mean, person[who], patch[which])
        _, low, high = preference(who, which, ours)
        held += low <= truth <= high
    assert 930 <= held <= 970


def test_extremes_stay_within_bounds():
    who, patch = (axis.ravel() for axis in np.meshgrid(np.arange(5), np.arange(10)))
    share, low, high = preference(who, patch, np.ones(50, bool))
    assert share == 1 and 0.5 < low < 0.98 and high == 1
    share, low, high = preference(who, patch, np.zeros(50, bool))
    assert share == 0 == low and 0.02 < high < 0.5


def answers(study, prefers, number, spoil=()):
    said = json.loads(answers_of(study, f"{number:016x}", prefers, number))
    for one in said["answers"]:
        if one["pair"] in spoil:
            one["chosen"] = "theirs"
    return parse_answers(json.dumps(said), study)


def test_settings_are_told_apart_and_the_inattentive_are_not_counted(made, tmp_path):
    """Ours is preferred at the first setting always, at the second never."""
    given = [answers(made.study, lambda i, k: k == 0, n) for n in range(6)]
    given.append(answers(made.study, lambda i, k: False, 6, spoil=("check/0",)))
    outcome = analyse(made.study, given)
    assert [p.share for p in outcome.preferences] == [1.0, 0.0] and outcome.excluded == 1
    assert sum(p.answers for p in outcome.preferences) == 6 * 8
    assert outcome.highest_cbr("ours") == outcome.highest_cbr("ours", surely=True) == pytest.approx(1 / 12)
    # Where it is not preferred at the lowest ratio, it is not "up to" a higher one.
    turned = analyse(made.study, [answers(made.study, lambda i, k: k == 1, n) for n in range(6)])
    assert turned.preferences[1].share == 1 and turned.highest_cbr("ours") is None
    assert analyse(made.study, given, allowed=1).preferences[0].share < 1
    assert {path.name for path in write(outcome, tmp_path)} == {"preference.csv", "preference.png"}
    assert (tmp_path / "preference.csv").read_text().splitlines()[1].startswith("ours,0.041667,theirs 1/12,0.083333,10")
    with pytest.raises(LinksimError, match="at least two"):
        analyse(made.study, given[:1])


def test_files_of_answers(made, tmp_path):
    texts = [answers_of(made.study, f"{n:016x}", lambda i, k: True, n) for n in (1, 2, 2)]
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.json").write_text(text)
    assert [one.simulated for one in read_answers([tmp_path], made.study)] == [True, True]
    (tmp_path / "3.json").write_bytes(b"\xff" * 300_000)
    with pytest.raises(LinksimError, match="3.json: these answers have"):
        read_answers([tmp_path], made.study)


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda said: said.update(study="0" * 16), "another study"),
        (lambda said: said.update(participant="../../etc/passwd"), "no participant"),
        (lambda said: said.update(participant=7), "no participant"),
        (lambda said: said["answers"].pop(), "not complete: a participant gives 10"),
        (lambda said: said.update(answers={"0": 1}), "not complete"),
        (lambda said: said["answers"].__setitem__(0, said["answers"][1]), "two to one question"),
        (lambda said: said["answers"].__setitem__(0, "ours"), "no JSON object"),
        (lambda said: said["answers"][0].update(pair="../0"), "does not ask"),
        (lambda said: said["answers"][0].update(pair="0/2"), "does not ask"),
        (lambda said: said["answers"][0].update(pair="8/0"), "does not ask"),
        (lambda said: said["answers"][0].update(pair="check/2"), "does not ask"),
        (lambda said: said["answers"][0].update(pair="\u0663/0"), "does not ask"),
        (lambda said: said["answers"][0].update(pair=None), "does not ask"),
        (lambda said: said["answers"][0].update(chosen="left"), "no side"),
        (lambda said: said["answers"][0].update(ms=-1), "no time"),
        (lambda said: said["answers"][0].update(ms=True), "no time"),
        (lambda said: said["answers"][0].update(ms=1e3), "no time"),
    ],
)
def test_what_is_no_answer_is_refused(made, change, message):
    said = json.loads(answers_of(made.study, "0" * 16, lambda i, k: True, 0))
    change(said)
    with pytest.raises(LinksimError, match=message):
        parse_answers(json.dumps(said), made.study)


@pytest.mark.parametrize("text", [b"", b"[" * 100_000, b"\xff\xfe", b"[]", b"null", b'{"study": NaN}'])
def test_rubbish_is_refused(made, text):
    with pytest.raises(LinksimError):
        parse_answers(text, made.study)
