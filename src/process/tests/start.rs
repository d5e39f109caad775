//! The state that a started program finds, and the errors of programs that could not be started.

use super::super::*;
use super::{MANY, c, output, pipeline, run, sh, stage, stage_of, start_problem, without_input};
use crate::sys::testing::make_inheritable;
use crate::sys::{errno, tty};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn arguments_and_environment_arrive_byte_for_byte() {
    let words: [&[u8]; 7] = [b"printf", b"[%s]", b"", b"a\nb", b"\xff\xfe", b"-n", b" * $(x) '\""];
    assert_eq!(run(vec![stage_of(&words)]).out, b"[][a\nb][\xff\xfe][-n][ * $(x) '\"]");
    let mut env = stage(&["env", "-0"]);
    env.environment = Environment::empty();
    assert_eq!(run(vec![env.clone()]).out, b"");
    env.environment.set(b"B", b"\xff\n=").unwrap();
    env.environment.set(b"A", b"").unwrap();
    assert_eq!(run(vec![env]).out, b"B=\xff\n=\0A=\0");
}

#[test]
fn a_child_has_its_table_and_nothing_else() {
    // Descriptors of this process that are not close-on-exec, as a careless library leaves them.
    let (a, b) = pipe().unwrap();
    make_inheritable(&a);
    make_inheritable(&b);
    // The additional one is the directory that ls itself reads.
    let count = |stage| output(stage).lines().count();
    assert_eq!(count(without_input(stage(&["ls", "/proc/self/fd"]))), 4);
    let mut closed = sh("exec ls /proc/self/fd");
    closed.files.close(2);
    closed.files.set(7, Arc::new(b));
    let (mut children, reader) = pipeline(vec![closed], &Group::own());
    let mut pump = Pump::capture(reader, MANY);
    wait(&mut children, &mut pump, &Wait::default()).unwrap();
    // 0 and 1, then the one that ls opens as 2, then 7.
    assert_eq!(pump.captures[0].bytes(), b"0\n1\n2\n7\n");
}

#[test]
fn descriptors_land_where_the_table_says_whatever_collides() {
    let (out, out_writer) = pipe().unwrap();
    let (err, err_writer) = pipe().unwrap();
    // `3>&1 1>&2 2>&3`; descriptors 3, 4 and 5 of this process are likely among the sources.
    let mut swapped = without_input(sh("echo out; echo err >&2; echo five >&5; echo nine >&9"));
    swapped.files.set(1, Arc::new(out_writer));
    swapped.files.set(2, Arc::new(err_writer));
    swapped.files.dup(1, 3).unwrap();
    swapped.files.dup(2, 1).unwrap();
    swapped.files.dup(3, 2).unwrap();
    for fd in [4, 5, 6, 7, 8, 9] {
        swapped.files.dup(1 + fd % 2, fd).unwrap();
    }
    let mut children = [start(swapped, &Group::own()).unwrap()];
    let captures = vec![Capture::new(out, MANY), Capture::new(err, MANY)];
    let mut pump = Pump { captures };
    wait(&mut children, &mut pump, &Wait::default()).unwrap();
    assert_eq!(pump.captures[0].bytes(), b"err\nfive\nnine\n");
    assert_eq!(pump.captures[1].bytes(), b"out\n");
}

#[test]
fn a_child_starts_with_default_signals() {
    // Rust ignores SIGPIPE; a program that inherits that continues to write to a closed pipe.
    let status = output(without_input(stage(&["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"])));
    let bits: BTreeMap<_, _> = status.lines().filter_map(|line| line.split_once(":\t")).collect();
    assert_eq!(bits["SigBlk"], "0000000000000000");
    assert_eq!(u64::from_str_radix(bits["SigIgn"], 16).unwrap() & 1 << (Signal::PIPE.number() - 1), 0);
}

