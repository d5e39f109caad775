//! The rules of the documentation can't be passed around: tries of the kind that GTFOBins lists, against each example.

use crate::support::marked::left_after;
use pipewright::policy::{Rules, Subject};
use pipewright::{Engine, ErrorKind, Limits, Output};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

/// Each tries to write the file `@M`, or to run a program in the directory `@D`, each of which writes it.
const TRIES: &[&str] = &[
    "command sh -c 'touch @M'",
    "/bin/sh -c 'touch @M'",
    "command bash -c 'touch @M'",
    "command env touch @M",
    "command env -S 'touch @M'",
    "command env -i PATH=/bin touch @M",
    "command env -C / touch @M",
    "command nice touch @M",
    "command nice -n 5 touch @M",
    "command ionice -c 3 touch @M",
    "command nohup touch @M",
    "command timeout 5 touch @M",
    "command timeout -s KILL 5 sh -c 'touch @M'",
    "command setsid touch @M",
    "command setsid -f touch @M",
    "command stdbuf -o0 touch @M",
    "command xargs touch <<< @M",
    "command xargs -a /etc/hostname touch @M",
    "command xargs -I '{}' touch @M <<< x",
    "command nice env timeout 5 touch @M",
    "command find / -maxdepth 0 -exec touch @M ';'",
    "command find / -maxdepth 0 -fprint @M",
    "command awk 'BEGIN{system(\"touch @M\")}'",
    "command python3 -c 'open(\"@M\", \"w\")'",
    "command perl -e 'open(F, \">\", \"@M\")'",
    "command sed -n '1e touch @M' /etc/hostname",
    "command sed -n 'w @M' /etc/hostname",
    "command tar cf /dev/null /etc/hostname --checkpoint=1 --checkpoint-action=exec='touch @M'",
    "command tar cf @M /etc/hostname",
    "command dd if=/dev/null of=@M",
    "command cp /etc/hostname @M",
    "command tee @M <<< x",
    "command ln -s /etc/passwd @M",
    "command install -D /etc/hostname @M",
    "command split -n 1 --filter='touch @M' /etc/hostname",
    "command make -f /dev/null --eval='x:; touch @M'",
    "command ssh -o ProxyCommand='touch @M' x",
    "echo x > @M",
    "echo x >> @M",
    "echo x | each line { echo $line > @M }",
    "write('@M', 'x')",
    "printf x 2> @M",
    "with atomic=true { echo x > @M }",
    "env.PATH = '@D'; wc",
    "PATH=@D wc /dev/null",
    "with env={PATH: '@D'} { wc /dev/null }",
    "@D/wc",
    "@D/git log",
    "@D/sh -c 'touch @M'",
    "@D/link",
    "cd @D; ./wc",
    "with cwd='@D' { ./wc }",
    "env.LD_PRELOAD = '@D/x.so'; wc /dev/null",
    "BASH_ENV=@D/wc wc /dev/null",
    "env.GIT_PAGER = 'touch @M'; git -p log",
    "GIT_EXTERNAL_DIFF='@D/wc' git log -p --ext-diff",
    "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.pager GIT_CONFIG_VALUE_0='touch @M' git -p log",
    "git -c alias.x='!touch @M' x",
    "git -c core.pager='touch @M' -p log",
    "git -c core.fsmonitor='touch @M' status",
    "git --exec-path=@D log",
    "git -C @D push",
    "git --no-pager push",
    "git log --output=@M",
    "git log --outp=@M",
    "git log -1 --output @M",
    "git log --format=x --o=@M",
    "git diff --no-index --output=@M /etc/hostname /etc/passwd",
    "git archive -o @M HEAD",
    "git clone --upload-pack='touch @M' x @D/new",
    "git init @D/new; touch @M",
    "/usr/bin/sort -o @M /etc/hostname",
    "/usr/bin/sort --output=@M /etc/hostname",
    "/usr/bin/sort -ro @M /etc/hostname",
    "/usr/bin/sort -n -o @M /etc/hostname",
    "/usr/bin/sort -S 1 --compress-program=@D/wc /etc/services",
    "sort -o @M /etc/hostname",
    "sha1sum @D/wc > @M",
    "/usr/bin/sha1sum --tag @M @D/wc | cat > @M",
    "wc --files0-from=@D/wc > @M",
    "with user='nobody' { touch @M }",
    "with detach=true { touch @M }",
    "with nice=1 { touch @M }",
    "let copy = spawn { command touch @M }; copy.wait()",
    "try { command touch @M } catch e { write('@M', 'x') }",
    "defer { command touch @M }; command touch @M",
    "fn f() { command touch @M }; f || f",
    "cat <(command touch @M)",
    "use '@D/wc'",
];

