"""What a participant answered: checked wherever it comes from, a file or the network."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linksim.errors import LinksimError
from linksim.study.make import Study

MOST_BYTES = 200_000
"""Of the answers of one participant; 50 answers have about 4,000."""

_LONGEST_MS = 10**9
_PARTICIPANT = re.compile(r"[0-9a-f]{16,64}")
_CHECK = "check"


@dataclass(frozen=True)
class Answer:
    """One choice.

    Parameters
    ----------
    patch : int
        Number of the patch, or of the attention check.
    setting : int or None
        Number of the setting; None of an attention check.
    prefers_ours : bool
        Of an attention check: whether the original was chosen.
    left : str
        "ours" or "theirs".
    ms : int
        How long it took, in milliseconds.
    """

    patch: int
    setting: int | None
    prefers_ours: bool
    left: str
    ms: int


@dataclass(frozen=True)
class Answers:
    """All that a participant answered.

    Parameters
    ----------
    participant : str
        Hex digits, no name.
    answers : sequence of Answer
    simulated : bool
        Whether nobody was asked (`linksim.study.simulate`).
    """

    participant: str
    answers: tuple[Answer, ...]
    simulated: bool = False

    def to_dict(self, study: Study) -> dict[str, Any]:
        """As a file holds them: nothing but what was checked.

        Parameters
        ----------
        study : Study
            The one that was answered.
        """
        said = [
            {
                "pair": f"{_CHECK}/{a.patch}" if a.setting is None else f"{a.patch}/{a.setting}",
                "left": a.left,
                "chosen": "ours" if a.prefers_ours else "theirs",
                "ms": a.ms,
            }
            for a in self.answers
        ]
        return {"study": study.id, "participant": self.participant, "answers": said}

    @property
    def failed_checks(self) -> int:
        """Attention checks in which the original was not chosen."""
        return sum(answer.setting is None and not answer.prefers_ours for answer in self.answers)


def parse_answers(text: str | bytes, study: Study) -> Answers:
    """The answers of a participant, from JSON.

    Parameters
    ----------
    text : str or bytes
        `{"study": .., "participant": .., "answers": [..]}`, each answer as
        `{"pair": "3/0", "left": "ours", "chosen": "theirs", "ms": 900}`: patch 3 at setting 0.
    study : Study

    Raises
    ------
    LinksimError
        If it is of another study, or is not exactly one answer to each question.
    """
    if len(text) > MOST_BYTES:
        raise LinksimError(f"these answers have {len(text)} bytes, more than {MOST_BYTES}; they are of no study")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LinksimError("these answers are no JSON; save them again") from error
    if not isinstance(said, dict) or said.get("study") != study.id:
        raise LinksimError("these answers are of another study; name the study that they belong to")
    participant, given = said.get("participant"), said.get("answers")
    if not isinstance(participant, str) or not _PARTICIPANT.fullmatch(participant):
        raise LinksimError("these answers name no participant; save them again")
    if not isinstance(given, list) or len(given) != len(study.patches) + study.checks:
        raise LinksimError(
            f"these answers are not complete: a participant gives {len(study.patches) + study.checks}; answer the rest"
        )
    answers = tuple(_answer(one, study) for one in given)
    asked = {(answer.setting is None, answer.patch) for answer in answers}
    if len(asked) < len(answers):
        raise LinksimError("these answers hold two to one question; save them again")
    return Answers(participant, answers, bool(said.get("simulated")))


def read_answers(files: Sequence[Path], study: Study) -> list[Answers]:
    """The answers in some files, and in all `.json` files of folders; the same ones twice, sent and as a file, are one.

    Parameters
    ----------
    files : sequence of Path
        Files, and folders of them.
    study : Study
        The one that they must belong to.

    Raises
    ------
    LinksimError
        If a file cannot be read, holds something else, or a participant has answered twice, and otherwise.
    """
    found: dict[str, tuple[Path, Answers]] = {}
    for file in [file for path in files for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]:
        try:
            with open(file, "rb") as opened:
                answers = parse_answers(opened.read(MOST_BYTES + 1), study)
        except OSError as error:
            raise LinksimError(f"{file} cannot be read ({error.strerror}); name files of answers") from error
        except LinksimError as error:
            raise LinksimError(f"{file}: {error}") from error
        first, before = found.setdefault(answers.participant, (file, answers))
        if before.answers != answers.answers:
            raise LinksimError(f"{first} and {file} are of one participant and differ; leave one of them out")
    return [answers for _, answers in found.values()]


def _answer(one: Any, study: Study) -> Answer:
    if not isinstance(one, dict):
        raise LinksimError("an answer is no JSON object; save them again")
    pair, left, chosen, ms = (one.get(key) for key in ("pair", "left", "chosen", "ms"))
    kind, _, number = pair.partition("/") if isinstance(pair, str) else ("", "", "")
    numbers = [int(text) for text in (kind, number) if text.isascii() and text.isdigit() and len(text) < 6]
    roles = ("ours", "theirs")
    whole = isinstance(ms, int) and not isinstance(ms, bool) and 0 <= ms < _LONGEST_MS
    if left not in roles or chosen not in roles or not whole:
        raise LinksimError("an answer says no side, no choice or no time; save them again")
    if kind == _CHECK and len(numbers) == 1 and numbers[0] < study.checks:
        return Answer(numbers[0], None, chosen == "ours", left, ms)
    if len(numbers) == 2 and numbers[0] < len(study.patches) and numbers[1] < len(study.settings):
        return Answer(numbers[0], numbers[1], chosen == "ours", left, ms)
    raise LinksimError("an answer is to a question that this study does not ask; save them again")
