"""Headers for feeds and pages behind a login, as a file of TOML has them."""

import os
from string import Template

from samestory.deploy.config import read_toml
from samestory.errors import Misconfigured


def read_feed_headers(file: str) -> dict[str, dict[str, str]]:
    """Read the file of setting `feed_headers`; {} without one.

    Raises:
        Misconfigured: it can't be read, or names a variable that is not set.
    """
    tables = read_toml(file or None, "--feed-headers")
    headers: dict[str, dict[str, str]] = {}
    for url, table in tables.items():
        if not url.startswith(("http://", "https://")) or not isinstance(table, dict):
            raise Misconfigured(
                f'--feed-headers {file}: {url!r}: expected tables as ["https://x.org/"]'
                ' with lines as Authorization = "Bearer $TOKEN"'
            )
        headers[url] = {n: _filled(str(v), file) for n, v in table.items()}
    return headers


def _filled(text: str, file: str) -> str:
    try:
        value = Template(text).substitute(os.environ)
    except (KeyError, ValueError) as error:
        raise Misconfigured(f"--feed-headers {file}: {error} is not set") from error
    if not (value.isascii() and value.isprintable()):
        raise Misconfigured(f"--feed-headers {file}: a header must be printable ASCII")
    return value
