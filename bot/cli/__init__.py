"""The `guiche` command: serve, train, ask, chat, check, and what runs in Rasa's environment on its behalf."""


def main() -> None:
    """Entry point of the console script."""
    # Here, so that importing the package stays light: the supervisor's guardian does.
    from bot.cli.app import app  # noqa: PLC0415

    app()
