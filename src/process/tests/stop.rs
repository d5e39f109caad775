//! Programs that are ended early.

use super::super::*;
use super::{MANY, c, pipeline, run_with, sh, stage, without_input};
use crate::sys::testing::is_gone;
use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

#[test]
fn a_capture_past_its_limit_ends_the_producer() {
    let run = run_with(vec![stage(&["yes"]), stage(&["cat"])], &Wait::default(), 100_000);
    assert_eq!((run.out.len(), run.outcome.stop), (100_000, Some(Stop::Overflow)));
    let run = run_with(vec![stage(&["printf", "12345"])], &Wait::default(), 5);
    assert_eq!((&run.out[..], run.outcome.stop), (&b"12345"[..], None));
}

#[test]
fn a_deadline_ends_the_whole_group() {
    let started = Instant::now();
    let deadline = Deadline::after(Duration::from_millis(100), Clock::default());
    let how = Wait { deadline, grace: Duration::from_millis(200), ..Wait::default() };
    // The first stage ends at once, and its child ignores SIGTERM; the second stage is stopped.
    let stubborn = sh("(trap '' TERM; echo $$; exec sleep 60) & exec sleep 60");
    let run = run_with(vec![stubborn, sh("head -n 1; kill -STOP $$; sleep 60")], &how, MANY);
    assert_eq!(run.outcome.stop, Some(Stop::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let ended = StageEnd::Signal { signal: Signal::TERM, core: false };
    assert_eq!(run.ends, [ended; 2]);
}

#[test]
fn processes_that_have_left_the_group_are_ended_too() {
    let deadline = Deadline::after(Duration::from_millis(300), Clock::default());
    let how = Wait { deadline, grace: Duration::from_millis(200), ..Wait::default() };
    // In its own session, ignoring signals, with a child there.
    let deaf = "trap '' TERM; echo $$; sleep 60 & echo $!; wait";
    let run = run_with(vec![sh(&format!("setsid sh -c {deaf:?} & wait").replace('$', "\\$"))], &how, MANY);
    assert_eq!((run.outcome.stop, run.outcome.pipe_held), (Some(Stop::TimedOut), false));
    let text = String::from_utf8(run.out).unwrap();
    let pids: Vec<i32> = text.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(pids.len(), 2);
    assert!(pids.into_iter().all(is_gone));
}

#[test]
fn no_process_of_an_interrupted_group_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let mut stage =
        sh("sh -c 'trap \"\" TERM; echo $$ >pid.new; mv pid.new pid; while :; do sleep 0.1; done' & wait");
    stage.directory = Some(c(dir.path()));
    let interrupt = Interrupt::new().unwrap();
    let raise = interrupt.clone();
    let watched = file.clone();
    let thread = std::thread::spawn(move || {
        while !watched.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        raise.raise(Signal::INT);
        std::thread::sleep(Duration::from_millis(100));
        raise.raise(Signal::INT);
    });
    let mut children = [start(without_input(stage), &Group::own()).unwrap()];
    let started = Instant::now();
    let how = Wait { interrupt, grace: Duration::from_millis(300), ..Wait::default() };
    let outcome = wait(&mut children, &mut Pump::default(), &how).unwrap();
    thread.join().unwrap();
    assert_eq!(outcome.stop, Some(Stop::Interrupted(Signal::INT)));
    let pid = fs::read_to_string(file).unwrap().trim().parse().unwrap();
    assert!(is_gone(pid));
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_second_interrupt_kills_at_once() {
    let interrupt = Interrupt::new().unwrap();
    let (mut children, reader) =
        pipeline(vec![sh("trap '' TERM; echo up; while :; do sleep 1; done")], &Group::own());
    interrupt.wait_readable(reader.as_fd(), None).unwrap();
    interrupt.raise(Signal::INT);
    let raise = interrupt.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        raise.raise(Signal::INT);
    });
    let started = Instant::now();
    let how = Wait { interrupt, grace: Duration::from_secs(60), ..Wait::default() };
    wait(&mut children, &mut Pump::capture(reader, MANY), &how).unwrap();
    thread.join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(3));
    assert_eq!(children[0].report(true).end, StageEnd::Signal { signal: Signal::KILL, core: false });
}

#[test]
fn a_stopped_program_can_be_resumed() {
    let how = Wait { job_control: true, ..Wait::default() };
    let mut children = [start(sh("kill -TSTP $$; exit 4"), &Group::own()).unwrap()];
    let outcome = wait(&mut children, &mut Pump::default(), &how).unwrap();
    assert_eq!(outcome.stop, Some(Stop::Suspended(Signal::TSTP)));
    resume(&children);
    let mut outcome = wait(&mut children, &mut Pump::default(), &how).unwrap();
    // Unless it ended before the check.
    if outcome.stop == Some(Stop::Continued) {
        outcome = wait(&mut children, &mut Pump::default(), &how).unwrap();
    }
    assert_eq!(outcome.stop, None);
    assert_eq!(children[0].report(true).end, StageEnd::Exit(4));
}

#[test]
fn a_dropped_child_is_ended_and_reaped() {
    let (children, _reader) = pipeline(
        vec![stage(&["sleep", "60"]), sh("trap '' TERM; sleep 60; sleep 60"), stage(&["true"])],
        &Group::own(),
    );
    let pids: Vec<i32> = children.iter().map(Child::pid).collect();
    let started = Instant::now();
    drop(children);
    assert!(started.elapsed() < Duration::from_secs(2));
    for pid in pids {
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