#[test]
fn a_failed_start_names_the_part_at_fault() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Stage::new(c(&path), vec![name.into()])
    };
    assert_eq!(start_problem(put("text", b"echo must not run in a shell\n")), StartProblem::NotAProgram);
    assert_eq!(start_problem(put("empty", b"")), StartProblem::NotAProgram);
    let interpreter = b"/no/such/python\r".to_vec();
    assert_eq!(
        start_problem(put("crlf", b"#! /no/such/python\r\nx\n")),
        StartProblem::BadInterpreter { interpreter }
    );
    let gone = Stage::new(c(&dir.path().join("gone")), vec![b"gone".to_vec()]);
    assert_eq!(start_problem(gone), StartProblem::Vanished);
    let mut lost = stage(&["true"]);
    lost.directory = Some(c(&dir.path().join("nowhere")));
    assert_eq!(start_problem(lost), StartProblem::Directory { errno: errno::ENOENT });
    let mut nul = stage(&["true", "ok"]);
    nul.argv.push(b"a\0b".to_vec());
    assert_eq!(start_problem(nul), StartProblem::NulInArgument { index: 2 });
    let mut long = stage(&["true", "ok"]);
    long.argv.push(vec![b'x'; 131_072]);
    assert_eq!(start_problem(long.clone()), StartProblem::ArgumentTooLong { index: 2, length: 131_072 });
    long.argv[2].pop();
    assert_eq!(run(vec![long.clone()]).ends, [StageEnd::Exit(0)]);
    long.argv = vec![vec![b'x'; 100_000]; 100];
    assert!(matches!(start_problem(long), StartProblem::ArgumentsTooLong { arguments: 10_000_100, .. }));
    let mut large = stage(&["true"]);
    large.environment.set(b"HUGE", &[b'x'; 131_067]).unwrap();
    let name = b"HUGE".to_vec();
    assert_eq!(start_problem(large.clone()), StartProblem::VariableTooLong { name, length: 131_072 });
    large.environment.set(b"HUGE", &[b'x'; 131_066]).unwrap();
    assert_eq!(run(vec![large]).ends, [StageEnd::Exit(0)]);
    let mut closed = stage(&["true"]);
    closed.files.put(5, Descriptor::Inherited(4000));
    let error = SpawnError { phase: Phase::Descriptor(5), errno: libc::EBADF };
    assert_eq!(start_problem(closed), StartProblem::System(error));
    assert_eq!(start_problem(Stage::new(c"/bin/true".into(), vec![])), StartProblem::NoArguments);
}

#[test]
fn a_relative_program_runs_in_its_directory_and_sees_the_name_as_typed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("show");
    fs::write(&path, "#!/bin/sh\necho \"$0\"; pwd -P\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let at = c(dir.path());
    let Lookup::Found(program) = Search::default().find(b"./show", Some(&at)) else { panic!("not found") };
    let mut stage = Stage::new(program, vec![b"./show".to_vec()]);
    stage.directory = Some(at);
    let real = fs::canonicalize(dir.path()).unwrap();
    assert_eq!(output(stage), format!("./show\n{}\n", real.display()));
}

#[test]
fn a_program_that_is_being_written_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("busy");
    fs::copy("/bin/true", &path).unwrap();
    let held = fs::OpenOptions::new().write(true).open(&path).unwrap();
    let busy = || Stage::new(c(&path), vec![b"busy".to_vec()]);
    let error = SpawnError { phase: Phase::Exec, errno: libc::ETXTBSY };
    assert_eq!(start_problem(busy()), StartProblem::System(error));
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        drop(held);
    });
    assert_eq!(run(vec![busy()]).ends, [StageEnd::Exit(0)]);
    thread.join().unwrap();
}

#[test]
fn steps_reach_the_program() {
    let mut stage = sh("umask; nice; ulimit -n; ulimit -f; grep -c . /proc/self/limits >/dev/null; id -u");
    for step in [
        Step::Umask(0o027),
        Step::Nice(3),
        Step::Limit(Limit { resource: Resource::OpenFiles, value: 64 }),
        Step::Limit(Limit { resource: Resource::FileSize, value: 512 * 7 }),
    ] {
        stage.steps.set(step);
    }
    let root = output(sh("id -u")) == "0\n";
    if root {
        let nobody = Identity { user: Some(65_534), group: Some(65_534), groups: Some(vec![]) };
        stage.steps.set(Step::User(nobody.into()));
    }
    let text = output(stage);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..4], ["0027", "3", "64", "7"]);
    assert!(!root || lines[4] == "65534");
}

#[test]
fn one_group_a_pipeline_or_none() {
    let group_of = |group: &Group| {
        let show = || sh("cut -d' ' -f5 /proc/self/stat; cat >/dev/null");
        let (mut children, reader) = pipeline(vec![show(), show(), show()], group);
        let mut pump = Pump::capture(reader, MANY);
        wait(&mut children, &mut pump, &Wait::default()).unwrap();
        (children[0].pid(), String::from_utf8(pump.captures[0].bytes().to_vec()).unwrap())
    };
    let (leader, group) = group_of(&Group::own());
    assert_eq!(group.trim(), leader.to_string());
    let (_, group) = group_of(&Group::inherit());
    assert_eq!(group.trim(), tty::own_group().to_string());
}

#[test]
fn a_group_outlives_its_first_child_until_that_is_reaped() {
    let group = Group::own();
    let mut first = vec![start(stage(&["true"]), &group).unwrap()];
    std::thread::sleep(Duration::from_millis(30));
    // It has ended, but is not reaped.
    let mut second = vec![start(stage(&["true"]), &group).unwrap()];
    assert_eq!(group.id(), Some(first[0].pid()));
    wait(&mut first, &mut Pump::default(), &Wait::default()).unwrap();
    wait(&mut second, &mut Pump::default(), &Wait::default()).unwrap();
    assert_eq!(group.id(), None);
    let mut third = vec![start(stage(&["true"]), &group).unwrap()];
    assert_eq!(group.id(), Some(third[0].pid()));
    wait(&mut third, &mut Pump::default(), &Wait::default()).unwrap();
}
