"""The examples run, as their users run them: each in a process of its own."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from inkdigits.reading.source import find_sample

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def service():
    """The address of a running service."""
    command = [sys.executable, "-P", EXAMPLES / "read_in_a_service.py", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    with process.stdout:
        yield process.stdout.readline().strip()
        process.terminate()
        process.wait(20)


def post(address, body, **headers):
    """Status and answer."""
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_service_reads_a_picture(service):
    status, page = post(service, find_sample("photo").read_bytes())
    assert (status, page["text"], page["status"]) == (200, "7", "ok")


def test_a_service_says_what_is_wrong(service):
    assert post(service, b"no picture")[0] == 422
    assert post(service, b"")[0] == 411
    assert post(service, b"x", **{"Content-Length": "9" * 5000})[0] == 411
    status, answer = post(service, b"x", **{"Content-Length": "10000001"})
    assert (status, answer) == (413, {"error": "Send at most 10,000,000 bytes."})
