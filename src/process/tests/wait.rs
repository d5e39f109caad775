//! Programs that run to their end, and the bytes that pass through the interpreter.

use super::super::*;
use super::{MANY, output, pipeline, run, run_with, sh, stage, start_problem};
use crate::sys::testing::{alone, limit_descriptors, open_descriptors};
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn a_pipeline_passes_bytes_and_statuses() {
    let run = run(vec![sh("echo a; echo b; exit 3"), stage(&["tr", "ab", "xy"]), sh("cat; kill -9 $$")]);
    assert_eq!(run.out, b"x\ny\n");
    let killed = StageEnd::Signal { signal: Signal::KILL, core: false };
    assert_eq!(run.ends, [StageEnd::Exit(3), StageEnd::Exit(0), killed]);
    assert_eq!(run.outcome, Outcome::default());
}

#[test]
fn a_writer_whose_reader_has_enough_has_not_failed() {
    let started = Instant::now();
    let run = run(vec![stage(&["yes"]), stage(&["head", "-n", "1"])]);
    assert_eq!(run.out, b"y\n");
    assert_eq!(run.ends, [StageEnd::PipeClosed, StageEnd::Exit(0)]);
    assert!(started.elapsed() < Duration::from_secs(5));
    // The status 141 is not a signal, and the last stage has no reader that could excuse it.
    let run = super::run(vec![sh("exit 141"), sh("kill -PIPE $$")]);
    assert_eq!(run.ends[0], StageEnd::Exit(141));
    assert_eq!(run.ends[1], StageEnd::Signal { signal: Signal::PIPE, core: false });
}

#[test]
fn both_streams_move_at_once() {
    // Each writes 1 MB. Reading them one after the other would deadlock on pipes of 64 KiB.
    let (out, out_writer) = pipe().unwrap();
    let (err, err_writer) = pipe().unwrap();
    let mut stage = sh("head -c 1000000 /dev/zero | tee /dev/stderr");
    stage.files.set(1, Arc::new(out_writer));
    stage.files.set(2, Arc::new(err_writer));
    let mut children = [start(stage, &Group::own()).unwrap()];
    let captures = vec![Capture::new(out, MANY), Capture::new(err, MANY)];
    let mut pump = Pump { captures };
    wait(&mut children, &mut pump, &Wait::default()).unwrap();
    for capture in pump.captures {
        assert!(capture.into_bytes() == vec![0; 1_000_000]);
    }
}

#[test]
fn captures_50_mb() {
    let run = run(vec![stage(&["head", "-c", "50000000", "/dev/zero"])]);
    assert_eq!((run.out.len(), run.ends[0]), (50_000_000, StageEnd::Exit(0)));
}

#[test]
fn a_capture_waits_for_what_comes_late() {
    let run = run(vec![sh("(sleep 0.3; echo late; exec >&-; sleep 9) & echo first")]);
    assert_eq!((&run.out[..], run.outcome), (&b"first\nlate\n"[..], Outcome::default()));
}

#[test]
fn a_wait_for_a_pipe_alone_can_be_told_and_is_stopped_by_keys_and_by_time() {
    let (mut children, reader) = pipeline(vec![sh("sleep 60 & echo first")], &Group::own());
    let mut pump = Pump::capture(reader, MANY);
    let keys = Interrupt::new().unwrap();
    keys.raise(Signal::INT);
    let told = Wait { keys: Keys::after_programs(&keys), tell_held: true, ..Wait::default() };
    // A key that came while the programs ran was meant for them.
    assert_eq!(wait(&mut children, &mut pump, &told).unwrap().stop, Some(Stop::Held));
    assert_eq!(holders_of(&[pump.captures[0].fd().unwrap()])[0].1, b"sleep");
    let deadline = Deadline::after(Duration::from_millis(100), Clock::default());
    let limited = Wait { deadline, ..Wait::default() };
    let outcome = wait(&mut children, &mut pump, &limited).unwrap();
    assert_eq!((outcome.stop, outcome.pipe_held), (Some(Stop::TimedOut), false));
    assert_eq!(pump.captures[0].bytes(), b"first\n");

    let (mut children, reader) = pipeline(vec![sh("setsid -f sleep 60; echo $$")], &Group::own());
    let mut pump = Pump::capture(reader, MANY);
    let keys = Interrupt::new().unwrap();
    let raise = keys.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        raise.raise(Signal::INT);
    });
    let stopped = Wait { keys: Keys::after_programs(&keys), ..Wait::default() };
    let outcome = wait(&mut children, &mut pump, &stopped).unwrap();
    thread.join().unwrap();
    // The process that holds the pipe is found by the pipe, although it has left the group and its
    // parent has ended.
    assert_eq!((outcome.stop, outcome.pipe_held), (Some(Stop::Interrupted(Signal::INT)), false));
}

#[test]
fn reports_tell_time_and_order() {
    let (mut children, reader) = pipeline(
        vec![
            sh("sleep 0.2"),
            sh("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"),
            stage(&["sleep", "0.01"]),
        ],
        &Group::own(),
    );
    wait(&mut children, &mut Pump::capture(reader, MANY), &Wait::default()).unwrap();
    let reports: Vec<_> = children.iter().map(|child| child.report(false)).collect();
    assert_eq!(reports[2].end_order, Some(0));
    assert!(reports[0].wall >= Duration::from_millis(200));
    assert!(reports[2].wall >= Duration::from_millis(10) && reports[2].wall < reports[0].wall);
    assert!(reports[1].user + reports[1].system > Duration::from_millis(5));
    assert!(reports.iter().all(|report| report.max_rss > 100_000));
    assert_eq!(reports[2].argv, [b"sleep".to_vec(), b"0.01".to_vec()]);
}

#[test]
fn starts_from_many_threads_at_once() {
    let threads: Vec<_> = (0..8)
        .map(|n| {
            std::thread::spawn(move || {
                for i in 0..50 {
                    let text = format!("{n} {i}");
                    assert_eq!(output(stage(&["printf", "%s", &text])), text);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn five_hundred_stages_within_a_thousand_descriptors() {
    alone("process::tests::wait::five_hundred");
}

#[test]
fn nothing_leaks() {
    alone("process::tests::wait::thousands");
}

#[test]
#[ignore = "run by five_hundred_stages_within_a_thousand_descriptors"]
fn five_hundred() {
    limit_descriptors(1024);
    let before = open_descriptors();
    let mut stages = vec![stage(&["echo", "through"])];
    stages.extend((1..500).map(|_| stage(&["cat"])));
    let run = run(stages);
    assert_eq!(run.out, b"through\n");
    assert!(run.ends.iter().all(|end| end.is_success()));
    assert_eq!(open_descriptors(), before);
}

#[test]
#[ignore = "run by nothing_leaks"]
fn thousands() {
    let before = open_descriptors();
    for i in 0..2000 {
        match i % 5 {
            0 => drop(start(stage(&["sleep", "9"]), &Group::own()).unwrap()),
            1 => drop(start_problem(Stage::new(c"/no/such".into(), vec![b"x".to_vec()]))),
            2 => drop(run_with(vec![stage(&["yes"]), stage(&["head", "-1"])], &Wait::default(), MANY)),
            _ => drop(run(vec![stage(&["true"])])),
        }
    }
    assert_eq!(open_descriptors(), before);
    let pid = std::process::id();
    assert_eq!(fs::read_to_string(format!("/proc/self/task/{pid}/children")).unwrap(), "");
}
