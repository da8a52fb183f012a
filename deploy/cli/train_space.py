"""`samestory train --space`: an embedding space of your own, from labelled stories."""

import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from samestory.deploy.config import Settings
from samestory.deploy.labelled import Labelled, read_labelled, weighted
from samestory.deploy.progress import ProgressLine
from samestory.disk import named
from samestory.embed.adaptation import FILE, Adaptation
from samestory.embed.cpu import cores
from samestory.embed.models import ModelFiles, model_files
from samestory.errors import Misconfigured

if TYPE_CHECKING:
    from samestory.deploy.cli.train import Train


def run_train_space(args: "Train", settings: Settings) -> int:
    """Fit the adapter, write the folder of the adapted model."""
    if args.steps < 1:
        raise Misconfigured(f"--steps {args.steps}: 1 or more")
    model = model_files(settings.model)
    out = {row.event for file in args.leave_out for row in read_labelled(file)}
    files = [weighted(argument) for argument in args.files]
    sets = [(weight, _events(file, read_labelled(file), out)) for file, weight in files]
    names = ", ".join(
        Path(file).name + (f"@{weight:g}" if weight != 1 else "")
        for file, weight in files
    )
    about = f"samestory train --space --seed {args.seed} --steps {args.steps} {names}"
    if args.leave_out:
        left = ", ".join(Path(file).name for file in args.leave_out)
        about += f", without the events of {left}"
    folder = Path(args.out)
    with named(f"--out {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    found = _trained(model, sets, args, about)
    with named(f"--out {folder}"):
        found.save(folder / FILE)
    print(
        f"{folder} holds an adaptation of model {found.base}; use it with"
        f" --model {folder}, and fit the pair model on it: samestory train --model"
    )
    return 0


def _events(file: str, rows: list[Labelled], out: set[str]) -> list[list[Labelled]]:
    """Return the rows of each event that is learnt from."""
    events = defaultdict(list)
    for row in rows:
        if row.event not in out:
            events[row.event].append(row)
    if all(len(event) == 1 for event in events.values()):
        raise Misconfigured(f"{file}: no event in it is told twice")
    return list(events.values())


def _trained(
    model: ModelFiles,
    sets: list[tuple[float, list[list[Labelled]]]],
    args: "Train",
    about: str,
) -> Adaptation:
    sys.stderr.write("loading torch and the model ...\n")
    # It takes seconds to import torch.
    from samestory.embed.adapting import Lesson, Plan, Told, train  # noqa: PLC0415
    from samestory.embed.engines.torch_engine import TorchEngine  # noqa: PLC0415

    lessons = [
        Lesson(
            weight,
            [
                [
                    Told(
                        row.story.title,
                        row.story.text,
                        row.story.lang,
                        row.row_id,
                        row.uncertain,
                    )
                    for row in event
                ]
                for event in events
            ],
        )
        for weight, events in sets
    ]
    plan = Plan(seed=args.seed, steps=args.steps)
    engine = TorchEngine(
        model.source,
        plan.tokens,
        arithmetic="fp32",
        threads=cores(),
    )
    means = model.adaptation.means if model.adaptation else None
    line = ProgressLine()

    def tell(step: int, loss: float) -> None:
        line.count("step", step, plan.steps, more=f"loss {loss:.3f}")

    thin = train(engine.model, means, lessons, plan, tell)
    line.end()
    return Adaptation(base=model.base, thin=thin, means=means, about=about)
