//! The text of the prompt: the directory, and the result of the last entry.

use super::places;
use pipewright::Value;
use pipewright::diag::visible;
use pipewright::value::Map;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The state that it shows.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub directory: PathBuf,
    /// Whether the directory was removed.
    pub gone: bool,
    pub home: Option<PathBuf>,
    pub branch: Option<String>,
    /// The statuses of the last pipeline's stages, if one of them is not 0.
    pub statuses: Vec<u8>,
    pub took: Duration,
    pub jobs: usize,
    /// Whether entries are not written to the history.
    pub private: bool,
}

/// The duration from which an entry's duration is shown.
pub const LONG: Duration = Duration::from_secs(2);

impl State {
    /// Returns the text, without and with colours.
    pub fn text(&self) -> (String, String) {
        let failed = self.statuses.iter().any(|status| *status != 0);
        let statuses = || self.statuses.iter().map(u8::to_string).collect::<Vec<_>>().join("|");
        let jobs = || format!("{} job{}", self.jobs, if self.jobs == 1 { "" } else { "s" });
        let parts = [
            Some((self.place(), "36")),
            self.gone.then(|| ("(removed)".to_owned(), "31")),
            self.branch.clone().map(|branch| (branch, "35")),
            failed.then(|| (statuses(), "31")),
            (self.took >= LONG).then(|| (duration(self.took), "33")),
            (self.jobs > 0).then(|| (jobs(), "34")),
            self.private.then(|| ("private".to_owned(), "90")),
        ];
        let (mut plain, mut styled) = (String::new(), String::new());
        for (text, colour) in parts.into_iter().flatten() {
            plain.push_str(&format!("{text} "));
            styled.push_str(&format!("\x1b[{colour}m{text}\x1b[0m "));
        }
        (plain + "> ", styled + "> ")
    }
}

impl State {
    /// Returns the directory in its short form.
    pub fn place(&self) -> String {
        shortened(&self.directory, self.home.as_deref())
    }

    /// Returns the argument of `fn prompt(last)`.
    pub fn value(&self) -> Value {
        let path = |path: &Path| Value::str(path.as_os_str().as_encoded_bytes().to_vec());
        let statuses: Vec<Value> = self.statuses.iter().map(|status| i64::from(*status).into()).collect();
        let took = Value::from(self.took);
        let entries = [
            ("directory", path(&self.directory)),
            ("branch", self.branch.as_deref().map_or(Value::Null, Value::from)),
            ("statuses", statuses.into()),
            ("took", took),
            ("jobs", (self.jobs as i64).into()),
            ("private", self.private.into()),
        ];
        Value::Map(entries.into_iter().collect::<Map>())
    }
}

/// Returns the text without escape sequences and other control characters, which have no width: control sequences such
/// as colours, and strings such as the title of the window (ECMA-48, 5.4 and 5.6). The editor counts its columns.
pub fn without_styles(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' => match letters.next() {
                Some('[') => drop(letters.find(|letter| ('\x40'..='\x7e').contains(letter))),
                Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut letters),
                // A sequence with letters before its last, as the one that chooses a set of characters.
                Some(' '..='/') => drop(letters.find(|letter| ('\x30'..='\x7e').contains(letter))),
                _ => {}
            },
            '\n' | '\t' => plain.push(letter),
            letter if letter.is_control() => {}
            letter => plain.push(letter),
        }
    }
    plain
}

/// Skips a string up to its end, BEL or ESC `\`.
fn skip_string(letters: &mut std::str::Chars<'_>) {
    while let Some(letter) = letters.next() {
        match letter {
            '\x07' => return,
            '\x1b' => {
                letters.next();
                return;
            }
            _ => {}
        }
    }
}

/// Returns the directory relative to the home; if it is long, with only the first letters of the
/// directories on the way.
fn shortened(directory: &Path, home: Option<&Path>) -> String {
    let below =
        home.filter(|home| *home != Path::new("/")).and_then(|home| directory.strip_prefix(home).ok());
    let (root, rest) = match below {
        Some(rest) => ("~", rest),
        None => ("", directory.strip_prefix("/").unwrap_or(directory)),
    };
    let mut names: Vec<String> = rest.iter().map(|name| visible(name.as_encoded_bytes())).collect();
    let mut width = names.iter().map(|name| name.chars().count() + 1).sum::<usize>();
    let last = names.len().saturating_sub(1);
    for name in &mut names[..last] {
        if width <= 30 {
            break;
        }
        // The dot of a hidden directory has no information.
        let letters = if name.starts_with('.') { 2 } else { 1 };
        let short: String = name.chars().take(letters).collect();
        width -= name.chars().count() - short.chars().count();
        *name = short;
    }
    match (root, names.is_empty()) {
        ("~", true) => "~".to_string(),
        (_, true) => "/".to_string(),
        _ => format!("{root}/{}", names.join("/")),
    }
}

