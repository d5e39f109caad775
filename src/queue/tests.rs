//! Tests of stores: random operations beside a model, with a simulated clock; and the files that a store meets.

use super::model::Model;
use super::sqlite::SqliteStore;
use super::*;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// One operation. Numbers of tasks and workers are taken modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Add(Vec<(i32, u64, u32, Option<u8>)>),
    Take(usize, usize),
    Settle(usize, End),
    Vanish(usize),
    /// The clock goes on, or is set to another time.
    Clock(i64),
    Retry(i64),
    Delete(i64),
    Pause(bool),
}

const WORKERS: usize = 3;

fn step() -> impl Strategy<Value = Step> {
    let new = (-3..3, prop_oneof![Just(0), 1..9000_u64], 1..4_u32, prop::option::of(0..3_u8));
    let end = prop_oneof![
        3 => Just(End::Done),
        2 => Just(End::Failed { error: "no".into(), again: true }),
        1 => Just(End::Failed { error: "never".into(), again: false }),
        1 => Just(End::Back),
    ];
    prop_oneof![
        4 => prop::collection::vec(new, 1..4).prop_map(Step::Add),
        6 => (0..WORKERS, 1..4_usize).prop_map(|(worker, most)| Step::Take(worker, most)),
        6 => (0..9_usize, end).prop_map(|(which, end)| Step::Settle(which, end)),
        1 => (0..WORKERS).prop_map(Step::Vanish),
        3 => prop_oneof![4 => 1..20_000_i64, 1 => -60_000..60_000_i64].prop_map(Step::Clock),
        1 => (0..20_i64).prop_map(Step::Retry),
        1 => (0..20_i64).prop_map(Step::Delete),
        1 => any::<bool>().prop_map(Step::Pause),
    ]
}

fn task(data: &str) -> NewTask {
    NewTask { data: data.into(), priority: 0, due: Time(0), tries: TRIES, key: None }
}

struct File(TempDir);

impl File {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("tasks.db")
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path(), "mail").expect("it opens")
    }

    fn error(&self) -> Error {
        SqliteStore::open(&self.path(), "mail").err().expect("it does not open")
    }
}

