"""A phone's requests to the page, from inside the container: METHOD PATH [BODY]; prints the answer.

Runs there with nothing but Python. The cookie of a paired phone is kept in ~/cookie.
"""

import http.client
import sys
from pathlib import Path

COOKIE = Path.home() / "cookie"


def main() -> None:
    host, method, path, *body = sys.argv[1:]
    kind = "application/x-www-form-urlencoded" if path == "/pair" else "application/json"
    headers = {"Content-Type": kind} if body else {}
    if COOKIE.exists():
        headers["Cookie"] = COOKIE.read_text()
    name, _, port = host.partition(":")
    connection = http.client.HTTPConnection(name, int(port or 80), timeout=20)
    connection.request(method, path, body[0].encode() if body else None, headers)
    answer = connection.getresponse()
    if cookie := answer.getheader("Set-Cookie"):
        COOKIE.write_text(cookie.partition(";")[0])
    print(answer.read().decode())
    sys.exit(answer.status >= 400)


if __name__ == "__main__":
    main()
