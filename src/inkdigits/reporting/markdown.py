"""Markdown: cells in, tables out; and pages whose marked parts are replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import mean, stdev

from inkdigits.errors import SettingError
from inkdigits.names import printable


def table(head: Sequence[object], rows: Iterable[Sequence[object]], *, left: int = 1) -> str:
    """A Markdown table.

    Args:
        head: The names of the columns.
        rows: As many cells each.
        left: How many columns are aligned to the left; the others, numbers, to the right.

    Example:
        >>> print(table(["digit", "right"], [[7, "99.1 %"]]))
        | digit | right |
        |---|--:|
        | 7 | 99.1 % |
    """
    line = "|" + "---|" * left + "--:|" * (len(head) - left)
    return "\n".join([row(head), line, *(row(cells) for cells in rows)])


def row(cells: Sequence[object]) -> str:
    """One line of a table."""
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def literal(text: str) -> str:
    r"""A text from outside, such as a folder's name, as Markdown that shows just this text.

    Example:
        >>> print(literal("<b>my_digits</b>"))
        \<b\>my\_digits\</b\>
    """
    return re.sub(r"([\\`*_\[\]<>&|#~!])", r"\\\1", printable(text))


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Mean and standard deviation, or the one value that there is.

    Example:
        >>> spread([1.0, 2.0])
        '1.50 ± 0.71'
    """
    return f"{mean(values):.{digits}f}" + (f" ± {stdev(values):.{digits}f}" if len(values) > 1 else "")


def splice(page: str, part: str, content: str) -> str:
    """Replaces what stands between `<!-- part -->` and `<!-- /part -->` of a page.

    Raises:
        SettingError: The page has not one of each, in this order.
    """
    start, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    if page.count(start) != 1 or page.count(end) != 1 or page.index(start) > page.index(end):
        raise SettingError(f"Expected a page with {start} and {end}. Received: one without.", hint="Add the markers.")
    before, _, rest = page.partition(start)
    return f"{before}{start}\n{content}\n{end}{rest.partition(end)[2]}"
