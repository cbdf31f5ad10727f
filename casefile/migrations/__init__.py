"""The one linear history of the schema. Upgrading needs no table class: each revision says what it does in full."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from casefile.db import APPLICATION_ROLE, sqlalchemy_url


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest schema, making the application's role if it is missing.

    `url` must belong to the owner of the schema, who may create roles. Raises `sqlalchemy.exc.OperationalError` when
    the server cannot be reached and `ProgrammingError` when the account may not do this.
    """
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text(
                f"""
                DO $$ BEGIN
                    CREATE ROLE {APPLICATION_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END $$
                """
            )
        )
        connection.execute(text(f"GRANT {APPLICATION_ROLE} TO CURRENT_USER"))
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
    engine.dispose()


def history() -> ScriptDirectory:
    """Every revision of the schema, from its files alone."""
    return ScriptDirectory.from_config(_configuration())


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(__file__).parent))
    return configuration
