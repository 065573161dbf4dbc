"""The code blocks of a page: which are run, which are files, and which are not run, for a reason that the page gives.

A comment before a block says what becomes of it:

`<!-- run -->`              a block of commands is run (Python is run without saying so)
`<!-- file: NAME -->`       a block of Python is saved under this name, for blocks that follow
`<!-- needs: a, b -->`      run where these modules can be imported ("GPU": where TensorFlow sees one)
`<!-- needs data: NAME -->` run where this picture set is on the machine
`<!-- test: NAME -->`       another test carries it out under this name (tests/docs/test_training_example.py)
`<!-- not run: REASON -->`  not run
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt

SHELL = ("", "console", "bash", "sh")
_COMMENT = re.compile(r"<!--\s*(run|file|test|needs data|needs|not run)(?::\s*(.*?))?\s*-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Parameters
    ----------
    language : str
        What stands behind the fence.
    code : str
    line : int
        Of the fence, from 1.
    said : mapping of str to str
        What the comment before it says.
    """

    language: str
    code: str
    line: int
    said: dict[str, str] = field(default_factory=dict)

    @property
    def is_python(self) -> bool:
        return self.language == "python"

    @property
    def is_commands(self) -> bool:
        """Whether it holds commands that a reader is to type."""
        return self.language in SHELL and bool(re.match(r"(linksim|python3?|pip|export|dask|ruff|sphinx) ?", self.code))


def blocks_of(path: Path) -> list[Block]:
    """All fenced blocks of a page, in their order."""
    found: list[Block] = []
    said: dict[str, str] = {}
    for token in MarkdownIt().parse(path.read_text(encoding="utf-8")):
        if token.type == "html_block":
            said |= {kind: value or "" for kind, value in _COMMENT.findall(token.content)}
        elif token.type == "fence":
            found.append(Block(token.info.strip(), token.content, (token.map or [0])[0] + 1, said))
            said = {}
        elif token.type.endswith("_open"):
            said = {}
    return found


def lacks(block: Block) -> str | None:
    """What this machine does not have for a block; None where it has everything."""
    for module in filter(None, block.said.get("needs", "").replace(" ", "").split(",")):
        if module == "GPU":
            import tensorflow

            if not tensorflow.config.list_physical_devices("GPU"):
                return "a GPU"
        elif importlib.util.find_spec(module) is None:
            return module
    if name := block.said.get("needs data"):
        folder = os.environ.get("LINKSIM_DATA")
        if not folder or not (Path(folder) / name).is_dir():
            return f"the pictures {name} in LINKSIM_DATA"
    return None


def run_page(path: Path) -> list[str]:
    """Run the blocks of a page in the present folder, one after the other; what was left out, and what it lacks.

    Python blocks share their names, as the cells of a notebook do. Commands go through the very functions of the
    command line, in this process.
    """
    names: dict[str, object] = {"__name__": "__main__"}
    left_out = []
    for block in blocks_of(path):
        where = f"{path.name}, line {block.line}"
        if "not run" in block.said or "test" in block.said:
            continue
        if missing := lacks(block):
            left_out.append(f"{where}: needs {missing}")
        elif "file" in block.said:
            Path(block.said["file"]).write_text(block.code, encoding="utf-8")
        elif block.is_python:
            # Lines are numbered as on the page, so that an error says where.
            exec(compile("\n" * block.line + block.code, str(path), "exec"), names)
        elif "run" in block.said:
            for line in block.code.strip().splitlines():
                run_command(line, where)
    return left_out


def run_command(line: str, where: str) -> None:
    """One line of a shell: `linksim ..`, or `python FILE ..`."""
    from typer.testing import CliRunner

    from linksim.cli.app import app

    program, *arguments = shlex.split(line, comments=True)
    if program == "linksim":
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, f"{where}: {line}\n{result.output}\n{result.exception!r}"
    elif program in ("python", "python3"):
        run_script(arguments, where)
    else:
        raise AssertionError(f"{where}: {line}: only linksim and python are run")


def run_script(arguments: list[str], where: str) -> None:
    """`python FILE ARGUMENTS` in this process."""
    import runpy

    before, sys.argv = sys.argv, arguments
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as stopped:
        assert not stopped.code, f"{where}: {arguments} ended with {stopped.code}"
    finally:
        sys.argv = before
