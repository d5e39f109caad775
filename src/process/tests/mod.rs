//! Real programs, real pipes, real ends.

mod control;
mod start;
mod stop;
mod wait;

use super::*;
use crate::sys::testing;
use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;

const MANY: usize = 1 << 30;

fn stage(words: &[&str]) -> Stage {
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    stage_of(&words)
}

fn stage_of(words: &[&[u8]]) -> Stage {
    let Lookup::Found(program) = Search::new(b"/usr/bin:/bin").find(words[0], None) else {
        panic!("no {:?}", String::from_utf8_lossy(words[0]));
    };
    Stage::new(program, words.iter().map(|word| word.to_vec()).collect())
}

fn sh(script: &str) -> Stage {
    stage(&["sh", "-c", script])
}

/// Returns a stage with empty standard input: that of a test binary may be anything.
fn without_input(mut stage: Stage) -> Stage {
    stage.files.set(0, Arc::new(open(None, b"/dev/null", OpenMode::Read).unwrap()));
    stage
}

fn c(path: &Path) -> Arc<CStr> {
    testing::c(path).into()
}

/// Starts the stages as one pipeline, with the output of the last one captured.
fn pipeline(stages: Vec<Stage>, group: &Group) -> (Vec<Child>, OwnedFd) {
    let mut children = Vec::new();
    let mut input: Option<OwnedFd> = None;
    for mut stage in stages {
        let (reader, writer) = pipe().unwrap();
        match input.replace(reader) {
            Some(input) => stage.files.set(0, Arc::new(input)),
            None => stage = without_input(stage),
        }
        stage.files.set(1, Arc::new(writer));
        children.push(super::start(stage, group).unwrap());
    }
    (children, input.unwrap())
}

struct Run {
    out: Vec<u8>,
    ends: Vec<StageEnd>,
    outcome: Outcome,
}

fn run_with(stages: Vec<Stage>, how: &Wait, limit: usize) -> Run {
    let (mut children, reader) = pipeline(stages, &Group::own());
    let mut pump = Pump::capture(reader, limit);
    let outcome = super::wait(&mut children, &mut pump, how).unwrap();
    let last = children.len() - 1;
    let ends = children.iter().enumerate().map(|(at, child)| child.report(at == last).end).collect();
    Run { out: pump.captures.remove(0).into_bytes(), ends, outcome }
}

fn run(stages: Vec<Stage>) -> Run {
    run_with(stages, &Wait::default(), MANY)
}

fn output(stage: Stage) -> String {
    String::from_utf8(run(vec![stage]).out).unwrap()
}

fn start_problem(stage: Stage) -> StartProblem {
    start(stage, &Group::own()).unwrap_err().problem
}
