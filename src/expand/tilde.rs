//! `~` and `~user` (POSIX 2.6.1): the home directory at the start of a word.
//!
//! The caller decides where a tilde is special (the start of a bare word, after `=` and `:` of an
//! assignment before a command).

use crate::diag::visible;
use crate::sys::accounts::{self, AccountError};

/// The reason why a tilde has no meaning.
#[derive(Debug)]
pub enum TildeError {
    /// `~` alone, and `HOME` is not set or empty.
    NoHome,
    /// There is no such user, or the user can't be looked up.
    User(AccountError),
}

impl std::fmt::Display for TildeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoHome => write!(f, "`~` is the home directory, but HOME is not set"),
            Self::User(error @ AccountError::Unknown { name, .. }) => {
                write!(f, "{error}; for the text itself quote it: '~{}'", visible(name))
            }
            Self::User(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TildeError {}

/// Returns the directory for `~user`; for `~` (an empty `user`), returns `home`, the value of `HOME`.
///
/// `rest` is the following text of the word. If it begins with a slash, a home that ends in one loses
/// it, so that `~/x` with the `HOME` `/` is `/x` and not `//x` (POSIX.1-2024, 2.6.1).
///
/// # Errors
/// Fails if `HOME` is not set or empty, the user is not in the password file, or the file can't be
/// read.
pub fn home(user: &[u8], home: Option<&[u8]>, rest: &[u8]) -> Result<Vec<u8>, TildeError> {
    let mut directory = if user.is_empty() {
        home.filter(|home| !home.is_empty()).ok_or(TildeError::NoHome)?.to_vec()
    } else {
        accounts::home(user).map_err(TildeError::User)?
    };
    if rest.first() == Some(&b'/') && directory.last() == Some(&b'/') {
        directory.pop();
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::testing::run_shell;

    #[test]
    fn home_is_that_of_the_environment_or_of_the_password_file() {
        assert_eq!(home(b"", Some(b"/h"), b"/x").unwrap(), b"/h");
        assert_eq!(home(b"", Some(b"/"), b"/x").unwrap(), b"");
        assert_eq!(home(b"", Some(b"/"), b"").unwrap(), b"/");
        assert!(matches!(home(b"", None, b""), Err(TildeError::NoHome)));
        assert!(matches!(home(b"", Some(b""), b""), Err(TildeError::NoHome)));
        let root = run_shell(&["bash"], b"printf %s ~root", std::path::Path::new("/"));
        assert_eq!(home(b"root", None, b"").unwrap(), root);
    }

    #[test]
    fn an_unknown_user_is_an_error() {
        let error = home(b"no such\nuser", None, b"").unwrap_err();
        assert!(error.to_string().contains("no such\\nuser"), "{error}");
    }
}
