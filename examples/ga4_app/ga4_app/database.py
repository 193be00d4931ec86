"""Where reports are kept: SQLite behind a pool like a server's, five connections and five more when it is busy."""

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import QueuePool

from app_metrics.integrations.sqlalchemy import instrument_engine

engine: Engine = create_engine(
    "sqlite:///file:reports?mode=memory&cache=shared&uri=true",
    poolclass=QueuePool,
    pool_size=5,
    max_overflow=5,
    pool_timeout=2,
    connect_args={"check_same_thread": False},
)
instrument_engine(engine, "primary")
_keeper = engine.raw_connection()
_keeper.detach()
"""A database in memory lives for as long as somebody is connected to it."""


def create_tables() -> None:
    """Makes the table of reports."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS reports (tenant TEXT, property TEXT, day INTEGER, sessions INTEGER)"))


def keep(tenant_id: str, property_id: str, sessions: list[int]) -> int:
    """Replaces the property's rows; returns how many there are now."""
    rows = [{"t": tenant_id, "p": property_id, "d": day, "s": count} for day, count in enumerate(sessions)]
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM reports WHERE tenant = :t AND property = :p"), {"t": tenant_id, "p": property_id})
        connection.execute(text("INSERT INTO reports VALUES (:t, :p, :d, :s)"), rows)
        return int(connection.execute(text("SELECT count(*) FROM reports WHERE tenant = :t"), {"t": tenant_id}).scalar_one())
