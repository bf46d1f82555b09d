"""The plots of a scenario as SVG. They need matplotlib (benchmarks/requirements.txt)."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from benchmarks.scale.scenarios import Played, find_arrival

_INK = "#7a828e"  # legible on white and on black
_STYLE = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "font.size": 9,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "svg.fonttype": "none",
    "svg.hashsalt": "scale",  # the same ids each time
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw(name: str, played: Played, folder: Path) -> Path:
    """Write `scale-<name>.svg` into the folder: lifecycles over time, memory and CPU of the host over time."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"scale-{name}.svg"
    with rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 4.8), layout="constrained")
        progress, load = figure.subplots(2, 1, sharex=True)
        _draw_progress(progress, played)
        _draw_load(load, played)
        figure.savefig(path, transparent=True, metadata={"Date": None})
    return path


def _draw_progress(axes: Any, played: Played) -> None:
    begun = played.samples.begun
    accepted = sorted(one.accepted - begun for one in played.lifecycles)
    arrived = sorted(find_arrival(one) - begun for one in played.lifecycles if one.events)
    axes.plot(accepted, range(1, len(accepted) + 1), label="accepted", color="#4c78a8")
    axes.plot(arrived, range(1, len(arrived) + 1), label="event COMPLETE", color="#59a14f")
    if played.expected:
        axes.plot(*zip(*played.expected, strict=True), "--", label="what ARM's bucket allows", color=_INK)
    axes.set_ylabel("lifecycles")
    axes.legend(loc="lower right")


def _draw_load(axes: Any, played: Played) -> None:
    taken = played.samples.taken
    axes.plot([sample.at for sample in taken], [sample.mebibytes for sample in taken], color="#b279a2")
    axes.set_ylabel("RSS of the host, MiB", color="#b279a2")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("seconds")
    shares = axes.twinx()
    spent = [(b.at, (b.cpu_seconds - a.cpu_seconds) / (b.at - a.at) * 100) for a, b in pairwise(taken)]
    shares.plot(*zip(*spent, strict=True), color="#f58518", linewidth=0.8)
    shares.set_ylabel("CPU, % of a core", color="#f58518")
    shares.set_ylim(bottom=0)