fn compare(steps: Vec<Step>) {
    let file = File::new();
    let mut workers: Vec<SqliteStore> = (0..WORKERS).map(|_| file.open()).collect();
    let mut producer = file.open();
    let mut model = Model::default();
    let mut now = Time(1_000_000);
    let mut taken: Vec<(usize, TaskId)> = Vec::new();
    // The tasks that failed when their worker vanished, until a worker has seen it.
    let mut failed: Vec<TaskId> = Vec::new();
    for (number, step) in steps.into_iter().enumerate() {
        match step {
            Step::Add(list) => {
                let list: Vec<NewTask> = list
                    .into_iter()
                    .map(|(priority, delay, tries, key)| NewTask {
                        data: format!("{number}"),
                        priority,
                        due: now.after(Duration::from_millis(delay)),
                        tries,
                        key: key.map(|key| key.to_string()),
                    })
                    .collect();
                let ids = producer.add(&list, now).unwrap();
                if list.iter().any(|task| task.key.is_some()) {
                    failed.clear();
                }
                for (task, id) in list.iter().zip(ids) {
                    assert_eq!(model.add(task, now, id), id);
                }
            }
            Step::Take(worker, most) => {
                let mut found = workers[worker].take(most, now).unwrap();
                found.failed.sort_unstable();
                failed.sort_unstable();
                let expected = Taken { failed: std::mem::take(&mut failed), ..model.take(worker, most, now) };
                assert_eq!(found, expected);
                taken.extend(found.tasks.iter().map(|task| (worker, task.id)));
            }
            Step::Settle(which, end) if !taken.is_empty() => {
                let (worker, id) = taken.swap_remove(which % taken.len());
                let recorded = workers[worker].settle(&[(id, end.clone())], now).unwrap();
                assert_eq!(recorded, [model.settle(worker, id, &end, now)]);
                assert_eq!(workers[worker].settle(&[(id, end)], now).unwrap(), [Recorded::Lost]);
            }
            Step::Settle(..) => {}
            Step::Vanish(worker) => {
                workers[worker] = file.open();
                failed.extend(model.vanish(worker));
                taken.retain(|one| one.0 != worker);
            }
            Step::Clock(jump) => now = Time(now.0 + jump),
            // These see workers that have vanished, too, and so does an addition with a key.
            Step::Retry(id) => {
                assert_eq!(producer.retry(id, now).unwrap(), model.retry(id, now));
                failed.clear();
            }
            Step::Delete(id) => {
                assert_eq!(producer.delete(id, now).unwrap(), model.delete(id));
                failed.clear();
            }
            Step::Pause(yes) => {
                producer.pause(yes).unwrap();
                model.is_paused = yes;
            }
        }
        assert_eq!(producer.stats(now).unwrap(), model.stats(now));
        let outlook = producer.outlook().unwrap();
        assert_eq!(outlook.running, model.stats(now).running);
        for state in State::ALL {
            assert_eq!(producer.list(state, 100, now).unwrap(), model.list(state, now), "{state:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn a_store_does_what_the_model_does(steps in prop::collection::vec(step(), 1..60)) {
        compare(steps);
    }
}

#[test]
fn the_smallest_priority_comes_first_and_then_the_time() {
    let file = File::new();
    let mut store = file.open();
    let new = |data, priority, due| NewTask { priority, due: Time(due), ..task(data) };
    store
        .add(&[new("late", 0, 9), new("soon", 0, 5), new("last", 1, 0), new("first", -1, 9)], Time(0))
        .unwrap();
    let taken = store.take(9, Time(9)).unwrap().tasks;
    assert_eq!(taken.iter().map(|task| &*task.data).collect::<Vec<_>>(), ["first", "soon", "late", "last"]);
}

#[test]
fn a_task_whose_worker_has_vanished_is_taken_at_once_and_the_try_counts() {
    let file = File::new();
    let (mut one, mut two) = (file.open(), file.open());
    one.add(&[task("a")], Time(0)).unwrap();
    assert_eq!(one.take(1, Time(1)).unwrap().tasks[0].attempt, 1);
    assert_eq!(two.take(1, Time(1)).unwrap(), Taken::default());
    assert_eq!(two.stats(Time(1)).unwrap().running, 1);
    drop(one);
    assert_eq!(two.stats(Time(1)).unwrap().ready, 1);
    assert_eq!(two.take(1, Time(1)).unwrap().tasks[0].attempt, 2);
}

#[test]
fn keys_are_unique_in_the_database() {
    let file = File::new();
    let mut mail = file.open();
    let mut other = SqliteStore::open(&file.path(), "other").unwrap();
    let keyed = |data| NewTask { key: Some("k".into()), ..task(data) };
    let first = mail.add(&[keyed("1")], Time(0)).unwrap();
    assert_eq!(other.add(&[keyed("2")], Time(0)).unwrap(), first);
    assert_eq!(mail.take(1, Time(0)).unwrap().tasks, []);
    assert_eq!(other.take(1, Time(0)).unwrap().tasks[0].data, "2");
    // It runs, so this is another task, and the running one is not tried again.
    assert_ne!(other.add(&[keyed("3")], Time(0)).unwrap(), first);
    let failed = End::Failed { error: "no".into(), again: true };
    assert_eq!(other.settle(&[(first[0], failed)], Time(0)).unwrap(), [Recorded::Failed]);
}

#[test]
fn a_file_that_several_open_at_once_is_made_once() {
    for _ in 0..40 {
        let file = File::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    // Another one writes: a run tries again, too.
                    while let Err(error) = SqliteStore::open(&file.path(), "mail") {
                        assert_eq!(error, Error::Busy);
                    }
                });
            }
        });
    }
}

#[test]
fn a_key_of_a_task_whose_worker_has_vanished_replaces_it() {
    let file = File::new();
    let (mut one, mut two) = (file.open(), file.open());
    let keyed = |data| NewTask { key: Some("k".into()), ..task(data) };
    let first = one.add(&[keyed("1")], Time(0)).unwrap();
    assert_eq!(one.take(1, Time(0)).unwrap().tasks.len(), 1);
    drop(one);
    assert_eq!(two.add(&[keyed("2")], Time(0)).unwrap(), first);
    let taken = two.take(9, Time(0)).unwrap().tasks;
    assert_eq!(taken.iter().map(|task| (&*task.data, task.attempt)).collect::<Vec<_>>(), [("2", 1)]);
}

