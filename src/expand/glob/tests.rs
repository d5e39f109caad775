use super::*;
use crate::expand::testing::{Choices, quote, run_shell};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

fn expand(pattern: &str, directory: &Path) -> Vec<String> {
    let parts = [Part::Bare(pattern.as_bytes())];
    let glob = Glob::parse(&parts).expect("a fine pattern").expect("a pattern");
    glob.expand(directory)
        .expect("readable")
        .into_iter()
        .map(|name| name.escape_ascii().to_string())
        .collect()
}

/// Returns a tree with difficult names.
fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a/b/c", "a/.d/e", ".h/x", "d", "sq[", "a.x", "B", "a-b/a", "ü"] {
        fs::create_dir_all(dir.path().join(name)).unwrap();
    }
    for name in [
        "a/f.txt",
        "a/b/g.txt",
        "a/b/c/h.txt",
        "a/.d/i.txt",
        ".h/x/j.txt",
        "top.txt",
        "-dash",
        "-x.txt",
        ".hid.txt",
        "sq[/]b",
        "x]",
        "a.x/f.txt",
        "sp ace.txt",
        "*",
        "ü/é.txt",
        "a/b/a",
        "new\nline",
    ] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"raw\xff.txt")), "").unwrap();
    symlink("a", dir.path().join("link")).unwrap();
    symlink("top.txt", dir.path().join("filelink")).unwrap();
    symlink("nowhere", dir.path().join("broken")).unwrap();
    dir
}

/// Returns bash's matches of the patterns in `directory`, with `./` before a leading dash, and without
/// duplicates.
fn bash(patterns: &[Vec<u8>], directory: &Path) -> Vec<Vec<Vec<u8>>> {
    let mut script = b"shopt -s globstar nullglob\nIFS=\nLC_COLLATE=C\n".to_vec();
    for pattern in patterns {
        script.extend([b"p=", quote(pattern).as_slice(), b"; set -- $p; "].concat());
        script.extend_from_slice(b"(($#)) && printf '%s\\0' \"$@\"; printf '\\0'\n");
    }
    let answer = run_shell(&["bash"], &script, directory);
    let mut answers = answer.split(|&byte| byte == 0);
    patterns
        .iter()
        .map(|_| {
            let mut names: Vec<Vec<u8>> = Vec::new();
            for name in answers.by_ref().take_while(|name| !name.is_empty()) {
                let dash = if name.starts_with(b"-") { &b"./"[..] } else { b"" };
                names.push([dash, name].concat());
            }
            names.dedup();
            names
        })
        .collect()
}

#[track_caller]
fn compare(patterns: &[Vec<u8>], directory: &Path) {
    for (pattern, expected) in patterns.iter().zip(bash(patterns, directory)) {
        let Some(glob) = Glob::parse(&[Part::Bare(pattern)]).expect("a fine pattern") else { continue };
        let show = |names: &[Vec<u8>]| {
            names.iter().map(|name| name.escape_ascii().to_string()).collect::<Vec<_>>().join("  ")
        };
        assert_eq!(
            show(&glob.expand(directory).expect("readable")),
            show(&expected),
            "{}",
            pattern.escape_ascii()
        );
    }
}

