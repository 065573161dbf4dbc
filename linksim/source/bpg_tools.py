"""BPG through the programs of its author, `bpgenc` and `bpgdec`, where they are on PATH."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from linksim.errors import LinksimError
from linksim.identity import digest_bytes
from linksim.source.bpg_container import parse

_PROGRAMS = ("bpgenc", "bpgdec")
_TIMEOUT = 600.0  # seconds; the slowest encoder takes one minute for two megapixels


class BpgTools:
    """Runs `bpgenc` and `bpgdec`; published baselines use `-f 444 -b 8 -c ycbcr`.

    Parameters
    ----------
    chroma : {"444", "420"}
    bit_depth : {8, 10, 12}
    encoder : {"jctvc", "x265"}
    colour : {"ycbcr", "ycgco"}

    Raises
    ------
    LinksimError
        If one of the programs is not on PATH.
    """

    def __init__(self, chroma: str, bit_depth: int, encoder: str, colour: str = "ycbcr"):
        self._chroma, self._bit_depth, self._encoder, self._colour = chroma, bit_depth, encoder, colour
        self._paths: dict[str, str] = {}
        for program in _PROGRAMS:
            path = shutil.which(program)
            if path is None:
                raise LinksimError(
                    f"{program} is not on PATH; install libbpg (bellard.org/bpg), or use engine='embedded'"
                )
            self._paths[program] = path
        digests = [digest_bytes([Path(path).read_bytes()]) for path in self._paths.values()]
        self._versions = ", ".join([encoder, *digests])

    @staticmethod
    def available() -> bool:
        """Whether both programs are on PATH."""
        return all(shutil.which(program) for program in _PROGRAMS)

    def versions(self) -> str:
        """Options, and digests of the programs: their version number does not tell builds apart."""
        return self._versions

    def encode(self, picture: np.ndarray, quality: int) -> bytes:
        """The `.bpg` file of a picture (`uint8 [H, W, 3]`) at `-q quality`."""
        with tempfile.TemporaryDirectory(prefix="linksim-bpg-") as folder:
            source, target = Path(folder, "in.png"), Path(folder, "out.bpg")
            Image.fromarray(picture).save(source, compress_level=1)
            options = ["-q", str(quality), "-f", self._chroma, "-b", str(self._bit_depth), "-c", self._colour]
            self._run("bpgenc", [*options, "-e", self._encoder, "-o", str(target), str(source)], target)
            return target.read_bytes()

    def decode(self, data: bytes, max_pixels: int) -> np.ndarray:
        """The picture of a `.bpg` file; its header is checked before the program sees it."""
        file = parse(data, max_pixels)
        with tempfile.TemporaryDirectory(prefix="linksim-bpg-") as folder:
            source, target = Path(folder, "in.bpg"), Path(folder, "out.png")
            source.write_bytes(data)
            self._run("bpgdec", ["-o", str(target), str(source)], target)
            try:
                with Image.open(target) as image:
                    picture = np.asarray(image.convert("RGB"))
            except (OSError, SyntaxError) as error:
                raise LinksimError(f"bpgdec wrote no readable picture ({error}); send the stream again") from None
        if picture.shape != (file.height, file.width, 3):
            raise LinksimError("bpgdec wrote a picture of another size; send the stream again: it is damaged")
        return picture

    def _run(self, program: str, arguments: list[str], target: Path) -> None:
        command = [self._paths[program], *arguments]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            raise LinksimError(f"{program} ran for more than {_TIMEOUT:.0f} s; use a smaller picture") from None
        except OSError as error:
            raise LinksimError(f"{program} does not start ({error}); use engine='embedded'") from None
        if done.returncode != 0 or not target.is_file():
            said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
            reason = f"exit status {done.returncode}" + (f", {said[0]}" if said else "")
            raise LinksimError(f"{program} failed ({reason}); use engine='embedded' or another picture")
