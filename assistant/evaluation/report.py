"""The figures for a person at a terminal."""

from typing import Any, Dict, List

_MAIN = [
    "n",
    "top1",
    "top3",
    "answered",
    "offered",
    "rejected",
    "wrong",
    "ece",
    "oos_kept_out",
    "topics_answered",
    "topics_rejected",
    "ms_per_message",
    "ms_p95",
    "ms_whole_pipeline",
]


def as_text(figures: Dict[str, Any]) -> str:
    """Main figures, a table by label, and every line whose first topic, or whose answer, was not right."""
    lines: List[str] = [main_figures(figures)]
    lines += ["", f"{'label':18} {'n':>5} {'top1':>7} {'top3':>7} {'wrong':>7}"]
    for label, row in figures["labels"].items():
        lines.append(
            f"{label:18} {row['n']:>5} {_number(row['top1']):>7} {_number(row['top3']):>7} {_number(row['wrong']):>7}"
        )
    lines += ["", "confusions (label <- predicted, probability, decision | text)"]
    for item in figures["confusions"]:
        what = f"{item['label']} <- {item['predicted']} {item['probability']:.2f} {item['decision']}"
        if item["answer"] not in (None, item["predicted"]):
            what += f" {item['answer']}"
        lines.append(f"  {what} | {item['text']}")
    return "\n".join(lines)


def main_figures(figures: Dict[str, Any]) -> str:
    """The main figures, one a line."""
    return "\n".join(f"{name:16} {_number(figures[name])}" for name in _MAIN)


def _number(value: Any) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"
