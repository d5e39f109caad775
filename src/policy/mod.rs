//! Policies: what a script may do to the outside world. The host is asked just before each action.

mod launch;
mod owned;
mod pattern;
mod request;
mod rules;
mod run;
#[cfg(feature = "policy-toml")]
pub(crate) mod toml;

pub use owned::{Action, OwnedRequest};
pub(crate) use pattern::resolved;
pub use request::{Access, Open, Request, Spawn, With};
pub use rules::{PatternError, Rules, Subject};
#[cfg(feature = "policy-toml")]
pub use toml::RulesError;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Decides what a script may do. It receives each request just before the action, on any thread of the run. A refused
/// action is not done: the script ends with E3004, unless a `try` catches that.
///
/// A policy limits *the interpreter*. An allowed program can do whatever its user can; to limit programs, use
/// accounts, containers and similar means.
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
    /// Decides whether an action may be done.
    ///
    /// # Errors
    /// Fails with the reason if the action is refused.
    fn check(&self, request: &Request<'_>) -> Result<(), Denial>;

    /// Decides, before anything runs, whether a command of which only the first words are known could be allowed.
    /// `words` are the words before the first that is not literal; a flag says whether they are all. The default is
    /// that it could.
    ///
    /// # Errors
    /// Fails if the command is refused whatever the other words are.
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

    /// Decides, before anything runs, whether a redirection could be allowed to open a file that it names by a
    /// literal absolute path. The default is that it could.
    ///
    /// # Errors
    /// Fails with the reason if it is refused.
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

/// Asks a policy. A policy that panics refuses: a bug of the host must not allow what the policy exists to prevent.
pub(crate) fn ask(policy: &dyn Policy, request: &Request<'_>) -> Result<(), Denial> {
    let answer = catch_unwind(AssertUnwindSafe(|| policy.check(request)));
    answer.unwrap_or_else(|_| Err(Denial::new("the policy panicked")))
}

/// Two policies, both of which have to allow an action.
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

/// A refusal by a policy, with the rule that refused.
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
    /// Creates a refusal. `rule` is the text for the message: the rule, or that no rule allows the action.
    pub fn new(rule: impl Into<String>) -> Self {
        Self { rule: rule.into() }
    }

    /// Returns the rule that refused.
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
