"""Lines of a JSONL file -> stories; each line that can't be one is named."""

import gzip
import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Final

from samestory.cleaning import clean_line, clean_text
from samestory.credits import credits_of
from samestory.errors import Misconfigured, Quarantine
from samestory.ingest.text.dates import MAX_DATE, parse_date
from samestory.ingest.text.language import identify
from samestory.message import LAST, json_object
from samestory.publishers import UNNAMED, outlet_named, voice_of
from samestory.story import Story, content_digest, story_id_from
from samestory.story_keys import story_ids_of
from samestory.urls import absolute_url, flags_of_host

MAX_LINE: Final = 10_000_000  # bytes; a line is one article
GZIP: Final = b"\x1f\x8b"
ANY_AGE: Final = datetime.min.replace(tzinfo=UTC)  # archives go far back
BEGINNING: Final = 64  # bytes by which an array is known
MAX_ID: Final = 2_000  # characters
MAX_REASON: Final = 200  # characters of what is wrong with a line
SHOWN: Final = 8  # fields of it that are named
FIELDS: Final = ("title", "url", "published", "outlet", "lang")


@contextmanager
def open_lines(source: str) -> Iterator[IO[bytes]]:
    """Open a JSONL file, gzipped or not, or standard input for `-`.

    Raises:
        Misconfigured: it can't be opened, or is a JSON array.
    """
    try:
        # By descriptor: standard input and pipes, which can't seek, work as files do.
        file = open(0 if source == "-" else source, "rb", closefd=source != "-")  # noqa: SIM115
        is_gzip = file.peek(2)[:2] == GZIP
    except OSError as error:
        raise Misconfigured(f"{source}: {error.strerror or error}") from error
    with file:
        if is_gzip:
            with gzip.open(file, "rb") as unpacked:
                try:
                    _refuse_array(unpacked.peek(BEGINNING), source)
                except (OSError, EOFError, zlib.error) as error:
                    yield _Damaged(error)  # type: ignore[misc]
                    return
                yield unpacked  # type: ignore[misc]  # GzipFile reads like IO
        else:
            _refuse_array(file.peek(BEGINNING), source)
            yield file


