"""`samestory near`: the stories that are nearest to a text, a page or a story."""

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import Annotated, ClassVar, Final

from cyclopts import Parameter

from samestory.cleaning import clean_line, clean_text
from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli.naming import remember, story_named
from samestory.deploy.cli.options import Deciding, Fetching, Json
from samestory.deploy.cli.output import (
    moment_of,
    parse_since,
    plain,
    print_columns,
    print_json,
    print_two_lines,
)
from samestory.deploy.config import Settings
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND
from samestory.disk import named
from samestory.errors import Misconfigured, Quarantine
from samestory.index.answers.lookup import DEPTH, Lookup, Near, query_of, told_now
from samestory.index.decision.features import View
from samestory.index.decision.pair_model import PairModel
from samestory.index.search.names import names_in, word_of, words_in
from samestory.index.store.reader import Reader
from samestory.index.store.results import Event, headline
from samestory.index.store.rows import Member
from samestory.scripts import is_unread
from samestory.urls import absolute_url

MAX_REPORT: Final = 10_000_000  # bytes of one that is asked for
TELLING: Final = 100  # Latin letters that tell a language
OF_SCRIPT: Final = {  # what a few words in it are taken for
    "CYRILLIC": "ru",
    "GREEK": "el",
    "HEBREW": "he",
    "ARABIC": "ar",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "THAI": "th",
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
}
_SIGN: Final = re.compile(  # letters and figures
    r"(?<![\w-])(?=[A-Z-]*\d)(?=[\d-]*[A-Z])[A-Z\d-]{3,12}(?![\w-])"
)
FEW: Final = 3  # words of a question that is a name, e.g. Lina Marovic
# A first word that is no name, though it has a capital letter.
NO_NAMES: Final = frozenset(
    "a an the el la los las un una le les une il lo gli der die das ein eine o os as"  # noqa: SIM905
    " are can did do does has have how is was what when where who why will".split()
)


@dataclass(frozen=True, kw_only=True)
class FindNear(Json, Deciding, Fetching):
    """Find the stories nearest to a text, a page or a story, with their events.

    A row an event, by its report that is nearest, and how many more it has. A name
    of up to three words finds the reports that name it, and so does a sign such as
    MH17 within a longer question. Where nothing is close a line says so, with exit 1.

    Examples:
      samestory near "Blinken warns NATO about Chinese support for Russia"
      samestory near MH17 --since 7d
      pbpaste | samestory near -
    """

    is_read: ClassVar[bool] = True

    text: Annotated[
        tuple[str, ...], Parameter(metavar="TEXT|-", help="- reads stdin")
    ] = field(default=(), kw_only=False)
    url: Annotated[
        str | None,
        Parameter(metavar="URL", help="a page: one that is known, else it is fetched"),
    ] = None
    story: Annotated[
        str | None,
        Parameter(
            metavar="STORY", help="a story that is known: by id, URL, title or @7"
        ),
    ] = None
    file: Annotated[
        str | None, Parameter(metavar="FILE", help="a text file, title first")
    ] = None
    k: Annotated[int, Parameter(metavar="N", help="how many (10)", name="-k")] = 10
    since: Annotated[
        str | None, Parameter(metavar="7d", help="a span (7d, 12h) or a date")
    ] = None
    lang: Annotated[
        str | None, Parameter(metavar="en", help="stories in this language only")
    ] = None
    outlet: Annotated[
        str | None, Parameter(metavar="NAME", help="stories of this outlet only")
    ] = None

    def run(self, settings: Settings) -> int:
        """Print the nearest stories."""
        if self.k < 1:
            raise Misconfigured("-k must be 1 or more")
        state = wiring.read_state(settings)
        model = wiring.open_pair_model(settings)
        query = _query(self, settings, state, model)
        names = _asked_for(" ".join(self.text))
        with state.reading():
            # Each event by its nearest report: so more reports than events are read.
            nearest = Lookup(state, model).nearest(
                query,
                max(self.k, DEPTH),
                since=parse_since(self.since, "--since"),
                lang=self.lang and self.lang.lower(),
                outlet=self.outlet,
                names=names,
            )
            found = _by_event(state, nearest, self.k)
            close = [one for one in found if any(near.is_close for near in one[1])]
            naming = len(state.names.naming(names))
        if self.json:
            for event, some in found:
                hits = [one.to_json() for one in some]
                more = len(event.reports) - 1
                print_json(hits[0] | {"more": more, "hits": hits[1:]})
        elif close and sys.stdout.isatty():
            print_two_lines(
                [(event.title, _told(event, some)) for event, some in close]
            )
        elif close:
            _print_columns(close)
        remember(state, [] if self.json else [event.event_id for event, _ in close])
        if not close:
            sys.stderr.write(_nothing_close(nearest))
        elif naming > sum(near.is_named for _, some in close for near in some):
            asked = quote(" ".join(sorted(names)))
            sys.stderr.write(f"{naming} reports name it: samestory search {asked}\n")
        return DONE if close else NOTHING_FOUND


