//! Queues in a PostgreSQL database, for several machines, on the schema of graphile-worker.
//!
//! Tasks that its workers in Node or SQL have added run here, and ours there. A worker names itself `pipewright-…` in the
//! tasks that it runs, and refreshes their time every few seconds. A task whose time is too old is free again, if its worker
//! was a Pipewright: those of Node refresh nothing, and free their own tasks after four hours.

mod heartbeat;
mod server;
mod statements;
mod store;

pub use store::PostgresStore;
