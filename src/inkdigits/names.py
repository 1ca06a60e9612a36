"""Names from outside, as a terminal and a spreadsheet may show them: any text in, harmless text out.

A file, a folder, a label or a model's card may come from anywhere. A name may hold a terminal's escape sequence, a line
break, a sign that turns the writing direction, or a formula.
"""

from __future__ import annotations

import re
import unicodedata

JOINERS = "\u200c\u200d"  # parts of words and emoji in many scripts; they steer nothing
_STEERS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_FORMULA = re.compile("[\\s\"']*[=+@\uff1d\uff0b\uff0d\uff20-].|[\t\r\n]", re.DOTALL)  # with their full-width forms
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def printable(text: str) -> str:
    r"""A text on one line, with nothing that steers a terminal: such characters are shown as Python writes them.

    Example:
        >>> print(printable("seven\x1b[2J\n.png"))
        seven\x1b[2J\n.png
    """
    if text.isprintable():
        return text
    return "".join(sign if _is_harmless(sign) else sign.encode("unicode_escape").decode() for sign in text)


def _is_harmless(sign: str) -> bool:
    return sign.isprintable() or sign in JOINERS or unicodedata.category(sign) == "Zs"


def printable_json(text: str) -> str:
    r"""Encoded JSON with the same content, and nothing that steers a terminal: such characters become `\uXXXX`."""
    return text if text.isascii() and "\x7f" not in text else _STEERS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def inert_cell(text: str) -> str:
    """A cell of a CSV file that no spreadsheet executes: a formula gets an apostrophe before it.

    Plain numbers stay as they are.

    Example:
        >>> inert_cell("=1+1.png"), inert_cell("7.png"), inert_cell("-5")
        ("'=1+1.png", '7.png', '-5')

    Source:
        OWASP, "CSV Injection".
    """
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
