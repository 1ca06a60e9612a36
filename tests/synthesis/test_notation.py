"""The notation of pen strokes, and the files that ship with the package."""

import re

import numpy as np
import pytest

from inkdigits.errors import SettingError
from inkdigits.synthesis.notation import FOLDER, Dot, Ellipse, Line, load_skeletons, parse

FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.fixture(scope="module")
def example():
    """The characters of the example in `skeletons/README.md`."""
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    return parse(re.search(r"```text\n(.*?)```", readme, re.DOTALL)[1])


def test_the_example_means_what_the_readme_says(example):
    assert list(example) == ["7", "circle-dot"]
    seven = example["7"]
    assert seven.look_alike == {1}
    plain, crossed = seven.variants
    assert (plain.name, plain.weight, plain.jitter, plain.drift) == ("plain", 8, None, None)
    assert (crossed.name, crossed.weight, crossed.jitter, crossed.drift) == ("crossed", 4, 0.02, 0.005)
    (line,) = plain.parts
    assert line.points.tolist() == [[0.02, 0.02], [0.6, 0.02], [0.26, 1.0]]
    assert line.corners.tolist() == [False, True, False]
    assert plain.modes.tolist() == [
        [[0.08, 0.02], [0.56, 0.02], [0.1, 1.0]],
        [[0.02, 0.1], [0.6, 0.0], [0.26, 1.0]],
    ]
    assert len(crossed.parts) == 2
    assert crossed.modes.shape == (0, 5, 2)


def test_a_variant_needs_no_name_and_may_have_ellipses_and_dots(example):
    (variant,) = example["circle-dot"].variants
    assert (variant.name, variant.weight) == ("", 1)
    assert variant.parts == (Ellipse((0.5, 0.5), (0.68, 0.5)), Dot((0.5, 0.5), 0.09))
    assert variant.has_ellipse
    assert not example["circle-dot"].look_alike


def test_two_variants_without_names_stand_below_each_other():
    first, second = parse("# A comment.\n[plus]\n  0,0 1,1\n\n# Another.\n  2,2 3,3")["plus"].variants
    assert first.points[1].tolist() == [0.01, 0.01]
    assert second.points[1].tolist() == [0.03, 0.03]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plain: 8\n  0,0 1,1", r"Expected a line such as \[7\] first. Received: 'plain: 8'"),
        ("[7", r"Received: '\[7'. Write it as in: \[greek-delta\] like 6 8"),
        ("[7] like one\n  0,0 1,1", r"Received: '\[7\] like one'"),
        ("[7]", r"Received: '\[7\]'. Write it as in: a skeleton below it"),
        ("[7]\nplain: 8", "Received: 'plain: 8'. Write it as in: a skeleton below it"),
        ("[7]\nplain\n  0,0 1,1", "Received: 'plain'. Write it as in: curled top: 5, jitter 0.02"),
        ("[7]\nplain: 8, width 3\n  0,0 1,1", "Received: 'plain: 8, width 3'"),
        ("[7]\nplain: 8\n  ~ 0,0 1,1", "Received: '~ 0,0 1,1'. Write it as in: a skeleton above its modes"),
        ("[7]\n  0,0 1,1 2", "Received: '0,0 1,1 2'. Write it as in: 0,0 50,0! 50,100"),
        ("[7]\n  0,0 1,x", "Received: '0,0 1,x'"),
        ("[7]\n  0,0 1,1 | ", r"Received: '0,0 1,1 \|'"),
        ("[7]\n  @0,0,5", "Received: '@0,0,5'"),
        ("[7]\n  0,0 1,1\n  ~ 0,0 1,1 2,2", r"Expected \[2\] points.*Received: \[3\] below '0,0 1,1'"),
        ("[7]\n  0,0 1,1 | 2,2\n  ~ 0,0 1,1 2,2", r"Expected \[2, 1\] points.*Received: \[3\]"),
        ("[7]\n  *0,0,5\n  ~ *0,0,9", "all of them lines"),
    ],
)
def test_what_is_not_in_the_notation_is_refused_with_an_example(text, message):
    with pytest.raises(SettingError, match=message):
        parse(text)


def test_an_unknown_file_is_refused_with_the_files_there_are():
    with pytest.raises(SettingError, match="Received: 'hebrew'. There are: arrows, chinese"):
        load_skeletons("hebrew")


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read_and_stays_near_its_line(name):
    characters = load_skeletons(name)
    assert characters is load_skeletons(name)  # read once
    for character in characters.values():
        for variant in character.variants:
            assert np.abs(np.concatenate([variant.points, variant.modes.reshape(-1, 2)]) - 0.5).max(initial=0) <= 1.1
            assert all(len(part.points) > 1 for part in variant.parts if isinstance(part, Line))


@pytest.mark.parametrize("name", FILES)
def test_each_file_names_a_character_once(name):
    heads = re.findall(r"^\[(.+?)\]", (FOLDER / f"{name}.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads == list(load_skeletons(name))
