//! `~` and `~user` (POSIX 2.6.1): the home directory at the start of a word.
//!
//! Where a tilde may stand (the start of a bare word, after `=` and `:` of an assignment before a command)
//! is the caller's knowledge. Users are looked up in the password file itself: the static binary has no
//! name service switch, so users who exist only in a directory service (LDAP, systemd-homed) are unknown.

use std::io;

/// Where the users of the system are listed, passwd(5).
const PASSWORD_FILE: &str = "/etc/passwd";

/// Why a tilde has no meaning.
#[derive(Debug)]
pub enum TildeError {
    /// `~` alone, and `HOME` is not set or empty.
    NoHome,
    /// The password file has no such user.
    UnknownUser(Vec<u8>),
    /// The password file can't be read.
    Unreadable(io::Error),
}

impl std::fmt::Display for TildeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoHome => write!(f, "`~` is the home directory, but HOME is not set"),
            Self::UnknownUser(name) => {
                write!(
                    f,
                    "no user `{0}` in {PASSWORD_FILE}; for the text itself quote it: '~{0}'",
                    name.escape_ascii()
                )
            }
            Self::Unreadable(error) => write!(f, "can't read {PASSWORD_FILE}: {error}"),
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
        let file = std::fs::read(PASSWORD_FILE).map_err(TildeError::Unreadable)?;
        home_in(&file, user).ok_or_else(|| TildeError::UnknownUser(user.to_vec()))?.to_vec()
    };
    if rest.first() == Some(&b'/') && directory.last() == Some(&b'/') {
        directory.pop();
    }
    Ok(directory)
}

/// The sixth field of the user's line in the text of a password file; the first line of a name counts.
fn home_in<'a>(file: &'a [u8], user: &[u8]) -> Option<&'a [u8]> {
    let line = file
        .split(|&byte| byte == b'\n')
        .find(|line| line.strip_prefix(user).is_some_and(|rest| rest.first() == Some(&b':')))?;
    line.split(|&byte| byte == b':').nth(5).filter(|home| !home.is_empty())
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
    fn an_unknown_user_is_an_error_and_never_another_one() {
        let file =
            b"root:x:0:0::/root:\nbobby:x:1:1::/b:\nbob:x:2:2::/home/bob:/bin/sh\nodd:x\nnone:x:3:3:::\n";
        assert_eq!(home_in(file, b"bob"), Some(&b"/home/bob"[..]));
        assert_eq!(home_in(file, b"bo"), None);
        assert_eq!(home_in(file, b"odd"), None);
        assert_eq!(home_in(file, b"none"), None);
        let error = home(b"no such\nuser", None, b"").unwrap_err();
        assert!(error.to_string().contains("no such\\nuser"), "{error}");
    }
}
