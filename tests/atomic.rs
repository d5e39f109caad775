//! Tests `with atomic=true`: when new files replace old ones, and which properties of the old files they keep.

use crate::support;
use crate::support::{Outcome, Run, have};
use rustix::fs::{XattrFlags, getxattr, setxattr};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use tempfile::TempDir;

/// Creates a directory with a file `f` that contains a line.
fn place() -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("f"), "old\n").expect("it can be written");
    directory
}

fn run(directory: &TempDir, code: &str) -> Outcome {
    Run::code(code).dir(directory.path()).run()
}

/// Asserts the status of a script, the content of `f` after it, and that no other file is left.
#[track_caller]
fn leaves(code: &str, status: i32, content: &str) {
    let directory = place();
    let outcome = run(&directory, code);
    assert_eq!(outcome.status, status, "{code}: {outcome}");
    let found = fs::read_to_string(directory.path().join("f")).expect("it is there");
    assert_eq!(found, content, "{code}: {outcome}");
    let names = fs::read_dir(directory.path()).expect("it is there").count();
    assert_eq!(names, 1, "{code} leaves a file");
}

// -------------------------------------------------------------------------------------- how a block ends

#[test]
fn a_block_that_is_left_as_the_script_means_it_puts_its_files() {
    for (code, content) in [
        ("with atomic=true { echo new > f; exit 0 }", "new\n"),
        ("with atomic=true { echo new > f; true; exit }", "new\n"),
        ("fn g() { with atomic=true { echo new > f; return 1 } }\nlet x = g()", "new\n"),
        ("fn g() { with atomic=true { echo new > f; return } }\ng", "new\n"),
        ("for i in 1 2 3 { with atomic=true { echo $i > f; if test $i = 2 { break } } }", "2\n"),
        (
            "for i in 1 2 3 { with atomic=true { echo $i > f; if test $i = 2 { continue }; echo $i >> f } }",
            "3\n3\n",
        ),
        ("for i in 1 2 { with atomic=true { echo $i >> f; continue } }", "old\n1\n2\n"),
        ("let i = 0; while (i < 2) { i += 1; with atomic=true { echo $i >> f; continue } }", "old\n1\n2\n"),
        ("with atomic=true { defer { echo late >> f }; echo new > f; exit 0 }", "new\nlate\n"),
        ("with atomic=true { let j = spawn { sleep 0.05; echo job >> f }; exit 0 }", "old\njob\n"),
    ] {
        leaves(code, 0, content);
    }
}

#[test]
fn a_block_that_fails_keeps_the_old_file() {
    for (code, status) in [
        ("with atomic=true { echo new > f; exit 3 }", 3),
        ("with atomic=true { echo new > f; false }", 1),
        ("with atomic=true { echo new > f; fail 'no' }", 1),
        ("with atomic=true { echo new > f; sh -c 'kill -9 $$' }", 137),
        ("with atomic=true, timeout=100ms { echo new > f; sleep 60 }", 124),
        ("with atomic=true { echo new > f; { false } & exit 0 }", 1),
        ("let xs = [1]; with atomic=true { echo new > f; echo $[xs[7]] }", 1),
    ] {
        leaves(code, status, "old\n");
    }
}

#[test]
fn a_block_within_another_passes_its_files_to_it() {
    for (code, content) in [
        ("with atomic=true { echo a > f; with atomic=true { echo b > f } }", "b\n"),
        ("with atomic=true { echo a > f; with atomic=true { echo b >> f }; echo c >> f }", "a\nb\nc\n"),
        ("with atomic=true { with atomic=true { echo b >> f }; echo c >> f }", "old\nb\nc\n"),
        ("with atomic=true { echo a > f; with atomic=true { with atomic=true { echo b >> f } } }", "a\nb\n"),
        (
            "with atomic=true { echo a > f; try { with atomic=true { echo b > f; false } } catch e { true } }",
            "a\n",
        ),
        (
            "try { with atomic=true { echo a > f; with atomic=true { echo b > f }; false } } catch e { true }",
            "old\n",
        ),
        ("with atomic=true { with atomic=true { echo b > f }; cat f > /dev/null; exit 0 }", "b\n"),
        (
            "fn g() { with atomic=true { echo b >> f; return } }\nwith atomic=true { echo a > f; g; g }",
            "a\nb\nb\n",
        ),
    ] {
        leaves(code, 0, content);
    }
}

#[test]
fn a_file_of_write_is_replaced_with_the_rest() {
    leaves("with atomic=true { write('f', 'new\n'); exit 0 }", 0, "new\n");
    leaves(
        "with atomic=true { write('f', 'new\n'); write('f', 'er\n', append: true); echo x >> f }",
        0,
        "new\ner\nx\n",
    );
    leaves("with atomic=true { write('f', 'new\n'); false }", 1, "old\n");
}