def _nothing_close(nearest: Sequence[Near]) -> str:
    """Return the line that says that no story may be what is looked for."""
    if not nearest:
        return "nothing found: no story matches these filters\n"
    likest, story = nearest[0], nearest[0].member.story
    when = moment_of(story.published, is_day=story.is_day)
    return plain(
        f"nothing close: of the stories here “{_headline(likest)}”"
        f" ({story.attribution}, {when}) is the nearest,"
        f" {likest.likeness.probability:.3f} that it is the same event\n"
    )


def _asked_for(text: str) -> set[str]:
    """Return what a question names that is nothing but a name; else nothing.

    Of a headline the vector tells more: with stories first that name all that it names,
    the first answer is right for 95.4 % of dense_en_dev, without for 97.9 %. But what
    letters and figures name, MH17, is hardly ever called otherwise.
    """
    if len(text.split()) > FEW:
        return {word_of(sign) for sign in _SIGN.findall(text)}
    first, _, rest = text.strip().partition(" ")
    named = rest if rest and first.lower() in NO_NAMES else text
    return names_in(named) or words_in(text)


def _query(args: FindNear, settings: Settings, state: Reader, model: PairModel) -> View:
    given = [args.text or None, args.url, args.story, args.file]
    if sum(one is not None for one in given) != 1:
        raise Misconfigured("near: give one of TEXT, --url, --story, --file or -")
    member = _known(args, state)
    if member is not None:
        story = member.story
        return told_now(model, story, member.vectors)
    title, text = _text(args, settings)
    if not (title or text):
        raise Misconfigured("near: the text is empty")
    encoder = wiring.open_query_encoder(settings)
    space = state.meta.space()
    if space is not None and space[0] != encoder.space.space_id:
        raise Misconfigured(
            f"the stories are in space {space[0]}, model {settings.model!r} is"
            f" {encoder.space.space_id}: use the model, precision and embed_tokens that"
            " they were made with (--model packaged if nobody chose one and an earlier"
            " samestory made them)"
        )
    lang = _language(f"{title}\n{text}")
    if not model.knows(lang, f"{title} {text}"):
        is_any = is_unread(f"{title} {text}")
        what = "this script" if is_any else f"this language ({lang})"
        other = " --model multilingual, the default, over an index of its own, knows it"
        sys.stderr.write(
            f"model {settings.model} does not know {what}: words, names and numbers"
            " alone count, what follows may be of something else"
            f"{'' if is_any else f';{other}'}\n"
        )
    from samestory.embed.embedding import embed_text  # noqa: PLC0415  (0.01 s, not every question's)

    vectors = embed_text(title, text, lang, encoder)
    return query_of(model, title, text, vectors, lang)


def _language(text: str) -> str | None:
    """Return the language of a question; None if it has no letters that tell.

    A few Latin letters may be of any of a dozen languages: they are taken for English.
    In whichever it is asked, that finds three of four reports in other languages; a
    question of no language finds one of ten (docs/quality.md).
    """
    letters = [c for c in text if c.isalpha()]
    from samestory.ingest.text.language import identify  # noqa: PLC0415  (0.01 s, not every question's)

    is_latin = 2 * sum(c < "\u0250" for c in letters) > len(letters)
    if is_latin and len(letters) < TELLING:
        return "en"
    scripts = (unicodedata.name(c, "").split(" ")[0] for c in letters)
    usual = next((OF_SCRIPT[one] for one in scripts if one in OF_SCRIPT), None)
    return identify(text, usual)


