//! Each way of starting a program, against the same expectations.

use super::*;
use crate::sys::interrupt::Interrupt;
use crate::sys::signal::Signal;
use crate::sys::testing::{alone, make_inheritable, open_descriptors, output, output_by, read, with_spawn};
use crate::sys::wait::End;
use crate::sys::{descriptor, handlers, pipe};
use std::ffi::CString;
use std::os::fd::AsRawFd;

type Way = fn(&Spawn<'_>) -> Result<Process, SpawnError>;

const WAYS: [Way; 3] = [spawn, beside, portable::spawn];

/// Starts it without waiting for the execve at once.
fn beside(request: &Spawn<'_>) -> Result<Process, SpawnError> {
    struct Lent(Spawn<'static>);
    impl Request for Lent {
        fn spawn(&self) -> Spawn<'_> {
            Spawn { ..self.0 }
        }
    }
    // SAFETY: it is returned before this function returns.
    let lent = unsafe { std::mem::transmute::<Spawn<'_>, Spawn<'static>>(Spawn { ..*request }) };
    let (process, pending_exec) = begin(Lent(lent)).unwrap_or_else(|_| panic!("no child was made"));
    match pending_exec.finish().1 {
        None => Ok(process),
        Some(error) => {
            process.reap().unwrap();
            Err(error)
        }
    }
}

fn sh(script: &str) -> [&str; 3] {
    ["/bin/sh", "-c", script]
}

#[test]
fn each_way_runs_a_program_and_tell_its_end() {
    for way in WAYS {
        let (end, text) = output_by(way, &sh("echo $#; exit 7")).unwrap();
        assert_eq!((end, text.as_str()), (End::Exit(7), "0\n"));
        let (end, _) = output_by(way, &sh("kill -TERM $$")).unwrap();
        assert_eq!(end, End::Signal { signal: Signal::TERM, core: false });
    }
}

#[test]
fn each_way_names_a_failing_execve_and_leaves_nothing() {
    for way in WAYS {
        for (program, errno) in
            [("/no/such", libc::ENOENT), ("/etc/passwd", libc::EACCES), ("/bin", libc::EACCES)]
        {
            let error = with_spawn(&[program], |request| way(&request)).unwrap_err();
            assert_eq!(error, SpawnError { phase: Phase::Exec, errno });
        }
    }
}

#[test]
fn each_way_places_colliding_descriptors() {
    for way in WAYS {
        let ends: Vec<_> = (0..3).map(|_| pipe::pipe().unwrap()).collect();
        let [a, b, c] = [0, 1, 2].map(|at: usize| ends[at].1.as_raw_fd());
        // Each is the source of another, in a ring; one goes to two places; one stays in place.
        let place = |target, source| Placement { target, source: Some(source) };
        let placements = [place(a, b), place(b, c), place(c, a), place(1, b), place(0, 0)];
        let steps = placements.map(Step::Descriptor);
        let script = format!("echo a >&{a}; echo b >&{b}; echo c >&{c}; echo one");
        let process = with_spawn(&["/bin/bash", "-c", &script], |request| {
            way(&Spawn { steps: &steps, ..request }).unwrap()
        });
        assert_eq!(process.reap().unwrap().end, End::Exit(0));
        let texts = ends.into_iter().map(|(reader, writer)| {
            drop(writer);
            read(reader)
        });
        assert_eq!(texts.collect::<Vec<_>>(), ["c\n", "a\none\n", "b\n"]);
    }
}

#[test]
fn each_way_resets_sigpipe_and_the_mask() {
    for way in WAYS {
        let show = ["/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"];
        let (_, text) = output_by(way, &show).unwrap();
        let bits = |name| {
            let hex = text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
            u64::from_str_radix(hex, 16).unwrap()
        };
        assert_eq!(bits("SigBlk:"), 0);
        assert_eq!(bits("SigIgn:") & 1 << (libc::SIGPIPE - 1), 0);
    }
}

#[test]
fn each_way_enters_groups_and_directories() {
    for way in WAYS {
        let show = sh("cut -d' ' -f1,5 /proc/$$/stat; pwd -P");
        let and = |more: Step| {
            move |request: &Spawn<'_>| {
                let mut steps = Steps::default();
                request.steps.iter().cloned().chain([more.clone()]).for_each(|step| steps.set(step));
                way(&Spawn { steps: &steps, ..*request })
            }
        };
        let directory = Step::Directory(c"/usr/bin".into());
        let (end, text) = output_by(and(directory), &show).unwrap();
        let (pid_group, directory) = text.trim().split_once('\n').unwrap();
        let (pid, group) = pid_group.split_once(' ').unwrap();
        assert_eq!((end, pid == group, directory), (End::Exit(0), true, "/usr/bin"));
        let leader = with_spawn(&["/bin/sleep", "9"], |request| way(&request).unwrap());
        let joined = || and(Step::Group(ProcessGroup::Join(leader.pid())));
        let (_, text) = output_by(joined(), &show).unwrap();
        assert_eq!(text.split_whitespace().nth(1).unwrap(), leader.pid().to_string());
        leader.signal(Signal::KILL).unwrap();
        leader.reap().unwrap();
        let error = output_by(joined(), &show).unwrap_err();
        assert_eq!(error.phase, Phase::Group);
    }
}

