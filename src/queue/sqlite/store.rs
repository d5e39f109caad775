//! The store: each method is one transaction.

use super::super::{End, Listed, NewTask, Outlook, Recorded, Result, State, Stats, Store, Taken, Time};
use super::super::{TaskId, Unchanged};
use super::open::open;
use super::tasks;
use super::worker::Workers;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::Path;

/// One queue of a database, and the worker that takes tasks from it, if any.
pub struct SqliteStore {
    database: Connection,
    workers: Workers,
    queue: String,
}

impl SqliteStore {
    /// Opens a queue of the database at an absolute path.
    ///
    /// # Errors
    /// Fails if the file can't be opened or made, or is not ours, which leaves it unchanged.
    pub fn open(path: &Path, queue: &str) -> Result<Self> {
        let database = open(path)?;
        Ok(Self { database, workers: Workers::of(path), queue: queue.into() })
    }

    /// Begins a transaction that writes. It waits for others now, so that none of its statements has to.
    fn write(&mut self) -> Result<Transaction<'_>> {
        Ok(self.database.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Begins a transaction that writes, in which the tasks of workers that have vanished are free.
    fn write_freed(&mut self, now: Time) -> Result<Transaction<'_>> {
        let vanished = self.vanished()?;
        let queue = self.queue.clone();
        let transaction = self.write()?;
        for worker in vanished {
            tasks::release(&transaction, &queue, worker, now)?;
        }
        Ok(transaction)
    }

    /// Returns the workers that have tasks but whose processes have ended.
    fn vanished(&mut self) -> Result<Vec<i64>> {
        let mut vanished = Vec::new();
        for worker in tasks::workers(&self.database)? {
            if self.workers.has_vanished(worker)? {
                vanished.push(worker);
            }
        }
        Ok(vanished)
    }

    fn is_paused(&self) -> Result<bool> {
        let sql = "SELECT is_paused FROM queues WHERE name = ?1";
        let found = self.database.prepare_cached(sql)?.query_row([&self.queue], |row| row.get(0));
        Ok(found.optional()?.unwrap_or(false))
    }

    /// Runs one statement on a task that does not run; its parameters are the task, the queue and the time.
    fn change(&mut self, id: TaskId, now: Time, sql: &str) -> Result<std::result::Result<(), Unchanged>> {
        let queue = self.queue.clone();
        let transaction = self.write_freed(now)?;
        let result = match tasks::is_running(&transaction, &queue, id)? {
            None => Err(Unchanged::None),
            Some(true) => Err(Unchanged::Running),
            Some(false) => {
                transaction.prepare_cached(sql)?.execute(params![id, queue, now.0])?;
                Ok(())
            }
        };
        transaction.commit()?;
        Ok(result)
    }
}

impl Store for SqliteStore {
    fn add(&mut self, new: &[NewTask], now: Time) -> Result<Vec<TaskId>> {
        // A key means another thing for a task that runs than for one whose worker has vanished.
        let has_key = new.iter().any(|task| task.key.is_some());
        let queue = self.queue.clone();
        let transaction = if has_key { self.write_freed(now)? } else { self.write()? };
        let ids =
            new.iter().map(|task| tasks::add(&transaction, &queue, task, now)).collect::<Result<_>>()?;
        transaction.commit()?;
        Ok(ids)
    }

    fn take(&mut self, most: usize, now: Time) -> Result<Taken> {
        let vanished = self.vanished()?;
        // Most calls find nothing, and looking needs no lock.
        let is_due = !self.is_paused()?
            && tasks::first_due(&self.database, &self.queue)?.is_some_and(|first| first <= now);
        if vanished.is_empty() && !is_due {
            return Ok(Taken::default());
        }
        let queue = self.queue.clone();
        let Self { database, workers, .. } = self;
        let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut failed = Vec::new();
        for worker in vanished {
            failed.extend(tasks::release(&transaction, &queue, worker, now)?);
        }
        let own = workers.number(&transaction)?;
        let tasks = tasks::take(&transaction, &queue, own, most, now)?;
        transaction.commit()?;
        workers.keep(own);
        Ok(Taken { tasks, failed })
    }

    fn settle(&mut self, ends: &[(TaskId, End)], now: Time) -> Result<Vec<Recorded>> {
        let Some(own) = self.workers.own() else { return Ok(vec![Recorded::Lost; ends.len()]) };
        let queue = self.queue.clone();
        let transaction = self.write()?;
        let record = |(id, end): &(TaskId, End)| tasks::settle(&transaction, &queue, own, *id, end, now);
        let recorded = ends.iter().map(record).collect::<Result<_>>()?;
        transaction.commit()?;
        Ok(recorded)
    }

    fn outlook(&mut self) -> Result<Outlook> {
        let vanished = self.vanished()?;
        // Both statements see one state: a task is never between waiting and running.
        let snapshot = self.database.unchecked_transaction()?;
        let next = tasks::first_due(&snapshot, &self.queue)?;
        let running = tasks::running(&snapshot, &self.queue, &vanished)?;
        snapshot.commit()?;
        Ok(Outlook { next, running, is_paused: self.is_paused()? })
    }

    fn stats(&mut self, now: Time) -> Result<Stats> {
        let vanished = self.vanished()?;
        let is_paused = self.is_paused()?;
        let stats = tasks::stats(&self.database, &self.queue, now, &vanished)?;
        Ok(Stats { is_paused, ..stats })
    }

    fn list(&mut self, state: State, most: usize, now: Time) -> Result<Vec<Listed>> {
        let vanished = self.vanished()?;
        tasks::list(&self.database, &self.queue, state, most, now, &vanished)
    }

    fn retry(&mut self, id: TaskId, now: Time) -> Result<std::result::Result<(), Unchanged>> {
        let sql = "UPDATE tasks SET due = ?3, attempts = iif(failed IS NULL, attempts, 0), failed = NULL
                   WHERE id = ?1 AND queue = ?2";
        self.change(id, now, sql)
    }

    fn delete(&mut self, id: TaskId, now: Time) -> Result<std::result::Result<(), Unchanged>> {
        self.change(id, now, "DELETE FROM tasks WHERE id = ?1 AND queue = ?2 AND ?3 IS NOT NULL")
    }

    fn pause(&mut self, is_paused: bool) -> Result<()> {
        let queue = self.queue.clone();
        let transaction = self.write()?;
        transaction.execute(
            "INSERT INTO queues (name, is_paused) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET is_paused = excluded.is_paused",
            params![queue, is_paused],
        )?;
        Ok(transaction.commit()?)
    }
}
