//! The thread that asks the scripts for their state every second, keeps samples for charts, and carries out actions.

use pipewright::top::{Action, Run, State, runs};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::oneshot;

/// The time between two samples.
const INTERVAL: Duration = Duration::from_secs(1);
/// The number of samples that are kept.
const MOST_SAMPLES: usize = 120;
/// The number of charts of a script. Instances beyond them have none.
const MOST_SERIES: usize = 256;
/// The number of actions that wait.
const MOST_ORDERS: usize = 16;

/// All scripts at one moment.
#[derive(Default, Serialize)]
pub struct Snapshot {
    /// The seconds since 1970.
    pub time: f64,
    pub runs: Vec<WatchedRun>,
}

/// A script with its samples.
#[derive(Serialize)]
pub struct WatchedRun {
    #[serde(flatten)]
    pub state: State,
    samples: Vec<Series>,
}

/// The samples of a script or an instance, one a second, the latest last.
#[derive(Clone, Default, Serialize)]
struct Series {
    /// The number of the service and of its instance; none for the whole script.
    service: Option<u64>,
    instance: Option<usize>,
    /// The processors that it used.
    cpu: VecDeque<f64>,
    /// The bytes that it kept in RAM.
    memory: VecDeque<u64>,
    /// The process and its processor time at the last sample.
    #[serde(skip)]
    last: Option<(u32, f64, Instant)>,
}

/// What to do in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Act { service: u64, action: Action },
    Resize { id: u64, jobs: usize },
}

/// Why an order was not carried out.
#[derive(Debug)]
pub enum Refusal {
    /// No script of this user has this process.
    NoRun,
    /// The script says why.
    Refused(String),
    /// Too many orders wait.
    Busy,
}

type Carried = Result<(), Refusal>;
type Waiting = (u32, Order, oneshot::Sender<Carried>);

/// The other end of the thread.
pub struct Watcher {
    latest: Arc<RwLock<Arc<Snapshot>>>,
    orders: SyncSender<Waiting>,
}

impl Watcher {
    /// Starts the thread. The latest state is empty until it has looked for the first time.
    ///
    /// # Errors
    /// Fails if the system has no thread for it.
    pub fn start() -> io::Result<Self> {
        let (orders, waiting) = sync_channel(MOST_ORDERS);
        let latest = Arc::new(RwLock::default());
        let shared = latest.clone();
        thread::Builder::new().name("pipewright-watch".into()).spawn(move || follow(&shared, &waiting))?;
        Ok(Self { latest, orders })
    }

    /// Returns the latest state.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Carries out an order. The latest state shows its beginning.
    ///
    /// # Errors
    /// Fails if no such script runs, or the script refuses it.
    pub async fn carry_out(&self, pid: u32, order: Order) -> Carried {
        let (sender, carried) = oneshot::channel();
        match self.orders.try_send((pid, order, sender)) {
            Ok(()) => carried.await.unwrap_or(Err(Refusal::Busy)),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Refusal::Busy),
        }
    }
}

/// Looks every second, and after each order.
fn follow(latest: &RwLock<Arc<Snapshot>>, orders: &Receiver<Waiting>) {
    let mut series = BTreeMap::new();
    let mut look = || {
        let states = runs().iter().filter_map(|run| run.state().ok()).collect();
        let snapshot = Arc::new(sampled(states, &mut series));
        *latest.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    };
    loop {
        look();
        let due = Instant::now() + INTERVAL;
        loop {
            match orders.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok((pid, order, sender)) => {
                    let carried = carry_out(pid, order);
                    look();
                    let _ = sender.send(carried);
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

fn carry_out(pid: u32, order: Order) -> Carried {
    let found = runs().into_iter().find(|run: &Run| run.pid() == pid).ok_or(Refusal::NoRun)?;
    let result = match order {
        Order::Act { service, action } => found.act(service, action),
        Order::Resize { id, jobs } => found.resize(id, jobs),
    };
    result.map_err(|error| Refusal::Refused(error.to_string()))
}

/// What a series is of: the process of the script, and the numbers of a service and its instance.
type Key = (u32, Option<(u64, usize)>);

/// Adds a sample of each script and instance to its series. Forgets those that are gone.
fn sampled(states: Vec<State>, series: &mut BTreeMap<Key, Series>) -> Snapshot {
    let mut kept = BTreeMap::new();
    let mut runs = Vec::new();
    for state in states {
        let whole = ((state.pid, None), Some(state.pid), state.processor, state.memory);
        let instances = state.services.iter().flat_map(|service| {
            service
                .instances
                .iter()
                .map(|one| ((state.pid, Some((service.id, one.number))), one.pid, one.processor, one.memory))
        });
        let mut samples = Vec::new();
        for (key, pid, processor, memory) in std::iter::once(whole).chain(instances).take(MOST_SERIES) {
            let mut one = series.remove(&key).unwrap_or_default();
            (one.service, one.instance) = key.1.unzip();
            one.add(pid, processor, memory);
            samples.push(one.clone());
            kept.insert(key, one);
        }
        runs.push(WatchedRun { state, samples });
    }
    *series = kept;
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Snapshot { time: time.as_secs_f64(), runs }
}

impl Series {
    fn add(&mut self, pid: Option<u32>, processor: f64, memory: u64) {
        let now = Instant::now();
        let cpu = match (self.last, pid) {
            (Some((before, used, then)), Some(pid)) if before == pid => {
                let passed = now.duration_since(then).as_secs_f64();
                // Less if a process that had been counted left the tree. A look after an action comes at once.
                if passed < INTERVAL.as_secs_f64() / 2.0 {
                    return;
                }
                ((processor - used) / passed).max(0.0)
            }
            _ => 0.0,
        };
        self.last = pid.map(|pid| (pid, processor, now));
        self.cpu.push_back(cpu);
        self.memory.push_back(memory);
        if self.cpu.len() > MOST_SAMPLES {
            self.cpu.pop_front();
            self.memory.pop_front();
        }
    }
}
