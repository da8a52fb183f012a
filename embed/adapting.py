"""Trains an adapter of a model on labelled events; `adaptation` says what one is.

Reports of one event are pulled together and near misses pushed apart: a step takes
events that lie near each other in the space as it is, one or two reports of each, and
asks each report which of the others tell its event (InfoNCE over cosines; van den Oord
et al., arXiv:1807.03748). Only thin matrices beside the model's linear layers are
learnt (LoRA; Hu et al., arXiv:2106.09685). The languages' means are taken out while it
learns, as they will be when it serves.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import linear, log_softmax, normalize, pad

from samestory.embed.adaptation import SCALE, Thin
from samestory.embed.cpu import is_fast
from samestory.embed.means import LanguageMeans

LAYERS: Final = ("query", "key", "value", "dense")  # of a transformer's blocks
SHORT, LONG = (35, 8), (90, 60)  # words of a text that are taken, and had at least
WARM: Final = 30  # steps until the full rate
LEAST: Final = 0.05  # of the rate, at the end
STRANGERS: Final = 0.1  # of a step's events are from anywhere
ALONE: Final = 3_000  # events told once that a set takes part with, at most
AT_ONCE: Final = 128


class Told(NamedTuple):
    """A report of an event; `unsure` are ids of others that may or may not tell it."""

    title: str
    text: str
    lang: str | None
    row_id: str = ""
    unsure: frozenset[str] = frozenset()


class Lesson(NamedTuple):
    """Labelled reports: those of each event, and how often they are asked."""

    weight: float
    events: Sequence[Sequence[Told]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How an adapter is trained.

    Attributes:
        steps: of the optimiser.
        events: of a step.
        near: of them that are taken around one, itself too.
        rank: of the thin matrices.
        tokens: of a report, at most.
        rate: of learning.
        temperature: cosines are divided by it.
        seed: of all chance.
    """

    steps: int = 300
    events: int = 24
    near: int = 8
    rank: int = 16
    tokens: int = 64
    rate: float = 3e-4
    temperature: float = 0.03
    seed: int = 0


class _Adapted(nn.Module):  # type: ignore[misc]  # torch is not followed
    """A linear layer plus a product of two thin matrices."""

    def __init__(self, layer: Any, rank: int) -> None:
        super().__init__()
        self.layer = layer
        self.down = nn.Parameter(torch.randn(rank, layer.in_features) * 0.02)
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x: Any) -> Any:
        return self.layer(x) + linear(linear(x, self.down), self.up) * SCALE


class _Space:
    """The model while it learns: reports -> unit vectors without their means."""

    def __init__(self, model: Any, means: LanguageMeans | None, plan: Plan) -> None:
        self.network = model[0].auto_model
        self._tokenizer = model.tokenizer
        self._prompt = (model.prompts or {}).get(model.default_prompt_name) or ""
        self._means, self._tokens = means, plan.tokens
        for one in self.network.parameters():
            one.requires_grad = False
        blocks = self.network.encoder
        for path, layer in list(blocks.named_modules()):
            name = path.rpartition(".")[2]
            if isinstance(layer, nn.Linear) and name in LAYERS:
                parent = blocks.get_submodule(path.rpartition(".")[0])
                setattr(parent, name, _Adapted(layer, plan.rank))

    def vectors(self, texts: Sequence[str], langs: Sequence[str | None]) -> Any:
        """Return a tensor, shape (n, dim)."""
        given = self._tokenizer(
            [self._prompt + text for text in texts],
            truncation=True,
            max_length=self._tokens,
        )["input_ids"]
        longest = max(map(len, given))
        ids = torch.stack(
            [
                pad(torch.tensor(one), (0, longest - len(one)), value=self._padding)
                for one in given
            ]
        )
        mask = torch.stack([torch.arange(longest) < len(one) for one in given])
        with torch.autocast("cpu", torch.bfloat16, enabled=is_fast("bf16")):
            hidden = self.network(
                input_ids=ids, attention_mask=mask.long()
            ).last_hidden_state
        weight = mask.unsqueeze(-1).float()
        rows = normalize((hidden.float() * weight).sum(1) / weight.sum(1), dim=-1)
        if self._means is not None:
            rows = normalize(rows - torch.from_numpy(self._means.of(langs)), dim=-1)
        return rows

    @property
    def _padding(self) -> int:
        return int(self._tokenizer.pad_token_id or 0)

    def learnt(self) -> dict[str, Thin]:
        """Return the thin matrices by the names of their layers."""
        return {
            name: Thin(down=_half(one.down), up=_half(one.up))
            for name, one in self.network.named_modules()
            if isinstance(one, _Adapted)
        }


def _half(matrix: Any) -> NDArray[np.float16]:
    return matrix.detach().to(torch.float16).numpy()  # type: ignore[no-any-return]