def _known(args: FindNear, state: Reader) -> Member | None:
    if args.story is not None:
        with state.reading():  # it may go meanwhile
            return state.member(story_named(state, args.story))
    if args.url is not None:
        url = absolute_url(args.url, "")
        if url is None:
            raise Misconfigured(f"--url {args.url!r}: not an http(s) URL")
        from samestory.story_keys import story_ids_of  # noqa: PLC0415  (0.01 s, not every question's)

        members = (state.member(story_id) for story_id in story_ids_of(url))
        return next((member for member in members if member), None)
    return None


def _text(args: FindNear, settings: Settings) -> tuple[str, str]:
    if args.url:
        from samestory.ingest.articles.page import Page, extract_text  # noqa: PLC0415
        from samestory.ingest.fetch.client import MAX_PAGE_BYTES  # noqa: PLC0415  (0.2 s, with httpx2)

        sys.stderr.write("not known here; fetching it\n")
        try:
            client = wiring.open_client(settings)
            fetched = client.get(args.url, max_bytes=MAX_PAGE_BYTES)
            kind = fetched.headers.get("content-type", "")
            page = Page(body=fetched.body, url=fetched.url, content_type=kind)
            with wiring.open_sandbox(settings) as sandbox:
                return "", str(sandbox.run(extract_text, page))
        except Quarantine as error:
            raise Misconfigured(f"near: {error}") from error
    written = " ".join(args.text)
    if args.file is not None or written == "-":
        whole = _read(args.file)
        title, _, text = whole.strip().partition("\n")
        return (clean_line(title), clean_text(text)) if text else ("", whole)
    return clean_line(written), ""


def _read(file: str | None) -> str:
    with (
        named(f"--file {file}"),
        sys.stdin.buffer if file is None else Path(file).open("rb") as opened,
    ):
        raw = opened.read(MAX_REPORT + 1)
    if len(raw) > MAX_REPORT:
        raise Misconfigured(f"near: over {MAX_REPORT} bytes: a report is meant, a text")
    return clean_text(raw.decode("utf-8", "replace"))


def _by_event(
    state: Reader, nearest: Sequence[Near], most: int
) -> list[tuple[Event, list[Near]]]:
    """Return the events of the nearest stories, the nearest first, so many at most."""
    events: dict[str, list[Near]] = {}
    for near in nearest:
        events.setdefault(near.member.event_id, []).append(near)
    return [(state.event(one), some) for one, some in islice(events.items(), most)]


def _told(event: Event, nearest: Sequence[Near]) -> str:
    """Return whether an event is the one that is asked for, and who tells it."""
    likeness, story = nearest[0].likeness, nearest[0].member.story
    same = f"{likeness.probability:.2f} the same event"
    against = next((n.likeness.veto for n in nearest if n.likeness.veto), None)
    if nearest[0].is_named:
        same = "names it"
    elif likeness.veto:
        same = f"another event: {likeness.veto}"
    elif against:
        same += f" (one report is of another: {against})"
    counts = counted(len(event.reports), "report")
    voices = counted(len(event.voices), "voice")
    where = f"{story.attribution} {moment_of(story.published, is_day=story.is_day)}"
    return f"{same}; {counts}, {voices}; nearest: {where}"


def _print_columns(found: Sequence[tuple[Event, Sequence[Near]]]) -> None:
    """Print events by their nearest reports, and why some can't be that event."""
    headings = ("one event", "similarity", "words", "published", "event", "more")
    nearest = [some[0] for _, some in found]
    print_columns(
        (*headings, "outlet", "headline"),
        [
            (
                _one_event(near),
                f"{near.likeness.similarity:.2f}",
                f"{near.likeness.word_overlap:.2f}",
                moment_of(near.member.story.published, is_day=near.member.story.is_day),
                near.member.event_id[:10],
                f"{len(event.reports) - 1}",
                near.member.story.attribution,
                _headline(near),
            )
            for (event, _), near in zip(found, nearest, strict=True)
        ],
    )
    for _, some in found:
        against = [near for near in some if near.likeness.veto and not near.is_named]
        for near in against[:1]:
            said = f"“{_headline(near)}” ({near.member.story.attribution})"
            print(plain(f"no: {said} can't be that event: {near.likeness.veto}"))


def _one_event(near: Near) -> str:
    if near.is_named:
        return "names it"
    return "no" if near.likeness.veto else f"{near.likeness.probability:.2f}"


def _headline(near: Near) -> str:
    return headline(near.member.story.title, near.member.story.text)