#[test]
fn names_are_those_that_bash_gives() {
    let dir = tree();
    let patterns = [
        "*",
        "*/",
        "**",
        "**/",
        "a/**",
        "a/**/",
        "**/*.txt",
        "*//b",
        "a//*",
        "*//",
        "./*",
        "*/**",
        "link/**",
        "l*/**/",
        "**/.h*",
        ".*",
        ".*/**",
        "*/.",
        "*/..",
        "*/b/",
        "*/b/c",
        "**/c",
        "**/b/",
        "**/b/**",
        "**a",
        "a**",
        "[a",
        "[a/]b",
        "sq[/]b",
        "*[/]b",
        "/et*/passw[d]",
        "//et*/passwd",
        "li*/.",
        "broke*",
        "broke*/",
        "broke*/x",
        "?",
        "[!a]",
        "[]x]*",
        "-*",
        ".h*/",
        "**/.",
        "a/**/f.txt",
        "**/x/**",
        "[.]h*",
        "?h",
        ".//*",
        ".*/x",
        "a/./*",
        "**/./*.txt",
        "top.txt/*",
        "*/f.txt/",
        "none/*",
        "*/none",
        "a*/*",
        "raw?.txt",
        "ü/?.txt",
        "/*",
        "filel*/",
        "**/a",
        "**/a/",
        "*/a/**",
        "../*/none*",
        "a/../d*",
        "new*",
        "*/b//c",
        "a//**",
    ];
    let patterns: Vec<_> = patterns.iter().map(|pattern| pattern.as_bytes().to_vec()).collect();
    compare(&patterns, dir.path());
}

#[test]
fn random_patterns_give_what_bash_gives() {
    let dir = tree();
    // Without links: bash follows them for some forms of `**` and not for others.
    for name in ["link", "filelink", "broken"] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    let items = ["a", "b", "*", "?", "/", "/", "**/", "**", ".", "[a-c]", "txt", "*/", "a/", "[!b]", "x"];
    let mut choices = Choices::new(7);
    let patterns: Vec<_> = (0..1500)
        .map(|_| choices.text(&items, 6))
        // bash treats several `**`, one beside two slashes, and one at the end after other special characters,
        // each in its own way.
        .filter(|text| {
            !text.windows(3).any(|w| w == b"***") && !text.windows(4).any(|w| w == b"**//" || w == b"//**")
        })
        .filter(|text| text.windows(2).filter(|w| w == b"**").count() < 2 && !text.starts_with(b"/"))
        .filter(|text| !text.is_empty() && !text.ends_with(b"*/**") && !text.ends_with(b"?/**"))
        .collect();
    assert!(patterns.len() > 500);
    compare(&patterns, dir.path());
}

#[test]
fn links_are_followed_by_name_and_never_by_recursion() {
    let dir = tree();
    symlink("..", dir.path().join("a/b/up")).unwrap();
    assert_eq!(expand("**/h.txt", dir.path()), ["a/b/c/h.txt"]);
    assert_eq!(expand("link/**/h.txt", dir.path()), ["link/b/c/h.txt"]);
    assert_eq!(expand("*/b/up/f.txt", dir.path()), ["a/b/up/f.txt", "link/b/up/f.txt"]);
}

#[test]
fn trees_may_be_as_deep_as_paths_are_long() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("d/".repeat(1900));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("x.txt"), "").unwrap();
    let found = expand("**/*.txt", dir.path());
    assert_eq!(found.len(), 1);
    assert_eq!(expand(&format!("{}*.txt", "*/".repeat(1900)), dir.path()), found);
}

#[test]
fn a_match_that_begins_with_a_dash_is_not_an_option() {
    let dir = tree();
    assert_eq!(expand("-*", dir.path()), ["./-dash", "./-x.txt"]);
    assert_eq!(expand("-d?sh", dir.path()), ["./-dash"]);
    assert_eq!(expand("?x.txt", dir.path()), ["./-x.txt"]);
}

#[test]
fn nothing_is_found_twice() {
    let dir = tree();
    assert_eq!(expand("**/*/**/h.txt", dir.path()), ["a/b/c/h.txt", "link/b/c/h.txt"]);
    assert_eq!(expand("**/**/h.txt", dir.path()), ["a/b/c/h.txt"]);
}

#[test]
fn text_may_be_quoted_with_backslashes_and_need_not_be_a_pattern() {
    let dir = tree();
    let glob = |text: &str| Glob::parse_text(text.as_bytes()).unwrap().expand(dir.path()).unwrap();
    assert_eq!(glob("\\*"), [b"*"]);
    assert_eq!(glob("top.txt"), [b"top.txt"]);
    assert_eq!(glob("-dash"), [b"./-dash"]);
    assert_eq!(glob("broken"), [b"broken"]);
    assert!(glob("none").is_empty());
    assert!(glob("").is_empty());
    assert!(glob("top.txt/").is_empty());
    assert_eq!(glob("a/"), [b"a/"]);
    assert_eq!(glob("/").len(), 1);
}

