"""Codecs that are two functions: what goes wrong in them, and what they give, is one line that says where."""

import functools

import numpy as np
import pytest
from link_fakes import rows_decode, rows_encode

from linksim.errors import LinksimError
from linksim.links import AnalogLink
from linksim.links.signatures import snr_is_told, told
from linksim.phy import Awgn
from linksim.scripts import import_script


def test_an_error_in_a_function_is_told_with_its_place(tmp_path, monkeypatch):
    """That of the user's own frame, also where a library noticed it; the original stays its cause."""
    monkeypatch.syspath_prepend(str(tmp_path))
    script = tmp_path / "fails_inside.py"
    script.write_text(
        "import json\n\nimport numpy as np\n\n\ndef helper():\n    raise KeyError('my\\nbug')\n\n\n"
        "def encode(x):\n    return helper()\n\n\ndef decode(symbols, size):\n    json.loads('{')\n"
    )
    mine = import_script(script)
    with pytest.raises(LinksimError) as caught:
        AnalogLink((mine.encode, rows_decode), Awgn()).fingerprint()
    assert str(caught.value) == rf"{script}, line 7, in encode: KeyError: 'my\nbug'; mend the function"
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(LinksimError) as caught:
        AnalogLink((rows_encode, mine.decode), Awgn()).fingerprint()
    assert str(caught.value).startswith(f"{script}, line 15, in decode: JSONDecodeError: ")
    assert "\n" not in str(caught.value) and isinstance(caught.value.__cause__, ValueError)


def test_what_cannot_become_an_array_is_told():
    with pytest.raises(LinksimError, match="^decode: ValueError: .*; mend the function$"):
        AnalogLink((rows_encode, lambda s, snr_db, size: [[1.0], [1.0, 2.0]]), Awgn()).fingerprint()


@pytest.mark.parametrize("kind", [KeyboardInterrupt, MemoryError, SystemExit])
def test_what_says_enough_goes_through(kind):
    def encode(x):
        raise kind

    with pytest.raises(kind):
        AnalogLink((encode, rows_decode), Awgn()).fingerprint()


def test_an_error_of_linksim_stays_as_it_is():
    def encode(x):
        raise LinksimError("what is wrong; what to do")

    with pytest.raises(LinksimError, match="^what is wrong; what to do$"):
        AnalogLink((encode, rows_decode), Awgn()).fingerprint()


@pytest.mark.parametrize(
    "encode, others",
    [
        (lambda x, snr_db, size: x, "size"),
        (lambda x, size: x, "size"),
        (lambda x, size, snr_db: x, "size"),
        (lambda x, s, hw, gain: x, "hw, gain"),
        (lambda x, *, snr_db: x, "snr_db by keyword"),
        (lambda x, snr_db, *, gain: x, "gain by keyword"),
    ],
)
def test_an_encoder_that_asks_for_more_is_refused(encode, others):
    said = rf"^encode takes {others}, which nobody gives it; use encode\(pictures\) or encode\(pictures, snr_db\)$"
    with pytest.raises(LinksimError, match=said):
        AnalogLink((encode, rows_decode), Awgn())


def test_an_encoder_without_arguments_is_refused():
    with pytest.raises(LinksimError, match="encode takes no argument"):
        AnalogLink((lambda: None, rows_decode), Awgn())


@pytest.mark.parametrize(
    "decode, names",
    [
        (lambda y, sz: y, "sz"),
        (lambda y, gain=1.0, offset=0.0: y, "gain and offset"),
        (lambda y, s, hw=None: y, "s and hw"),
    ],
)
def test_a_decoder_whose_names_say_nothing_is_refused(decode, names):
    """It was given the SNR, whatever it took it for."""
    with pytest.raises(LinksimError, match=f"^decode takes {names}, and its names do not say what .* call") as caught:
        AnalogLink((rows_encode, decode), Awgn())
    assert "\n" not in str(caught.value) and "decode(symbols, size)" in str(caught.value)


def test_keywords_that_nobody_has_are_refused():
    for decode in (lambda y, *, gain: y, lambda *y, gain: y):
        with pytest.raises(LinksimError, match="^decode takes gain, which nobody gives it"):
            AnalogLink((rows_encode, decode), Awgn())


class _Called:
    def __call__(self, y, snr_db):
        return y


def _positional(y, s, /):
    return y


@pytest.mark.parametrize(
    "decode, expected",
    [
        (lambda y, *, size: y, (("size",), True)),
        (lambda y, snr_db, *, size=None: y, (("snr_db", "size"), True)),
        (lambda y, *, size, snr_db=10.0: y, (("snr_db", "size"), True)),
        (lambda *y: y, (("snr_db", "size"), False)),
        (lambda y, *rest, **more: y, (("snr_db", "size"), False)),
        (_positional, (("snr_db",), False)),
        (functools.partial(lambda gain, y, s: y, 2.0), (("snr_db",), False)),
        (functools.partial(rows_decode, size=(4, 4)), (("snr_db",), True)),
        (functools.partial(lambda y, s, hw, gain: y, gain=1.0), (("snr_db", "size"), False)),
        (_Called(), (("snr_db",), True)),
        (dict.fromkeys, ((), False)),  # (iterable, value=None, /)
        (dict, (("snr_db", "size"), False)),  # which does not say
        (lambda y, s, hw, clip=True: y, (("snr_db", "size"), False)),
        (lambda y, s, size=None: y, (("snr_db", "size"), False)),
    ],
)
def test_what_a_decoder_is_told(decode, expected):
    assert told(decode) == expected


@pytest.mark.parametrize(
    "encode, expected",
    [
        (lambda x, snr: x, True),
        (lambda x, snr_db=10.0: x, False),
        (lambda *x: x, False),
        (lambda x, snr, *rest: x, True),
        (functools.partial(lambda gain, x: x, 2.0), False),
        (_positional, True),
        (dict, False),
    ],
)
def test_whether_an_encoder_is_told_the_snr(encode, expected):
    assert snr_is_told(encode) is expected


def test_symbols_that_are_not_finite_are_said_to_be():
    """And not to be others each time, which NaN is of itself."""
    with pytest.raises(LinksimError, match="^mine: encode gave values that are not finite; look for a division"):
        AnalogLink((lambda x: rows_encode(x) * np.nan, rows_decode), Awgn(), name="mine").fingerprint()


@pytest.mark.parametrize(
    "pair, said",
    [
        (("a", rows_decode), "encode is no function but str; give a pair of functions"),
        ((rows_encode, None), "decode is no function but NoneType; give a pair of functions"),
        ((rows_encode,), "a pair of functions is .encode, decode., not 1 values"),
    ],
)
def test_which_of_a_pair_is_no_function(pair, said):
    with pytest.raises(LinksimError, match=said):
        AnalogLink(pair, Awgn())
