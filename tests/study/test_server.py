"""The server: each participant once, nothing lost or overwritten, nothing let in."""

import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from linksim.errors import LinksimError
from linksim.study.answers import MOST_BYTES, read_answers
from linksim.study.make import read_study
from linksim.study.page import ABOUT
from linksim.study.simulate import answers_of

pytest.importorskip("flask")
from linksim.study.server import TOKENS, Desk, make_app


@pytest.fixture
def app(study_folder, tmp_path):
    return make_app(study_folder, tmp_path / "answers", 3, per_minute=10_000)


def body(study, token, prefers=True, seed=0):
    return answers_of(study, token, lambda i, k: prefers, seed).encode()


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != TOKENS)


def test_each_participant_counts_once(app, made, tmp_path):
    client, tokens = app.test_client(), app.extensions["desk"].tokens
    assert len(set(tokens)) == 3 and all(len(token) == 32 for token in tokens)
    first = body(made.study, tokens[0])
    assert client.post("/answers", data=first).status_code == 201
    assert client.post("/answers", data=first).status_code == 200  # sent again after a lost reply
    other = client.post("/answers", data=body(made.study, tokens[0], prefers=False))
    assert other.status_code == 409 and "answered before" in other.json["error"]
    assert client.post("/answers", data=body(made.study, "0" * 32)).status_code == 400
    assert len(files(tmp_path / "answers")) == 1
    (kept,) = read_answers([tmp_path / "answers"], made.study)
    assert all(answer.prefers_ours for answer in kept.answers)
    # The same answers, sent and saved as a file, are of one participant.
    (tmp_path / "saved.json").write_bytes(first)
    assert len(read_answers([tmp_path / "answers", tmp_path / "saved.json"], made.study)) == 1
    (tmp_path / "saved.json").write_bytes(body(made.study, tokens[0], prefers=False))
    with pytest.raises(LinksimError, match="are of one participant and differ"):
        read_answers([tmp_path / "answers", tmp_path / "saved.json"], made.study)


def test_only_what_was_checked_is_kept(app, made, tmp_path):
    """Whatever else stands in an answer could make the others unreadable, or say that nobody was asked."""
    said = json.loads(body(made.study, app.extensions["desk"].tokens[0]))
    nested: list = []
    for _ in range(500):
        nested = [nested]
    said["answers"][0] |= {"more": nested, "simulated": True}
    assert app.test_client().post("/answers", json=said).status_code == 201
    (kept,) = read_answers([tmp_path / "answers"], made.study)
    assert not kept.simulated and "more" not in (tmp_path / "answers" / files(tmp_path / "answers")[0]).read_text()


def test_answers_of_two_studies_do_not_meet(study_folder, tmp_path, made):
    Desk(tmp_path / "answers", made.study, 2)
    other = dataclasses.replace(made.study, id="0" * 16)
    with pytest.raises(LinksimError, match="answers of another study; name a new folder"):
        Desk(tmp_path / "answers", other, 2)


def test_a_file_system_without_hard_links_is_found_out_at_once(study_folder, tmp_path, made, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    with pytest.raises(LinksimError, match="hard links"):
        Desk(tmp_path / "answers", made.study, 2)


def test_the_page_is_for_those_who_were_invited(app, study_folder):
    client, token = app.test_client(), app.extensions["desk"].tokens[1]
    page = client.get(f"/?t={token}")
    assert page.status_code == 200 and page.data == (study_folder / "study.html").read_bytes()
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for wrong in ("/", "/?t=", f"/?t={token[:-1]}", "/?t=../../etc/passwd"):
        assert client.get(wrong).status_code == 403
    for elsewhere in ("/study.json", "/../study.json", "/answers", "/tokens.txt", "/%2e%2e/tokens.txt", "/static/x"):
        reply = client.get(elsewhere)
        assert reply.status_code in (404, 405) and token not in reply.text


@pytest.mark.parametrize("field", ["study", "participant", "pair", "left", "chosen", "ms", "answers"])
@pytest.mark.parametrize("value", ["../../../tmp/x", "\0", "a" * 1000, ["x"], {"a": 1}, None, -1, 1e300])
def test_no_field_leads_anywhere(app, made, tmp_path, field, value):
    token = app.extensions["desk"].tokens[0]
    said = json.loads(body(made.study, token))
    if field in said:
        said[field] = value
    else:
        said["answers"][0][field] = value
    reply = app.test_client().post("/answers", json=said)
    assert reply.status_code == 400 and "\n" not in reply.json["error"]
    assert files(tmp_path / "answers") == []


def test_much_and_many_are_refused(app, study_folder, tmp_path, made):
    client = app.test_client()
    assert client.post("/answers", data=b"x" * 10_000_000).status_code == 413
    assert client.post("/answers", data=b"[" * (MOST_BYTES - 1)).status_code == 400
    slow = make_app(study_folder, tmp_path / "others", 1, per_minute=5).test_client()
    replies = [slow.post("/answers", data=b"rubbish") for _ in range(8)]
    # A minute may end in between, once.
    assert [reply.status_code for reply in replies].count(429) >= 1 and replies[0].status_code == 400
    assert next(reply for reply in replies if reply.status_code == 429).headers["Retry-After"] == "60"


def test_two_at_once(app, made, tmp_path):
    """Of twenty that race, with one token and other answers each, one is kept whole."""
    token, start = app.extensions["desk"].tokens[0], threading.Barrier(20)

    def post(seed):
        start.wait()
        return app.test_client().post("/answers", data=body(made.study, token, seed=seed)).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(post, range(20)))
    assert statuses.count(201) == 1 and set(statuses) <= {200, 201, 409}
    assert len(files(tmp_path / "answers")) == 1 and len(read_answers([tmp_path / "answers"], made.study)) == 1


def test_tokens_stay_after_a_restart(study_folder, tmp_path):
    study = read_study(study_folder / ABOUT)
    first = Desk(tmp_path / "answers", study, 3)
    assert Desk(tmp_path / "answers", study, 2).tokens == first.tokens
    more = Desk(tmp_path / "answers", study, 5)
    assert more.tokens[:3] == first.tokens and len(more.tokens) == 5
    with pytest.raises(LinksimError, match="no study|cannot be read"):
        make_app(tmp_path, tmp_path / "answers")
