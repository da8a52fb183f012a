"""Invented news for the recorded journal: families of events that are easily confused.

A family is one happening and what only looks like it: the next of a series, the answer
in kind, the same on another day, at another place, by another minister, the end of what
began, the denial. Countries, towns, outlets and people are invented. The same seed
gives the same stories, letter by letter.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from samestory.deploy.newsroom.reports import load_reports

BEGIN = datetime(2026, 3, 3, 6, tzinfo=UTC)
FAMILIES = 112
DAYS = 46
LONG = 0.25  # of reports that have all of the background, over 200 words with it

COUNTRIES = (
    ("Calvera", "Calveran"), ("Estrana", "Estranan"), ("Galdria", "Galdrian"),
    ("Hestria", "Hestrian"), ("Jurvia", "Jurvian"), ("Lomar", "Lomari"),
    ("Nerova", "Nerovan"), ("Ostrel", "Ostrelian"), ("Pellan", "Pellani"),
    ("Quorra", "Quorran"), ("Rhovia", "Rhovian"), ("Sendal", "Sendalese"),
    ("Tamora", "Tamoran"), ("Vasko", "Vaskan"),
)  # fmt: skip
TOWNS = (
    "Belkot", "Carrin", "Dolmar", "Eskby", "Farrowby", "Gantmoor", "Hollinse",
    "Istrin", "Jorrel", "Kettin", "Lumsk", "Marrowey", "Nilsby", "Orvane", "Pelmoor",
    "Quellin", "Raskady", "Siltby", "Torvane", "Umberley",
)  # fmt: skip
GIVEN = (
    "Anso", "Berit", "Corin", "Dagna", "Edric", "Fenna", "Goran", "Hild", "Ivo",
    "Jorun", "Kess", "Lorin",
)  # fmt: skip
FAMILY_NAMES = (
    "Abrel", "Brandvol", "Castrin", "Dremmel", "Eskola-Fen", "Farrant", "Gollmer",
    "Hestrup", "Ingvall", "Jarrow", "Kolvin", "Lastrade", "Morvath", "Nyquell",
    "Orvad", "Pesk",
)  # fmt: skip
GOODS = (
    "copper", "wheat", "timber", "aluminium", "cement", "lamb", "salt", "cobalt",
    "barley", "zinc",
)  # fmt: skip
ORDINALS = (
    "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth",
)  # fmt: skip
OUTLETS = (
    "Northern Telegraph", "The Belkot Mirror", "Estrana Today", "Radio Nilsby",
    "Galdrian Standard", "Coastline Post", "The Orvane Examiner", "Rhovia Live",
    "Quorra Business Daily", "Lumsk Evening News", "Pellani Public Radio",
    "Continental Wire", "Harbour News Agency", "The Meridian Review", "Silt Bay Herald",
)  # fmt: skip
AGENCY = "Harbour News Agency"
OTHER_SITE = "belkotmirror.example"


@dataclass(frozen=True)
class Template:
    """One kind of happening: titles, and sentences in several wordings."""

    titles: tuple[str, ...]
    sentences: tuple[tuple[str, ...], ...]
    changes: tuple[str, ...]  # what makes another event of it, see `_changed`


TEMPLATES = {
    "sanctions": Template(
        (
            "{a} adopts {ord} sanctions package against {b}",
            "{ord} round of penalties on {b} agreed as {good} imports are banned",
            "{a} shuts its market to {bn} {good} in {ord} package",
            "{bn} {good} outlawed: what {a} decided overnight",
        ),
        (
            (
                "{a} on {day} adopted its {ord} package of sanctions against {b}, listing {n} companies and banning imports of {bn} {good}.",
                "Ministers in {a} signed the {ord} package at breakfast on {day}; {n} firms are named and {bn} {good} may no longer be landed.",
                "With the {ord} package {a} closes its ports to {good} from {b} and freezes the accounts of {n} companies.",
            ),
            (
                "Foreign minister {p} called the step unavoidable after the winter's raids.",
                '"We had warned them often enough," {p}, who steers foreign policy, told reporters.',
                "{p} said that the door to talks stayed open.",
            ),
            (
                "The trade ministry of {b} spoke of an empty gesture.",
                "In {b} the decision was called predictable and futile.",
                "{b} promised an answer within days.",
            ),
        ),
        ("ord", "swap", "good", "denied"),
    ),
    "expulsion": Template(
        (
            "{a} expels {n} {bn} diplomats over spying claims",
            "{n} envoys of {b} told to leave {a} within a week",
            "Spy row: {a} sends home {n} {bn} embassy staff",
            "{bn} diplomats pack their bags in {town}",
        ),
        (
            (
                "{a} expelled {n} {bn} diplomats on {day}, accusing them of running informers in the port of {town}.",
                "The foreign ministry of {a} gave {n} members of the {bn} embassy seven days to leave the country on {day}.",
                "{n} staff of the {bn} embassy, declared unwelcome on {day}, were seen loading crates in {town}.",
            ),
            (
                "Minister {p} said the service had watched the ring for two years.",
                "For two years the ring had been followed, {p} told parliament.",
                "{p} showed members of parliament photographs of a dead letter box.",
            ),
            (
                "{b} called the charges invented and announced a reply in kind.",
                "A reply in kind would follow, the ministry of {b} said.",
                "An ambassador was summoned in {b} the same evening.",
            ),
        ),
        ("swap", "n", "denied"),
    ),
    "talks-open": Template(
        (
            "{a} and {b} open talks on {good} in {town}",
            "{good} talks begin: can {a} and {b} share one market?",
            "Delegations of {a} and {b} start {good} talks with smiles in {town}",
            "{a} comes to {town} in good faith, says {p}",
        ),
        (
            (
                "{a} and {b} opened talks on the {good} trade in {town} on {day}, after their agreement lapsed in December.",
                "In the old customs house of {town} delegations from {a} and {b} took their seats on {day} to divide up the {good} market.",
                "Talks of {a} and {b} about tariffs on {good} began in {town} on {day}.",
            ),
            (
                "{p}, who leads for {a}, hoped for a deal before the end of the week.",
                "A deal is within reach this week, said {p}, the {an} negotiator.",
                '"We did not come here for the herring," {p} of {a} joked.',
            ),
            (
                "Merchants in {town} have waited {n} weeks for a new tariff.",
                "For {n} weeks barges have been tied up along the quay.",
                "{n} weeks without an agreement have cost both sides dearly.",
            ),
        ),
        ("ended", "good", "town", "day"),
    ),
    "talks-end": Template(
        (
            "{a} and {b} break off talks on {good} in {town}",
            "{good} talks collapse as {bn} delegation walks out",
            "Why {b} closed its folder: {good} talks with {a} ended early",
            "{a} regrets departure of the {bn} delegation from {town}",
        ),
        (
            (
                "Talks of {a} and {b} on the {good} trade collapsed in {town} on {day} when the {bn} delegation walked out.",
                "After barely a day {b} left the table in {town} on {day}; no new date was set for the {good} talks.",
                "It was the word inspections that ended the {good} talks in {town} on {day}.",
            ),
            (
                "{p} of {a} said that the chairs stayed where they were.",
                '"The chairs are still there," said {p}, the {an} negotiator.',
                "{p}, who led for {a}, flew home in the evening.",
            ),
            (
                "{n} barges remain tied up along the quay.",
                "Along the quay {n} barges wait.",
                "Merchants count {n} barges that cannot unload.",
            ),
        ),
        ("good", "town", "swap"),
    ),
    "shelling": Template(
        (
            "{a} shells {bn} border town of {town}, at least {n} killed",
            "{n} dead in {town} as shells fall on market hall",
            "Rescuers dig in {town} after {an} artillery attack",
            "{a} struck {town} before dawn, says {bn} governor",
        ),
        (
            (
                "{an} artillery struck the {bn} border town of {town} before dawn on {day}, killing at least {n} people, governor {p} said.",
                "At least {n} people died on {day} when shells fired from {a} hit the market hall of {town} in {b}.",
                "The volleys came from across the river; in the morning {n} bodies lay in the school of {town}, a town in {b}.",
            ),
            (
                "Firemen were digging with their hands at noon.",
                "Dozens were hurt, many of them children.",
                "{p} asked for blankets, generators and doctors.",
            ),
            (
                "The army of {a} said that it had answered sniper fire.",
                "{a} spoke of fire returned at military positions.",
                "The general staff in {a} gave no comment.",
            ),
        ),
        ("swap", "town", "n", "denied"),
    ),
    "visit": Template(
        (
            "{p} arrives in {b} for two days of talks",
            "{b} rolls out the carpet for {an} minister {p}",
            "{p} and {q} speak about {good} and border guards",
            "{an} minister's visit to {town}: what to know",
        ),
        (
            (
                "The foreign minister of {a}, {p}, arrived in {town} in {b} on {day} for talks with his colleague {q}.",
                "{q} received {p}, the minister of {a}, at the castle of {town} on {day}.",
                "A guard of honour stood in the rain when {p} of {a} came to {town}, in {b}, on {day}.",
            ),
            (
                "The two want to settle who guards the passes in winter.",
                "On the table are {good}, visas and the winter guard of the passes.",
                "Visas for {n},000 seasonal workers are to be agreed.",
            ),
            (
                "It is the first such visit in {n} years.",
                "For {n} years no minister had made the journey.",
                "Protocol had to look up the anthem after {n} years.",
            ),
        ),
        ("p", "day", "town"),
    ),
    "warning": Template(
        (
            "{p} warns {b} against supplying {good} to rebels",
            "{a} threatens to close border over {good} deliveries",
            '"Last warning": {p} speaks to {b} in {town}',
            "{a} accuses {b} of feeding the rebels' war",
        ),
        (
            (
                "{p}, the foreign minister of {a}, warned {b} on {day} that deliveries of {good} to the rebels in the hills would have a price.",
                "{a} will close its border if {b} goes on selling {good} to the rebels, {p} said in {town} on {day}.",
                "In {town} on {day} {p} held up a photograph of lorries with {bn} plates, laden with {good} for the rebels.",
            ),
            (
                "Between January and March {n} lorries were counted.",
                "{n} lorries crossed since January, by the count of {a}.",
                "A report names {n} deliveries since the new year.",
            ),
            (
                "{q}, the ambassador of {b}, spoke of trade as usual.",
                "It was trade as usual, ambassador {q} of {b} replied.",
                "Ambassador {q} left the hall without a word.",
            ),
        ),
        ("p", "n", "denied", "swap"),
    ),
    "quake": Template(
        (
            "Earthquake near {town} in {b} kills {n}",
            "{n} dead, hundreds homeless after {town} quake",
            "{b} calls for help after earth shakes in {town}",
            "{a} sends rescue dogs to {town}",
        ),
        (
            (
                "An earthquake shook the valley of {town} in {b} early on {day}; at least {n} people died.",
                "At least {n} people were killed when the earth shook around {town}, {b}, on {day}.",
                "Houses of clay gave way in {town} on {day}; the authorities of {b} count {n} dead.",
            ),
            (
                "{a} sent {m} rescuers with dogs over the pass.",
                "From {a} came {m} rescuers and field kitchens.",
                "{m} rescuers of {a} were the first to arrive.",
            ),
            (
                "Mayor {p} slept in the town hall's garden like everybody else.",
                '"Nobody goes indoors tonight," mayor {p} said.',
                "The mayor, {p}, feared that the number would rise.",
            ),
        ),
        ("town", "n", "day"),
    ),
    "vote": Template(
        (
            "Parliament of {a} approves {ord} reform of the border law",
            "{p} wins vote on border law by {n} seats",
            "{a} tightens its border with {b} in {ord} reform",
            "Night session in {a} ends with a majority for {p}",
        ),
        (
            (
                "The parliament of {a} approved the {ord} reform of its border law on {day}, by a majority of {n} seats.",
                "By {n} seats the {ord} reform of the border law passed in {a} on {day}, after a night session.",
                "{p} has the majority: {n} seats carried the {ord} reform of the border law in {a} on {day}.",
            ),
            (
                "Whoever comes from {b} will need a permit from {town}.",
                "Permits for travellers from {b} are to be issued in {town}.",
                "{b} called the permits an affront to neighbours.",
            ),
            (
                "{q} of the opposition announced a complaint to the court.",
                "The opposition's {q} wants the court to look at it.",
                '"We meet again in court," said {q}.',
            ),
        ),
        ("ord", "n", "p"),
    ),
    "summit": Template(
        (
            "Summit of {a} and {b} set for {day} in {town}",
            "{a} and {b} agree to meet in {town} on {day}",
            "{day}: leaders of {a} and {b} to meet at last",
            "{town} prepares for the leaders of {a} and {b}",
        ),
        (
            (
                "The leaders of {a} and {b} will meet in {town} on {day}, both chancelleries said.",
                "{town} will host the leaders of {a} and {b} on {day}, it was announced at the same hour in both capitals.",
                "On {day} the two leaders are to shake hands in {town}, for the first time since the war of the passes.",
            ),
            (
                "Envoy {p} had travelled between the capitals for {n} weeks.",
                "For {n} weeks envoy {p} had gone to and fro.",
                "It took {p} {n} weeks and eleven flights.",
            ),
            (
                "{n},000 police will be on duty.",
                "The city lets out {n},000 beds.",
                "Hotels in {town} are booked for delegations of {m}.",
            ),
        ),
        ("day", "town", "swap"),
    ),
    "election": Template(
        (
            "{p} wins presidency of {a} in runoff",
            "Voters in {a} choose {p} over {q}",
            "{q} concedes defeat as {a} elects {p}",
        ),
        (
            (
                "{p} was elected president of {a} in Sunday's runoff with {n}.4 per cent of the ballots, the commission in {town} announced.",
                "The electoral commission of {a} declared {p} the winner of the runoff; turnout stood at {n} per cent.",
                "Church bells rang in {town} when it was clear that {p} would be the next president of {a}.",
            ),
            (
                "{q} congratulated the winner by telephone.",
                "The loser, {q}, conceded shortly before midnight.",
            ),
            (
                "The oath is to be taken in May.",
                "{p} promised a government of all regions.",
            ),
        ),
        ("p", "n", "denied"),
    ),
    "ferry": Template(
        (
            "Ferry with {m} passengers sinks off {town}",
            "{n} drowned as ferry capsizes in storm near {town}",
            "Fishermen save dozens after ferry disaster off {b}",
        ),
        (
            (
                "A ferry carrying {m} passengers went down in heavy seas off {town}, {b}, on {day}; {n} bodies have been recovered.",
                "{n} people drowned on {day} when the night boat to {town} turned over within sight of the lighthouse.",
                "Within a quarter of an hour the ferry was gone, say survivors who were brought ashore at {town} in {b}.",
            ),
            (
                "Captain {p} is among the missing.",
                "{p}, the captain, had radioed that the cargo was sliding.",
            ),
            (
                "The coast guard of {a} lent two helicopters.",
                "Helicopters came from {a}.",
            ),
        ),
        ("n", "town", "m"),
    ),
    "bank": Template(
        (
            "Central bank of {a} raises key rate to {n}.5 per cent",
            "Borrowing gets dearer in {a} as governor {p} fights prices",
            "{an} currency jumps after rate decision",
        ),
        (
            (
                "The central bank of {a} raised its key interest rate to {n}.5 per cent on {day} to halt inflation.",
                "Governor {p} surprised markets in {town} on {day}: the key rate of {a} goes to {n}.5 per cent.",
                "Mortgages in {a} will cost more after the monetary council voted for {n}.5 per cent on {day}.",
            ),
            (
                "Bread has become {m} per cent dearer within a year.",
                "Inflation is eating savings, {p} said; another step may follow in June.",
            ),
            (
                "Bondholders in {b} took losses.",
                "Exporters to {b} complained about the strong currency.",
            ),
        ),
        ("n", "p", "day"),
    ),
    "hostage": Template(
        (
            "{n} hostages freed in {town} after mediation by {a}",
            "Captives return: rebels release {n} aid workers in {b}",
            "{p} brokers release of {n} kidnapped nurses",
        ),
        (
            (
                "Rebels in the hills above {town} released {n} kidnapped aid workers on {day}, after mediation by {a}.",
                "{n} nurses and drivers held for months in {b} walked across a bridge near {town} to freedom on {day}.",
                "A convoy under the flag of {a} fetched {n} hostages from a farm near {town} in {b}.",
            ),
            (
                "No ransom was paid, mediator {p} insisted.",
                "{p}, who mediated, would not speak about money.",
            ),
            (
                "Some had lost half of their weight.",
                "Doctors found them weak but unhurt.",
            ),
        ),
        ("n", "town", "denied"),
    ),
    "pipeline": Template(
        (
            "Explosion halts gas pipeline from {a} to {b}",
            "Pipeline blast near {town}: {b} without {an} gas",
            "Sabotage suspected after pipeline fire at {town}",
        ),
        (
            (
                "An explosion near the compressor station of {town} on {day} cut the gas pipeline that leads from {a} to {b}.",
                "Flames rose a hundred metres when the pipeline between {a} and {b} burst at {town} on {day}.",
                "No gas has flowed from {a} into {b} since a blast at {town} on {day}.",
            ),
            (
                "Repairs will take {n} days, the operator said.",
                "Engineer {p} spoke of {n} days until the valves can be opened.",
            ),
            (
                "Storage tanks hold enough for {m} hours.",
                "Bakeries in the capital shut their ovens.",
            ),
        ),
        ("town", "swap", "n", "denied"),
    ),
    "court": Template(
        (
            "Tribunal sentences {an} general {p} to {n} years",
            "{n} years in prison for {p} over wartime crimes in {town}",
            "War crimes verdict: judges find general {p} guilty",
        ),
        (
            (
                "The tribunal for the war of the passes sentenced general {p} of {a} to {n} years in prison on {day} for the siege of {town}.",
                "Judges found {p}, once commander of the {an} mountain corps, guilty on {day} and gave him {n} years.",
                "{n} years: widows from {town} wept when the presiding judge read the verdict against {p} on {day}.",
            ),
            (
                "Defence lawyer {q} will appeal.",
                "An appeal was announced by {q}, who defended him.",
            ),
            ("The court heard {m} witnesses.", "{m} witnesses had travelled from {b}."),
        ),
        ("p", "n", "day"),
    ),
}
DENIAL = Template(
    (
        '{b} denies reports about {town}: "not a word is true"',
        "No such thing happened, says government of {b}",
        "{q} of {b} rejects what {a} tells about {town}",
    ),
    (
        (
            "{b} denied on {day} what {a} had told about {town}, and called for an inquiry by neutral judges.",
            "Not a word of what {a} says about {town} is true, the government of {b} said on {day}.",
            "{q}, who speaks for {b}, rejected the account of {a} about {town} on {day}.",
        ),
        (
            "{q} showed a film of an empty road.",
            "As a proof {q} showed a film.",
            "Neutral judges should see for themselves, {q} said.",
        ),
    ),
    ("p",),
)
BACKGROUND = (
    "{a} and {b} fought over the passes {m} years ago; a line drawn by neutral officers has separated their troops since then, and each spring it moves a little with the melting snow.",
    "Trade between the two has halved in the years since the bridge at {town} was closed to lorries, and grew again only when the railway was repaired with money from both capitals.",
    "Analysts say that neither government can afford to look weak before the harvest, when the price of {good} decides who is blamed for empty shelves.",
    "Of the {n},000 families that left the valley most have not returned; some live in the barracks of the former salt works and wait for letters that tell them whether their houses stand.",
    "Neutral observers write a report every month, which both sides quote where it suits them and which few people read to the end, though it is short and plain.",
    "A treaty of friendship from the time of the old kings is still in force, as lawyers like to recall, and obliges each side to lend the other ploughs, seed and doctors in a year of famine.",
)
CLOSINGS = (
    "Our correspondent reports from {town}.",
    "More is expected later in the day.",
    "",
    "What comes next nobody in {town} could say.",
)


@dataclass(frozen=True)
class Told:
    """A report, its gold event, and when we first saw it; fields as on the wire."""

    event: str
    story: dict[str, Any]
    at: datetime


def story_id_of(url: str) -> str:
    """Return a story id of the usual form."""
    return "s-" + hashlib.sha256(url.encode()).hexdigest()[:16]


def stories(seed: str) -> list[Told]:
    """Return all stories, in the order in which they were first seen."""
    rng = random.Random(seed)
    told = [*_newsroom(rng), *_generated(rng)]
    return sorted(told, key=lambda one: (one.at, one.story["story_id"]))


def _newsroom(rng: random.Random) -> Iterator[Told]:
    english = (one for one in load_reports() if one.outlet.lang == "en")
    for report in english:
        yield _told(
            rng,
            report.event,
            f"https://{report.outlet.key}.example{report.path}",
            outlet=report.outlet.name,
            title=report.title,
            text="\n".join(report.paragraphs),
            published=report.published,
        )


def _generated(rng: random.Random) -> Iterator[Told]:
    names = sorted(TEMPLATES)
    for number in range(FAMILIES):
        # The same kind of happening comes again after days, as in the world.
        part = (number // len(names) + rng.random()) * len(names) / FAMILIES
        name, begin = names[number % len(names)], BEGIN + part * timedelta(days=DAYS)
        slots = _slots(rng, begin)
        family = [(name, slots, begin)]
        for change in rng.sample(TEMPLATES[name].changes, rng.choice((1, 1, 2))):
            later = begin + timedelta(hours=rng.choice((5, 20, 30, 55, 100)))
            family.append(_changed(rng, name, slots, change, later))
        before: list[str] = []  # how the latest happening of the family was told
        for at, (kind, values, moment) in enumerate(family):
            found = list(
                _event(rng, f"{kind}-{number}-{at}", kind, values, moment, before)
            )
            before = [found[0].story["text"].split("\n")[0]]
            yield from found


def _slots(rng: random.Random, day: datetime) -> dict[str, str]:
    (a, an), (b, bn) = rng.sample(COUNTRIES, 2)
    p, q = (f"{rng.choice(GIVEN)} {name}" for name in rng.sample(FAMILY_NAMES, 2))
    return {
        "a": a,
        "an": an,
        "b": b,
        "bn": bn,
        "p": p,
        "q": q,
        "day": _day(day),
        "town": rng.choice(TOWNS),
        "good": rng.choice(GOODS),
        "ord": rng.choice(ORDINALS),
        "n": str(rng.randrange(5, 90)),
        "m": str(rng.randrange(20, 400)),
    }


def _day(moment: datetime) -> str:
    return f"{moment:%B} {moment.day}"


def _changed(
    rng: random.Random,
    name: str,
    slots: Mapping[str, str],
    change: str,
    moment: datetime,
) -> tuple[str, dict[str, str], datetime]:
    """Return what is easily taken for the event, and is another."""
    values = {**slots, "day": _day(moment)}
    if change == "swap":
        for one, other in (("a", "b"), ("an", "bn"), ("p", "q")):
            values[one], values[other] = slots[other], slots[one]
    elif change == "ord":
        values["ord"] = ORDINALS[(ORDINALS.index(slots["ord"]) + 1) % len(ORDINALS)]
    elif change == "denied":
        name = "denial"
    elif change == "ended":
        name = "talks-end"
    elif change == "day":
        values["day"] = _day(moment + timedelta(days=3))
    else:
        values[change] = _slots(rng, moment)[change]
    return name, values, moment


def _event(
    rng: random.Random,
    event: str,
    kind: str,
    slots: Mapping[str, str],
    begin: datetime,
    before: Sequence[str],
) -> Iterator[Told]:
    template = DENIAL if kind == "denial" else TEMPLATES[kind]
    outlets = rng.sample(OUTLETS, rng.choice((1, 2, 2, 2, 3, 3)))
    texts: list[tuple[str, str]] = []
    for number, outlet in enumerate(outlets):
        title, text = _wording(rng, template, slots, number)
        fields: dict[str, Any] = {}
        if texts and rng.random() < 0.12:  # a reprint, word for word
            title, text = rng.choice([title, texts[0][0]]), texts[0][1]
            fields["agencies"] = [AGENCY] if rng.random() < 0.5 else []
        elif texts and rng.random() < 0.08:
            title, text = f"Belkot Mirror: {texts[0][0]}", texts[0][1][:160] + " …"
            fields["hearsay_of"] = OTHER_SITE
        elif texts and before and rng.random() < 0.08:  # of two happenings
            text = f"{before[0]} {text}"
        texts.append((title, text))
        host = outlet.lower().replace(" ", "")
        yield _told(
            rng,
            event,
            f"https://{host}.example/{event}/{number}",
            outlet=outlet,
            title=title,
            text=text,
            published=begin + timedelta(minutes=rng.randrange(0, 900)),
            **fields,
        )


def _wording(
    rng: random.Random, template: Template, slots: Mapping[str, str], number: int
) -> tuple[str, str]:
    title = template.titles[(number + rng.randrange(2)) % len(template.titles)]
    said = [rng.choice(wordings) for wordings in template.sentences]
    background = list(BACKGROUND) if rng.random() < LONG else rng.sample(BACKGROUND, 1)
    rng.shuffle(background)
    lines = [" ".join(said), *background, rng.choice(CLOSINGS)]
    text = "\n".join(line for line in lines if line).format(**slots)
    title = title.format(**slots)
    return title[0].upper() + title[1:], text


def _told(
    rng: random.Random, event: str, url: str, *, published: datetime, **fields: Any
) -> Told:
    late_h = rng.uniform(24, 144) if rng.random() < 0.05 else rng.uniform(0.05, 3)
    seen = published + timedelta(hours=late_h)
    chance = rng.random()
    stated = None if chance < 0.03 else published
    if chance > 0.98:  # a publisher's clock that runs ahead
        stated = seen + timedelta(hours=5)
    story = {
        "type": "story",
        "version": "1.2",
        "story_id": story_id_of(url),
        "url": url,
        "outlet": "",
        "title": "",
        "text": "",
        "lang": "en" if rng.random() < 0.97 else None,
        "published": stated and stated.isoformat(),
        "published_raw": stated and stated.isoformat(),
        "date_quality": "exact" if stated else "first-seen",
        "first_seen": seen.isoformat(),
        "observed": seen.isoformat(),
        "text_from": "page",
        "feed_url": None,
        **{name: [] for name in ("flags", "agencies", "citing", "changes")},
        **dict.fromkeys(("byline", "correction", "hearsay_of"), ""),
    }
    return Told(event=event, story=story | fields, at=seen)


def by_event(told: Sequence[Told]) -> dict[str, list[Told]]:
    """Return the stories of each gold event, in order of arrival."""
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(one.event, []).append(one)
    return found
