r"""TeX in names: `$\eta$ = 3` is drawn as mathematics, read as plain text, and written into LaTeX as it is.

What stands between two dollar signs is mathematics as in Pandoc: no space inside of either, and no digit behind the
second one. Every other dollar sign is one.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MATH = re.compile(r"(?<!\\)\$(?=\S)((?:\\.|[^$\\])*?)(?<=\S)\$(?!\d)")

_ESCAPED = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{c: "\\" + c for c in "&%$#_{}"}, "<": r"\textless{}", ">": r"\textgreater{}",
    "±": r"$\pm$", "\N{MINUS SIGN}": "$-$", "≤": r"$\leq$", "≥": r"$\geq$", "×": r"$\times$",
}  # fmt: skip

_SIGNS = {
    "times": "×", "cdot": "·", "pm": "±", "mp": "∓", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "neq": "≠",
    "approx": "≈", "infty": "∞", "to": "→", "rightarrow": "→", "sqrt": "√", "partial": "∂", "nabla": "∇", "ell": "ℓ",
    "in": "∈", "sum": "∑", "circ": "∘", "degree": "°", "ldots": "…", "dots": "…",
    "quad": " ", "hat": "", "bar": "", "tilde": "", "varepsilon": "ε", "varphi": "φ",
    "left": "", "right": "",
}  # fmt: skip
_GREEK = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
]  # fmt: skip
# The final sigma has a place of its own in Unicode, between rho and sigma.
_LETTERS = [chr(code) for code in range(0x3B1, 0x3CA) if code != 0x3C2]
_SIGNS |= dict(zip(_GREEK, _LETTERS, strict=True))
_SIGNS |= {name.capitalize(): letter.upper() for name, letter in zip(_GREEK, _LETTERS, strict=True)}

_FONTS = "rm bf it cal bb sf tt frak scr".split()  # noqa: SIM905
_COMMANDS = {
    *_SIGNS, *",;:! {}_%&#$|", "frac", "dfrac", "tfrac", "text", "operatorname", "boldsymbol",
    *(f"math{font}" for font in _FONTS), "textrm", "textbf", "textit", "log", "max", "min", "exp",
}  # fmt: skip
"""What stays a command in LaTeX."""


def pieces(text: str) -> list[tuple[str, bool]]:
    """(part, whether it is mathematics) of a name, in order; mathematics without its dollar signs."""
    found, end = [], 0
    for match in _MATH.finditer(text):
        found += [(text[end : match.start()], False), (match[1], True)]
        end = match.end()
    return [(part, math) for part, math in [*found, (text[end:], False)] if part]


def drawn(text: str) -> str:
    """A name as matplotlib takes it: mathematics where it can be drawn; other dollar signs as they are read."""
    return "".join(
        f"${part}$" if math and _parses(part) else _dollars(f"${part}$" if math else part)
        for part, math in pieces(text)
    )


def plain(text: str) -> str:
    r"""A name as text that is read without TeX: "η = 3" for `$\eta$ = 3`."""
    return "".join(_read(part) if math else part.replace(r"\$", "$") for part, math in pieces(text))


def latex(text: str) -> str:
    """A name as LaTeX source: mathematics as it is, and every sign that LaTeX would act on escaped."""
    return "".join(
        f"${part}$"
        if math and _balanced(part) and _harmless(part)
        else _escaped(f"${part}$" if math else part.replace(r"\$", "$"))
        for part, math in pieces(text)
    )


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(sign, sign) for sign in text)


def _dollars(text: str) -> str:
    return text.replace(r"\$", "$").replace("$", r"\$")


@lru_cache(maxsize=1024)
def _parses(math: str) -> bool:
    from matplotlib.mathtext import MathTextParser

    try:
        MathTextParser("path").parse(f"${math}$")
    except (ValueError, RuntimeError):
        return False
    return True


def _balanced(math: str) -> bool:
    """Whether braces close what they open, and nothing waits for an argument: else the document would break."""
    depth = 0
    for sign in re.sub(r"\\.", "", math):
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0 and not re.search(r"(?<!\\)(?:\\\\)*[#%&]|[_^]\s*$", math)


def _harmless(math: str) -> bool:
    """Whether it holds signs and letters only: a name may come from somebody else, and LaTeX reads files."""
    return all(command in _COMMANDS for command in re.findall(r"\\([A-Za-z]+|.)", math, re.DOTALL))


def _read(math: str) -> str:
    text = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1/\2", math)
    text = re.sub(r"\\(?:math\w+|text\w*|operatorname|boldsymbol)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\([A-Za-z]+)\s?", lambda m: _SIGNS.get(m[1], m[1]), text)
    text = re.sub(r"\\[,;:! ]", " ", text)
    return re.sub(r"[{}]|\\(?=.)", "", text).replace("~", " ")
