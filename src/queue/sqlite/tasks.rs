//! The statements on the table of tasks.

use super::super::rules::{VANISHED, backoff};
use super::super::{End, Listed, NewTask, Recorded, Result, State, Stats, Task, TaskId, Time};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Adds a task, or changes the waiting one with its key. A task with that key that runs or has failed loses the key, and
/// is not tried again: the new one knows better.
pub fn add(database: &Connection, queue: &str, task: &NewTask, now: Time) -> Result<TaskId> {
    if let Some(key) = &task.key {
        let sql = "UPDATE tasks SET key = NULL, tries = attempts
                   WHERE key = ?1 AND (worker IS NOT NULL OR failed IS NOT NULL)";
        database.prepare_cached(sql)?.execute([key])?;
    }
    let sql = "INSERT INTO tasks (queue, data, priority, due, tries, key, added) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (key) DO UPDATE SET queue = excluded.queue, data = excluded.data,
                   priority = excluded.priority, due = excluded.due, tries = excluded.tries, attempts = 0, error = NULL
               RETURNING id";
    let values = params![queue, task.data, task.priority, task.due.0, task.tries, task.key, now.0];
    Ok(database.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// Returns when the first waiting task is due.
pub fn first_due(database: &Connection, queue: &str) -> Result<Option<Time>> {
    let sql = "SELECT min(due) FROM tasks WHERE queue = ?1 AND worker IS NULL AND failed IS NULL";
    let due: Option<i64> = database.prepare_cached(sql)?.query_row([queue], |row| row.get(0))?;
    Ok(due.map(Time))
}

/// Gives the first tasks that are due to a worker.
pub fn take(database: &Connection, queue: &str, worker: i64, most: usize, now: Time) -> Result<Vec<Task>> {
    let sql = "UPDATE tasks SET worker = ?1, attempts = attempts + 1 WHERE id = (
                   SELECT id FROM tasks WHERE queue = ?2 AND worker IS NULL AND failed IS NULL AND due <= ?3
                   AND NOT EXISTS (SELECT 1 FROM queues WHERE name = ?2 AND is_paused)
                   ORDER BY priority, due, id LIMIT 1)
               RETURNING id, data, attempts, tries, key, added";
    let mut statement = database.prepare_cached(sql)?;
    let mut tasks = Vec::new();
    while tasks.len() < most {
        let task = statement.query_row(params![worker, queue, now.0], |row| {
            Ok(Task {
                id: row.get(0)?,
                data: row.get(1)?,
                attempt: row.get(2)?,
                tries: row.get(3)?,
                key: row.get(4)?,
                added: Time(row.get(5)?),
            })
        });
        match task.optional()? {
            Some(task) => tasks.push(task),
            None => break,
        }
    }
    Ok(tasks)
}

/// Returns how many tasks run in workers that have not vanished.
pub fn running(database: &Connection, queue: &str, vanished: &[i64]) -> Result<u64> {
    let sql = "SELECT count(*) FROM tasks WHERE queue = ?1 AND worker IS NOT NULL
               AND worker NOT IN (SELECT value FROM json_each(?2))";
    let values = params![queue, json(vanished)];
    Ok(database.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// Returns the workers that have tasks.
pub fn workers(database: &Connection) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT worker FROM tasks WHERE worker IS NOT NULL";
    let mut statement = database.prepare_cached(sql)?;
    let workers = statement.query_map([], |row| row.get(0))?;
    Ok(workers.collect::<rusqlite::Result<_>>()?)
}

/// Takes the tasks of a worker that has vanished back. Returns those of the queue that had no try left.
pub fn release(database: &Connection, queue: &str, worker: i64, now: Time) -> Result<Vec<TaskId>> {
    let sql = "UPDATE tasks SET worker = NULL, failed = ?2, error = ?3
               WHERE worker = ?1 AND attempts >= tries RETURNING id, queue";
    let mut statement = database.prepare_cached(sql)?;
    let rows = statement.query_map(params![worker, now.0, VANISHED], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let failed: Vec<(TaskId, String)> = rows.collect::<rusqlite::Result<_>>()?;
    database.prepare_cached("UPDATE tasks SET worker = NULL WHERE worker = ?1")?.execute([worker])?;
    Ok(failed.into_iter().filter(|(_, of)| of == queue).map(|(id, _)| id).collect())
}

/// Records the end of a task that a worker has.
pub fn settle(
    database: &Connection,
    queue: &str,
    worker: i64,
    id: TaskId,
    end: &End,
    now: Time,
) -> Result<Recorded> {
    let sql = "SELECT attempts, tries FROM tasks WHERE id = ?1 AND worker = ?2";
    let found = database
        .prepare_cached(sql)?
        .query_row(params![id, worker], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((attempts, tries)): Option<(u32, u32)> = found else { return Ok(Recorded::Lost) };
    match end {
        End::Done => {
            database.prepare_cached("DELETE FROM tasks WHERE id = ?1")?.execute([id])?;
            let sql = "INSERT INTO queues (name, done) VALUES (?1, 1)
                       ON CONFLICT (name) DO UPDATE SET done = done + 1";
            database.prepare_cached(sql)?.execute([queue])?;
            Ok(Recorded::Done)
        }
        End::Failed { error, again } if *again && attempts < tries => {
            let due = now.after(backoff(attempts));
            let sql = "UPDATE tasks SET worker = NULL, due = ?2, error = ?3 WHERE id = ?1";
            database.prepare_cached(sql)?.execute(params![id, due.0, error])?;
            Ok(Recorded::Again)
        }
        End::Failed { error, .. } => {
            let sql = "UPDATE tasks SET worker = NULL, failed = ?2, error = ?3 WHERE id = ?1";
            database.prepare_cached(sql)?.execute(params![id, now.0, error])?;
            Ok(Recorded::Failed)
        }
        End::Back => {
            let sql = "UPDATE tasks SET worker = NULL, attempts = attempts - 1 WHERE id = ?1";
            database.prepare_cached(sql)?.execute([id])?;
            Ok(Recorded::Back)
        }
    }
}

/// Returns whether a worker has the task; none if there is no such task.
pub fn is_running(database: &Connection, queue: &str, id: TaskId) -> Result<Option<bool>> {
    let sql = "SELECT worker IS NOT NULL FROM tasks WHERE id = ?1 AND queue = ?2";
    Ok(database.prepare_cached(sql)?.query_row(params![id, queue], |row| row.get(0)).optional()?)
}

/// The state of a row: its first parameter is the time, its second a JSON list of the workers that have vanished.
const STATE: &str = "CASE WHEN failed IS NOT NULL THEN 3
    WHEN worker IS NOT NULL AND worker NOT IN (SELECT value FROM json_each(?2)) THEN 2
    WHEN worker IS NOT NULL AND attempts >= tries THEN 3
    WHEN due > ?1 THEN 1 ELSE 0 END";

fn json(workers: &[i64]) -> String {
    format!("{workers:?}")
}

pub fn stats(database: &Connection, queue: &str, now: Time, vanished: &[i64]) -> Result<Stats> {
    let mut stats = Stats::default();
    let sql =
        format!("SELECT {STATE} AS state, count(*), min(due) FROM tasks WHERE queue = ?3 GROUP BY state");
    let mut statement = database.prepare_cached(&sql)?;
    let mut rows = statement.query(params![now.0, json(vanished), queue])?;
    while let Some(row) = rows.next()? {
        let count = row.get(1)?;
        match State::ALL.get(row.get::<_, usize>(0)?) {
            Some(State::Ready) => {
                (stats.ready, stats.oldest) = (count, row.get::<_, Option<i64>>(2)?.map(Time))
            }
            Some(State::Delayed) => stats.delayed = count,
            Some(State::Running) => stats.running = count,
            _ => stats.failed = count,
        }
    }
    let sql = "SELECT done FROM queues WHERE name = ?1";
    let done = database.prepare_cached(sql)?.query_row([queue], |row| row.get(0)).optional()?;
    stats.done = Some(done.unwrap_or(0));
    Ok(stats)
}

pub fn list(
    database: &Connection,
    queue: &str,
    state: State,
    most: usize,
    now: Time,
    vanished: &[i64],
) -> Result<Vec<Listed>> {
    let sql = format!(
        "SELECT id, {STATE} AS state, data, priority, due, attempts, tries, key, added,
             iif(failed IS NULL AND {STATE} = 3, ?6, error) FROM tasks
         WHERE queue = ?3 AND state = ?4 ORDER BY priority, due, id LIMIT ?5"
    );
    let number = State::ALL.iter().position(|one| *one == state).unwrap_or_default();
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = database.prepare_cached(&sql)?;
    let rows = statement.query_map(params![now.0, json(vanished), queue, number, most, VANISHED], listed)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        id: row.get(0)?,
        state: State::ALL.get(row.get::<_, usize>(1)?).copied().unwrap_or(State::Failed),
        data: row.get(2)?,
        priority: row.get(3)?,
        due: Time(row.get(4)?),
        attempts: row.get(5)?,
        tries: row.get(6)?,
        key: row.get(7)?,
        added: Time(row.get(8)?),
        error: row.get(9)?,
    })
}
