"""Wrong use: one line that says what is wrong, exit 2, and nothing done."""

import pytest

pytestmark = [pytest.mark.model, pytest.mark.slow]
WRONG = {
    "evnts": 'Did you mean "events"?',
    "models convrt": 'Did you mean "convert"?',
    "status --jsn": "Did you mean --json?",
    "events --sicne 2d": "Did you mean --since?",
    "events --since tomorow": "use a span like 7d, 12h, a date, today or yesterday",
    "events --limit 0": "limit 0: must be 1 or more",
    "events --limit many": 'unable to convert "many" into int',
    "events --sort up": 'Choose from: "newest", "oldest", "voices"',
    "events --fields a": "say in which form: --json, --csv or --tsv",
    "events --config /nope": "--config /nope: ",
    "events extra": "'extra' is more than it takes",
    "event e-zz": "no id begins with 'e-zz'",
    "open e-zz": "no id begins with 'e-zz'",
    "star nobody": "'nobody' is no id",
    "note @1": "TEXT is missing. See samestory note -h",
    "undo c-zz": "see `samestory corrections list`",
    "why": "STORY|EVENT is missing. See samestory why -h",
    "search": "WORD is missing",
    "near": "give one of TEXT, --url, --story, --file or -",
    "near --url x": "not an http(s) URL",
    "import /nope": "/nope: No such file or directory",
    "feeds add": "URL|SITE is missing",
    "replay": "--into takes DIR: it is missing",
    "digest --at -1": "--at -1: the state has read up to",
    "health nobody": 'Choose from: "ingest", "embed", "index"',
    "follow --from x": "use beginning, now, or an OFFSET",
    "feeds add --proxy http://a:b@c x.org": "set SAMESTORY_PROXY",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_use_is_told_in_one_line(news, line):
    """With what was meant, or what there is; `samestory:` begins it."""
    out, said = news.here(*line.split(), expect=2)
    assert out == ""
    assert said.startswith("samestory: ")
    assert WRONG[line] in said
    assert said.count("\n") == 1


def test_options_stand_before_or_after_the_command(news):
    """Also with =, and a - that reads stdin between them."""
    state = ("--state", str(news.state))
    from samestory.deploy.cli.app import parsed

    after = parsed(["events", "--limit", "3", *state])
    assert parsed([*state, "events", "--limit", "3"]) == after
    assert parsed([f"--state={news.state}", "events", "--limit=3"]) == after
    assert parsed(["--json", *state, "events"]) == parsed(["events", "--json", *state])
    assert parsed(["--json", "events"]) == parsed(["events", "--json"])
    near = parsed(["near", "-", *state])
    assert (near.text, near.state) == (("-",), str(news.state))
    assert parsed(["near", "--", "--help"]).text == ("--help",)


def test_help_is_a_word_too(news):
    """Of all, and of one command."""
    assert news.here("help")[0].startswith("samestory: which reports, ")
    assert news.here("help", "feeds", "add")[0].startswith("usage: samestory feeds add")


def test_a_script_may_give_one_set_of_settings_to_all_commands(news):
    """Those without effect are named; a setting that is none is still wrong use."""
    common = (
        "--proxy",
        "http://127.0.0.1:9",
        "--host-spacing=0",
        "--model",
        "packaged",
    )
    plain, _ = news.here("stories", "--json")
    out, said = news.here("stories", "--json", *common)
    assert out == plain
    assert said == "--proxy, --host-spacing, --model: without effect on this command\n"
    _, said = news.here("stories", *common, "--spacing", "0", expect=2)
    assert "Unknown option: --spacing" in said
