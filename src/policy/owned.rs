//! A request that was refused, kept for the host.

use super::{Access, Request};
use std::fmt;
use std::path::PathBuf;

/// A [`Request`] that outlives the run: see [`crate::Error::denial`].
///
/// ```
/// use pipewright::policy::{Access, Action, Rules};
/// use pipewright::{Engine, Script};
///
/// let engine = Engine::builder().policy(Rules::new()).build()?;
/// let error = engine.session().run(&Script::parse("t", "echo x > /srv/a")?).status().unwrap_err();
/// let Some((denial, request)) = error.denial() else { return Err("no denial".into()) };
/// assert_eq!(format!("{request}: {denial}"), "writing /srv/a: no rule allows it");
/// let expected = Action::Open { path: "/srv/a".into(), access: Access::Write };
/// assert_eq!(request.action(), &expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedRequest {
    action: Action,
    text: String,
}

impl OwnedRequest {
    /// Returns the action.
    pub fn action(&self) -> &Action {
        &self.action
    }
}

impl fmt::Display for OwnedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The action of an [`OwnedRequest`].
///
/// ```
/// use pipewright::Engine;
/// use pipewright::policy::{Action, Rules};
///
/// let engine = Engine::builder().policy(Rules::new().allow_run(&["sort"])?).build()?;
/// let error = engine.session().run(&engine.script("t", "let p = 'ls'; command $p /")?).status().unwrap_err();
/// let Some((_, request)) = error.denial() else { return Err("no denial".into()) };
/// assert!(matches!(request.action(), Action::Spawn { argv, .. } if argv[0] == b"ls"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// See [`Request::Spawn`].
    Spawn {
        /// The file that would have been executed.
        program: PathBuf,
        /// Its arguments with its name.
        argv: Vec<Vec<u8>>,
        /// The directory that it would have started in.
        directory: PathBuf,
        /// Whether it would have been left running.
        detached: bool,
    },
    /// See [`Request::Stage`].
    Stage {
        /// Its arguments with its name.
        argv: Vec<Vec<u8>>,
    },
    /// See [`Request::Open`].
    Open {
        /// The absolute path.
        path: PathBuf,
        /// The purpose.
        access: Access,
    },
    /// See [`Request::SetEnv`].
    SetEnv {
        /// The name of the variable.
        name: Vec<u8>,
    },
    /// See [`Request::ChangeDirectory`].
    ChangeDirectory {
        /// The absolute path.
        path: PathBuf,
    },
    /// Any other request, which its text describes.
    Other,
}

impl From<&Request<'_>> for OwnedRequest {
    fn from(request: &Request<'_>) -> Self {
        let action = match request {
            Request::Spawn(spawn) => Action::Spawn {
                program: spawn.program().to_path_buf(),
                argv: spawn.argv().to_vec(),
                directory: spawn.directory().to_path_buf(),
                detached: spawn.is_detached(),
            },
            Request::Stage { argv } => Action::Stage { argv: argv.to_vec() },
            Request::Open(open) => Action::Open { path: open.path().to_path_buf(), access: open.access() },
            Request::SetEnv { name } => Action::SetEnv { name: name.to_vec() },
            Request::ChangeDirectory { path } => Action::ChangeDirectory { path: path.to_path_buf() },
            _ => Action::Other,
        };
        Self { action, text: request.to_string() }
    }
}
