//! A program that reports exactly what it was given, or misbehaves on request: `probe DUTY [ARGUMENT…]`. Tests use it
//! in place of programs of the host, which may differ.
//!
//! It has no Rust `main`, because the runtime would ignore SIGPIPE and open closed standard descriptors, before the
//! probe could see what the child really got.
//!
//! | duty | what it does |
//! | --- | --- |
//! | `argv ARG…` | writes each further argument as `LENGTH:BYTES` |
//! | `env NAME…` | the same of variables; `NAME unset` where there is none |
//! | `fds` | open descriptors: number, what it is, how it is open |
//! | `signals` | which signals are blocked and ignored |
//! | `ids` | whether it leads its process group, and its parent's id |
//! | `parent` | of the process that started it: open descriptors, threads, zombies, resident memory in KiB |
//! | `emit TAG` | `out:TAG` to standard output, `err:TAG` to standard error |
//! | `filter TAG` | each line with `TAG:` before it, at the end `err:TAG` to standard error |
//! | `drain STATUS` | reads to the end, then exits |
//! | `take BYTES` | reads so many bytes, then exits: closes early |
//! | `flood [BYTES]` | writes so many bytes, or for ever |
//! | `exit STATUS` | exits |
//! | `kill SIGNAL` | ends by this signal, a number |
//! | `tree WIDTH SECONDS` | starts children that sleep, writes their ids, sleeps |
//! | `ignore-term SECONDS` | sleeps, whatever TERM says |
//! | `shape SHAPE [TEXT]` | builds a tree of processes that is hard to end, and sleeps; each has `TEXT` as an argument |
//!
//! The shapes: `plain` (two children), `ignoring` (all ignore TERM), `stopped` (a child that is stopped), `session` (a
//! child in a session of its own, with a child), `daemon` (forked twice, in a session of its own), `orphan` (a daemon
//! that ignores TERM, whose starter has ended), `forking` (starts children for ever), `roving` (ends, and leaves a
//! child that does the same, for ever).
#![no_main]

use std::ffi::{CStr, OsStr, OsString, c_char, c_int};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::time::Duration;

#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, arguments: *const *const c_char) -> c_int {
    // SAFETY: the C library calls this with that many strings, which live as long as the process.
    let arguments: Vec<&'static [u8]> =
        (0..count as usize).map(|at| unsafe { CStr::from_ptr(*arguments.add(at)) }.to_bytes()).collect();
    let Some((duty, arguments)) = arguments.get(1..).and_then(<[_]>::split_first) else {
        return usage();
    };
    let number = |at: usize| {
        arguments.get(at).and_then(|text| std::str::from_utf8(text).ok()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let tag = arguments.first().copied().unwrap_or_default();
    match *duty {
        b"argv" => write(1, &arguments.iter().flat_map(|argument| counted(argument)).collect::<Vec<_>>()),
        b"env" => write(1, &arguments.iter().flat_map(|name| variable(name)).collect::<Vec<_>>()),
        b"fds" => write(1, descriptors().as_bytes()),
        b"signals" => write(1, signals().as_bytes()),
        b"ids" => write(1, ids().as_bytes()),
        b"parent" => write(1, parent().as_bytes()),
        b"emit" => {
            write(1, &[b"out:", tag, b"\n"].concat());
            write(2, &[b"err:", tag, b"\n"].concat());
        }
        b"filter" => filter(tag),
        b"drain" => {
            read_all();
            return number(0) as c_int;
        }
        b"take" => take(number(0)),
        b"flood" => flood(if arguments.is_empty() { u64::MAX } else { number(0) }),
        b"exit" => return number(0) as c_int,
        // SAFETY: plain system calls on this process.
        b"kill" => unsafe {
            libc::kill(libc::getpid(), number(0) as c_int);
            libc::pause();
        },
        b"tree" => tree(number(0), number(1)),
        b"ignore-term" => {
            // SAFETY: no Rust handler is involved.
            unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
            std::thread::sleep(Duration::from_secs(number(0)));
        }
        b"shape" => shape(tag),
        _ => return usage(),
    }
    0
}

/// Builds the tree of a shape (see the head of this file). It ends by itself after a minute.
fn shape(shape: &[u8]) {
    // SAFETY: plain system calls; there is one thread, and a child continues in it.
    unsafe {
        match shape {
            b"plain" => {
                if libc::fork() != 0 {
                    libc::fork();
                }
            }
            b"ignoring" => {
                libc::signal(libc::SIGTERM, libc::SIG_IGN);
                libc::signal(libc::SIGINT, libc::SIG_IGN);
                libc::signal(libc::SIGHUP, libc::SIG_IGN);
                libc::fork();
            }
            b"stopped" => {
                if libc::fork() == 0 {
                    libc::raise(libc::SIGSTOP);
                }
            }
            b"session" => {
                if libc::fork() == 0 {
                    libc::setsid();
                    libc::fork();
                }
            }
            b"daemon" => daemon(),
            b"orphan" => {
                libc::signal(libc::SIGTERM, libc::SIG_IGN);
                daemon();
                libc::signal(libc::SIGTERM, libc::SIG_DFL);
            }
            b"forking" => {
                libc::signal(libc::SIGCHLD, libc::SIG_IGN);
                for _ in 0..400 {
                    if libc::fork() == 0 {
                        libc::usleep(100_000);
                        return;
                    }
                    libc::usleep(2_000);
                }
            }
            b"roving" => {
                for _ in 0..2_000 {
                    if libc::fork() != 0 {
                        return;
                    }
                    libc::usleep(2_000);
                }
            }
            _ => return,
        }
        for _ in 0..60 {
            libc::sleep(1);
        }
    }
}

/// Starts an orphan, as daemon(3) does.
unsafe fn daemon() {
    // SAFETY: as above.
    unsafe {
        if libc::fork() == 0 {
            libc::setsid();
            if libc::fork() != 0 {
                libc::_exit(0);
            }
        }
    }
}

fn usage() -> c_int {
    write(2, b"usage: probe DUTY [ARGUMENT...]\n");
    64
}

/// Returns a standard descriptor as a file that is not closed on drop, because it is not owned.
fn descriptor(number: i32) -> ManuallyDrop<File> {
    // SAFETY: if it is closed, its use fails with EBADF, and no other file is open yet that could have its number.
    ManuallyDrop::new(unsafe { File::from_raw_fd(number) })
}

/// Writes all bytes. Bytes that can't be written are lost, because the descriptor may be closed on purpose.
fn write(number: i32, bytes: &[u8]) {
    let _ = descriptor(number).write_all(bytes);
}

fn read_all() -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = descriptor(0).read_to_end(&mut bytes);
    bytes
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    [format!("{}:", bytes.len()).as_bytes(), bytes, b"\n"].concat()
}

