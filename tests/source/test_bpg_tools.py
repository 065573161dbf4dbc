"""The engine that runs bpgenc and bpgdec, on small stand-ins for them."""

import shutil
import sys

import numpy as np
import pytest

from linksim.errors import LinksimError
from linksim.source import Bpg

# Stand-ins that code with the embedded engine: what is tested is how the programs are called.
_ENCODER = """#!{python}
import sys
import numpy as np
from PIL import Image
from linksim.source import Bpg
arguments = sys.argv[1:]
open({log!r}, "w").write(" ".join(arguments[:-3]))
if {fail}:
    sys.exit("bpgenc: no luck today")
qp = int(arguments[arguments.index("-q") + 1])
data = Bpg().encode_at(np.asarray(Image.open(arguments[-1])), qp)
open(arguments[arguments.index("-o") + 1], "wb").write(data)
"""
_DECODER = """#!{python}
import sys
from PIL import Image
from linksim.source import Bpg
Image.fromarray(Bpg().decode(open(sys.argv[-1], "rb").read())).save(sys.argv[sys.argv.index("-o") + 1])
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put stand-ins for bpgenc and bpgdec on an otherwise empty PATH; returns where arguments are logged."""

    def install(fail=False):
        log = tmp_path / "arguments"
        for name, text in (("bpgenc", _ENCODER), ("bpgdec", _DECODER)):
            (tmp_path / name).write_text(text.format(python=sys.executable, log=str(log), fail=fail))
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return log

    return install


def test_the_programs_are_called_as_the_literature_calls_them(programs, crop):
    log = programs()
    picture = crop(30, 41)
    codec = Bpg(engine="tools")
    stream = codec.encode_at(picture, 33)
    assert log.read_text() == "-q 33 -f 444 -b 8 -c ycbcr -e jctvc"
    assert stream == Bpg().encode_at(picture, 33)
    assert np.array_equal(codec.decode(stream), Bpg().decode(stream))
    Bpg("420", engine="tools", tools_encoder="x265").encode_at(picture, 20)
    assert log.read_text() == "-q 20 -f 420 -b 8 -c ycbcr -e x265"
    Bpg(engine="tools", colour="ycgco").encode_at(picture, 20)
    assert log.read_text() == "-q 20 -f 444 -b 8 -c ycgco -e jctvc"


def test_auto_takes_the_programs_where_both_are(programs, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert Bpg(engine="auto").engine == "embedded"
    programs()
    assert Bpg(engine="auto").engine == "tools" and Bpg().engine == "embedded"
    assert Bpg(engine="tools").fingerprint() != Bpg().fingerprint()


def test_absent_programs_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LinksimError, match="bpgenc is not on PATH; install libbpg"):
        Bpg(engine="tools")


def test_a_program_that_fails_is_quoted(programs, crop):
    programs(fail=True)
    with pytest.raises(LinksimError, match="no luck today"):
        Bpg(engine="tools").encode_at(crop(8, 8), 30)


def test_the_program_never_sees_a_header_that_claims_too_much(programs, crop):
    programs()
    stream = Bpg().encode_at(crop(30, 41), 40)
    with pytest.raises(LinksimError, match="30x41"):
        Bpg(engine="tools").decode(stream, max_pixels=1000)


@pytest.mark.skipif(not shutil.which("bpgdec"), reason="the real bpgdec is not on PATH")
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 19), (111, 77)])
def test_the_real_bpgdec_reads_our_files_as_we_do(size, crop):
    for codec in (Bpg("444"), Bpg("420"), Bpg("444", colour="ycgco")):
        stream = codec.encode_at(crop(*size), 30)
        assert np.array_equal(Bpg(engine="tools").decode(stream), Bpg().decode(stream))
