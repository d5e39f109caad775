//! The tables.

/// The number that marks a file as ours (`PRAGMA application_id`): "PwQu".
pub const APPLICATION: i64 = 0x5077_5175;

/// The version of the tables (`PRAGMA user_version`).
pub const VERSION: i64 = 1;

/// Makes the tables in an empty file. Times are milliseconds since 1970.
///
/// A waiting task has no `worker` and no `failed`; a running one has a `worker`; a failed one `failed`, the time when it
/// became so. `worker` of `meta` is the last number that was given to a worker.
pub const TABLES: &str = "
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    data TEXT NOT NULL,
    priority INTEGER NOT NULL,
    due INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    key TEXT UNIQUE,
    added INTEGER NOT NULL,
    worker INTEGER,
    failed INTEGER,
    error TEXT
) STRICT;
CREATE INDEX waiting ON tasks (queue, priority, due, id) WHERE worker IS NULL AND failed IS NULL;
CREATE INDEX due ON tasks (queue, due) WHERE worker IS NULL AND failed IS NULL;
CREATE INDEX running ON tasks (worker) WHERE worker IS NOT NULL;
CREATE INDEX failed ON tasks (queue, failed, id) WHERE failed IS NOT NULL;
CREATE TABLE queues (
    name TEXT PRIMARY KEY,
    is_paused INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE meta (worker INTEGER NOT NULL) STRICT;
INSERT INTO meta VALUES (0);
";
