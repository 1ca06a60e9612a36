import pytest

from inkdigits import errors
from inkdigits.errors import InkdigitsError, MissingExtraError, require


def test_every_error_is_an_inkdigits_error_with_a_message_and_a_hint():
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, Exception)]
    assert len(classes) == 13
    for kind in classes:
        error = kind("Expected a. Received: b.", hint="Do c.")
        assert isinstance(error, InkdigitsError)
        assert (error.message, error.hint) == ("Expected a. Received: b.", "Do c.")
        assert str(error) == "Expected a. Received: b. Do c."
        assert kind.__name__ in str(errors.__doc__)


@pytest.mark.parametrize(
    ("kind", "habit"),
    [
        (errors.PictureError, ValueError),
        (errors.DataError, ValueError),
        (errors.SettingError, ValueError),
        (errors.ModelError, ValueError),
        (errors.TrainingError, RuntimeError),
        (errors.OutputError, OSError),
        (errors.MissingExtraError, ImportError),
        (errors.MissingDataError, errors.DataError),
    ],
)
def test_errors_are_also_what_python_habits_say(kind, habit):
    assert issubclass(kind, habit)


def test_a_missing_extra_says_how_to_install_it():
    with pytest.raises(
        MissingExtraError, match="Expected no_such_module for flying. Received: it is not installed"
    ) as e:
        require("no_such_module", extra="wings", purpose="flying")
    assert e.value.hint == "Run: pip install 'inkdigits[wings]'"


def test_what_is_installed_is_given():
    assert require("json", extra="none", purpose="tests").loads("[1]") == [1]


def test_a_message_is_one_line():
    error = errors.PictureError("Expected a picture. Received: cannot\n  decode\r\nit\u2028at all.", hint="Copy it.")
    assert error.message == "Expected a picture. Received: cannot decode it at all."
    assert str(error) == f"{error.message} Copy it."
