//! The errors of stores.

use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

/// An error of a store. After each, the store holds what it held before the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Another process holds the store for a moment.
    Busy,
    /// The disk, or a quota, is full.
    Full,
    /// The file or its directory can only be read.
    ReadOnly,
    /// The file is not a queue of Pipewright. It was not changed.
    Foreign,
    /// A later version of Pipewright made the queue. It was not changed.
    Newer { found: i64, known: i64 },
    /// The file is on a file system that several machines may share.
    SharedFileSystem(&'static str),
    /// The server can't be reached at the moment. The call may be repeated.
    #[cfg_attr(not(feature = "queue-postgres"), expect(dead_code, reason = "files have no server"))]
    Unreachable(String),
    /// The connection broke during a call: it is not known whether the server has carried it out.
    #[cfg_attr(not(feature = "queue-postgres"), expect(dead_code, reason = "files have no server"))]
    Broken(String),
    /// The database has no schema of graphile-worker, or an old one.
    #[cfg_attr(not(feature = "queue-postgres"), expect(dead_code, reason = "files have no server"))]
    NoSchema,
    /// The file is damaged.
    Damaged(String),
    /// Another reason.
    Other(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("another process keeps it locked"),
            Self::Full => f.write_str("the disk is full"),
            Self::ReadOnly => f.write_str("it can only be read"),
            Self::Foreign => f.write_str("it is not a file of queues, and was left unchanged"),
            Self::Newer { found, known } => write!(
                f,
                "a later version of Pipewright made it (format {found}, and this one knows {known}); it was left unchanged"
            ),
            Self::SharedFileSystem(kind) => write!(
                f,
                "it is on {kind}, which several machines may share: their locks and memory don't reach each other"
            ),
            Self::Unreachable(why) => write!(f, "the server can't be reached: {why}"),
            Self::Broken(why) => {
                write!(
                    f,
                    "the connection to the server broke, so it is not known whether this was done: {why}"
                )
            }
            Self::NoSchema => {
                f.write_str("the database has no schema of graphile-worker, or one before its 0.16")
            }
            Self::Damaged(why) => write!(f, "the file is damaged: {why}"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {}
