//! `~` and `~user` (POSIX 2.6.1): the home directory at the start of a word.
//!
//! Where a tilde may stand (the start of a bare word, after `=` and `:` of an assignment before a command)
//! is the caller's knowledge.

use crate::diag::visible;
use crate::sys::accounts::{self, AccountError};

/// Why a tilde has no meaning.
#[derive(Debug)]
pub enum TildeError {
    /// `~` alone, and `HOME` is not set or empty.
    NoHome,
    /// There is no such user, or it can't be known.
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

/// The directory that `~user` stands for; of `~` (an empty `user`) it is `home`, the value of `HOME`.
///
/// `rest` is the text that follows in the word. Where it goes on with a slash, a home that ends in one
/// loses it, so that `~/x` of a `HOME` that is `/` is `/x` and not `//x` (POSIX.1-2024, 2.6.1).
///
/// # Errors
/// `HOME` not set or empty, a user that is not in the password file, or the file can't be read.
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
