//! The values of arguments that no help lists: users, groups, hosts, signals, targets, and what a repository has. They
//! are read from files; no program runs.

use super::near::nearest;
use super::repository::{self, Kind};
use super::{Candidate, World};
use pipewright::Signal;
use pipewright::diag::{quote_word, visible};
use std::collections::BTreeSet;

/// Returns the values for the typed word of a command; none if nothing is known, or no value agrees.
pub fn of(name: &str, before: &[&str], typed: &str, world: &dyn World) -> Option<Vec<Candidate>> {
    let option = before.last().copied().unwrap_or_default();
    let is_option = typed.starts_with('-');
    let found = match (name, option) {
        ("sudo" | "doas", "-u" | "--user") | ("ps" | "pgrep" | "pkill", "-u") => users(world),
        ("sudo", "-g" | "--group") => groups(world),
        ("kill" | "timeout", "-s" | "--signal") | ("pkill" | "killall", "-s" | "--signal") => signals(""),
        ("pkill" | "killall", _) if is_option => signals("-"),
        ("find", "-type" | "-xtype") => noted(&[
            ("f", "files"),
            ("d", "directories"),
            ("l", "links"),
            ("p", "FIFOs"),
            ("s", "sockets"),
            ("b", "block devices"),
            ("c", "character devices"),
        ]),
        ("find", "-user") => users(world),
        ("find", "-group") => groups(world),
        _ if is_option => return None,
        ("su" | "id" | "groups" | "passwd" | "usermod" | "finger", _) => users(world),
        ("chown", _) if operands(before) == 0 => owners(typed, world),
        ("chgrp", _) if operands(before) == 0 => groups(world),
        ("ssh" | "ping" | "mosh" | "sftp" | "ssh-copy-id" | "dig" | "host" | "traceroute", _)
            if operands(before) == 0 =>
        {
            hosts(world, "")
        }
        ("scp" | "rsync", _) if !typed.contains(['/', ':']) && !typed.is_empty() => hosts(world, ":"),
        ("make" | "gmake", _) if !typed.contains('=') => targets(world),
        ("npm" | "pnpm", "run" | "run-script") | ("yarn" | "bun", _) if operands(before) < 2 => {
            scripts(world)
        }
        ("cargo", "--bin" | "--example" | "--test" | "--bench") => cargo(option, world),
        ("git", _) => of_git(before, world)?,
        _ => return None,
    };
    let found = nearest(found, typed.as_bytes(), |one: &Candidate| one.name.as_bytes());
    (!found.is_empty()).then_some(found)
}

/// Returns the number of words that are not options.
fn operands(words: &[&str]) -> usize {
    words.iter().filter(|word| !word.starts_with('-')).count()
}

fn candidate(name: &str, after: &str, note: &str) -> Candidate {
    let text = quote_word(name.as_bytes()) + after;
    Candidate { text, name: visible(name.as_bytes()), note: note.to_owned() }
}

fn noted(rows: &[(&str, &str)]) -> Vec<Candidate> {
    rows.iter().map(|(name, note)| candidate(name, " ", note)).collect()
}

fn signals(dash: &str) -> Vec<Candidate> {
    Signal::named().map(|(name, _)| candidate(&format!("{dash}{name}"), " ", "")).collect()
}

/// Returns the first fields of a file such as /etc/passwd.
fn first_fields(path: &[u8], world: &dyn World) -> Vec<String> {
    let text = world.read(path).unwrap_or_default();
    let names = text.lines().filter_map(|line| line.split(':').next()).filter(|name| !name.is_empty());
    names.filter(|name| !name.starts_with('#')).map(str::to_owned).collect()
}

fn users(world: &dyn World) -> Vec<Candidate> {
    first_fields(b"/etc/passwd", world).iter().map(|name| candidate(name, " ", "")).collect()
}

fn groups(world: &dyn World) -> Vec<Candidate> {
    first_fields(b"/etc/group", world).iter().map(|name| candidate(name, " ", "")).collect()
}

/// Returns `USER` and `USER:GROUP`.
fn owners(typed: &str, world: &dyn World) -> Vec<Candidate> {
    match typed.split_once(':') {
        Some((user, _)) => {
            let groups = first_fields(b"/etc/group", world).into_iter();
            groups.map(|group| candidate(&format!("{user}:{group}"), " ", "")).collect()
        }
        None => first_fields(b"/etc/passwd", world).iter().map(|name| candidate(name, "", "")).collect(),
    }
}

