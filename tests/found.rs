//! Tests what is found and where: a script's own path, the files that it uses, the programs of PATH.

use crate::support;
use crate::support::{Run, have};
use pipewright::{Engine, Script};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const SCRIPT: &str = "use \"lib/where.pw\"\necho $[script_path()]\necho $[where.here()]\n";
const MODULE: &str = "fn here() { return script_path() }\n";

/// Creates a script with a module beside it, in `real/`, and links to it in `bin/`.
fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    fs::create_dir_all(path("real/lib")).expect("a directory");
    fs::create_dir_all(path("bin/sub")).expect("a directory");
    fs::write(path("real/deploy.pw"), SCRIPT).expect("a file can be written");
    fs::write(path("real/lib/where.pw"), MODULE).expect("a file can be written");
    symlink("../real/deploy.pw", path("bin/deploy")).expect("a link can be made");
    symlink("../deploy", path("bin/sub/again")).expect("a link can be made");
    symlink("real", path("linked")).expect("a link can be made");
    // A module that is itself a link, and uses files beside its target.
    fs::write(path("real/lib/outer.pw"), "use \"where.pw\"\nfn there() { return where.here() }\n")
        .expect("a file");
    symlink("../real/lib/outer.pw", path("bin/outer.pw")).expect("a link can be made");
    fs::write(path("bin/user.pw"), "use \"outer.pw\"\necho $[outer.there()]\n").expect("a file");
    directory
}

#[test]
fn a_script_that_is_reached_by_a_link_finds_what_lies_beside_it() {
    let project = project();
    let real = fs::canonicalize(project.path()).expect("it is there").join("real");
    let expected = format!("{}\n{}\n", real.join("deploy.pw").display(), real.join("lib/where.pw").display());
    for name in ["real/deploy.pw", "bin/deploy", "bin/sub/again", "linked/deploy.pw", "./bin/../bin/deploy"] {
        for directory in [project.path(), Path::new("/")] {
            let script = if directory == Path::new("/") { project.path().join(name) } else { name.into() };
            let outcome = Run::pipewright().arg(&script).dir(directory).run().success();
            assert_eq!(outcome.out(), expected, "{name} in {}", directory.display());
            let script = Script::load(project.path().join(name)).expect(name);
            assert_eq!(
                Engine::default().session().run(&script).read().expect(name),
                expected.trim_end(),
                "{name}"
            );
        }
    }
    let outcome = Run::pipewright().arg(project.path().join("bin/user.pw")).run().success();
    assert_eq!(outcome.out(), format!("{}\n", real.join("lib/where.pw").display()));
}

#[test]
fn the_path_stays_when_the_directory_changes() {
    let project = project();
    let script = project.path().join("real/moves.pw");
    fs::write(
        &script,
        "cd /\nwith cwd=\"/tmp\" { echo $[script_path().basename()] }\necho $[script_path().exists()]\n",
    )
    .expect("a file can be written");
    let outcome = Run::pipewright().arg("moves.pw").dir(project.path().join("real")).run().success();
    assert_eq!(outcome.out(), "moves.pw\ntrue\n");
}

#[test]
fn code_that_is_not_in_a_file_has_no_path() {
    let code = "echo $[script_path()]";
    let directory = tempfile::tempdir().expect("a temporary directory");
    // Files with the names that messages use for code without a file.
    for name in ["-c", "standard input", "text"] {
        fs::write(directory.path().join(name), "").expect("a file can be written");
    }
    let by_code = Run::code(code).dir(directory.path()).run();
    let by_input = Run::pipewright().stdin(code).dir(directory.path()).run();
    for outcome in [by_code, by_input] {
        assert!(outcome.status == 1 && outcome.err().starts_with("error[E2018]"), "{outcome}");
    }
    let script = Script::parse("text", code).expect("it passes the check");
    let error = Engine::default().session().run(&script).read().expect_err("it has no path");
    assert_eq!(error.diagnostic().code.id(), "E2018");
}

// ------------------------------------------------------------------------------------------------ programs

fn program(path: &Path, text: &str) {
    fs::write(path, text).expect("a file can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[test]
fn a_program_on_a_noexec_mount_is_passed_over() {
    if !rustix::process::geteuid().is_root() || !have("unshare") {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    for name in ["noexec", "exec"] {
        fs::create_dir(directory.path().join(name)).expect("a directory");
    }
    program(&directory.path().join("exec/tool"), "#!/bin/sh\necho found\n");
    // In a separate mount namespace, which ends with the shell.
    let inside = |code: &str| {
        let script = "mount -t tmpfs -o noexec none noexec && cp exec/tool noexec/tool && cp exec/tool noexec/only && \
                      exec \"$0\" -c \"$1\"";
        Run::new("unshare")
            .args(["-m", "bash", "-c", script])
            .arg(support::pipewright())
            .arg(code)
            .dir(directory.path())
            .run()
    };
    let probe = inside("true");
    if probe.status != 0 {
        eprintln!("no mount can be made here: {probe}");
        return;
    }
    let path = format!("{0}/noexec:{0}/exec:/usr/bin:/bin", directory.path().display());
    let outcome = inside(&format!("env.PATH = \"{path}\"\ntool\ntool | cat\n")).success();
    assert_eq!(outcome.out(), "found\nfound\n");
    for code in
        [format!("env.PATH = \"{path}\"\nonly"), "noexec/only".to_string(), "./noexec/only".to_string()]
    {
        let outcome = inside(&code);
        assert!(outcome.status == 126, "{code}: {outcome}");
        assert!(
            outcome.err().starts_with("error[E1003]") && outcome.err().contains("mounted noexec"),
            "{outcome}"
        );
    }
}

#[test]
fn a_loader_that_is_missing_is_named() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let sh = fs::read("/bin/sh").expect("it is there");
    // The same program with a different loader, as for a different C library.
    let loader = b"/lib64/ld-linux-x86-64.so.2";
    let Some(at) = sh.windows(loader.len()).position(|window| window == loader) else { return };
    let mut other = sh;
    other[at..at + loader.len()].copy_from_slice(b"/lib64/ld-nosuch-x86-64.so1");
    fs::write(directory.path().join("tool"), other).expect("a file can be written");
    fs::set_permissions(directory.path().join("tool"), fs::Permissions::from_mode(0o755))
        .expect("it is ours");
    let outcome = Run::code("./tool -c true").dir(directory.path()).run();
    assert_eq!(outcome.status, 126, "{outcome}");
    let page = outcome.err();
    assert!(page.starts_with("error[E1003]") && page.contains("/lib64/ld-nosuch-x86-64.so1"), "{page}");
}
