//! The store: each method is one transaction.

use super::super::rules::{VANISHED, backoff};
use super::super::{End, Error, Listed, NewTask, Outlook, Recorded, Result, State, Stats, Store, Taken};
use super::super::{Task, TaskId, Time, Unchanged};
use super::heartbeat::{BEAT, EXPIRY, Heartbeat};
use super::server::{Failure, Server};
use super::statements as sql;
use postgres::{Client, Row, Transaction};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last time that is given to the server, in the year 9999. It has a smaller range than ours.
const LAST: i64 = 253_402_300_799_000;

/// The tasks with one name in a database, and the worker that takes them.
pub struct PostgresStore {
    server: Server,
    /// The number of the name.
    name: i32,
    /// How the worker names itself.
    worker: String,
    /// What the server's clock is ahead of that of this machine, in milliseconds: its times are those of all machines.
    ahead: i64,
    swept: Option<Time>,
    heartbeat: Heartbeat,
}

impl PostgresStore {
    /// Opens the tasks with a name in a database, on which the schema is installed.
    pub fn open(url: &str, name: &str) -> Result<Self> {
        let mut server = Server::open(url)?;
        let (number, worker, now): (i32, String, SystemTime) = server.call(|client| {
            client.execute(sql::NAME, &[&name])?;
            let number = client.query_one(sql::NUMBER, &[&name])?.get(0);
            let row =
                client.query_one("SELECT 'pipewright-' || gen_random_uuid(), clock_timestamp()", &[])?;
            Ok((number, row.get(0), row.get(1)))
        })?;
        let ahead = time(now).0.saturating_sub(Time::now().0);
        Ok(Self { server, name: number, worker, ahead, swept: None, heartbeat: Heartbeat::new() })
    }

    /// Returns a time of this machine as one of the server.
    fn there(&self, time: Time) -> SystemTime {
        stamp(Time(time.0.saturating_add(self.ahead)))
    }

    fn here(&self, stamp: SystemTime) -> Time {
        Time(time(stamp).0.saturating_sub(self.ahead))
    }

