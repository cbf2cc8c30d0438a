"""`python -m assistant.evaluate FILE [--json] [--plots FOLDER]`: how well the trained model understands FILE."""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from assistant.content.help_center import load_help_center
from assistant.content.yaml_source import ContentError
from assistant.evaluation.lines import LinesUnreadable, read_lines
from assistant.evaluation.measures import measure, score
from assistant.evaluation.pipeline import MODEL, ModelUnusable, understand
from assistant.evaluation.report import as_text
from assistant.seal import outdated


def main() -> int:
    """0 and the figures on standard output, or 2 and one line on standard error."""
    parser = argparse.ArgumentParser(prog="guiche evaluate")
    parser.add_argument("file", type=Path, help='linhas {"text", "label", "also"?}')
    parser.add_argument("--json", action="store_true", help="só os números, em JSON")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--plots", type=Path, help="pasta para a matriz de confusão e a curva risco/cobertura (PNG)")
    options = parser.parse_args()
    try:
        topic_of = load_help_center(Path.cwd()).topic_of()
        lines = read_lines(options.file, topic_of)
        scored = score(lines, understand([line.text for line in lines], options.model))
    except (ContentError, LinesUnreadable, ModelUnusable) as error:
        print(f"guiche evaluate: {error}", file=sys.stderr)
        return 2
    changed = outdated(options.model)
    if changed:
        print(f"guiche evaluate: o modelo é mais antigo que {', '.join(changed)}; rode make train", file=sys.stderr)
    figures = measure(scored, set(topic_of.values()))
    print(json.dumps(figures, ensure_ascii=False) if options.json else as_text(figures))
    if options.plots:
        from assistant.evaluation.plots import draw  # matplotlib takes a second  # noqa: PLC0415

        draw(scored, options.plots)
    return 0


if __name__ == "__main__":
    sys.exit(main())