/// Returns the examples of docs/EMBEDDING.md and of the documentation of the crate.
fn documented() -> Vec<(&'static str, Rules)> {
    let page = std::fs::read_to_string(crate::support::root().join("docs/EMBEDDING.md")).unwrap();
    let toml = page.split("```toml\n[allow]").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let rules = || -> Result<Vec<_>, Box<dyn std::error::Error>> {
        let new = Rules::new;
        let below_srv =
            new().allow(Subject::Read, "/srv/data/**")?.deny(Subject::Read, "/srv/data/private/**")?;
        Ok(vec![
            ("EMBEDDING.md: policies and limits", below_srv.clone().allow_run(&["wc", "**"])?),
            ("EMBEDDING.md: rules", Rules::from_toml(&format!("[allow]{toml}"))?),
            (
                "Rules",
                below_srv
                    .allow_run(&["wc", "**"])?
                    .allow_run(&["git", "log", "**"])?
                    .deny_argument(&["git"], "--output*")?,
            ),
            ("Rules::deny_run", new().allow_run(&["/usr/bin/sha*sum"])?.deny_run(&["sha1sum"])?),
            (
                "Rules::deny_argument",
                new().allow_run(&["git", "log", "**"])?.deny_argument(&["git"], "--output*")?,
            ),
            ("EngineBuilder", new().allow_run(&["wc", "-l"])?),
        ])
    };
    rules().unwrap()
}

fn program(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_documented_rules_cannot_be_passed_around() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let marker = directory.join("marker");
    for name in ["wc", "git"] {
        program(&directory.join(name), &format!("#!/bin/sh\ntouch {}\n", marker.display()));
    }
    for name in ["sh", "link"] {
        symlink("/bin/sh", directory.join(name)).unwrap();
    }
    assert!(TRIES.len() >= 60);
    let mut passed = Vec::new();
    for (example, rules) in documented() {
        let mut limits = Limits::untrusted();
        limits.wall_time = Some(Duration::from_secs(20));
        let engine = Engine::builder().policy(rules).limits(limits).build().unwrap();
        let mut refused = 0;
        for attempt in TRIES {
            let text = attempt.replace("@D", &directory.display().to_string());
            let text = text.replace("@M", &marker.display().to_string());
            // What the check refuses never runs.
            let Ok(script) = engine.script_builder("theirs").parse(text) else {
                refused += 1;
                continue;
            };
            let mut session = engine.session();
            session.set_env("PIPEWRIGHT_TEST", "tries").unwrap();
            let run = session.run(&script).stdout(Output::Null).stderr(Output::Null).status();
            refused += usize::from(run.is_err_and(|error| error.kind() == ErrorKind::Policy));
            if marker.exists() || marker.is_symlink() {
                passed.push(format!("{example}: {attempt}"));
                let _ = std::fs::remove_file(&marker);
            }
        }
        println!("{example}: {refused} of {} refused by the check or the policy", TRIES.len());
    }
    left_after("PIPEWRIGHT_TEST=tries", Duration::ZERO);
    assert!(passed.is_empty(), "{} tries passed:\n{}", passed.len(), passed.join("\n"));
}
