//! The entries of the prompt itself, which are not of the language: `fg` and `bg`, which continue a job, since a job in
//! the foreground takes the place of an entry; `!`, which shows the whole of the last error; `suspend`; `reload`; and `import-env`,
//! which changes the environment of later entries.

use pipewright::dialog::{Typed, unquote};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// An entry of the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Own {
    Resume(Resume),
    /// `!`
    Page,
    /// `suspend`
    Suspend,
    /// `reload`
    Reload,
    /// `import-env FILE`
    Import(PathBuf),
}

impl Own {
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "!" => Some(Self::Page),
            "suspend" => Some(Self::Suspend),
            "reload" => Some(Self::Reload),
            _ => Resume::parse(text).map(Self::Resume).or_else(|| import(text).map(Self::Import)),
        }
    }
}

/// Parses `import-env FILE`.
fn import(text: &str) -> Option<PathBuf> {
    let file = text.trim().strip_prefix("import-env")?.strip_prefix([' ', '\t'])?.trim();
    let is_word = Typed::new(text.trim()).words().len() == 2 && !file.is_empty();
    let file = unquote(file).filter(|_| is_word)?;
    Some(OsString::from_vec(file).into())
}

/// The job, and whether it continues in the foreground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resume {
    pub foreground: bool,
    /// None means the last one.
    pub number: Option<usize>,
}

impl Resume {
    /// Parses `fg`, `fg %1`, `fg 1` and the same forms of `bg`.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let foreground = match words.next()? {
            "fg" => true,
            "bg" => false,
            _ => return None,
        };
        let number = match words.next() {
            None => None,
            Some(word) => Some(word.strip_prefix('%').unwrap_or(word).parse().ok()?),
        };
        words.next().is_none().then_some(Self { foreground, number })
    }

    pub fn name(self) -> &'static str {
        if self.foreground { "fg" } else { "bg" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_file_to_import() {
        let read = |text| match Own::parse(text) {
            Some(Own::Import(file)) => file.into_os_string().into_string().ok(),
            _ => None,
        };
        assert_eq!(read("import-env 'a b'\n").as_deref(), Some("a b"));
        assert_eq!(read("import-env ~/x").as_deref(), Some("~/x"));
        for other in ["import-env", "import-env a b", "import-envy a", "import-env a; ls", "import-env $x"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn reads_the_job_that_is_meant() {
        let read = |text| Resume::parse(text).map(|job| (job.foreground, job.number));
        assert_eq!(read("fg"), Some((true, None)));
        assert_eq!(read(" bg %12\n"), Some((false, Some(12))));
        assert_eq!(read("fg 3"), Some((true, Some(3))));
        for other in ["", "fgrep", "fg x", "fg 1 2", "bg %", "fg; true"] {
            assert_eq!(read(other), None);
        }
    }
}
