"""Reports on several pages: each is read in a turn of its host, and missed aloud."""

from tests.hostile.readings import TITLE, read, reading, rss

FEED, FIRST = "http://callan.example/feed", "http://callan.example/envoys"
PARTS = [
    f"Part {n}: the envoys of both countries met on day {n} of the talks, heard what the"
    f" pilots of pier {n} had to say, and went home late in the evening. " * 2
    for n in range(1, 15)
]


def part(number, next_url=""):
    more = f'<a rel=next href="{next_url}">Next</a>' if next_url else ""
    body = (
        f"<p>{PARTS[number - 1]}</p><p>And so ended day {number} of the long talks.</p>"
    )
    whole = (
        f"<html><head><title>{TITLE}</title></head><body><article><h1>{TITLE}</h1>"
        f"{body}{more}</article></body></html>"
    )
    return 200, {"Content-Type": "text/html"}, whole.encode()


def numbered(count):
    """Return the sites of a report on so many pages."""
    urls = [FIRST, *(f"{FIRST}?page={n}" for n in range(2, count + 1)), ""]
    return {url: part(n, urls[n]) for n, url in enumerate(urls[:-1], 1)}


def test_a_report_on_three_pages_is_one_text(tmp_path, sandbox):
    """In order, published once."""
    sites = {FEED: rss((TITLE, FIRST))} | numbered(3)
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, FEED)
    places = [story.text.find(f"Part {n}:") for n in (1, 2, 3)]
    assert 0 <= places[0] < places[1] < places[2]
    assert (story.flags, story.url) == ((), FIRST)


def test_a_page_that_cannot_be_had_is_told(tmp_path, sandbox):
    """What was read is published, and what was not is named."""
    sites = {FEED: rss((TITLE, FIRST))} | numbered(3)
    del sites[f"{FIRST}?page=3"]
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, FEED)
    assert "Part 2:" in story.text
    (flag,) = story.flags
    assert flag.startswith(f"page-partial: {FIRST}?page=3 was not read")


def test_pages_without_end_end(tmp_path, sandbox):
    """Ten are enough; a page that names itself ends it, too."""
    sites = {FEED: rss((TITLE, FIRST))} | numbered(14)
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, FEED)
        assert "Part 10:" in story.text
        assert "Part 11:" not in story.text
        assert story.flags[0].endswith("10 pages are enough")
        sites |= {FIRST: part(1, f"{FIRST}?page=2")}
        sites |= {f"{FIRST}?page=2": part(2, f"{FIRST}?page=2")}
        sites[FEED] = rss((f"{TITLE} again", FIRST))
        (again,) = read(harness, FEED)
    assert (again.flags, again.story_id) == ((), story.story_id)