    /// Runs a transaction that may be repeated.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Transaction<'_>) -> std::result::Result<T, Failure>,
    ) -> Result<T> {
        self.server.call(|client| commit(client, work))
    }

    /// Frees the tasks of workers that have vanished, once in a while. Returns those that have no try left.
    fn sweep(&mut self, now: Time) -> Result<Vec<TaskId>> {
        let is_early = |last: Time| now >= last && now.since(last) < BEAT;
        if self.swept.is_some_and(is_early) {
            return Ok(Vec::new());
        }
        let (oldest, name) = (self.there(now) - EXPIRY, self.name);
        let rows = self.server.call(|client| Ok(client.query(sql::SWEEP, &[&oldest, &VANISHED, &name])?))?;
        self.swept = Some(now);
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Changes a task that does not run.
    fn change(
        &mut self,
        id: TaskId,
        change: impl FnOnce(&mut Transaction<'_>) -> std::result::Result<(), Failure>,
    ) -> Result<std::result::Result<(), Unchanged>> {
        let name = self.name;
        self.transact(|transaction| {
            let found = transaction.query_opt(sql::IS_RUNNING, &[&id, &name])?;
            Ok(match found.map(|row| row.get(0)) {
                None => Err(Unchanged::None),
                Some(true) => Err(Unchanged::Running),
                Some(false) => {
                    change(transaction)?;
                    Ok(())
                }
            })
        })
    }

    fn listed(&self, state: State, row: &Row) -> Listed {
        Listed {
            id: row.get(0),
            state,
            data: row.get(1),
            priority: row.get::<_, i16>(2).into(),
            due: self.here(row.get(3)),
            attempts: count(row.get(4)),
            tries: count(row.get(5)),
            key: row.get(6),
            added: self.here(row.get(7)),
            error: row.get(8),
        }
    }
}

impl Store for PostgresStore {
    fn add(&mut self, tasks: &[NewTask], now: Time) -> Result<Vec<TaskId>> {
        if let Some(task) = tasks.iter().find(|task| i16::try_from(task.priority).is_err()) {
            let why = format!("in PostgreSQL a priority is from -32768 to 32767, and not {}", task.priority);
            return Err(Error::Other(why));
        }
        let data: Vec<&str> = tasks.iter().map(|task| &*task.data).collect();
        let due: Vec<SystemTime> = tasks.iter().map(|task| self.there(task.due.max(now))).collect();
        let tries: Vec<i32> =
            tasks.iter().map(|task| i16::try_from(task.tries).unwrap_or(i16::MAX).into()).collect();
        let keys: Vec<Option<&str>> = tasks.iter().map(|task| task.key.as_deref()).collect();
        let ranks: Vec<i32> = tasks.iter().map(|task| task.priority).collect();
        let name = self.name;
        let add = |transaction: &mut Transaction<'_>| {
            let sql = "SELECT identifier FROM graphile_worker._private_tasks WHERE id = $1";
            let name: String = transaction.query_one(sql, &[&name])?.get(0);
            Ok(transaction.query(sql::ADD, &[&name, &data, &due, &tries, &keys, &ranks])?)
        };
        let rows = self.server.call_once(|client| commit(client, add))?;
        // None if another worker took the task with the key at this moment.
        rows.iter().map(|row| row.get::<_, Option<TaskId>>(0).ok_or(Error::Busy)).collect()
    }

    fn take(&mut self, most: usize, now: Time) -> Result<Taken> {
        let mut taken = Taken { tasks: Vec::new(), failed: self.sweep(now)? };
        let (worker, name, there) = (self.worker.clone(), self.name, self.there(now));
        for _ in 0..most {
            let row =
                self.server.call(|client| Ok(client.query_opt(sql::TAKE, &[&worker, &name, &there])?))?;
            let Some(row) = row else { break };
            let id = row.get(0);
            self.heartbeat.add(id, &worker, &self.server);
            taken.tasks.push(Task {
                id,
                data: row.get(1),
                attempt: count(row.get(2)),
                tries: count(row.get(3)),
                key: row.get(4),
                added: self.here(row.get(5)),
            });
        }
        Ok(taken)
    }

    fn settle(&mut self, ends: &[(TaskId, End)], now: Time) -> Result<Vec<Recorded>> {
        let (worker, there) = (self.worker.clone(), self.there(now));
        let recorded = self.transact(|transaction| {
            ends.iter()
                .map(|(id, end)| settle(transaction, *id, &worker, end, there))
                .collect::<std::result::Result<_, _>>()
        })?;
        ends.iter().for_each(|(id, _)| self.heartbeat.remove(*id));
        Ok(recorded)
    }

    fn outlook(&mut self) -> Result<Outlook> {
        let name = self.name;
        let row = self.server.call(|client| Ok(client.query_one(sql::OUTLOOK, &[&name])?))?;
        let next: Option<SystemTime> = row.get(0);
        Ok(Outlook { next: next.map(|next| self.here(next)), running: large(row.get(1)), is_paused: false })
    }

    fn stats(&mut self, now: Time) -> Result<Stats> {
        let (name, there) = (self.name, self.there(now));
        let row = self.server.call(|client| Ok(client.query_one(sql::STATS, &[&name, &there])?))?;
        let oldest: Option<SystemTime> = row.get(4);
        Ok(Stats {
            ready: large(row.get(0)),
            delayed: large(row.get(1)),
            running: large(row.get(2)),
            failed: large(row.get(3)),
            done: None,
            oldest: oldest.map(|oldest| self.here(oldest)),
            is_paused: false,
        })
    }

    fn list(&mut self, state: State, most: usize, now: Time) -> Result<Vec<Listed>> {
        let (name, there) = (self.name, self.there(now));
        let number = State::ALL.iter().position(|one| *one == state).unwrap_or_default() as i32;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows =
            self.server.call(|client| Ok(client.query(sql::LIST, &[&name, &there, &number, &most])?))?;
        Ok(rows.iter().map(|row| self.listed(state, row)).collect())
    }

    fn retry(&mut self, id: TaskId, now: Time) -> Result<std::result::Result<(), Unchanged>> {
        let there = self.there(now);
        self.change(id, |transaction| {
            transaction.execute(sql::RETRY, &[&id, &there])?;
            Ok(())
        })
    }

    fn delete(&mut self, id: TaskId, _: Time) -> Result<std::result::Result<(), Unchanged>> {
        self.change(id, |transaction| {
            transaction.execute(sql::DELETE, &[&id])?;
            Ok(())
        })
    }

    fn pause(&mut self, _: bool) -> Result<()> {
        Err(Error::Other("graphile-worker's schema can't pause a queue; end its workers instead".into()))
    }
}

fn commit<T>(
    client: &mut Client,
    work: impl FnOnce(&mut Transaction<'_>) -> std::result::Result<T, Failure>,
) -> std::result::Result<T, Failure> {
    let mut transaction = client.transaction()?;
    let result = work(&mut transaction)?;
    transaction.commit()?;
    Ok(result)
}

fn settle(
    transaction: &mut Transaction<'_>,
    id: TaskId,
    worker: &str,
    end: &End,
    now: SystemTime,
) -> std::result::Result<Recorded, Failure> {
    let found = match end {
        End::Done => transaction.query_opt(sql::DONE, &[&id, &worker])?.map(|row| (row, Recorded::Done)),
        End::Back => transaction.query_opt(sql::BACK, &[&id, &worker])?.map(|row| (row, Recorded::Back)),
        End::Failed { error, again } => {
            let Some(row) = transaction.query_opt(sql::ATTEMPTS, &[&id, &worker])? else {
                return Ok(Recorded::Lost);
            };
            let due = now + backoff(count(row.get(0)));
            // The server refuses the character NUL in a text.
            let error = error.replace('\0', "\u{fffd}");
            transaction.query_opt(sql::FAILED, &[&id, &worker, &error, &due, again])?.map(|row| {
                let recorded = if row.get(1) { Recorded::Again } else { Recorded::Failed };
                (row, recorded)
            })
        }
    };
    let Some((row, recorded)) = found else { return Ok(Recorded::Lost) };
    if let Some(queue) = row.get::<_, Option<i32>>(0) {
        transaction.execute(sql::FREE_QUEUE, &[&queue, &worker])?;
    }
    Ok(recorded)
}

fn stamp(time: Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(time.0.min(LAST)).unwrap_or(0))
}

fn time(stamp: SystemTime) -> Time {
    let since = stamp.duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn count(count: i16) -> u32 {
    u32::try_from(count).unwrap_or(0)
}

fn large(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
