"""The journal's tables, as a list of steps; ``PRAGMA user_version`` counts those taken.

A step is never edited once released: a change is a new step at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

STEPS = (
    """
    CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

    CREATE TABLE babies (
        id TEXT PRIMARY KEY, slug TEXT NOT NULL, retired_s REAL, document BLOB NOT NULL
    );

    CREATE TABLE weighings (
        step_id TEXT PRIMARY KEY, baby TEXT NOT NULL, move TEXT, weight_g REAL NOT NULL,
        sigma_g REAL NOT NULL, confidence REAL NOT NULL, origin TEXT NOT NULL,
        t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL
    );
    CREATE INDEX weighings_by_time ON weighings (t_s);
    CREATE TABLE weighing_history (
        step_id TEXT NOT NULL, baby TEXT NOT NULL, move TEXT, weight_g REAL NOT NULL,
        sigma_g REAL NOT NULL, confidence REAL NOT NULL, origin TEXT NOT NULL,
        t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL,
        replaced_s REAL NOT NULL
    );
    CREATE TABLE unassigned (
        step_id TEXT PRIMARY KEY, move TEXT NOT NULL, weight_g REAL NOT NULL,
        sigma_g REAL NOT NULL, candidates BLOB NOT NULL,
        t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL
    );
    CREATE TABLE feeds (
        step_id TEXT PRIMARY KEY, baby TEXT NOT NULL, net_g REAL NOT NULL, sigma_g REAL NOT NULL,
        out_s REAL NOT NULL, t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL
    );
    CREATE INDEX feeds_by_time ON feeds (t_s);
    CREATE TABLE cries (
        started_s REAL PRIMARY KEY, species TEXT NOT NULL, score REAL NOT NULL,
        context TEXT NOT NULL, t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL
    );
    CREATE INDEX cries_by_time ON cries (t_s);
    CREATE TABLE alerts (
        id TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL,
        baby TEXT, since_s REAL NOT NULL, title TEXT NOT NULL, message TEXT NOT NULL,
        why TEXT NOT NULL, t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL,
        PRIMARY KEY (id, state, t_s)
    );
    CREATE INDEX alerts_by_time ON alerts (t_s);
    CREATE TABLE telemetry (
        t_s REAL PRIMARY KEY, cry_s REAL NOT NULL, activity REAL, level_db REAL,
        in_box TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE inbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT, verb TEXT NOT NULL, args BLOB NOT NULL,
        submitted_s REAL NOT NULL, done_s REAL, ok INTEGER, error TEXT
    );
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL,
        qos INTEGER NOT NULL, expires_s REAL NOT NULL
    );
    """,
    "ALTER TABLE weighings ADD COLUMN only_weighed INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE outbox ADD COLUMN t_s REAL NOT NULL DEFAULT 0;",
    """
    CREATE TABLE pushes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, document BLOB NOT NULL,
        routes TEXT NOT NULL, t_s REAL NOT NULL, expires_s REAL NOT NULL
    );
    CREATE TABLE retained (topic TEXT PRIMARY KEY, gone INTEGER NOT NULL) WITHOUT ROWID;
    """,
    """
    CREATE TABLE rejected (
        id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, row BLOB NOT NULL,
        why TEXT NOT NULL, at_s REAL NOT NULL
    );
    CREATE TABLE carried (
        id INTEGER PRIMARY KEY AUTOINCREMENT, change BLOB NOT NULL, synced INTEGER NOT NULL
    );
    """,
    """
    ALTER TABLE outbox ADD COLUMN alert_id TEXT NOT NULL DEFAULT '';
    ALTER TABLE outbox ADD COLUMN is_reminder INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE outbox ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE outbox ADD COLUMN latest_s REAL NOT NULL DEFAULT 0;
    UPDATE outbox SET latest_s = t_s;
    CREATE INDEX outbox_by_news ON outbox (urgency DESC, latest_s DESC, id);
    CREATE INDEX outbox_by_alert ON outbox (alert_id);
    CREATE INDEX outbox_by_expiry ON outbox (expires_s);
    """,
    """
    ALTER TABLE feeds RENAME TO feeds_seen;
    CREATE TABLE feeds (
        step_id TEXT PRIMARY KEY, baby TEXT NOT NULL, net_g REAL, sigma_g REAL, out_s REAL,
        t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL,
        origin TEXT NOT NULL DEFAULT 'scale', how TEXT
    );
    INSERT INTO feeds (step_id, baby, net_g, sigma_g, out_s, t_s, session, synced)
        SELECT step_id, baby, net_g, sigma_g, out_s, t_s, session, synced FROM feeds_seen;
    DROP TABLE feeds_seen;
    CREATE INDEX feeds_by_time ON feeds (t_s);
    CREATE TABLE notes (
        step_id TEXT PRIMARY KEY, baby TEXT, kind TEXT NOT NULL, value TEXT, text TEXT,
        t_s REAL NOT NULL, session TEXT NOT NULL, synced INTEGER NOT NULL
    );
    CREATE INDEX notes_by_time ON notes (t_s);
    """,
    "ALTER TABLE inbox ADD COLUMN understood TEXT;",
    "ALTER TABLE alerts ADD COLUMN own_severity TEXT;",
    "ALTER TABLE inbox ADD COLUMN answer TEXT;",
    "ALTER TABLE alerts ADD COLUMN silent INTEGER NOT NULL DEFAULT 0;",
    """
    ALTER TABLE weighings ADD COLUMN "by" TEXT;
    ALTER TABLE feeds ADD COLUMN "by" TEXT;
    ALTER TABLE notes ADD COLUMN "by" TEXT;
    ALTER TABLE alerts ADD COLUMN "by" TEXT;
    """,
    """
    CREATE TABLE calls (
        t_s REAL PRIMARY KEY, species TEXT NOT NULL, score REAL NOT NULL,
        session TEXT NOT NULL, synced INTEGER NOT NULL
    );
    """,
    'ALTER TABLE inbox ADD COLUMN "by" TEXT;',
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file up to the newest step; a newer file than this program is refused.

    Raises:
        sqlite3.OperationalError: the file belongs to a newer version of the monitor.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(STEPS):
        raise sqlite3.OperationalError(
            f"it was written by a newer version of the monitor (schema {version}, this one knows "
            f"{len(STEPS)}): update the monitor"
        )
    for number, script in enumerate(STEPS[version:], start=version + 1):
        with connection:
            connection.execute("BEGIN IMMEDIATE")  # another program may be at the same step
            if int(connection.execute("PRAGMA user_version").fetchone()[0]) >= number:
                continue
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    """One after the other: ``executescript`` would end the transaction first."""
    begun = ""
    for part in script.split(";"):
        begun += part + ";"
        if sqlite3.complete_statement(begun):
            if begun.strip(" \n;"):
                yield begun
            begun = ""
