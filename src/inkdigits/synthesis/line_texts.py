"""Texts of lines: what a line says, as its label. Digits are uniform and never from a list."""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import Generator

from inkdigits.synthesis.line_settings import DIGITS, MARKS, OTHER, SIGN, LineSettings

REPEATED = 0.12  # share of the numbers with a run of one digit, which a CTC network must learn to keep apart
SHORT = 0.55  # share of the numbers of at most 5 digits
SIGNED = 0.3  # share of the numbers with marks that have a sign such as a currency or a filler before or behind


def choose_text(rng: Generator, settings: LineSettings) -> str:
    """Chooses what a line with a number says.

    Args:
        rng: Decides everything else.
        settings: How common marks are, and how long the longest number is.

    Returns:
        Characters of `LABEL_CHARACTERS`, at least one digit among them.

    Example:
        >>> choose_text(np.random.default_rng(0), LineSettings(marks=0)).isdigit()
        True
    """
    longest = settings.longest
    if rng.random() < SHORT:
        longest = min(5, longest)
    text = _digits(rng, int(rng.integers(1, longest + 1)))
    if rng.random() >= settings.marks:
        return text
    text = FORMS[int(rng.integers(len(FORMS)))](text, rng)
    return _signed(text, rng) if rng.random() < SIGNED else text


def _digits(rng: Generator, count: int) -> str:
    digits = rng.integers(0, 10, count)
    if count > 1 and rng.random() < REPEATED:
        start = int(rng.integers(0, count - 1))
        digits[start : start + int(rng.integers(2, 5))] = digits[start]
    return "".join(map(str, digits.tolist()))


def _grouped(text: str, rng: Generator) -> str:
    """Groups of three: 12.345, 12,345 or 12 345."""
    mark = str(rng.choice([".", ",", " "], p=[0.5, 0.25, 0.25]))
    head = len(text) % 3
    groups = [text[:head]] * (head > 0) + [text[start : start + 3] for start in range(head, len(text), 3)]
    return mark.join(groups)


def _decimal(text: str, rng: Generator) -> str:
    """A point or comma before the last digits, after grouped thousands in some."""
    places = min(int(rng.choice([1, 2, 2, 3])), len(text) - 1)
    if not places:
        return text
    whole, mark = text[:-places], str(rng.choice([".", ","]))
    if len(whole) > 3 and rng.random() < 0.4:
        whole = _grouped(whole, rng)
    return whole + mark + text[-places:]


def _date(_text: str, rng: Generator) -> str:
    """Three groups such as 41/07/9320: the digits are uniform, so few are dates."""
    mark = str(rng.choice(["/", ".", "-"]))
    year = int(rng.choice([2, 4]))
    return mark.join(_digits(rng, int(count)) for count in (rng.integers(1, 3), rng.integers(1, 3), year))


def _time(_text: str, rng: Generator) -> str:
    return ":".join(_digits(rng, 2) for _ in range(int(rng.integers(2, 4))))


def _phone(text: str, rng: Generator) -> str:
    code = _digits(rng, int(rng.integers(1, 4)))
    return (f"+{code} {text}", f"({code}) {text}", f"({code}){text}", f"+{code}-{text}")[int(rng.integers(4))]


def _enclosed(text: str, rng: Generator) -> str:
    return (f"({text})", f"-{text}", f"+{text}", f"{text}%", f"{text} %", f"{text})")[int(rng.integers(6))]


def _ended(text: str, rng: Generator) -> str:
    """A mark behind the number, as those who write amounts leave one."""
    if rng.random() < 0.4:
        text = _grouped(text, rng)
    return text + str(rng.choice([".", ",", "-", ",-", ".-", " -", "/", ":"]))


def _parted(text: str, rng: Generator) -> str:
    """Groups of any size with any marks between them."""
    parts, start = [], 0
    while start < len(text):
        size = int(rng.integers(1, 5))
        parts.append(text[start : start + size])
        start += size
    marks = rng.choice(list(MARKS + " "), len(parts)).tolist()
    return "".join(part + mark for part, mark in zip(parts, marks, strict=True)).rstrip()[: 2 * len(text)]


def _signed(text: str, rng: Generator) -> str:
    """A currency, a filler or letters before or behind; what is struck out within."""
    kind = rng.random()
    if kind < 0.35:
        return SIGN + text
    if kind < 0.7:
        return text + SIGN
    if kind < 0.8:
        return SIGN + text + SIGN
    if kind < 0.92:
        return text + OTHER
    if kind < 0.95:
        return OTHER + text
    place = int(rng.integers(0, len(text) + 1))
    return text[:place] + OTHER + text[place:]


def is_number(text: str) -> bool:
    """Whether a label holds a digit.

    Example:
        >>> is_number("*12-"), is_number("?"), is_number("")
        (True, False, False)
    """
    return any(character in DIGITS for character in text)


Form = Callable[[str, Generator], str]
FORMS: tuple[Form, ...] = (
    _grouped,
    _grouped,
    _decimal,
    _decimal,
    _date,
    _time,
    _phone,
    _enclosed,
    _enclosed,
    _ended,
    _ended,
    _ended,
    _parted,
)
"""Ways to write a number with marks; one that stands twice is twice as common."""