#[test]
fn quoted_and_dynamic_parts_are_literal() {
    let dir = tree();
    let parts = [Part::Quoted(b"a"), Part::Bare(b"/*."), Part::Quoted(b"txt")];
    assert_eq!(Glob::parse(&parts).unwrap().unwrap().expand(dir.path()).unwrap(), [b"a/f.txt"]);
    assert!(Glob::parse(&[Part::Quoted(b"*"), Part::Bare(b".txt")]).unwrap().is_none());
    // A star of two halves is not a `**`.
    let parts = [Part::Bare(b"*"), Part::Quoted(b"*")];
    assert_eq!(Glob::parse(&parts).unwrap().unwrap().expand(dir.path()).unwrap(), [b"*"]);
}

#[test]
fn names_count_before_they_match() {
    let dir = tempfile::tempdir().unwrap();
    for name in 0..600 {
        fs::create_dir(dir.path().join(name.to_string())).unwrap();
        fs::write(dir.path().join(format!("f{name}")), "").unwrap();
    }
    let most_of = |pattern: &str| {
        let most = Cell::new(0);
        let go_on = |bytes: usize| {
            most.set(most.get().max(bytes));
            true
        };
        let glob = Glob::parse_text(pattern.as_bytes()).unwrap();
        assert!(glob.expand_where(dir.path(), &|_| true, &go_on).unwrap().is_empty(), "{pattern}");
        most.get()
    };
    for pattern in ["*/none", "**/none", "*/*/"] {
        let most = most_of(pattern);
        assert!(most > 500 * 24, "{pattern}: {most} bytes");
    }
    // A file can't lead to further paths.
    assert_eq!(most_of("f*/none"), 0);
}

#[test]
fn a_walk_ends_when_it_is_asked_to() {
    let dir = tempfile::tempdir().unwrap();
    for outer in 0..20 {
        fs::create_dir(dir.path().join(format!("d{outer}"))).unwrap();
        for inner in 0..50 {
            fs::write(dir.path().join(format!("d{outer}/f{inner}")), "").unwrap();
        }
    }
    for pattern in ["**", "*/*", "**/f*", "d?/../d?/../d?/../*"] {
        let glob = Glob::parse_text(pattern.as_bytes()).unwrap();
        let all = glob.expand(dir.path()).unwrap();
        let asked = Cell::new(0);
        let most = Cell::new(0);
        let go_on = |bytes: usize| {
            asked.set(asked.get() + 1);
            most.set(most.get().max(bytes));
            asked.get() < 4
        };
        let found = glob.expand_where(dir.path(), &|_| true, &go_on).unwrap();
        assert!(found.len() < all.len() && asked.get() == 4, "{pattern}: {} {}", found.len(), asked.get());
        let told = Cell::new(0);
        glob.expand_where(dir.path(), &|_| true, &|bytes| {
            told.set(bytes);
            true
        })
        .unwrap();
        let bytes: usize = all.iter().map(Vec::len).sum();
        assert!(told.get() * 4 >= bytes, "{pattern}: {} of {bytes}", told.get());
    }
}

#[test]
fn directories_that_cannot_be_read_are_passed_over() {
    let dir = tree();
    fs::set_permissions(dir.path().join("a"), fs::Permissions::from_mode(0o000)).unwrap();
    let found = expand("*/f.txt", dir.path());
    let readable = fs::read_dir(dir.path().join("a")).is_ok(); // for root
    fs::set_permissions(dir.path().join("a"), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(found.contains(&"a.x/f.txt".to_owned()));
    assert_eq!(found.contains(&"a/f.txt".to_owned()), readable);
    assert!(expand("*", Path::new("/no/such/directory")).is_empty());
}
