"""`guiche train`, and the training that `guiche serve` begins with."""

from bot.cli.model import MODEL, ContentRefused, Trainer, TrainingFailed
from bot.cli.paths import EnvironmentMissing
from bot.cli.terminal import Terminal

_FILES_NAMED = 3


def train_aloud(terminal: Terminal, trainer: Trainer, force: bool = False) -> bool:
    """Train if need be and say so; False when there is no model to serve. Lets StopRequested pass."""

    def starting(files: list[str]) -> None:
        if not files:
            terminal.say("train.forced")
        elif files == [MODEL.name]:
            terminal.say("train.first")
        else:
            names = ", ".join(files[:_FILES_NAMED])
            if len(files) > _FILES_NAMED:
                names += terminal.text("train.more", count=len(files) - _FILES_NAMED)
            terminal.say("train.changed", files=names)

    try:
        trained = trainer.train(starting, force)
    except EnvironmentMissing as error:
        terminal.complain("errors.no_environment", folder=error)
        return False
    except ContentRefused as error:
        terminal.err.print(error.report)
        terminal.complain("errors.content_refused")
        return False
    except TrainingFailed as error:
        terminal.complain("errors.training_failed", log=error.log)
        for line in error.lines:
            terminal.err.print(f"  {line}")
        return False
    terminal.say("train.done" if trained else "train.current")
    return True
