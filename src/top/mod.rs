//! What runs at this moment, for another terminal: `pipewright top`.
//!
//! A process that runs a script publishes its [`Board`](crate::Board) through a socket that only its user can open: a file
//! of mode 0600 in `$XDG_RUNTIME_DIR/pipewright`, or in `/tmp/pipewright-UID` if that variable is not set. The directory
//! belongs to the user alone, and both sides also ask the kernel for the user of the other (`SO_PEERCRED`, unix(7)). A
//! program that never runs a loop side by side, a service, a worker or a queue makes no socket.
//!
//! ```
//! use pipewright::{Board, Engine, top};
//!
//! let published = std::sync::Arc::new(std::sync::OnceLock::new());
//! let slot = published.clone();
//! let board = Board::new(move |board| {
//!     let _ = slot.set(top::Publication::start("job", board.clone()));
//! });
//! let engine = Engine::builder()
//!     .board(board)
//!     .function("runs", || top::runs().iter().filter(|run| run.pid() == std::process::id()).count() as i64)
//!     .build()?;
//! let script = engine.script("job", "let counts = [1, 2].map(n => runs(), jobs: 2); echo $[counts[0]]")?;
//! assert_eq!(engine.session().run(&script).read()?, "1");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
mod directory;
mod message;
mod server;

pub use client::{Run, runs};
pub use message::{Action, InstanceState, LoopState, QueueState, ServiceState, State, WorkerState};
pub use server::Publication;
