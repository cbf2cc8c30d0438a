"""The front desk's database, as a command beside it finds it."""

import os
from collections.abc import Mapping

from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.cli.paths import state_dir
from bot.settings import SettingsError
from bot.store import StoreUnavailable


class NothingKept(Exception):
    """There is no front desk's database there; the message is its address."""


def kept_database(environ: Mapping[str, str] = os.environ) -> str:
    """The address of a database that a front desk has used. Nothing is made, nothing is migrated.

    Raises NothingKept, SettingsError and StoreUnavailable.
    """
    url = environ.get("GUICHE_DATABASE_URL") or f"sqlite:///{state_dir(environ) / 'guiche.db'}"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("GUICHE_DATABASE_URL is not a database address") from None
    if parsed.get_backend_name() == "sqlite":
        # Connecting would make the file.
        parsed = parsed.set(database=f"file:{parsed.database}").update_query_dict({"mode": "ro", "uri": "true"})
    else:
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("dead_letters"):
                raise NothingKept(shown(url))
    except DBAPIError as error:
        if "unable to open database file" in str(error.orig):
            raise NothingKept(shown(url)) from None
        raise StoreUnavailable(type(error.orig).__name__) from error
    finally:
        engine.dispose()
    return url


def shown(url: str) -> str:
    """A database's address for a person, without its password."""
    return make_url(url).render_as_string(hide_password=True)