class _Damaged:
    """A file whose beginning can't be read; that is told where its lines are read."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def readline(self, _: int = -1) -> bytes:
        """Raise what is wrong with it."""
        raise self._error


def _refuse_array(beginning: bytes, source: str) -> None:
    if beginning.removeprefix(BOM_UTF8).lstrip().startswith(b"["):
        raise Misconfigured(
            f"{source} is a JSON array; what is read is an object a line, as"
            f" `jq -c '.[]' {source}` prints it"
        )


def read_lines(file: IO[bytes], name: str) -> Iterator[tuple[int, bytes | Quarantine]]:
    """Yield (line number, line), empty lines left out.

    A line over MAX_LINE is a Quarantine in its place. A file that breaks off (a damaged
    gzip) ends with one.
    """
    number = 0
    while True:
        number += 1
        try:
            line = file.readline(MAX_LINE + 1)
            is_long = len(line) > MAX_LINE
            while is_long and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE + 1)
                if not line:
                    break
        except (OSError, EOFError, zlib.error) as error:
            yield number, Quarantine(f"{name} breaks off: {error}")
            return
        if is_long:
            yield number, Quarantine(f"longer than {MAX_LINE:,} bytes")
        elif not line:
            return
        elif line.strip():
            yield number, line


def _unknown(_id: str, _outlet: str) -> bool:
    return False


def story_of_line(
    line: bytes, now: datetime, is_known: Callable[[str, str], bool] = _unknown
) -> Story:
    """Make a story of one line.

    Args:
        line: {"text", "title"?, "url"?, "published"?, "outlet" or "source"?, "lang"?,
            "id"?}; the text may be empty or null where there is a title.
        now: when it is read.
        is_known: tells whether an id was given before to a story of an outlet.

    Raises:
        Quarantine: says what is wrong with it.
    """
    row = _parsed(line)
    title, text = clean_line(row["title"]), clean_text(row["text"])
    if not (title or text):
        raise Quarantine("`title` and `text` are empty")
    url = absolute_url(row["url"], "") if row["url"] else None
    if row["url"] and url is None:
        raise Quarantine(f"`url` is not an http(s) URL: {row['url'][:80]!r}")
    published = parse_date(row["published"], now, ANY_AGE)
    if row["published"] and published.at is None:
        raise Quarantine(_why_no_date(row["published"]))
    outlet = outlet_named(row["outlet"]) or voice_of(url or "") or UNNAMED
    *former, today = _story_ids(row, url, title, text)
    said = credits_of(text)
    return Story(
        story_id=next((one for one in former if is_known(one, outlet)), today),
        url=url,
        outlet=outlet,
        title=title,
        text=text,
        lang=plain_language(row["lang"]) or identify(f"{title}\n{text}", None),
        published=published.at,
        published_raw=clean_line(row["published"], MAX_DATE) or None,
        date_quality=published.quality,
        first_seen=now,
        observed=now,
        text_from="import",
        flags=flags_of_host(url) if text else (*flags_of_host(url), "no-text"),
        byline=said.byline,
        agencies=said.agencies,
        citing=said.citing,
        correction=said.correction,
    )


def _why_no_date(written: str) -> str:
    """Return what is wrong with a date that was not taken."""
    known = parse_date(written, LAST - timedelta(days=366), ANY_AGE).at
    what = "is in the future" if known else "can't be read"
    example = "" if known else ', write it as "2026-11-30T08:00:00Z"'
    return f"`published` {what}: {written[:80]!r}{example}"


def plain_language(written: str) -> str:
    """Return ISO 639-1 of "en", "EN" or "en-US"; "" for what is none."""
    first = re.split("[-_]", written.strip().lower())[0]
    return first if re.fullmatch("[a-z]{2}", first) else ""


def _parsed(line: bytes) -> dict[str, str]:
    fields = json_object(line)
    if "text" in fields and fields["text"] is None:
        fields["text"] = ""
    if not isinstance(fields.get("text"), str):
        there = ", ".join(list(fields)[:SHOWN])
        has = f"; it has {there}" if there else ""
        empty = ' ("" if it has none)' * isinstance(fields.get("title"), str)
        raise Quarantine(clean_line(f"lacks `text`{empty}{has}", MAX_REASON))
    row: dict[str, Any] = {"text": fields["text"], "id": fields.get("id")}
    for name in FIELDS:
        value = fields.get(name)
        if value is not None and not isinstance(value, str):
            raise Quarantine(f"`{name}` is not a string")
        row[name] = (value or "").encode("utf-8", "replace").decode()
    row["id"] = "" if row["id"] is None else clean_line(str(row["id"]), MAX_ID)
    row["named_by"] = row["outlet"]  # in ids of before
    if not row["outlet"] and isinstance(fields.get("source"), str):
        row["outlet"] = fields["source"].encode("utf-8", "replace").decode()
    return row


def _story_ids(
    row: dict[str, str], url: str | None, title: str, text: str
) -> tuple[str, ...]:
    """Return the ids that a line's story may have: of before, then of today.

    Without an address it is its outlet's, by the name that this gives it, or by what it
    says and when; before, two outlets with one text were one story.
    """
    if url:
        return (story_ids_of(url)[-1],)
    outlet = row["outlet"]
    if row["id"]:
        names = dict.fromkeys((row["named_by"], outlet))
        former = (id_before(name, row["id"]) for name in names)
        return *former, id_of_named(outlet, row["id"])
    said = f"said {content_digest(title, text)} {row['published']}"
    ids = story_id_from(said), story_id_from(f"{said} {outlet}" if outlet else said)
    return tuple(dict.fromkeys(ids))


def id_before(outlet: str, name: str) -> str:
    """Return the id that such a story was given before: of two outlets one, perhaps."""
    return story_id_from(f"import {outlet} {name}")


def id_of_named(outlet: str, name: str) -> str:
    """Return the id of a story that has no address: its outlet names it so."""
    return story_id_from(f"import {outlet}\0{name}")