/// Returns the names and bytes of all files in a directory.
fn contents(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_file_that_is_not_ours_stays_as_it_is() {
    let file = File::new();
    let refused = |expected: &Error| {
        let before = contents(file.0.path());
        assert_eq!(&file.error(), expected);
        assert!(contents(file.0.path()) == before, "{expected:?}");
    };
    fs::write(file.path(), "not a database, but long enough to be one: ".repeat(50)).unwrap();
    refused(&Error::Foreign);
    for mode in ["DELETE", "WAL"] {
        fs::remove_file(file.path()).unwrap();
        let other = rusqlite::Connection::open(file.path()).unwrap();
        other.execute_batch(&format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (x);")).unwrap();
        drop(other);
        refused(&Error::Foreign);
    }
    fs::remove_file(file.path()).unwrap();
    drop(file.open());
    let ours = rusqlite::Connection::open(file.path()).unwrap();
    ours.pragma_update(None, "user_version", 9).unwrap();
    drop(ours);
    refused(&Error::Newer { found: 9, known: 1 });
}

#[test]
fn a_path_that_can_not_be_a_file_of_queues_is_refused() {
    let file = File::new();
    let nowhere = file.0.path().join("none/tasks.db");
    assert_eq!(
        SqliteStore::open(&nowhere, "m").err().map(|error| error.to_string()),
        Some("its directory: No such file or directory".to_string())
    );
    assert!(matches!(
        SqliteStore::open(file.0.path(), "m").err(),
        Some(Error::Other(why)) if why == "it is a directory"
    ));
}

#[test]
fn stores_that_open_at_once_make_one_file() {
    let file = File::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut store = loop {
                    match SqliteStore::open(&file.path(), "mail") {
                        Ok(store) => break store,
                        Err(error) => assert_eq!(error, Error::Busy),
                    }
                };
                while let Err(error) = store.add(&[task("x")], Time(0)) {
                    assert_eq!(error, Error::Busy);
                }
            });
        }
    });
    assert_eq!(file.open().stats(Time(0)).unwrap().ready, 8);
}

#[test]
fn a_store_that_another_process_holds_is_busy() {
    let file = File::new();
    let mut store = file.open();
    let other = rusqlite::Connection::open(file.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(store.add(&[task("x")], Time(0)), Err(Error::Busy));
    // Reading needs no lock.
    assert_eq!(store.stats(Time(0)).unwrap().ready, 0);
    other.execute_batch("COMMIT").unwrap();
    assert!(store.add(&[task("x")], Time(0)).is_ok());
}

#[test]
fn a_clock_that_jumps_by_a_minute_changes_when_tasks_are_due_and_nothing_else() {
    const MINUTE: i64 = 60_000;
    let file = File::new();
    let (mut one, mut two) = (file.open(), file.open());
    let now = |jump| Time(10 * MINUTE + jump);
    let later = NewTask { due: now(MINUTE / 2), ..task("later") };
    one.add(&[NewTask { due: now(0), ..task("running") }, later], now(0)).unwrap();
    let running = one.take(9, now(0)).unwrap().tasks;
    assert_eq!(running.len(), 1);
    // Forwards: the delayed task is due early. The running one stays with its worker, for there is no lease.
    assert_eq!(two.take(9, now(MINUTE)).unwrap().tasks.len(), 1);
    assert_eq!(two.stats(now(MINUTE)).unwrap().running, 2);
    // Backwards: a task that is added and one that failed wait for the minute that comes again.
    one.add(&[NewTask { due: now(MINUTE), ..task("added") }], now(MINUTE)).unwrap();
    let failed = End::Failed { error: "no".into(), again: true };
    assert_eq!(one.settle(&[(running[0].id, failed)], now(MINUTE)).unwrap(), [Recorded::Again]);
    assert_eq!(two.take(9, now(-MINUTE)).unwrap(), Taken::default());
    assert_eq!(two.stats(now(-MINUTE)).unwrap().delayed, 2);
    let due = now(MINUTE).after(backoff(1));
    let taken = two.take(9, due).unwrap().tasks;
    assert_eq!(
        taken.iter().map(|task| (&*task.data, task.attempt)).collect::<Vec<_>>(),
        [("added", 1), ("running", 2)]
    );
}
