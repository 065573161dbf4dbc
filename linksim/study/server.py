"""A small server that hands out a study and collects answers: each participant once, nothing overwritten."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from linksim.errors import LinksimError
from linksim.files import cannot_write, prepare_folder, write_atomically
from linksim.study.answers import MOST_BYTES, parse_answers
from linksim.study.make import Study, read_study
from linksim.study.page import ABOUT, PAGE

if TYPE_CHECKING:
    from flask import Flask

TOKENS = "tokens.txt"

_PER_MINUTE = 60
"""Requests that one address may make in a minute: a page, its answers, and many more tries than anyone needs."""

_ADDRESSES = 10_000
"""Addresses that are counted; those seen least lately are forgotten."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Answered(LinksimError):
    """A participant has answered before, and otherwise."""


class Desk:
    """Where answers are kept: a file for each participant, whole or not there, and never written twice.

    Parameters
    ----------
    folder : Path
        Of the answers; made if it is not there.
    study : Study
    participants : int
        Tokens that there are to be; those of an earlier call stay.

    Raises
    ------
    LinksimError
        If the folder is of another study, or cannot be written as it must be.
    """

    def __init__(self, folder: Path, study: Study, participants: int = 0):
        prepare_folder(folder)
        self.folder, self.study = folder, study
        path = folder / TOKENS
        of, *self.tokens = path.read_text().split() if path.exists() else [study.id]
        if of != study.id:
            raise LinksimError(f"{folder} holds the answers of another study; name a new folder with --answers")
        if len(self.tokens) < participants:
            self.tokens += [secrets.token_hex(16) for _ in range(participants - len(self.tokens))]
            write_atomically(path, "\n".join([study.id, *self.tokens]) + "\n")
        self._known = frozenset(self.tokens)
        trial = folder / f".{secrets.token_hex(8)}"
        try:  # now, and not when the first participant has answered everything
            _write_once(trial, "")
        except OSError as error:
            raise cannot_write(folder, error, "keep the answers on a file system with hard links") from error
        finally:
            trial.unlink(missing_ok=True)

    def knows(self, token: str | None) -> bool:
        """Whether somebody was given this token."""
        return token in self._known

    def keep(self, body: bytes) -> bool:
        """Check answers and put them on disk; True if they are new, False if the same ones were kept before.

        Raises
        ------
        LinksimError
            If they are not complete answers to this study by somebody who was given a token.
        Answered
            If the participant has answered otherwise before.
        """
        answers = parse_answers(body, self.study)
        if not self.knows(answers.participant):
            raise LinksimError("these answers are of nobody who was invited; use the link that you were given")
        # The name of a file comes of no text from outside.
        name = hashlib.sha256(answers.participant.encode()).hexdigest()[:32]
        text = json.dumps(answers.to_dict(self.study), indent=1) + "\n"
        path = self.folder / f"{name}.json"
        if _write_once(path, text):
            return True
        if path.read_text() == text:
            return False
        raise Answered("this participant has answered before; the first answers count")


def _write_once(path: Path, text: str) -> bool:
    """Write a file, durably, unless there is one of that name; whole in either case."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return True
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


class _Rate:
    """How many requests an address made in this minute."""

    def __init__(self, per_minute: int):
        self._most, self._lock = per_minute, threading.Lock()
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def allows(self, address: str) -> bool:
        minute = int(time.monotonic() // 60)
        with self._lock:
            before, count = self._seen.pop(address, (minute, 0))
            count = count + 1 if before == minute else 1
            self._seen[address] = (minute, count)
            if len(self._seen) > _ADDRESSES:
                self._seen.popitem(last=False)
        return count <= self._most


def make_app(folder: Path, answers: Path, participants: int = 0, per_minute: int = _PER_MINUTE) -> Flask:
    """The web application of a study.

    `GET /?t=TOKEN` is the page; `POST /answers` takes answers: 201, 200 for the same once more, 400, 403, 409 where a
    participant has answered otherwise, 413, 429.

    Parameters
    ----------
    folder : Path
        What `linksim.study.write_page` wrote.
    answers : Path
        Folder of the answers.
    participants : int
        Tokens that there are to be.
    per_minute : int
        Requests that one address may make.

    Raises
    ------
    LinksimError
        If there is no study, or the answers cannot be kept.
    """
    import flask
    from werkzeug.exceptions import HTTPException

    study = read_study(folder / ABOUT)
    try:
        page = (folder / PAGE).read_bytes()
    except OSError as error:
        raise LinksimError(f"{folder / PAGE} cannot be read ({error.strerror}); make the study again") from error
    desk, rate = Desk(answers, study, participants), _Rate(per_minute)
    app = flask.Flask("linksim.study", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.extensions["desk"] = desk

    def error(message: str, status: int) -> tuple[flask.Response, int]:
        return flask.jsonify(error=message), status

    @app.before_request
    def limit() -> tuple[flask.Response, int] | None:
        if rate.allows(flask.request.remote_addr or ""):
            return None
        reply, status = error("too many requests; wait a minute", 429)
        reply.headers["Retry-After"] = "60"
        return reply, status

    @app.after_request
    def harden(reply: flask.Response) -> flask.Response:
        reply.headers.update(_HEADERS)
        return reply

    @app.errorhandler(HTTPException)
    def refuse(problem: HTTPException) -> tuple[flask.Response, int]:
        return error(problem.name, problem.code or 500)

    @app.get("/")
    def show() -> flask.Response | tuple[flask.Response, int]:
        if not desk.knows(flask.request.args.get("t")):
            return error("this study is for those who were invited; use the link that you were given", 403)
        return flask.Response(page, mimetype="text/html")

    @app.post("/answers")
    def take() -> tuple[flask.Response, int]:
        try:
            new = desk.keep(flask.request.get_data(cache=False))
        except Answered as problem:
            return error(str(problem), 409)
        except LinksimError as problem:
            return error(str(problem), 400)
        return flask.jsonify(kept=True), 201 if new else 200

    return app
