"""The commands and their options."""

import os
import signal
import threading
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.boxed import run_boxed
from bot.cli.model import Trainer
from bot.cli.paths import EnvironmentMissing, make_state_dir, state_dir
from bot.cli.serve import complain
from bot.cli.serve import serve as run_system
from bot.cli.supervisor import StopRequested
from bot.cli.system import BadPort, SystemSettings
from bot.cli.terminal import Terminal
from bot.cli.train import train_aloud

if TYPE_CHECKING:
    from bot.cli.ask import Asker

app = typer.Typer(
    name="guiche",
    help="Guichê, o assistente da Central de Ajuda.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Commands that are modules of assistant/ in Rasa's environment. A new one is a line here.
BOXED = {
    "check": ("assistant.check", "Confere o conteúdo: tópicos, exemplos, regras."),
    "find-process": ("assistant.find_process", "Procura referências a processos nas linhas de um arquivo."),
    "evaluate": ("assistant.evaluate", "Mede o entendimento com um arquivo de exemplos."),
}


@app.command()
def serve() -> None:
    """Treina se preciso, inicia tudo e espera Ctrl-C (porta: GUICHE_PORT)."""
    terminal = Terminal.load()
    try:
        settings = SystemSettings.from_environment()
    except BadPort as error:
        complain(terminal, error)
        raise typer.Exit(1) from None
    raise typer.Exit(run_system(terminal, settings))


@app.command()
def train(force: Annotated[bool, typer.Option("--force", help="Treina mesmo sem mudança.")] = False) -> None:
    """Treina o modelo, se o conteúdo mudou."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        done = train_aloud(Terminal.load(), Trainer(make_state_dir(state_dir(os.environ)) / "logs", stop), force)
    except StopRequested:
        done = False
    raise typer.Exit(0 if done else 1)


Name = Annotated[str | None, typer.Option("--conversation", "-c", help="Continua a conversa guardada com este nome.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Segundos à espera da resposta.")]


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="A pergunta.")],
    conversation: Name = None,
    as_json: Annotated[bool, typer.Option("--json", help="Imprime as mensagens em JSON.")] = False,
    timeout: Timeout = 30.0,
) -> None:
    """Faz uma pergunta ao Guichê que está rodando e imprime a resposta."""
    raise typer.Exit(_asker(conversation, timeout).ask(text, as_json))


@app.command()
def chat(conversation: Name = None, timeout: Timeout = 30.0) -> None:
    """Conversa com o Guichê que está rodando."""
    raise typer.Exit(_asker(conversation, timeout).chat())


@app.command()
def review(
    limit: Annotated[int, typer.Option(min=1, help="Quantas mensagens, as mais novas primeiro.")] = 500,
) -> None:
    """Mostra o que não foi entendido, para uma pessoa decidir o que ensinar."""
    from bot.cli.review import review as run_review  # noqa: PLC0415  the store's imports, which no other command needs

    terminal = Terminal.load()
    try:
        raise typer.Exit(run_review(terminal, limit))
    except EnvironmentMissing as error:
        terminal.complain("errors.no_environment", folder=error)
        raise typer.Exit(1) from None


telegram = typer.Typer(no_args_is_help=True, help="O robô no Telegram (GUICHE_TELEGRAM_TOKEN).")
app.add_typer(telegram, name="telegram")


@telegram.command("set-webhook")
def telegram_set_webhook() -> None:
    """O Telegram passa a entregar as mensagens em GUICHE_PUBLIC_URL."""
    from bot.cli.telegram import set_webhook  # noqa: PLC0415  the library's imports

    raise typer.Exit(set_webhook(Terminal.load()))


@telegram.command("delete-webhook")
def telegram_delete_webhook() -> None:
    """O Telegram deixa de entregar; as mensagens esperam por quem perguntar."""
    from bot.cli.telegram import delete_webhook  # noqa: PLC0415  the library's imports

    raise typer.Exit(delete_webhook(Terminal.load()))


@telegram.command("info")
def telegram_info() -> None:
    """Mostra o que o Telegram sabe do robô e da entrega."""
    from bot.cli.telegram import info  # noqa: PLC0415  the library's imports

    raise typer.Exit(info(Terminal.load()))


dead_letters = typer.Typer(no_args_is_help=True, help="Mensagens que ficaram sem resposta depois de várias tentativas.")
app.add_typer(dead_letters, name="dead-letters")
Letters = Annotated[
    list[str], typer.Argument(help="Como a lista mostra: e12 (recebida), s12 (a enviar), i12 (ilegível).")
]


@dead_letters.command("list")
def list_dead_letters(
    limit: Annotated[int, typer.Option(min=1, help="Quantas, as mais antigas primeiro.")] = 100,
    text: Annotated[bool, typer.Option("--text", help="Mostra também o que o cidadão escreveu.")] = False,
) -> None:
    """Mostra as mensagens que ficaram sem resposta."""
    from bot.cli.dead_letters import list_letters  # noqa: PLC0415  the store's imports

    raise typer.Exit(list_letters(Terminal.load(), limit, with_text=text))


@dead_letters.command("retry")
def retry_dead_letters(names: Letters) -> None:
    """Responde ou envia de novo, como se fosse a primeira vez."""
    from bot.cli.dead_letters import retry_letters  # noqa: PLC0415  the store's imports

    raise typer.Exit(retry_letters(Terminal.load(), names))


@dead_letters.command("drop")
def drop_dead_letters(names: Letters) -> None:
    """Tira da lista, sem responder."""
    from bot.cli.dead_letters import drop_letters  # noqa: PLC0415  the store's imports

    raise typer.Exit(drop_letters(Terminal.load(), names))


def _asker(conversation: str | None, timeout: float) -> "Asker":
    from bot.cli.ask import Asker  # noqa: PLC0415  half a second of imports that no other command needs

    terminal = Terminal.load()
    try:
        return Asker(terminal, SystemSettings.from_environment().url, conversation, timeout)
    except BadPort as error:
        complain(terminal, error)
        raise typer.Exit(1) from None


def _add_boxed(name: str, module: str, text: str) -> None:
    def command(context: typer.Context) -> NoReturn:
        try:
            run_boxed(module, context.args)
        except EnvironmentMissing as error:
            Terminal.load().complain("errors.no_environment", folder=error)
            raise typer.Exit(1) from None

    settings = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
    app.command(name, help=text, context_settings=settings, add_help_option=False)(command)


for _name, (_module, _text) in BOXED.items():
    _add_boxed(_name, _module, _text)
