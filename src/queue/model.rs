//! A model of a queue in memory, as simple as the rules allow. Tests compare the stores with it.

use super::rules::{VANISHED, backoff};
use super::{End, Listed, NewTask, Recorded, State, Stats, Taken, Task, TaskId, Time, Unchanged};

/// One queue with several workers.
#[derive(Debug, Default)]
pub struct Model {
    tasks: Vec<Listed>,
    /// The worker of each task that runs, by the task's number.
    running: Vec<(TaskId, usize)>,
    last: TaskId,
    done: u64,
    pub is_paused: bool,
}

impl Model {
    /// Adds a task. `next` is its number, if it is a new one: numbers only grow, and may skip some.
    pub fn add(&mut self, new: &NewTask, now: Time, next: TaskId) -> TaskId {
        if let Some(place) = self.tasks.iter().position(|task| task.key.is_some() && task.key == new.key) {
            let old = &mut self.tasks[place];
            if matches!(old.state, State::Running | State::Failed) {
                (old.key, old.tries) = (None, old.attempts);
            } else {
                (old.data, old.priority, old.due) = (new.data.clone(), new.priority, new.due);
                (old.tries, old.attempts, old.error) = (new.tries, 0, None);
                return old.id;
            }
        }
        assert!(next > self.last);
        self.last = next;
        self.tasks.push(Listed {
            id: self.last,
            state: State::Ready,
            data: new.data.clone(),
            priority: new.priority,
            due: new.due,
            attempts: 0,
            tries: new.tries,
            key: new.key.clone(),
            added: now,
            error: None,
        });
        self.last
    }

    /// Sets the states that depend on the time.
    fn look(&mut self, now: Time) {
        for task in &mut self.tasks {
            if matches!(task.state, State::Ready | State::Delayed) {
                task.state = if task.due > now { State::Delayed } else { State::Ready };
            }
        }
        self.tasks.sort_by_key(|task| (task.priority, task.due, task.id));
    }

    fn find(&mut self, id: TaskId) -> Option<&mut Listed> {
        self.tasks.iter_mut().find(|task| task.id == id)
    }

    pub fn take(&mut self, worker: usize, most: usize, now: Time) -> Taken {
        self.look(now);
        let mut taken = Taken::default();
        let most = if self.is_paused { 0 } else { most };
        for task in self.tasks.iter_mut().filter(|task| task.state == State::Ready).take(most) {
            (task.state, task.attempts) = (State::Running, task.attempts + 1);
            self.running.push((task.id, worker));
            taken.tasks.push(Task {
                id: task.id,
                data: task.data.clone(),
                attempt: task.attempts,
                tries: task.tries,
                key: task.key.clone(),
                added: task.added,
            });
        }
        taken
    }

    pub fn settle(&mut self, worker: usize, id: TaskId, end: &End, now: Time) -> Recorded {
        let Some(place) = self.running.iter().position(|one| *one == (id, worker)) else {
            return Recorded::Lost;
        };
        self.running.remove(place);
        let Some(task) = self.find(id) else { return Recorded::Lost };
        match end {
            End::Done => {
                self.tasks.retain(|task| task.id != id);
                self.done += 1;
                Recorded::Done
            }
            End::Back => {
                (task.state, task.attempts) = (State::Ready, task.attempts - 1);
                Recorded::Back
            }
            End::Failed { error, again } => {
                task.error = Some(error.clone());
                if *again && task.attempts < task.tries {
                    (task.state, task.due) = (State::Delayed, now.after(backoff(task.attempts)));
                    return Recorded::Again;
                }
                task.state = State::Failed;
                Recorded::Failed
            }
        }
    }

    /// The process of a worker ends. Another worker sees it the next time that it looks.
    pub fn vanish(&mut self, worker: usize) -> Vec<TaskId> {
        let lost: Vec<TaskId> = self.running.iter().filter(|one| one.1 == worker).map(|one| one.0).collect();
        self.running.retain(|one| one.1 != worker);
        let mut failed = Vec::new();
        for id in lost {
            let Some(task) = self.find(id) else { continue };
            task.state = State::Ready;
            if task.attempts >= task.tries {
                (task.state, task.error) = (State::Failed, Some(VANISHED.into()));
                failed.push(id);
            }
        }
        failed
    }

    pub fn retry(&mut self, id: TaskId, now: Time) -> Result<(), Unchanged> {
        let task = self.find(id).ok_or(Unchanged::None)?;
        match task.state {
            State::Running => return Err(Unchanged::Running),
            State::Failed => task.attempts = 0,
            State::Ready | State::Delayed => {}
        }
        (task.state, task.due) = (State::Ready, now);
        Ok(())
    }

    pub fn delete(&mut self, id: TaskId) -> Result<(), Unchanged> {
        if self.find(id).ok_or(Unchanged::None)?.state == State::Running {
            return Err(Unchanged::Running);
        }
        self.tasks.retain(|task| task.id != id);
        Ok(())
    }

    pub fn list(&mut self, state: State, now: Time) -> Vec<Listed> {
        self.look(now);
        self.tasks.iter().filter(|task| task.state == state).cloned().collect()
    }

    pub fn stats(&mut self, now: Time) -> Stats {
        let [ready, delayed, running, failed] = State::ALL.map(|state| self.list(state, now).len() as u64);
        let oldest = self.list(State::Ready, now).iter().map(|task| task.due).min();
        Stats { ready, delayed, running, failed, done: Some(self.done), oldest, is_paused: self.is_paused }
    }
}