def train(
    model: Any,
    means: LanguageMeans | None,
    lessons: Sequence[Lesson],
    plan: Plan,
    tell: Callable[[int, float], None],
) -> Mapping[str, Thin]:
    """Return the thin matrices by the names of their layers.

    Args:
        model: of sentence-transformers; it is changed.
        means: of its languages.
        lessons: with an event that is told twice at least.
        plan: how.
        tell: called after each step, with the steps that are done and the loss.
    """
    torch.manual_seed(plan.seed)
    rng = random.Random(f"lessons {plan.seed}")  # noqa: S311  (repeatable, no secret)
    space = _Space(model, means, plan)
    classes = [_Class(lesson, space, rng) for lesson in lessons]
    weights = [lesson.weight for lesson in lessons]
    learning = [one for one in space.network.parameters() if one.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=plan.rate, weight_decay=0.01)
    for step in range(plan.steps):
        (one,) = rng.choices(classes, weights)
        reports, labels = one.step(plan, rng)
        texts = [rng.choice(_lengths(report)) for report in reports]
        rows = space.vectors(texts, [report.lang for report in reports])
        loss = _loss(rows, torch.tensor(labels), _unsure(reports), plan.temperature)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(learning, 1.0)
        share = min(1.0, (step + 1) / WARM) * max(LEAST, 1 - step / plan.steps)
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * share
        optimiser.step()
        tell(step + 1, float(loss.detach()))
    return space.learnt()


class _Class:
    """A lesson's events, and where they lie in the space as it is."""

    def __init__(self, lesson: Lesson, space: _Space, rng: random.Random) -> None:
        several = [one for one in lesson.events if len(one) > 1]
        alone = [one for one in lesson.events if len(one) == 1]
        self._several = len(several)
        self._events = several + rng.sample(alone, min(len(alone), ALONE))
        self._rows = _places([one[0] for one in self._events], space)

    def step(self, plan: Plan, rng: random.Random) -> tuple[list[Told], list[int]]:
        """Return reports, and the number of each one's event."""
        wanted = min(plan.events, len(self._events))
        chosen: dict[int, None] = {}
        while len(chosen) < wanted:
            seed = rng.randrange(self._several)
            nearest = np.argsort(-(self._rows @ self._rows[seed]))[: plan.near]
            chosen |= dict.fromkeys(nearest.tolist())
            if rng.random() < STRANGERS:
                chosen[rng.randrange(len(self._events))] = None
        pairs = [
            (report, number)
            for number in list(chosen)[:wanted]
            for report in _two(self._events[number], rng)
        ]
        reports, labels = zip(*pairs, strict=True)
        return list(reports), list(labels)


def _two(event: Sequence[Told], rng: random.Random) -> list[Told]:
    """Return two reports of an event, one if it has no more; of two languages at best.

    Else an event that one outlet tells in Hebrew and nine in English would seldom ask
    across languages.
    """
    one, *others = rng.sample(event, len(event))
    foreign = [other for other in others if other.lang != one.lang]
    return [one, *(foreign or others)[:1]]


def _places(reports: Sequence[Told], space: _Space) -> NDArray[np.float32]:
    """Return centred unit vectors of the reports at their longest."""
    rows = []
    with torch.inference_mode():
        for begin in range(0, len(reports), AT_ONCE):
            some = reports[begin : begin + AT_ONCE]
            texts = [_lengths(one)[-1] for one in some]
            rows.append(space.vectors(texts, [one.lang for one in some]).numpy())
    found = np.concatenate(rows)
    found -= found.mean(axis=0)
    unit: NDArray[np.float32] = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def _lengths(report: Told) -> list[str]:
    """Return the report as feeds bring it: its title, and with more and more text."""
    words = report.text.split()
    cut = [
        " ".join(words[:most]) for most, least in (SHORT, LONG) if len(words) > least
    ]
    if not report.title:
        return cut or [report.text]
    return [report.title, *(f"{report.title}. {text}" for text in cut)]


def _unsure(reports: Sequence[Told]) -> Any:
    """Return which pairs may or may not be one event; each report with itself too."""
    return torch.tensor(
        [
            [a is b or a.row_id in b.unsure or b.row_id in a.unsure for b in reports]
            for a in reports
        ]
    )


def _loss(rows: Any, labels: Any, unsure: Any, temperature: float) -> Any:
    """Return how badly each report tells which others tell its event."""
    alikeness = (rows @ rows.T / temperature).masked_fill(unsure, -1e9)
    same = ((labels[:, None] == labels[None, :]) & ~unsure).float()
    asked = same.sum(1) > 0
    said = (log_softmax(alikeness, 1) * same).sum(1)[asked] / same.sum(1)[asked]
    return -said.mean()
