//! What a script may do to the world: asked of the host just before each thing is done.

mod launch;
mod pattern;
mod request;
mod rules;
mod run;
#[cfg(feature = "policy-toml")]
mod toml;

pub use request::{Access, Open, Request, Spawn, With};
pub use rules::{PatternError, Rules, Subject};
#[cfg(feature = "policy-toml")]
pub use toml::RulesError;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Decides what a script may do. It sees each thing just before it happens, from any thread of the run, and what it
/// refuses is not done: the script ends with E3004, unless a `try` catches it.
///
/// It bounds what *the interpreter* does. A program that may run does what the user may: for that there are accounts,
/// containers and the like.
///
/// ```
/// use pipewright::policy::{Denial, Request};
/// use pipewright::{Engine, Script};
///
/// let engine = Engine::builder()
///     .policy(|request: &Request<'_>| match request {
///         Request::Spawn(spawn) if spawn.argv()[0] == b"echo" => Ok(()),
///         _ => Err(Denial::new("only echo")),
///     })
///     .build()?;
/// let script = Script::parse("t", "command rm x")?;
/// let error = engine.session().run(&script).status().unwrap_err();
/// assert!(error.render(false, 80).contains("only echo"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Policy: Send + Sync {
    /// Whether this may be done.
    ///
    /// # Errors
    /// What refuses it.
    fn check(&self, request: &Request<'_>) -> Result<(), Denial>;

    /// Whether a command could be allowed at all of which only the first words are known, before anything runs:
    /// `words` up to the first that is not literal, and whether those are all. Unless it says otherwise, it could.
    ///
    /// # Errors
    /// What refuses it whatever the other words are.
    ///
    /// ```
    /// use pipewright::Engine;
    /// use pipewright::policy::{Denial, Policy, Request};
    ///
    /// struct NoRemoving;
    /// impl Policy for NoRemoving {
    ///     fn check(&self, request: &Request<'_>) -> Result<(), Denial> {
    ///         match request {
    ///             Request::Spawn(spawn) => self.foresee(&[&spawn.argv()[0]], false),
    ///             _ => Ok(()),
    ///         }
    ///     }
    ///     fn foresee(&self, words: &[&[u8]], _complete: bool) -> Result<(), Denial> {
    ///         if words.first() == Some(&&b"rm"[..]) { Err(Denial::new("nothing is removed")) } else { Ok(()) }
    ///     }
    /// }
    ///
    /// let engine = Engine::builder().policy(NoRemoving).build()?;
    /// let script = engine.script("t", "let file = 'a'\nrm -- $file")?;
    /// // Before a line of it has run.
    /// assert!(engine.check(&script).unwrap_err().render(false, 80).contains("nothing is removed"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn foresee(&self, words: &[&[u8]], complete: bool) -> Result<(), Denial> {
        let _ = (words, complete);
        Ok(())
    }

    /// Whether opening a file could be allowed at all that a redirection names literally, by an absolute path, before
    /// anything runs. Unless it says otherwise, it could.
    ///
    /// # Errors
    /// What refuses it.
    ///
    /// ```
    /// use pipewright::Engine;
    /// use pipewright::policy::{Denial, Open, Policy, Request};
    ///
    /// struct NotTheSystem;
    /// impl Policy for NotTheSystem {
    ///     fn check(&self, request: &Request<'_>) -> Result<(), Denial> {
    ///         if let Request::Open(open) = request { self.foresee_open(open) } else { Ok(()) }
    ///     }
    ///     fn foresee_open(&self, open: &Open<'_>) -> Result<(), Denial> {
    ///         if open.path().starts_with("/etc") { Err(Denial::new("/etc is ours")) } else { Ok(()) }
    ///     }
    /// }
    ///
    /// let engine = Engine::builder().policy(NotTheSystem).build()?;
    /// let script = engine.script("t", "echo x > /etc/motd")?;
    /// assert!(engine.check(&script).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn foresee_open(&self, open: &Open<'_>) -> Result<(), Denial> {
        let _ = open;
        Ok(())
    }
}

/// Asks a policy. One that panics refuses: a fault of the host must not open what the policy is there to close.
pub(crate) fn ask(policy: &dyn Policy, request: &Request<'_>) -> Result<(), Denial> {
    let answer = catch_unwind(AssertUnwindSafe(|| policy.check(request)));
    answer.unwrap_or_else(|_| Err(Denial::new("the policy panicked")))
}

/// Two policies of which both have to allow a thing.
pub(crate) struct Both(pub Arc<dyn Policy>, pub Arc<dyn Policy>);

impl Policy for Both {
    fn check(&self, request: &Request<'_>) -> Result<(), Denial> {
        self.0.check(request).and_then(|()| self.1.check(request))
    }

    fn foresee(&self, words: &[&[u8]], complete: bool) -> Result<(), Denial> {
        self.0.foresee(words, complete).and_then(|()| self.1.foresee(words, complete))
    }

    fn foresee_open(&self, open: &Open<'_>) -> Result<(), Denial> {
        self.0.foresee_open(open).and_then(|()| self.1.foresee_open(open))
    }
}

impl<F: Fn(&Request<'_>) -> Result<(), Denial> + Send + Sync> Policy for F {
    fn check(&self, request: &Request<'_>) -> Result<(), Denial> {
        self(request)
    }
}

/// That a policy refuses something, and by which rule.
///
/// ```
/// use pipewright::policy::{Access, Denial, Request};
///
/// /// A policy that lets scripts read, and nothing else.
/// fn read_only(request: &Request<'_>) -> Result<(), Denial> {
///     match request {
///         Request::Open(open) if matches!(open.access(), Access::Look | Access::Read) => Ok(()),
///         _ => Err(Denial::new(format!("read-only: no {request}"))),
///     }
/// }
/// # let _ = pipewright::Engine::builder().policy(read_only);
/// assert_eq!(Denial::new("never on Fridays").to_string(), "never on Fridays");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    rule: String,
}

impl Denial {
    /// `rule` is what the message says: which rule it was, or that none allows it.
    pub fn new(rule: impl Into<String>) -> Self {
        Self { rule: rule.into() }
    }

    /// What refused it.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rule)
    }
}

impl std::error::Error for Denial {}
