"""Invented reports for each cause of error that docs/quality.md tells, by the model."""

from datetime import timedelta

import pytest

from samestory.embed.embedding import embed_stories
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from tests.conftest import NOW, make_story

pytestmark = pytest.mark.model

WARNING = "Halvorsen warns alliance ministers over Quon's support for Tarsk"
WARNED = "Minister tells allies in Ostrem that Quon's chips keep Tarsk's army going"
FIRE = "Fire guts a supermarket in Callan, no one is hurt"
RESIGNS = "Premier Ardal resigns over the Brisk affair"


@pytest.mark.parametrize(
    ("reports", "together"),
    [
        pytest.param([(WARNING, 0), (WARNED, 3)], True, id="paraphrase"),
        pytest.param(
            [(WARNING, 0), ("Halvorsen warns of Quon again", 24 * 31)],
            False,
            id="a month later",
        ),
        pytest.param(
            [(FIRE, 0), ("Supermarket burns down in Sorrel, two are hurt", 30)],
            False,
            id="another of the same kind",
        ),
        pytest.param(
            [("Council adopts 13th package", 0), ("14th package is proposed", 5)],
            False,
            id="another number",
        ),
        pytest.param(
            [
                ("Velund expels six Kesmark diplomats", 0),
                ("Kesmark expels six Velund diplomats", 20),
            ],
            False,
            id="the answer",
        ),
        pytest.param(
            [
                ("Talks in Callan set for 12 May", 0),
                ("Talks in Callan set for 19 May", 9),
            ],
            False,
            id="another day",
        ),
        pytest.param(
            [(RESIGNS, 0), ("What to know about the Brisk affair", 20)],
            False,
            id="explainer",
        ),
        pytest.param(
            [(RESIGNS, 0), ("Ardal steps down as premier after Brisk inquiry", 2)],
            True,
            id="the same resignation",
        ),
        pytest.param(
            [
                ("Thủ tướng Ardal từ chức vì vụ Brisk", 0),
                ("Ardal từ chức sau vụ Brisk", 2),
            ],
            True,
            id="a foreign language",
        ),
        pytest.param(
            [
                ("Velund judge orders reporter Nora Whitlock's pass given back", 0),
                ("Velund drops its case against reporter Nora Whitlock's pass", 20),
            ],
            False,
            id="the next step",
            marks=pytest.mark.xfail(
                strict=True, reason="the cause of most false joins"
            ),
        ),
        pytest.param(
            [
                ("Civil rights leader Ilmar Okoye dies, aged 84", 0),
                ("The preacher's friend who helped reshape Velund", 1),
            ],
            True,
            id="a portrait",
            marks=pytest.mark.xfail(strict=True, reason="no name, no word in common"),
        ),
    ],
)
def test_invented_reports_are_joined_or_kept_apart(
    tmp_path, encoder, reports, together
):
    """Titles alone, as feeds bring them; the first and the second report."""
    records = []
    for n, (title, hours) in enumerate(reports):
        moment = NOW + timedelta(hours=hours)
        lang = "en" if title.isascii() else "vi"
        story = make_story(
            f"r{n}",
            title=title,
            text=title,
            lang=lang,
            outlet=f"Outlet {n}",
            published=moment,
            first_seen=moment,
        )
        records.append((n, embed_stories([story], encoder)[0].encode()))
    state = State(tmp_path / "s.db")
    EventIndex(state).apply(records)
    events = {one.event_id for one in state.stories()}
    state.close()
    assert (len(events) == 1) == together
