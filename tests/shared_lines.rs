//! Tests jobs that read lines of one input: each line goes complete to exactly one of them, and none is
//! lost.

use crate::support::Run;
use crate::support::rng::Rng;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// Returns lines of 0 to 6,000 bytes, which begin with their numbers.
fn lines(rng: &mut Rng) -> Vec<String> {
    let line =
        |number: u64| format!("{number} {}", "x".repeat(rng.below([3, 300, 6000][number as usize % 3])));
    (0..600).map(line).collect()
}

/// Starts four jobs that each read lines, and write them to their own file.
fn four_jobs(read: &str) -> String {
    let job = |number: u64| {
        format!("let job{number} = spawn {{ {} }}\n", read.replace("OUT", &format!("out{number}")))
    };
    let jobs: String = (0..4).map(job).collect();
    format!("{jobs}job0.wait(); job1.wait(); job2.wait(); job3.wait()\n")
}

/// Returns the lines that the jobs have read, in the order of the numbers.
fn read_by_jobs(place: &Path) -> Vec<String> {
    let text = |number| fs::read_to_string(place.join(format!("out{number}"))).unwrap_or_default();
    let mut lines: Vec<String> =
        (0..4).flat_map(|number| text(number).lines().map(String::from).collect::<Vec<_>>()).collect();
    lines.sort_by_key(|line| line.split(' ').next().and_then(|number| number.parse::<u64>().ok()));
    lines
}

#[track_caller]
fn assert_same(read: &[String], written: &[String], how: &str) {
    assert_eq!(read.len(), written.len(), "{how}: lines");
    let differ = read.iter().zip(written).find(|(read, written)| read != written);
    assert!(differ.is_none(), "{how}: {differ:?}");
}

/// Writes the text in pieces, of which few end where a line does.
fn write_in_pieces(mut file: impl Write, text: &str, rng: &mut Rng) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.len().min(1 + rng.below(5000)));
        file.write_all(piece).expect("the readers take it");
        rest = after;
        if rng.below(20) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Ways to read lines in a job. The output is made after the input is open.
const READS: &[(&str, &str)] = &[
    ("each", r"each line { printf '%s\n' $line } < IN > OUT"),
    (
        "read_line()",
        r"{ let line = read_line(); while (line != null) { printf '%s\n' $line; line = read_line() } } < IN > OUT",
    ),
];

#[test]
fn each_line_of_a_fifo_goes_to_one_job() {
    for (how, read) in READS {
        let (place, mut rng) = (tempfile::tempdir().expect("a temporary directory"), Rng::new(1));
        let fifo = place.path().join("ff");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::from_raw_mode(0o600)).expect("a FIFO");
        let written = lines(&mut rng);
        let text = written.join("\n") + "\n";
        let run = Run::code(four_jobs(&read.replace("IN", "ff"))).dir(place.path());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let file = File::options().write(true).open(&fifo).expect("it is there");
                // A job that opens it after its writer has closed it would wait for another writer.
                let opened = |number| place.path().join(format!("out{number}")).exists();
                while !(0..4).all(opened) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                write_in_pieces(&file, &text, &mut rng);
            });
            run.run().success();
        });
        assert_same(&read_by_jobs(place.path()), &written, how);
    }
}

#[test]
fn each_line_of_an_open_file_or_pipe_goes_to_one_job() {
    for (how, read) in READS {
        for around in ["{ JOBS } 3< text", "cat text | { JOBS } 3<&0"] {
            let (place, mut rng) = (tempfile::tempdir().expect("a temporary directory"), Rng::new(2));
            let written = lines(&mut rng);
            fs::write(place.path().join("text"), written.join("\n") + "\n").expect("there is room");
            let code = around.replace("JOBS", &four_jobs(&read.replace("< IN", "<&3")));
            Run::code(code).dir(place.path()).run().success();
            assert_same(&read_by_jobs(place.path()), &written, &format!("{how}, {around}"));
        }
    }
}
