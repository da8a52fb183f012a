"""`samestory init`: the settings file, with the first feeds."""

import json
import sys
import textwrap
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, ClassVar, Final

from cyclopts import Parameter

from samestory import deploy
from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli.options import Fetching
from samestory.deploy.cli.output import plain
from samestory.deploy.config import Settings, config_file
from samestory.deploy.feed_finder import FeedFinder, site_url
from samestory.deploy.feedlists import read_feedlist
from samestory.deploy.masking import masked
from samestory.disk import named
from samestory.errors import Misconfigured
from samestory.ingest.feeds.opml import FeedRef
from samestory.private import private_folder, private_opener, replaced

DIPLOMACY: Final = "diplomacy"  # the list that comes along
LIST: Final = Path(deploy.__file__).with_name("feeds") / "diplomacy.opml"
OPML: Final = ".opml"
LISTS: Final = frozenset({OPML, ".xml", ".txt"})  # no site is called so
EXAMPLES: Final = {"wait": 30.0}  # of what has no default that could be written
_HEAD: Final = """\
# The settings of samestory, written by `samestory init`; docs/settings.md tells more.
# A flag wins over the environment (SAMESTORY_...), that over this file.
"""


@dataclass(frozen=True, kw_only=True)
class Init(Fetching):
    """Write a settings file, and add the first feeds.

    Asks three things, or takes them from the options: a contact for publishers;
    feeds: a list (OPML, also by its URL, or a text with one URL a line), a site, or
    diplomacy, a list that comes along; and where to keep everything. Every other
    setting stands in the file with its default, to be changed.

    Examples:
      samestory init
      samestory init --contact you@example.org --state ~/news diplomacy
    """

    makes_settings: ClassVar[bool] = True

    sources: Annotated[
        tuple[str, ...],
        Parameter(metavar="LIST|SITE|diplomacy", help="feeds to begin with"),
    ] = field(default=(), kw_only=False)
    contact: Annotated[
        str | None,
        Parameter(metavar="MAIL|URL", help="told to publishers with each request"),
    ] = None
    force: Annotated[bool, Parameter(help="write a file anew that is there")] = False

    def run(self, settings: Settings) -> int:
        """Ask, write, add; say what comes next."""
        file = Path(self.config or config_file(may_be_made=True) or "")
        if not file.name:
            raise Misconfigured("no home directory here: name the file by --config")
        if file.exists() and not self.force:
            raise Misconfigured(f"{file} is there: edit it, or --force writes it anew")
        contact = self.contact or _asked(
            "A contact for publishers, a mail address or a page", "", "--contact"
        )
        feeds = f"Feeds: a list (its file or URL), a site, or {DIPLOMACY}"
        sources = self.sources or tuple(_asked(feeds, DIPLOMACY, DIPLOMACY).split())
        state = self.state or _asked(
            "Where to keep everything", str(settings.home), "--state"
        )
        made = replace(settings, state=state, user_agent=_agent(contact))
        made = replace(made, state=str(made.home.absolute()))
        if made.feed_headers:
            headers = str(Path(made.feed_headers).absolute())
            made = replace(made, feed_headers=headers)
        refs = list(_refs(sources, made))
        given = {name for name, value in vars(self).items() if value is not None}
        _write(file, made, given | {"state", "user_agent"})
        frontier = wiring.open_frontier(made)
        new = frontier.feeds.add(refs)
        frontier.close()
        print(f"{file}: written; {counted(new, 'feed')} added to {made.home}")
        print("next: samestory run, and while it runs: samestory events")
        return 0


def _asked(question: str, default: str, option: str) -> str:
    """Return a person's answer.

    Raises:
        Misconfigured: nobody can be asked; says which option answers.
    """
    if not sys.stdin.isatty():
        raise Misconfigured(f"nobody can be asked here: say {option}")
    sys.stderr.write(f"{question}{f' [{default}]' if default else ''}: ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise KeyboardInterrupt
    return answer.strip() or default


def _agent(contact: str) -> str:
    name = f"samestory/{version('samestory')}"
    if not contact:
        return name
    if not (contact.isascii() and contact.isprintable()) or "(" in contact:
        raise Misconfigured(f"--contact {contact!r}: a mail address or a URL, in ASCII")
    is_mail = "@" in contact and "://" not in contact and not contact.startswith("mail")
    return f"{name} (+{'mailto:' * is_mail}{contact})"


def _refs(sources: Iterable[str], settings: Settings) -> Iterable[FeedRef]:
    """Yield the feeds of lists and sites."""
    for source in sources:
        path = LIST if source == DIPLOMACY else Path(source).expanduser()
        is_url = source.startswith(("http://", "https://"))
        if path.is_file() or (is_url and path.suffix.lower() == OPML):
            listed = read_feedlist(source if is_url else str(path), settings)
            for reason in listed.left_out:
                sys.stderr.write(f"left out: {plain(masked(reason))}\n")
            yield from listed.feeds
            continue
        if not is_url and path.suffix.lower() in LISTS:
            raise Misconfigured(f"{source}: no such file")
        with wiring.open_sandbox(settings) as sandbox:
            found = FeedFinder(settings, sandbox).find(site_url(source))
        if found.note:
            sys.stderr.write(f"{plain(source)}: {plain(found.note)}\n")
        yield found.ref


def _write(file: Path, made: Settings, told: Collection[str]) -> None:
    """Write the settings that were told, and each other one as a comment."""
    parts = [_HEAD]
    for one in fields(Settings):
        about = textwrap.fill(one.metadata["about"], 84, break_on_hyphens=False)
        comment = "".join(f"# {line}\n" for line in about.split("\n"))
        value = getattr(made, one.name)
        is_set = one.name in told
        shown = value if is_set else EXAMPLES.get(one.name, one.default)
        line = f"{one.name} = {_toml(shown)}\n"
        parts.append(f"{comment}{'' if is_set else '# '}{line}")
    with named(str(file)):
        private_folder(file.parent)
        with (
            replaced(file) as new,
            open(new, "w", encoding="utf-8", opener=private_opener) as out,
        ):
            out.write("\n".join(parts))


def _toml(value: object) -> str:
    """Return a value as TOML writes it; of these kinds JSON does it the same way."""
    plain = list(value) if isinstance(value, tuple) else value
    return json.dumps(plain, ensure_ascii=False)
