import hashlib
from pathlib import Path

import numpy as np
import pytest

from inkdigits.errors import DataError, MissingDataError
from inkdigits.synthesis.fonts import FILE, NAMES, SHA256, SIDE, Handwriting, content_sha256, load_handwriting

DIGITS = "0123456789"


@pytest.fixture(scope="module")
def handwriting() -> Handwriting:
    return load_handwriting()


def arrays() -> dict[str, np.ndarray]:
    with np.load(FILE) as archive:
        return {name: archive[name] for name in NAMES}


def test_there_is_one_picture_character_and_font_each(handwriting: Handwriting) -> None:
    count = len(handwriting)
    assert handwriting.bitmaps.shape == (count, 48, 48)
    assert handwriting.bitmaps.dtype == np.uint8
    assert handwriting.fonts.shape == (count,)
    assert len(set(handwriting.font_names)) == len(handwriting.font_names)
    assert np.unique(handwriting.fonts).tolist() == list(range(len(handwriting.font_names)))


def test_the_pictures_are_paper_or_full_ink(handwriting: Handwriting) -> None:
    assert np.unique(handwriting.bitmaps).tolist() == [0, 255]


def test_each_characters_ink_fills_its_longer_side_and_is_centered(handwriting: Handwriting) -> None:
    for bitmap in handwriting.bitmaps:
        rows, columns = np.flatnonzero(bitmap.any(1)), np.flatnonzero(bitmap.any(0))
        # Scaling may leave a faint outer row or column under the threshold.
        assert max(np.ptp(rows), np.ptp(columns)) + 1 >= SIDE - 2
        assert abs(rows[0] + rows[-1] - (SIDE - 1)) <= 3
        assert abs(columns[0] + columns[-1] - (SIDE - 1)) <= 3


def test_no_font_shows_a_character_twice(handwriting: Handwriting) -> None:
    shown = list(zip(handwriting.fonts.tolist(), handwriting.characters, strict=True))
    assert len(set(shown)) == len(shown)


def test_every_digit_comes_from_nearly_every_font(handwriting: Handwriting) -> None:
    for digit in DIGITS:
        assert len(handwriting.indices_of(digit)) >= len(handwriting.font_names) - 2


def test_indices_of_gives_just_the_characters_that_are_asked_for(handwriting: Handwriting) -> None:
    found = handwriting.indices_of("7x")
    assert {handwriting.characters[index] for index in found} == {"7", "x"}
    assert len(found) == handwriting.characters.count("7") + handwriting.characters.count("x")
    assert handwriting.indices_of("字").size == 0


def test_digits_and_the_others_are_everything(handwriting: Handwriting) -> None:
    digits, others = handwriting.indices_of(DIGITS), handwriting.indices_except(DIGITS)
    assert len(others) > len(digits) > 0
    assert sorted([*digits, *others]) == list(range(len(handwriting)))


def test_a_known_character_is_drawn_as_it_was(handwriting: Handwriting) -> None:
    font = handwriting.font_names.index("Caveat")
    (index,) = (index for index in handwriting.indices_of("1") if handwriting.fonts[index] == font)
    seven, one = (handwriting.bitmaps[handwriting.indices_of(digit)] for digit in "71")
    assert handwriting.bitmaps[index].any(0).sum() < 36  # a 1 is narrow
    top = np.s_[:, :12, :]
    assert (seven[top] > 0).mean() > (one[top] > 0).mean()  # a 7 has a bar at the top


def test_the_shipped_pictures_are_read_once_and_cannot_be_changed(handwriting: Handwriting) -> None:
    assert load_handwriting() is handwriting
    with pytest.raises(ValueError, match="read-only"):
        handwriting.bitmaps[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        handwriting.fonts[0] = 1


def test_a_copy_compressed_in_another_way_is_the_same(tmp_path: Path, handwriting: Handwriting) -> None:
    np.savez(tmp_path / "copy.npz", **arrays())
    copy = load_handwriting(file=tmp_path / "copy.npz")
    assert np.array_equal(copy.bitmaps, handwriting.bitmaps)
    assert copy.characters == handwriting.characters


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_array_is_named_with_both_hashes(tmp_path: Path, name: str) -> None:
    changed = arrays()
    changed[name] = changed[name][::-1]
    np.savez(tmp_path / "changed.npz", **changed)
    received = content_sha256(changed)
    with pytest.raises(DataError) as info:
        load_handwriting(file=tmp_path / "changed.npz")
    assert info.value.message == (
        f"Expected {tmp_path / 'changed.npz'} with SHA-256 {SHA256} (of its arrays). Received: {received}."
    )


@pytest.mark.parametrize("damage", ["cut off", "zeros in the middle", "empty", "not an archive", "one array"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "damaged.npz"
    content = FILE.read_bytes()
    half = len(content) // 2
    np.savez(tmp_path / "other.npz", bits=np.zeros(3))
    np.save(tmp_path / "array.npy", np.zeros(3))
    path.write_bytes(
        {
            "cut off": content[:half],
            "zeros in the middle": content[:half] + bytes(1000) + content[half + 1000 :],
            "empty": b"",
            "not an archive": (tmp_path / "array.npy").read_bytes(),
            "one array": (tmp_path / "other.npz").read_bytes(),
        }[damage]
    )
    with pytest.raises(DataError, match=r"Expected the handwriting fonts' characters in .*damaged\.npz"):
        load_handwriting(file=path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"none\.npz\. Received: no such file"):
        load_handwriting(file=tmp_path / "none.npz")


def test_the_hash_is_of_names_types_shapes_and_bytes_in_order() -> None:
    small = {name: np.array([place], np.uint8) for place, name in enumerate(NAMES)}
    text = b"".join(f"{name} |u1 (1,)\n".encode() + bytes([place]) for place, name in enumerate(NAMES))
    assert content_sha256(small) == hashlib.sha256(text).hexdigest()