// -------------------------------------------------------------------------------------- names

#[test]
fn the_longest_names_are_replaced_too() {
    for length in [240, 250, 255] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let name = "n".repeat(length);
        fs::write(directory.path().join(&name), "old").expect("it can be written");
        run(&directory, &format!("with atomic=true {{ echo new > {name} }}")).success();
        assert_eq!(fs::read(directory.path().join(&name)).expect("it is there"), b"new\n", "{length}");
        assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 1);
    }
}

#[test]
fn a_symbolic_link_stays_and_its_file_is_replaced() {
    let directory = place();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("d")).expect("a directory can be made");
    for (target, link) in [("../f", "d/one"), ("d/one", "two"), ("new", "d/dangling")] {
        symlink(target, at(link)).expect("a link can be made");
    }
    run(&directory, "with atomic=true { echo linked > two; echo made > d/dangling }").success();
    assert_eq!(fs::read(at("f")).expect("it is there"), b"linked\n");
    assert_eq!(fs::read(at("d/new")).expect("it was made"), b"made\n");
    assert!(at("two").is_symlink() && at("d/one").is_symlink() && at("d/dangling").is_symlink());
}

#[test]
fn a_name_of_a_directory_makes_no_file() {
    for target in ["none/", "none/x", "f/", "."] {
        let directory = place();
        let outcome = run(&directory, &format!("with atomic=true {{ echo x > {target} }}"));
        assert!(outcome.status == 1 && outcome.to_string().contains("E1004"), "{target}: {outcome}");
        assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 1, "{target}");
    }
}

#[test]
fn a_directory_that_takes_the_place_of_another_does_not_get_the_file() {
    let directory = place();
    fs::create_dir(directory.path().join("d")).expect("a directory can be made");
    run(&directory, "with atomic=true { echo new > d/f; mv d moved; mkdir d }").success();
    assert_eq!(fs::read(directory.path().join("moved/f")).expect("it is there"), b"new\n");
    assert!(!directory.path().join("d/f").exists());
}

#[test]
fn other_names_of_the_old_file_keep_its_content() {
    let directory = place();
    fs::hard_link(directory.path().join("f"), directory.path().join("other")).expect("a link can be made");
    run(&directory, "with atomic=true { echo new > f }").success();
    assert_eq!(fs::read(directory.path().join("other")).expect("it is there"), b"old\n");
}

// -------------------------------------------------------------------------------------- access and attributes

const LIST: &str = "system.posix_acl_access";
/// The number of a tag that names no user or group (acl(5)).
const NONE: u32 = u32::MAX;