/// Returns the branch that is checked out, or the first letters of the commit, read without a process
/// (gitrepository-layout(5)).
pub fn branch(directory: &Path) -> Option<String> {
    let head = directory.ancestors().find_map(|parent| {
        let git = parent.join(".git");
        let head = text_of(&git.join("HEAD"));
        // A worktree or submodule has a file that names the directory.
        head.or_else(|| {
            let file = text_of(&git)?;
            let elsewhere = parent.join(file.strip_prefix("gitdir:")?.trim());
            text_of(&elsewhere.join("HEAD"))
        })
    })?;
    let head = head.trim();
    let name = match head.strip_prefix("ref:") {
        Some(name) => name.trim().trim_start_matches("refs/heads/"),
        None => head.get(..7)?,
    };
    Some(visible(name.as_bytes()))
}

/// Returns the text of a small file of git.
fn text_of(path: &Path) -> Option<String> {
    /// The longest name of a branch.
    const MOST: u64 = 64 << 10;
    String::from_utf8(places::read(path, MOST).ok()?).ok()
}

/// Returns `2.3s`, `1m5s`, `2h3m`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{}.{}s", seconds, time.subsec_millis() / 100),
        60..3600 => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{}h{}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn short(directory: &str) -> String {
        shortened(Path::new(directory), Some(Path::new("/home/me")))
    }

    #[test]
    fn directories_are_shortened() {
        assert_eq!(short("/home/me"), "~");
        assert_eq!(short("/home/me/src/tool"), "~/src/tool");
        assert_eq!(short("/home/melon"), "/home/melon");
        assert_eq!(short("/"), "/");
        assert_eq!(short("/usr/lib"), "/usr/lib");
        assert_eq!(
            short("/home/me/source/.config/pipewright/tests/golden"),
            "~/s/.c/pipewright/tests/golden"
        );
        assert_eq!(shortened(Path::new("/usr"), Some(Path::new("/"))), "/usr");
    }

    #[test]
    fn the_usual_case_is_not_reported() {
        let usual = State { directory: "/usr".into(), ..State::default() };
        assert_eq!(usual.text().0, "/usr > ");
        let all = State {
            branch: Some("main".into()),
            statuses: vec![0, 2],
            took: Duration::from_millis(2345),
            jobs: 1,
            ..usual
        };
        assert_eq!(all.text().0, "/usr main 0|2 2.3s 1 job > ");
        assert!(all.text().1.contains("\x1b[31m0|2\x1b[0m"));
    }

    #[test]
    fn branches_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir(directory.path().join(".git")).unwrap();
        let head = directory.path().join(".git/HEAD");
        fs::write(&head, "ref: refs/heads/topic/x\n").unwrap();
        assert_eq!(branch(&inner).as_deref(), Some("topic/x"));
        fs::write(&head, "0123456789abcdef\n").unwrap();
        assert_eq!(branch(&inner).as_deref(), Some("0123456"));
        let work = directory.path().join("worktree");
        fs::create_dir_all(directory.path().join("far")).unwrap();
        fs::create_dir(&work).unwrap();
        fs::write(directory.path().join("far/HEAD"), "ref: refs/heads/side").unwrap();
        fs::write(work.join(".git"), "gitdir: ../far\n").unwrap();
        assert_eq!(branch(&work).as_deref(), Some("side"));
    }

    #[test]
    fn styles_and_titles_have_no_width() {
        for (text, plain) in [
            ("\x1b[1;31ma\x1b[0m b", "a b"),
            ("\x1b]0;title\x07a", "a"),
            ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\ > ", "link > "),
            ("\x1b(Ba\x1b7\x07\u{1f980}\n> ", "a\u{1f980}\n> "),
            ("\x1b]0;cut", ""),
            ("a\x1b", "a"),
        ] {
            assert_eq!(without_styles(text), plain, "{text:?}");
        }
    }
}