#[test]
fn many_start_beside_each_other_and_each_tells_its_own_failure() {
    struct Numbered(CString, StringArray, StringArray);
    impl Request for Numbered {
        fn spawn(&self) -> Spawn<'_> {
            let Self(program, argv, envp) = self;
            Spawn { program, argv, envp, steps: &[], alone: false }
        }
    }
    let words = |at: usize| match at % 3 {
        0 => ["/no/such".to_owned(), String::new(), String::new()],
        _ => ["/bin/sh".to_owned(), "-c".to_owned(), format!("exit {}", at % 200)],
    };
    let coming: Vec<_> = (0..60)
        .map(|at| {
            let words = words(at);
            let argv = StringArray::new(words.iter().map(|word| [word.as_bytes()])).unwrap();
            let program = CString::new(words[0].as_str()).unwrap();
            begin(Numbered(program, argv, StringArray::default())).ok().unwrap()
        })
        .collect();
    for (at, (process, pending_exec)) in coming.into_iter().enumerate() {
        let (failure, ended) = (pending_exec.finish().1, process.reap().unwrap().end);
        if at % 3 == 0 {
            assert_eq!(failure, Some(SpawnError { phase: Phase::Exec, errno: libc::ENOENT }));
        } else {
            assert_eq!((failure, ended), (None, End::Exit((at % 200) as u8)));
        }
    }
}

#[test]
fn the_portable_way_refuses_what_it_cannot_do() {
    let error = with_spawn(&["/bin/true"], |r| portable::spawn(&Spawn { steps: &[Step::Nice(1)], ..r }));
    assert_eq!(error.unwrap_err(), SpawnError { phase: Phase::Nice, errno: libc::ENOTSUP });
}

#[test]
fn the_parents_mask_is_as_it_was() {
    let mask = || std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let mask = || mask().lines().find(|line| line.starts_with("SigBlk")).map(str::to_owned);
    let before = mask();
    output(&["/bin/true"]);
    assert_eq!(mask(), before);
}

#[test]
fn limits_that_are_refused_are_named() {
    let limit = Limit { resource: Resource::OpenFiles, value: u64::MAX };
    let error =
        with_spawn(&["/bin/true"], |r| spawn(&Spawn { steps: &[Step::Limit(limit)], ..r })).unwrap_err();
    assert_eq!(error, SpawnError { phase: Phase::Limit(Resource::OpenFiles), errno: libc::EPERM });
}