fn variable(name: &[u8]) -> Vec<u8> {
    match std::env::var_os(OsStr::from_bytes(name)).map(OsString::into_vec) {
        Some(value) => [name, b" ", &counted(&value)].concat(),
        None => [name, b" unset\n"].concat(),
    }
}

fn descriptors() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    // A descriptor that is open only for the list is gone when the links are read.
    let mut numbers: Vec<i32> = fs::read_dir("/proc/self/fd")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    numbers.sort_unstable();
    let mut out = String::new();
    for number in numbers {
        let Ok(link) = fs::read_link(format!("/proc/self/fd/{number}")) else { continue };
        // SAFETY: a plain query.
        let flags = unsafe { libc::fcntl(number, libc::F_GETFL) };
        let access = ["r", "w", "rw"].get((flags & libc::O_ACCMODE) as usize).unwrap_or(&"?");
        let what = match link.strip_prefix(&here) {
            Ok(inside) => inside.to_string_lossy().into_owned(),
            // A here-document is a pipe, a file or, if it is empty, /dev/null, as each shell likes.
            Err(_) if number == 0 && *access == "r" => "given".to_owned(),
            Err(_) if link == OsStr::new("/dev/null") => "null".to_owned(),
            Err(_) if link.to_string_lossy().starts_with("pipe:") => "pipe".to_owned(),
            Err(_) => "outside".to_owned(),
        };
        let append = if flags & libc::O_APPEND != 0 { "+" } else { "" };
        out += &format!("{number} {what} {access}{append}\n");
    }
    out
}

fn signals() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .filter(|line| line.starts_with("SigBlk") || line.starts_with("SigIgn"))
        .fold(String::new(), |out, line| out + line + "\n")
}

fn ids() -> String {
    // SAFETY: plain queries.
    let (leader, parent) = unsafe { (libc::getpgrp() == libc::getpid(), libc::getppid()) };
    format!("leader {leader}\nparent {parent}\n")
}

fn parent() -> String {
    // SAFETY: a plain query.
    let parent = format!("/proc/{}", unsafe { libc::getppid() });
    let count = |what: &str| fs::read_dir(format!("{parent}/{what}")).into_iter().flatten().count();
    let tasks = fs::read_dir(format!("{parent}/task")).into_iter().flatten().flatten();
    let children: String =
        tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default()).collect();
    let is_zombie = |pid: &&str| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
    };
    let zombies = children.split_whitespace().filter(is_zombie).count();
    let status = fs::read_to_string(format!("{parent}/status")).unwrap_or_default();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let memory = memory.trim().trim_end_matches(" kB");
    format!("{} {} {zombies} {memory}\n", count("fd"), count("task"))
}

fn filter(tag: &[u8]) {
    let text = read_all();
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    write(1, &lines.flat_map(|line| [tag, b":", line].concat()).collect::<Vec<_>>());
    write(2, &[b"err:", tag, b"\n"].concat());
}

fn take(mut left: u64) {
    let mut buffer = [0; 4096];
    while left > 0 {
        let most = left.min(buffer.len() as u64) as usize;
        match descriptor(0).read(&mut buffer[..most]) {
            Ok(0) | Err(_) => return,
            Ok(read) => left -= read as u64,
        }
    }
}

fn flood(mut left: u64) {
    let buffer = b"y\n".repeat(32 * 1024);
    while left > 0 {
        let most = left.min(buffer.len() as u64) as usize;
        match descriptor(1).write(&buffer[..most]) {
            Ok(written) => left -= written as u64,
            Err(_) => return,
        }
    }
}

fn tree(width: u64, seconds: u64) {
    for _ in 0..width {
        // SAFETY: there is one thread; the child sleeps and ends.
        match unsafe { libc::fork() } {
            0 => break,
            child => write(1, format!("{child}\n").as_bytes()),
        }
    }
    std::thread::sleep(Duration::from_secs(seconds));
}
