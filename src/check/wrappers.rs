//! Programs that run the program which their arguments name, as `sudo -u you ls` does.

use std::borrow::Cow;

/// One of them: its names, how many words of its own stand before the program, and which options take a value.
type Wrapper = (&'static [&'static str], usize, &'static str, &'static [&'static str]);

const WRAPPERS: &[Wrapper] = &[
    (
        &["sudo"],
        0,
        "ugpCchrTtDR",
        &["--user", "--group", "--prompt", "--host", "--chdir", "--role", "--type"],
    ),
    (&["doas"], 0, "uC", &[]),
    (&["env"], 0, "uC", &["--unset", "--chdir"]),
    (&["nice"], 0, "n", &["--adjustment"]),
    (&["ionice"], 0, "cnpPu", &["--class", "--classdata"]),
    (&["time"], 0, "fo", &["--format", "--output"]),
    (&["timeout"], 1, "ks", &["--kill-after", "--signal"]),
    (&["nohup", "setsid", "exec", "command", "unshare"], 0, "", &[]),
    (&["stdbuf"], 0, "ioe", &["--input", "--output", "--error"]),
    (&["chroot"], 1, "", &[]),
    (
        &["xargs"],
        0,
        "aEeIiLlnPsd",
        &["--arg-file", "--delimiter", "--max-args", "--max-procs", "--max-chars", "--max-lines"],
    ),
];

/// All names, in groups.
pub const NAMES: [&[&str]; WRAPPERS.len()] = {
    let mut names = [WRAPPERS[0].0; WRAPPERS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = WRAPPERS[at].0;
        at += 1;
    }
    names
};

/// The name of a program that is given as a path.
pub fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Which of the words names the program that the first one runs, which may stand behind the last; none when the first
/// is no wrapper.
pub fn inner<W>(words: &[W], text: impl Fn(&W) -> Cow<'_, str>) -> Option<usize> {
    let first = text(words.first()?);
    let name = name(&first);
    let (_, own, valued, long) = WRAPPERS.iter().find(|(names, ..)| names.contains(&name))?;
    let mut at = 1 + options(&words[1..], &text, valued, long);
    if name == "env" || name == "sudo" {
        at += words.iter().skip(at).take_while(|word| text(word).contains('=')).count();
    }
    Some((at + own).min(words.len()))
}

/// How many of the words are options, their values and `--`. The letters are of those that take a value, alone or as
/// the last of a cluster.
pub fn options<W>(words: &[W], text: impl Fn(&W) -> Cow<'_, str>, valued: &str, long: &[&str]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let option = text(word);
        if !option.starts_with('-') || option == "-" {
            break;
        }
        at += 1;
        if option == "--" {
            break;
        }
        let takes = if option.starts_with("--") {
            long.contains(&option.as_ref())
        } else {
            option.chars().next_back().is_some_and(|letter| valued.contains(letter))
                && option[1..].find(|c| valued.contains(c)) == Some(option.len() - 2)
        };
        at += usize::from(takes);
    }
    at.min(words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_inner(line: &str, expected: Option<&str>) {
        let words: Vec<&str> = line.split(' ').collect();
        let found =
            inner(&words, |word| Cow::Borrowed(*word)).map(|at| words.get(at).copied().unwrap_or("(end)"));
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn options_values_and_assignments_stand_before_the_program() {
        assert_inner("sudo ls", Some("ls"));
        assert_inner("/usr/bin/sudo -u you --group=wheel -- A=1 ls", Some("ls"));
        assert_inner("sudo -nu you A=1 B=2 ls -l", Some("ls"));
        assert_inner("sudo -uyou ls", Some("ls"));
        assert_inner("env -u A --chdir /tmp B=1 ls", Some("ls"));
        assert_inner("timeout -k 5 10 ls", Some("ls"));
        assert_inner("timeout 10", Some("(end)"));
        assert_inner("nice -n", Some("(end)"));
        assert_inner("nohup -- ls", Some("ls"));
        assert_inner("xargs -0 -n 1 ls", Some("ls"));
        assert_inner("ls sudo", None);
    }
}
