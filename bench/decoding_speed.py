"""CPU time of decoding a line, for each grammar, on synthetic network outputs.

    python bench/decoding_speed.py [--lines 50] [--publish]

Lines of 16, 64, 128 and 256 frames (a line of 32 pixels height has one frame per 4 pixels of width) and 20 characters.
A clear line is read with a confidence of about 0.9. An unclear line is ambiguous in every character. A foreign line
holds a number that the grammar does not allow. Each cell is the median over the lines of the CPU time of one thread,
in milliseconds, and the 95th percentile: the grammar is compiled before. Below a list, the time of its compilation.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inkdigits.decoding.automaton import Automaton
from inkdigits.decoding.ctc import greedy
from inkdigits.decoding.decode import decode
from inkdigits.decoding.grammar import Grammar, compile_grammar
from inkdigits.decoding.lattice import CHARACTERS, Array, Lattice, make_lattice
from tables import publish

FRAMES = (16, 64, 128, 256)
SHARPNESS = {"clear": 9.0, "unclear": 4.0, "foreign": 9.0}  # logit of the written character; the others are N(0, 1)
BLANK = 12.0  # its logit between characters


@dataclass(frozen=True)
class Case:
    """A grammar, a text that it allows and one that it does not."""

    name: str
    grammar: Grammar | None
    text: str
    foreign: str


def network_output(text: str, frames: int, sharpness: float, rng: np.random.Generator) -> Array:
    """Logits like a trained CTC network's: a spike of one or two frames per character, blanks between."""
    logits = rng.normal(size=(frames, len(CHARACTERS) + 1))
    room = frames / len(text)
    spike = np.zeros(frames, int)
    for place, one in enumerate(text):
        start = int(place * room)
        spike[start : start + (2 if room >= 4 else 1)] = CHARACTERS.index(one) + 1
    logits[np.arange(frames), spike] += np.where(spike > 0, sharpness, BLANK)
    return logits


def cases(rng: np.random.Generator) -> list[Case]:
    ids = tuple(sorted({f"{number:08d}" for number in rng.integers(0, 10**8, 10_000)}))
    return [
        Case("none", None, "4739201", "4739201"),
        Case("length 6", Grammar(length=6), "473920", "47392"),
        Case("length 4-8", Grammar(length="4-8"), "473920", "473"),
        Case("pattern dd/dd/dddd", Grammar(pattern="dd/dd/dddd"), "27/11/2026", "27-11-2026"),
        Case("decimals 2", Grammar(decimals=2), "1.239,50", "1.239,5"),
        Case("one of 10,000", Grammar(one_of=ids), ids[4321], "7" + ids[4321][:0:-1]),
        Case("luhn", Grammar(checksum="luhn"), "79927398713", "79927398710"),
        Case("luhn, length 11", Grammar(checksum="luhn", length=11), "79927398713", "79927398710"),
        Case("luhn, length 8-14", Grammar(checksum="luhn", length="8-14"), "79927398713", "79927398710"),
        Case("mod97, length 12", Grammar(checksum="mod97", length=12), "123456789092", "123456789012"),
        Case("isbn", Grammar(checksum="isbn", length=13), "9783161484100", "9783161484106"),
        Case("ean", Grammar(checksum="ean"), "4006381333931", "4006381333930"),
    ]


def cpu_ms(work: Callable[[Lattice], object], lines: list[Lattice]) -> Array:
    """CPU time of this thread per line, milliseconds."""
    work(lines[0])
    taken = []
    for line in lines:
        start = time.thread_time()
        work(line)
        taken.append(1000 * (time.thread_time() - start))
    return np.array(taken)


def row(case: Case, automaton: Automaton | None, kind: str, count: int) -> list[str]:
    rng = np.random.default_rng(16)
    text = case.foreign if kind == "foreign" else case.text
    cells = []
    for frames in FRAMES:
        lines = [make_lattice(network_output(text, frames, SHARPNESS[kind], rng)) for _ in range(count)]
        taken = cpu_ms(lambda line: decode(line, automaton), lines)
        cells.append(f"{np.median(taken):.2f} ({np.percentile(taken, 95):.2f})")
    return [case.name, kind, *cells]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=50, help="lines per cell")
    parser.add_argument("--publish", action="store_true", help="write bench/results/decoding-speed.json")
    options = parser.parse_args()
    heads = ["grammar", "line", *(f"{frames} frames" for frames in FRAMES)]
    print(" | ".join(heads))
    rows = []
    for case in cases(np.random.default_rng(0)):
        start = time.thread_time()
        automaton = None if case.grammar is None else compile_grammar(case.grammar)
        compiled = 1000 * (time.thread_time() - start)
        for kind in SHARPNESS:
            rows.append(row(case, automaton, kind, options.lines))
            print(" | ".join(rows[-1]), flush=True)
        print(f"  compiled in {compiled:.0f} ms, {automaton.states if automaton else 1:,} states")
    rng = np.random.default_rng(16)
    lines = [make_lattice(network_output("4739201", 128, 9.0, rng)) for _ in range(options.lines)]
    print(f"greedy, 128 frames: {np.median(cpu_ms(greedy, lines)):.3f} ms")
    if options.publish:
        publish("decoding-speed", heads, rows, note=f"{options.lines} lines per cell, ms, median (95th percentile)")


if __name__ == "__main__":
    main()