/// Returns an access control list in the form that the kernel takes.
fn access_list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, bits, number) in entries {
        list.extend(tag.to_le_bytes().iter().chain(&bits.to_le_bytes()).chain(&number.to_le_bytes()));
    }
    list
}

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 1000];
    let length = getxattr(path, name, &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn the_access_control_list_is_kept_and_never_opens_more() {
    let directory = place();
    let file = directory.path().join("f");
    // The mask shows as the bits of the group, which has no permissions itself.
    let list = access_list(&[(1, 6, NONE), (2, 6, 12345), (4, 0, NONE), (0x10, 6, NONE), (0x20, 0, NONE)]);
    if setxattr(&file, LIST, &list, XattrFlags::empty()).is_err() {
        return;
    }
    assert_eq!(mode(&file), 0o660);
    run(&directory, "with atomic=true { echo new > f }").success();
    assert_eq!(attribute(&file, LIST), Some(list));
    assert_eq!(mode(&file), 0o660);
}

#[test]
fn the_directory_gives_no_list_to_a_file_that_had_none() {
    let directory = place();
    let file = directory.path().join("f");
    set_mode(&file, 0o640);
    let list = access_list(&[(1, 7, NONE), (2, 7, 12345), (4, 7, NONE), (0x10, 7, NONE), (0x20, 0, NONE)]);
    if setxattr(directory.path(), "system.posix_acl_default", &list, XattrFlags::empty()).is_err() {
        return;
    }
    run(&directory, "with atomic=true { echo new > f; echo x > made }\necho y > usual").success();
    assert_eq!((attribute(&file, LIST), mode(&file)), (None, 0o640));
    let made =
        |name: &str| (attribute(&directory.path().join(name), LIST), mode(&directory.path().join(name)));
    assert_eq!(made("made"), made("usual"), "a new file is as any that is made there");
}

#[test]
fn extended_attributes_are_kept() {
    let directory = place();
    let file = directory.path().join("f");
    if setxattr(&file, "user.note", b"kept", XattrFlags::empty()).is_err() {
        return;
    }
    let labelled = setxattr(&file, "security.label", b"kept", XattrFlags::empty()).is_ok();
    run(&directory, "with atomic=true { echo new >> f; exit 0 }").success();
    assert_eq!(fs::read(&file).expect("it is there"), b"old\nnew\n");
    assert_eq!(attribute(&file, "user.note").as_deref(), Some(&b"kept"[..]));
    assert!(!labelled || attribute(&file, "security.label").as_deref() == Some(b"kept"));
}

#[test]
fn the_umask_of_the_block_is_that_of_its_new_files() {
    let directory = place();
    run(&directory, "with atomic=true, umask=\"027\" { echo x > made; write('written', 'x') }").success();
    assert_eq!(mode(&directory.path().join("made")), 0o640);
    assert_eq!(mode(&directory.path().join("written")), 0o640);
}

/// A user other than the owner, with a copy of the binary that this user can run. None if the tests may not change
/// users.
struct Users {
    directory: TempDir,
}

/// Users and groups that each system has (daemon, and the groups daemon and mail), and one that exists only by its
/// number.
const OWNER: u32 = 1;
const OWNERS_GROUP: u32 = 1;
const SHARED: u32 = 8;
const OTHER: u32 = 65534;

impl Users {
    /// A directory of the group `SHARED` with `f` of `OWNER`.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() || !have("setpriv") {
            return None;
        }
        let directory = place();
        let at = directory.path();
        chown(at, None, Some(SHARED)).expect("root may");
        set_mode(at, 0o775);
        // By another process: a program that this one had open for writing could be busy in a child of another test.
        Run::new("cp").arg(support::pipewright()).arg(at.join("pipewright")).run().success();
        Some(Self { directory })
    }

    fn file(&self) -> std::path::PathBuf {
        self.directory.path().join("f")
    }

    fn give(&self, user: u32, group: u32, bits: u32) {
        chown(self.file(), Some(user), Some(group)).expect("root may");
        set_mode(&self.file(), bits);
    }

    /// Runs code as `OTHER`, with these groups.
    fn run(&self, groups: &str, code: &str) -> Outcome {
        let ids = [format!("--reuid={OTHER}"), format!("--regid={OTHER}"), format!("--groups={groups}")];
        let program = self.directory.path().join("pipewright");
        Run::new("setpriv").args(ids).arg(program).arg("-c").arg(code).dir(self.directory.path()).run()
    }
}

const REPLACE: &str = "with atomic=true { echo new > f }";

#[test]
fn the_owner_of_a_shared_file_is_never_locked_out() {
    let Some(users) = Users::new() else { return };
    // The owner is not in the group, and would lose permissions.
    for bits in [0o664, 0o660, 0o644, 0o600, 0o755] {
        users.give(OWNER, SHARED, bits);
        let outcome = users.run("8", REPLACE);
        assert!(outcome.status == 1 && outcome.to_string().contains("E1030"), "{bits:o}: {outcome}");
        let found = fs::metadata(users.file()).expect("it is there");
        assert_eq!((found.uid(), found.gid(), mode(&users.file())), (OWNER, SHARED, bits), "{bits:o}");
        assert_eq!(fs::read(users.file()).expect("it is there"), b"old\n");
    }
}

#[test]
fn a_member_of_the_group_replaces_what_the_owner_can_still_use() {
    let Some(users) = Users::new() else { return };
    // As any user, or as a member of the group.
    for (group, bits, after) in
        [(SHARED, 0o666, 0o666), (OWNERS_GROUP, 0o664, 0o664), (OWNERS_GROUP, 0o4770, 0o770)]
    {
        users.give(OWNER, group, bits);
        users.run("8,1", REPLACE).success();
        let found = fs::metadata(users.file()).expect("it is there");
        assert_eq!((found.uid(), found.gid(), mode(&users.file())), (OTHER, group, after), "{bits:o}");
    }
}

#[test]
fn a_group_that_cannot_be_given_loses_nothing() {
    let Some(users) = Users::new() else { return };
    users.give(OTHER, OWNERS_GROUP, 0o640);
    let outcome = users.run("8", REPLACE);
    assert!(outcome.status == 1 && outcome.to_string().contains("group 1"), "{outcome}");
    // All users have the permissions of the group.
    users.give(OTHER, OWNERS_GROUP, 0o644);
    users.run("8", REPLACE).success();
    assert_eq!(mode(&users.file()), 0o644);
}

#[test]
fn root_gives_the_new_file_to_the_owner_of_the_old_one() {
    let Some(users) = Users::new() else { return };
    users.give(OWNER, SHARED, 0o2640);
    run(&users.directory, REPLACE).success();
    let found = fs::metadata(users.file()).expect("it is there");
    assert_eq!((found.uid(), found.gid(), mode(&users.file())), (OWNER, SHARED, 0o2640));
}
