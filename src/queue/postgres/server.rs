//! The connection to the server, which is made again when it breaks.

use super::super::{Error, Result};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use std::time::Duration;

/// How long each step may take, so that a server that does not answer holds up nothing for longer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);

/// The pause before another attempt to reach a server.
const PAUSE: Duration = Duration::from_millis(100);

/// The migrations of the schema that are known: 16 made the tables that are used here.
const FIRST: i32 = 16;
const LAST: i32 = 18;

/// A server, and the connection to it while there is one.
pub struct Server {
    config: Config,
    client: Option<Client>,
}

impl Server {
    /// Connects to a database, and checks its schema. Changes nothing.
    pub fn open(url: &str) -> Result<Self> {
        // The parser's own message could hold a part of the URL, and so of its password.
        let mut config: Config =
            url.parse().map_err(|_| Error::Other("it is not a URL of a PostgreSQL database".into()))?;
        config.connect_timeout(CONNECT).tcp_user_timeout(ANSWER).application_name("pipewright");
        let mut server = Self { config, client: None };
        let client = server.client()?;
        check(client).map_err(|error| error.0)?;
        Ok(server)
    }

    /// Returns another connection to the same server, which is made when it is needed.
    pub fn another(&self) -> Self {
        Self { config: self.config.clone(), client: None }
    }

    /// Runs a call that may be repeated. After the connection has broken, the next call makes another one.
    ///
    /// # Errors
    /// `Unreachable` if the call was not made, or the connection broke.
    pub fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Client) -> std::result::Result<T, Failure>,
    ) -> Result<T> {
        self.call_once(call).map_err(|error| match error {
            Error::Broken(why) => Error::Unreachable(why),
            error => error,
        })
    }

    /// Runs a call that must not be repeated.
    ///
    /// # Errors
    /// `Unreachable` if the call was not made; `Broken` if it is not known whether the server has carried it out.
    pub fn call_once<T>(
        &mut self,
        call: impl FnOnce(&mut Client) -> std::result::Result<T, Failure>,
    ) -> Result<T> {
        let result = call(self.client()?).map_err(|failure| failure.0);
        if matches!(result, Err(Error::Broken(_))) {
            self.client = None;
        }
        result
    }

    fn client(&mut self) -> Result<&mut Client> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            let mut client = self.config.connect(NoTls).map_err(|error| {
                std::thread::sleep(PAUSE);
                unreachable(&error)
            })?;
            let limit = format!("SET statement_timeout = {}", ANSWER.as_millis());
            client.batch_execute(&limit).map_err(|error| Failure::from(error).0)?;
            self.client = Some(client);
        }
        self.client.as_mut().ok_or_else(|| Error::Unreachable("it is not connected".into()))
    }
}

/// The reason why a call failed.
pub struct Failure(pub Error);

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        let code = error.code();
        let is_passing = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
        ];
        let is_ending = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN];
        let is_io = std::error::Error::source(&error).is_some_and(|source| source.is::<std::io::Error>());
        Self(match code {
            Some(code) if is_passing.contains(code) => Error::Busy,
            Some(&SqlState::DISK_FULL) => Error::Full,
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => Error::ReadOnly,
            Some(code) if is_ending.contains(code) => Error::Broken(text(&error)),
            None if error.is_closed() || is_io => Error::Broken(text(&error)),
            _ => Error::Other(text(&error)),
        })
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

fn unreachable(error: &postgres::Error) -> Error {
    let starting = [SqlState::CANNOT_CONNECT_NOW, SqlState::TOO_MANY_CONNECTIONS];
    match error.code() {
        Some(code) if !starting.contains(code) => Error::Other(text(error)),
        _ => Error::Unreachable(text(error)),
    }
}

/// Returns the message of the server, or the reason of the system.
fn text(error: &postgres::Error) -> String {
    let message = match error.as_db_error() {
        Some(error) => error.message().to_owned(),
        None => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
    };
    crate::diag::visible(message.as_bytes())
}

/// Fails if the schema is missing, too old or changed by a later version in a way that breaks older ones.
fn check(client: &mut Client) -> std::result::Result<(), Failure> {
    let sql = "SELECT to_regclass('graphile_worker.migrations') IS NOT NULL";
    if !client.query_one(sql, &[])?.get::<_, bool>(0) {
        return Err(Error::NoSchema.into());
    }
    let sql = "SELECT max(id), max(id) FILTER (WHERE breaking) FROM graphile_worker.migrations";
    let row = client.query_one(sql, &[])?;
    let (last, breaking): (Option<i32>, Option<i32>) = (row.get(0), row.get(1));
    if last.is_none_or(|last| last < FIRST) {
        return Err(Error::NoSchema.into());
    }
    match breaking.filter(|breaking| *breaking > LAST) {
        Some(found) => Err(Error::Newer { found: found.into(), known: LAST.into() }.into()),
        None => Ok(()),
    }
}
