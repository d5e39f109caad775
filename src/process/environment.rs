//! The environment of programs.

use crate::sys::strings::StringArray;
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::sync::{Arc, OnceLock};

/// Names and values for the programs of a session. Clones share them until one of them changes.
#[derive(Clone, Debug, Default)]
pub struct Environment(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The variables. If they are inherited, the map is empty until its first use, so that a run that starts no
    /// program copies nothing.
    variables: OnceLock<IndexMap<Vec<u8>, Vec<u8>>>,
    /// The names of variables whose values messages never show.
    secret: BTreeSet<Vec<u8>>,
    /// The form for execve, built once after each change.
    block: OnceLock<StringArray>,
}

/// A variable that can't be passed to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidVariable {
    /// Names consist of letters, digits and underscores, and don't begin with a digit (POSIX, 8.1).
    Name,
    /// Values end at their first NUL.
    Nul,
}

impl fmt::Display for InvalidVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "not a name for an environment variable",
            Self::Nul => "the value of an environment variable can't hold a NUL",
        })
    }
}

impl std::error::Error for InvalidVariable {}

impl Clone for Shared {
    /// Clones without the cached block, since a copy is only made to be changed.
    fn clone(&self) -> Self {
        Self { variables: self.variables.clone(), secret: self.secret.clone(), block: OnceLock::new() }
    }
}

impl Shared {
    fn variables_mut(&mut self) -> &mut IndexMap<Vec<u8>, Vec<u8>> {
        self.variables.get_mut().expect("`change` has filled it")
    }
}

impl Environment {
    /// Creates the environment of this process, copied at its first use.
    pub fn inherited() -> Self {
        Self::default()
    }

    /// Creates an environment without variables.
    pub fn empty() -> Self {
        Self(Arc::new(Shared { variables: OnceLock::from(IndexMap::new()), ..Shared::default() }))
    }

    /// Returns the value of a variable, if it is set.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.variables().get(name).map(Vec::as_slice)
    }

    /// Returns whether this is a valid name of a variable.
    pub fn is_name(name: &[u8]) -> bool {
        is_name(name)
    }

    /// Sets a variable. A new one is added at the end.
    ///
    /// # Errors
    /// Fails with [`InvalidVariable`] if the name or the value is invalid.
    pub fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), InvalidVariable> {
        if !is_name(name) {
            return Err(InvalidVariable::Name);
        }
        if value.contains(&0) {
            return Err(InvalidVariable::Nul);
        }
        if self.get(name) != Some(value) || self.is_secret(name) {
            let shared = self.change();
            shared.secret.remove(name);
            shared.variables_mut().insert(name.to_vec(), value.to_vec());
        }
        Ok(())
    }

    /// Sets a variable to a value that messages never show.
    ///
    /// # Errors
    /// Fails as [`Self::set`] does.
    pub fn set_secret(&mut self, name: &[u8], value: &[u8]) -> Result<(), InvalidVariable> {
        self.set(name, value)?;
        self.change().secret.insert(name.to_vec());
        Ok(())
    }

    /// Returns whether messages never show its value.
    pub fn is_secret(&self, name: &[u8]) -> bool {
        self.0.secret.contains(name)
    }

    /// Removes a variable. Returns whether it was set.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        if !self.variables().contains_key(name) {
            return false;
        }
        let shared = self.change();
        shared.secret.remove(name);
        shared.variables_mut().shift_remove(name).is_some()
    }

    /// Returns all variables, in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.variables().iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// Returns the variables in the form for execve.
    pub(super) fn block(&self) -> &StringArray {
        self.0.block.get_or_init(|| {
            let entries = self.iter().map(|(name, value)| [name, b"=", value]);
            // `set` allows no NUL, and an environment from the kernel has none.
            StringArray::new(entries).unwrap_or_default()
        })
    }

    fn variables(&self) -> &IndexMap<Vec<u8>, Vec<u8>> {
        self.0.variables.get_or_init(|| {
            // Names such as bash's `BASH_FUNC_f%%` can't be set here, but are passed on.
            std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect()
        })
    }

    fn change(&mut self) -> &mut Shared {
        self.variables();
        let shared = Arc::make_mut(&mut self.0);
        shared.block.take();
        shared
    }
}

/// Returns whether this is a valid name of a variable.
fn is_name(name: &[u8]) -> bool {
    let Some((first, rest)) = name.split_first() else { return false };
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    is_letter(first) && rest.iter().all(|byte| is_letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_it_had() {
        let mut a = Environment::empty();
        a.set(b"X", b"1").unwrap();
        let b = a.clone();
        a.set(b"X", b"\xff").unwrap();
        a.set(b"_y2", b"").unwrap();
        assert_eq!((a.get(b"X"), b.get(b"X")), (Some(&b"\xff"[..]), Some(&b"1"[..])));
        a.set_secret(b"X", b"3").unwrap();
        assert!(a.is_secret(b"X") && !b.is_secret(b"X"));
        a.set(b"X", b"3").unwrap();
        assert!(!a.is_secret(b"X"));
        assert!(a.remove(b"X") && !a.remove(b"X"));
        assert_eq!(a.iter().collect::<Vec<_>>(), [(&b"_y2"[..], &b""[..])]);
    }

    #[test]
    fn refuses_names_and_values_that_execve_would_distort() {
        let mut environment = Environment::empty();
        for name in [&b""[..], b"1A", b"A=B", b"A B", b"A\0", b"\xc3\xa9"] {
            assert_eq!(environment.set(name, b"x"), Err(InvalidVariable::Name));
        }
        assert_eq!(environment.set(b"A", b"x\0y"), Err(InvalidVariable::Nul));
        assert_eq!(environment.block().size(), 0);
    }

    #[test]
    fn inherits_what_the_process_has() {
        let environment = Environment::inherited();
        assert_eq!(
            environment.get(b"PATH").map(<[u8]>::to_vec),
            std::env::var_os("PATH").map(OsStringExt::into_vec)
        );
        assert_eq!(environment.iter().count(), std::env::vars_os().count());
    }
}
