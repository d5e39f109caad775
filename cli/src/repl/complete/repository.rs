//! What a git repository has: branches, remotes, tags and stashes, read from its files (gitrepository-layout(5)).

use super::World;
use std::collections::BTreeMap;

/// A kind of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Branch,
    RemoteBranch,
    Tag,
    Remote,
    Stash,
}

/// The largest number of directories above that are searched, and of directories of names.
const MOST: usize = 100;

/// Returns the names of these kinds, each with what it is.
pub fn names(kinds: &[Kind], world: &dyn World) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(directory) = directory(world) else { return found };
    let packed = world.read(&[&directory, &b"packed-refs"[..]].concat()).unwrap_or_default();
    for kind in kinds {
        let (place, note) = match kind {
            Kind::Branch => ("refs/heads/", "branch"),
            Kind::RemoteBranch => ("refs/remotes/", "remote branch"),
            Kind::Tag => ("refs/tags/", "tag"),
            Kind::Remote => {
                found.extend(remotes(&directory, world));
                continue;
            }
            Kind::Stash => {
                found.extend(stashes(&directory, world));
                continue;
            }
        };
        let mut add = |name: &str| {
            if !name.ends_with("/HEAD") {
                found.entry(name.to_owned()).or_insert_with(|| note.to_owned());
            }
        };
        let lines = packed.lines().filter_map(|line| line.split(' ').nth(1)?.strip_prefix(place));
        lines.for_each(&mut add);
        loose(&[&directory, place.as_bytes()].concat(), world).iter().for_each(|name| add(name));
    }
    found
}

/// Returns the directory with what all worktrees of the repository share, with a slash.
fn directory(world: &dyn World) -> Option<Vec<u8>> {
    let mut above = Vec::new();
    for _ in 0..MOST {
        let git = [&above, &b".git"[..]].concat();
        if world.read(&[&git, &b"/HEAD"[..]].concat()).is_some() {
            return Some([&git, &b"/"[..]].concat());
        }
        // A worktree or submodule has a file that names the directory.
        if let Some(file) = world.read(&git) {
            let named = file.strip_prefix("gitdir:")?.trim().as_bytes().to_vec();
            let own = if named.starts_with(b"/") { named } else { [&above[..], &named].concat() };
            let own = [&own[..], b"/"].concat();
            let Some(common) = world.read(&[&own[..], b"commondir"].concat()) else { return Some(own) };
            let common = common.trim().as_bytes();
            let before: &[u8] = if common.starts_with(b"/") { b"" } else { &own };
            return Some([before, common, b"/"].concat());
        }
        above.extend(b"../");
    }
    None
}

/// Returns the names that have a file of their own.
fn loose(place: &[u8], world: &dyn World) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![String::new()]);
    for _ in 0..MOST {
        let Some(below) = open.pop() else { break };
        for file in world.list(&[place, below.as_bytes()].concat()) {
            let Ok(name) = String::from_utf8(file.name) else { continue };
            if file.is_directory {
                open.push(format!("{below}{name}/"))
            } else {
                found.push(format!("{below}{name}"))
            }
        }
    }
    found
}

fn remotes(directory: &[u8], world: &dyn World) -> Vec<(String, String)> {
    let text = world.read(&[directory, b"config"].concat()).unwrap_or_default();
    let mut found: Vec<(String, String)> = Vec::new();
    let mut is_remote = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            let name = line.strip_prefix("[remote \"").and_then(|rest| rest.strip_suffix("\"]"));
            is_remote = name.is_some();
            found.extend(name.map(|name| (name.to_owned(), String::new())));
        } else if let Some((_, url)) = line.split_once("url = ").filter(|_| is_remote)
            && let Some(last) = found.last_mut()
        {
            last.1 = pipewright::diag::visible(url.as_bytes());
        }
    }
    found
}

fn stashes(directory: &[u8], world: &dyn World) -> Vec<(String, String)> {
    let text = world.read(&[directory, b"logs/refs/stash"].concat()).unwrap_or_default();
    let notes = text.lines().rev().map(|line| line.split_once('\t').map_or("", |(_, note)| note));
    notes
        .enumerate()
        .map(|(at, note)| (format!("stash@{{{at}}}"), pipewright::diag::visible(note.as_bytes())))
        .collect()
}
