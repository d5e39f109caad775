//! The records of an audit log in JSON. The implementation is by hand, because the derive macro of
//! serde alone would cost an embedder of the library a quarter of a first build.

use crate::value::json_text::Text;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use std::borrow::Cow;

/// A line of the log.
pub struct Record<'a> {
    pub run: &'a str,
    pub seq: u64,
    /// The number of the line in the log, from 1.
    pub line: u64,
    /// The digest of the line before it.
    pub prev: &'a str,
    /// Seconds since 1970-01-01 00:00 UTC.
    pub time: f64,
    /// The turn of a loop side by side that causes the event.
    pub turn: Option<u64>,
    pub entry: &'a Entry<'a>,
}

/// The event of a line.
pub enum Entry<'a> {
    /// The run begins.
    Begin { script: Text<'a>, args: Vec<Text<'a>>, pid: u32, user: u32, directory: Text<'a> },
    /// A program is about to be started, or to replace this process.
    Exec {
        replaces: bool,
        at: String,
        program: Text<'a>,
        argv: Vec<Text<'a>>,
        directory: Text<'a>,
        redirections: &'a [Redirected<'a>],
        /// The variables that differ from those that this process inherited; null for a removed
        /// variable.
        environment: Variables<'a>,
        user: u32,
    },
    /// It ended: the `seq` of its `exec`, and the resources that it used, in seconds and bytes.
    End { exec: u64, end: Ended },
    /// It could not be started.
    Failed { exec: u64, reason: Text<'a> },
    /// The target of a redirection is about to be opened.
    Open { at: String, mode: &'static str, path: Text<'a> },
    /// `write()` is about to write a file.
    Write { at: String, path: Text<'a>, append: bool, bytes: usize },
    /// `input()` or `confirm()` is about to ask the user. The answer is not recorded.
    Ask { at: String, question: Text<'a>, is_shown: bool },
    /// `kill` or `job.kill()` is about to send a signal.
    Kill { at: String, signal: &'a str, targets: &'a [i32] },
    /// A sandbox is about to begin: what it leaves open.
    Sandbox { at: String, open: Vec<Text<'a>> },
    /// A service is about to listen at an address.
    Listen { at: String, address: &'a str },
    /// A queue is about to be opened or changed, or tasks of it have been taken.
    Queue { at: String, path: Text<'a>, name: Text<'a>, change: &'static str, tasks: &'a [i64] },
    /// An instance of a service is about to be started; after the first time, `restarts` counts.
    Instance { at: String, service: &'a str, number: usize, restarts: u64 },
    /// The run ended.
    Finish { status: u8 },
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("run", self.run)?;
        map.serialize_entry("seq", &self.seq)?;
        map.serialize_entry("line", &self.line)?;
        map.serialize_entry("prev", self.prev)?;
        map.serialize_entry("time", &self.time)?;
        if let Some(turn) = &self.turn {
            map.serialize_entry("turn", turn)?;
        }
        self.entry.fields(&mut map)?;
        map.end()
    }
}

impl Entry<'_> {
    fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match self {
            Self::Begin { script, args, pid, user, directory } => {
                map.serialize_entry("event", "begin")?;
                map.serialize_entry("script", script)?;
                map.serialize_entry("args", args)?;
                map.serialize_entry("pid", pid)?;
                map.serialize_entry("user", user)?;
                map.serialize_entry("directory", directory)
            }
            Self::Exec { replaces, at, program, argv, directory, redirections, environment, user } => {
                map.serialize_entry("event", if *replaces { "replace" } else { "exec" })?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("program", program)?;
                map.serialize_entry("argv", argv)?;
                map.serialize_entry("directory", directory)?;
                map.serialize_entry("redirections", redirections)?;
                map.serialize_entry("environment", environment)?;
                map.serialize_entry("user", user)
            }
            Self::Sandbox { at, open } => {
                map.serialize_entry("event", "sandbox")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("open", open)
            }
            Self::End { exec, end } => {
                map.serialize_entry("event", "end")?;
                map.serialize_entry("exec", exec)?;
                map.serialize_entry("pid", &end.pid)?;
                map.serialize_entry("status", &end.status)?;
                map.serialize_entry("signal", &end.signal)?;
                map.serialize_entry("wall", &end.wall)?;
                map.serialize_entry("user", &end.user)?;
                map.serialize_entry("system", &end.system)?;
                map.serialize_entry("memory", &end.memory)
            }
            Self::Failed { exec, reason } => {
                map.serialize_entry("event", "failed")?;
                map.serialize_entry("exec", exec)?;
                map.serialize_entry("reason", reason)
            }
            Self::Open { at, mode, path } => {
                map.serialize_entry("event", "open")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("mode", mode)?;
                map.serialize_entry("path", path)
            }
            Self::Write { at, path, append, bytes } => {
                map.serialize_entry("event", "write")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("path", path)?;
                map.serialize_entry("append", append)?;
                map.serialize_entry("bytes", bytes)
            }
            Self::Ask { at, question, is_shown } => {
                map.serialize_entry("event", "ask")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("question", question)?;
                map.serialize_entry("secret", &!is_shown)
            }
            Self::Kill { at, signal, targets } => {
                map.serialize_entry("event", "kill")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("signal", signal)?;
                map.serialize_entry("targets", targets)
            }
            Self::Listen { at, address } => {
                map.serialize_entry("event", "listen")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("address", address)
            }
            Self::Queue { at, path, name, change, tasks } => {
                map.serialize_entry("event", "queue")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("path", path)?;
                map.serialize_entry("queue", name)?;
                map.serialize_entry("change", change)?;
                map.serialize_entry("tasks", tasks)
            }
            Self::Instance { at, service, number, restarts } => {
                map.serialize_entry("event", "instance")?;
                map.serialize_entry("at", at)?;
                map.serialize_entry("service", service)?;
                map.serialize_entry("number", number)?;
                map.serialize_entry("restarts", restarts)
            }
            Self::Finish { status } => {
                map.serialize_entry("event", "finish")?;
                map.serialize_entry("status", status)
            }
        }
    }
}

/// How a process ended.
pub struct Ended {
    pub pid: Option<i32>,
    pub status: Option<u8>,
    pub signal: Option<String>,
    pub wall: f64,
    pub user: f64,
    pub system: f64,
    pub memory: u64,
}

/// A redirection of a program.
pub struct Redirected<'a> {
    pub fd: i32,
    pub mode: &'static str,
    pub path: Option<Text<'a>>,
    pub of: Option<i32>,
}

impl Serialize for Redirected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("fd", &self.fd)?;
        map.serialize_entry("mode", self.mode)?;
        if let Some(path) = &self.path {
            map.serialize_entry("path", path)?;
        }
        if let Some(of) = &self.of {
            map.serialize_entry("of", of)?;
        }
        map.end()
    }
}

/// Names and values, in order.
pub struct Variables<'a>(pub Vec<(Cow<'a, str>, Option<Text<'a>>)>);

impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