/// Returns the hosts of the configuration of ssh, and those that it has met.
fn hosts(world: &dyn World, after: &str) -> Vec<Candidate> {
    let configured = world.read(b"~/.ssh/config").unwrap_or_default();
    let mut hosts: BTreeSet<String> = BTreeSet::new();
    for line in configured.lines() {
        let mut words = line.split([' ', '\t', '=']).filter(|word| !word.is_empty());
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("host")) {
            hosts.extend(words.filter(|name| !name.contains(['*', '?', '!', '"'])).map(str::to_owned));
        }
    }
    let known = world.read(b"~/.ssh/known_hosts").unwrap_or_default();
    for line in known.lines().filter(|line| !line.starts_with(['|', '#', '@'])) {
        let names = line.split(' ').next().unwrap_or_default().split(',');
        hosts.extend(names.filter(|name| !name.is_empty() && !name.starts_with('[')).map(str::to_owned));
    }
    let after = if after.is_empty() { " " } else { after };
    hosts.iter().map(|name| candidate(name, after, "")).collect()
}

/// Returns the targets that a makefile names itself.
fn targets(world: &dyn World) -> Vec<Candidate> {
    let names: [&[u8]; 3] = [b"GNUmakefile", b"makefile", b"Makefile"];
    let text = names.iter().find_map(|name| world.read(name)).unwrap_or_default();
    let mut targets = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with(['\t', '#', '.', ' '])) {
        let Some((names, rest)) = line.split_once(':') else { continue };
        // `A := b` is a variable.
        if rest.starts_with('=') || names.contains(['=', '$', '%', '"']) {
            continue;
        }
        targets.extend(names.split_whitespace());
    }
    targets.into_iter().map(|name| candidate(name, " ", "")).collect()
}

/// Returns the scripts of package.json.
fn scripts(world: &dyn World) -> Vec<Candidate> {
    let text = world.read(b"package.json").unwrap_or_default();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let scripts = package.get("scripts").and_then(serde_json::Value::as_object);
    let note = |value: &serde_json::Value| visible(value.as_str().unwrap_or_default().as_bytes());
    scripts.into_iter().flatten().map(|(name, value)| candidate(name, " ", &note(value))).collect()
}

/// Returns the names of a package's programs, examples or tests, from the files in their usual places.
fn cargo(option: &str, world: &dyn World) -> Vec<Candidate> {
    let directory: &[u8] = match option {
        "--bin" => b"src/bin/",
        "--example" => b"examples/",
        "--test" => b"tests/",
        _ => b"benches/",
    };
    let files = world.list(directory).into_iter();
    let names = files.filter_map(|file| {
        let name = String::from_utf8(file.name).ok()?;
        if file.is_directory { Some(name) } else { name.strip_suffix(".rs").map(str::to_owned) }
    });
    names.map(|name| candidate(&name, " ", "")).collect()
}

/// Returns what an argument of a git command may name.
fn of_git(before: &[&str], world: &dyn World) -> Option<Vec<Candidate>> {
    let at = before.iter().position(|word| !word.starts_with('-'))?;
    let (command, rest) = (before[at], &before[at + 1..]);
    if rest.contains(&"--") {
        return None;
    }
    let kinds: &[Kind] = match command {
        "switch" | "branch" => &[Kind::Branch, Kind::RemoteBranch],
        "checkout" | "merge" | "rebase" | "cherry-pick" | "log" | "show" | "diff" | "reset" | "revert"
        | "describe" | "worktree" | "bisect" => &[Kind::Branch, Kind::RemoteBranch, Kind::Tag],
        "push" | "pull" | "fetch" if operands(rest) == 0 => &[Kind::Remote],
        "push" | "pull" | "fetch" => &[Kind::Branch, Kind::Tag],
        "remote" if operands(rest) == 1 => &[Kind::Remote],
        "tag" => &[Kind::Tag],
        "stash" if operands(rest) == 1 => &[Kind::Stash],
        _ => return None,
    };
    let found = repository::names(kinds, world);
    Some(found.iter().map(|(name, note)| candidate(name, " ", note)).collect())
}