#[test]
fn signals_and_standard_streams_of_the_process() {
    for test in [
        "handlers_end_with_execve",
        "closed_streams_stay_closed",
        "inherited_descriptors_are_passed_on_on_request",
    ] {
        alone(&format!("sys::spawn::tests::{test}"));
    }
}

#[test]
#[ignore = "changes this process: run by signals_and_standard_streams_of_the_process"]
fn handlers_end_with_execve() {
    let interrupt = Interrupt::new().unwrap();
    // Below nohup(1) it is ignored, and would stay so. SAFETY: no handler is involved.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_DFL) };
    handlers::install(&interrupt, None, &[Signal::TERM, Signal::HUP]).unwrap();
    // In the child, the signal meets no handler of this process, and ends it.
    let (end, _) = output(&sh("kill -TERM $$; sleep 1"));
    assert_eq!(end, End::Signal { signal: Signal::TERM, core: false });
    assert_eq!(interrupt.raised(), None);
    // SAFETY: sends to this process, which has a handler.
    unsafe { libc::raise(libc::SIGHUP) };
    assert_eq!(interrupt.raised().map(|raised| raised.signal), Some(Signal::HUP));
    handlers::restore().unwrap();
    // A signal that the process ignores is also ignored by its programs, and `install` keeps it
    // ignored. SAFETY: no handler is involved.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    handlers::install(&interrupt, None, &[Signal::HUP]).unwrap();
    let (end, text) = output(&sh("kill -HUP $$; echo on"));
    assert_eq!((end, text.as_str()), (End::Exit(0), "on\n"));
    // SAFETY: as above.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
    let lost = with_spawn(&["/bin/true"], |request| spawn(&request).unwrap());
    assert_eq!(lost.reap().unwrap_err().raw_os_error(), Some(libc::ECHILD));
    handlers::keep_statuses();
    assert_eq!(output(&sh("exit 3")).0, End::Exit(3));
}

#[test]
#[ignore = "changes this process: run by signals_and_standard_streams_of_the_process"]
fn closed_streams_stay_closed() {
    // SAFETY: the standard input of this test is not used.
    unsafe { libc::close(0) };
    let (reader, writer) = pipe::pipe().unwrap();
    let interrupt = Interrupt::new().unwrap();
    let lowest = [reader.as_raw_fd(), writer.as_raw_fd(), interrupt.fds().next().unwrap().as_raw_fd()];
    assert!(lowest.iter().all(|&fd| fd > 2), "{lowest:?}");
    assert_eq!(output(&["/bin/bash", "-c", "[ -e /proc/self/fd/0 ] || echo none"]).1, "none\n");
    let process = with_spawn(&["/bin/sleep", "0"], |request| spawn(&request).unwrap());
    assert!(process.exit_fd().unwrap().as_raw_fd() > 2);
    process.reap().unwrap();
}

#[test]
#[ignore = "changes this process: run by signals_and_standard_streams_of_the_process"]
fn inherited_descriptors_are_passed_on_on_request() {
    let (a, b) = pipe::pipe().unwrap();
    make_inheritable(&a);
    let listed = || output(&["/bin/ls", "/proc/self/fd"]).1;
    // Each child of a library's host is sealed…
    assert_eq!(listed(), "0\n1\n2\n3\n");
    assert!(!descriptor::is_passed_on(a.as_raw_fd()));
    // …and children of the binary inherit its descriptors, but none of the interpreter's own.
    descriptor::pass_on_inherited();
    let given = a.as_raw_fd();
    assert!(descriptor::is_passed_on(given) && !descriptor::is_passed_on(b.as_raw_fd()));
    let listed = listed();
    // The fifth is the directory that ls reads.
    assert!(listed.lines().any(|fd| fd == given.to_string()) && listed.lines().count() == 5, "{listed}");
    let before = open_descriptors();
    for _ in 0..100 {
        output(&["/bin/true"]);
        assert!(output_by(spawn, &["/no/such"]).is_err());
    }
    assert_eq!(open_descriptors(), before);
}
