"""A small HTTP service that reads a picture, with Python's standard library alone.

    python examples/read_in_a_service.py [PORT]
    curl --data-binary @photo.jpg http://127.0.0.1:8000/

It answers with the page as JSON. One recognizer serves all threads. It listens on this machine only: in front of it
belongs a server that encrypts, limits and logs.
"""

import json
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import inkdigits

MOST_BYTES = 10_000_000  # of a picture
MOST_DIGITS = 20  # of a length: a longer one is none
SECONDS = 10  # without a byte, after which a client is left

recognizer = inkdigits.Recognizer.load("default", max_megapixels=25)


class Reader(BaseHTTPRequestHandler):
    """Answers a POST with the reading of its body."""

    timeout = SECONDS

    def do_POST(self) -> None:
        """Reads the picture, or says why not."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < MOST_DIGITS) or int(length) == 0:
            self._answer(HTTPStatus.LENGTH_REQUIRED, {"error": "Send the picture as the body, with its length."})
        elif int(length) > MOST_BYTES:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"Send at most {MOST_BYTES:,} bytes."})
        else:
            try:
                page = recognizer.read(self.rfile.read(int(length)))
            except inkdigits.PictureError as error:
                self._answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": error.message, "hint": error.hint})
            else:
                self._answer(HTTPStatus.OK, page.to_dict())

    def _answer(self, status: HTTPStatus, values: dict[str, object]) -> None:
        body = json.dumps(values).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), Reader)
    print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()
