//! How a prompt handles the keys that its jobs receive.

use super::super::*;
use super::{sh, stage, without_input};
use crate::sys::tree;
use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

fn await_stop(pid: i32) {
    while !tree::status(pid).is_some_and(|status| status.is_stopped()) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_stop_is_repeated_for_programs_without_a_handler() {
    let control = Control::new(Interrupt::none()).unwrap();
    let (_input, output, reads) = {
        let (from_us, input) = pipe().unwrap();
        let (output, to_us) = pipe().unwrap();
        let mut reads = sh("trap : TSTP; echo up; read line");
        reads.files.set(0, Arc::new(from_us));
        reads.files.set(1, Arc::new(to_us));
        (input, output, start(reads, &control.group()).unwrap())
    };
    File::from(output).read_exact(&mut [0; 3]).unwrap();
    let sleeps = start(without_input(stage(&["sleep", "60"])), &control.group()).unwrap();
    // Neither of the two has received the key.
    control.stop();
    control.repeat_key(&Interrupt::none());
    await_stop(sleeps.pid());
    assert!(!tree::status(reads.pid()).unwrap().is_stopped());
}

#[test]
fn a_thread_that_starts_programs_of_a_suspended_job_notices_its_end() {
    for signal in [Signal::KILL, Signal::TERM, Signal::INT] {
        let control = Control::new(Interrupt::new().unwrap()).unwrap();
        control.stop();
        assert_eq!(control.attend(), Attended::Suspended);
        std::thread::scope(|scope| {
            let starts = scope.spawn(|| {
                drop(control.begin_to_start());
                control.keys().raised()
            });
            control.end(signal);
            assert!(starts.join().unwrap().is_some(), "{signal}");
        });
    }
}

/// The thread of the job may handle the stop of a program only after the job was asked to end.
#[test]
fn a_job_that_was_told_to_end_is_not_stopped() {
    let control = Control::new(Interrupt::new().unwrap()).unwrap();
    control.stop();
    assert_eq!(control.attend(), Attended::Suspended);
    control.end(Signal::KILL);
    control.stop();
    control.await_suspension();
    assert_eq!(control.look(), Attended::Running);
}
