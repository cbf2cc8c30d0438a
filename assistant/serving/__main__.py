"""`python -m assistant.serving --model FILE --port PORT`: `rasa run` for this project, started in a third of the time.

What `rasa run` does for it and nothing else: no other command of Rasa is imported, and TensorFlow only when the model
needs it (stand_ins.py). It serves only what this installation trained (assistant/seal.py). Rasa's own commands, run by
hand, give the same answers and load whatever model they are given.
"""

import argparse
import gc
import logging
from pathlib import Path
from typing import Any

from assistant.seal import ModelNotOurs, check_seal
from assistant.serving import stand_ins, watchdog


def main() -> None:
    """Serves until a signal."""
    parser = argparse.ArgumentParser(prog="assistant.serving")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--interface", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    try:
        check_seal(options.model)
    except OSError:  # Rasa would serve without one
        parser.exit(1, f"no model at {options.model}\n")
    except ModelNotOurs:
        parser.exit(1, f"{options.model} was not trained by this installation; run guiche train\n")
    if stand_ins.suffice(options.model):
        stand_ins.stand_in()
    serve(str(options.model), options.interface, options.port)


def serve(model: str, interface: str, port: int) -> None:
    """Rasa's server with this project's endpoints and channel. Rasa is imported here, once it is known with what."""
    import rasa.core.run  # noqa: PLC0415
    from rasa.core.utils import AvailableEndpoints  # noqa: PLC0415
    from rasa.utils.common import configure_logging_and_warnings  # noqa: PLC0415
    from rasa.utils.io import configure_colored_logging  # noqa: PLC0415
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_logging_and_warnings(logging.INFO, None, warn_only_once=True, filter_repeated_logs=True)
    configure_colored_logging(logging.INFO)
    configure_structlog(logging.INFO)
    rasa.core.run.serve_application(
        model,
        credentials="credentials.yml",
        endpoints=AvailableEndpoints.read_endpoints("endpoints.yml"),
        interface=interface,
        port=port,
        enable_api=False,
        server_listeners=[(_settle, "after_server_start"), (watchdog.watch, "after_server_start")],
    )


async def _settle(*_: Any) -> None:
    """What was loaded stays: the garbage collector need not look through the model and Rasa's modules at every turn."""
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main()
