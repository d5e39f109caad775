//! Lines that are generated from the table of programs: one for each option and for each way to take
//! code. Lines written by hand are in tests/guard.rs.

use crate::check::{CheckOptions, check};
use crate::diag::Source;
use crate::programs::options::{Order, Takes, entries};
use crate::programs::{Operands, Program, table, variables};
use std::sync::Arc;

/// Returns the codes of the guard for a line.
fn alarms(line: &str) -> Vec<&'static str> {
    let source = Arc::new(Source::new("test", format!("let v = 1\n{line}")));
    let codes: Vec<&'static str> = match check(&source, CheckOptions::default()) {
        Ok(program) => program.warnings.iter().map(|page| page.code.id()).collect(),
        Err(errors) => errors.iter().map(|page| page.code.id()).collect(),
    };
    codes.into_iter().filter(|code| matches!(*code, "E0401" | "E0409" | "W0007" | "W0008")).collect()
}

/// Returns each program with the words that lead to it: `git`, `git rebase`, `python -m pdb`.
fn programs() -> Vec<(String, &'static Program)> {
    fn add(before: &str, programs: &'static [Program], into: &mut Vec<(String, &'static Program)>) {
        for program in programs {
            for name in program.names {
                let words = format!("{before}{name}");
                let is_module = program.when.iter().any(|(_, operands)| *operands == Operands::Module);
                let sign = if is_module { "-m " } else { "" };
                add(&format!("{words} {sign}"), program.commands, into);
                into.push((words, program));
            }
        }
    }
    let mut all = Vec::new();
    table::all().for_each(|program| add("", std::slice::from_ref(program), &mut all));
    // A keyword, and builtins of the language.
    all.retain(|(words, _)| !matches!(words.as_str(), "command" | "exec" | "task"));
    all
}

/// Returns an option with a value, as it is written.
fn written(entry: &str, takes: Takes, value: &str) -> Vec<String> {
    let is_name = entry.starts_with('-');
    if entry == "+" {
        return vec![format!("\"+{value}\"")];
    }
    let names: Vec<String> = match is_name {
        true => vec![entry.to_string()],
        false => entry.chars().filter(|c| *c != '+').map(|letter| format!("-{letter}")).collect(),
    };
    let is_long = entry.starts_with("--");
    let mut lines = Vec::new();
    for name in names {
        if matches!(takes, Takes::Value) {
            lines.push(format!("{name} \"{value}\""));
        }
        if is_long {
            lines.push(format!("{name}=\"{value}\""));
        } else if !is_name {
            lines.push(format!("\"{name}{value}\""));
        }
    }
    lines
}

#[test]
fn each_option_that_takes_code_raises_an_alarm() {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for (words, program) in programs() {
        for (name, entry) in entries(program.options) {
            if entry.code.is_none() || entry.is_file {
                continue;
            }
            for option in written(name, entry.takes, "a${v}") {
                let line = format!("{words} {option}");
                lines += 1;
                if alarms(&line).len() != 1 {
                    wrong.push(format!("{line}: {:?}", alarms(&line)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lines > 200, "{lines}");
}

#[test]
fn no_other_option_raises_one() {
    let mut wrong = Vec::new();
    let mut lines = 0;
    // Every third program; all of them with `SCALE`.
    let step = if crate::sys::testing::is_long() { 1 } else { 3 };
    for (words, program) in programs().into_iter().step_by(step) {
        for (name, entry) in entries(program.options) {
            let takes = matches!(entry.takes, Takes::Value | Takes::Attached);
            if entry.code.is_some() || !takes {
                continue;
            }
            for option in written(name, entry.takes, "${v}") {
                let line = format!("{words} {option}");
                lines += 1;
                if !alarms(&line).is_empty() {
                    wrong.push(format!("{line}: {:?}", alarms(&line)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lines > 1000 / step, "{lines}");
}

#[test]
fn code_among_the_operands_raises_an_alarm() {
    let mut wrong = Vec::new();
    for (words, program) in programs() {
        let own = |count: usize| "a ".repeat(count);
        let operands = match program.operands {
            Operands::First(_) | Operands::Expression(_) | Operands::Parallel => "\"a $v\"".to_string(),
            Operands::After(count, _) | Operands::EachAfter(count, _) => format!("{}\"a $v\"", own(count)),
            Operands::Command(count) => format!("{}sh -c \"a $v\"", own(count)),
            Operands::AssignedCommand | Operands::AppendedCommand => "sh -c \"a $v\"".to_string(),
            Operands::Shell(count) => format!("{}-- -c \"a $v\"", own(count)),
            Operands::Locked => "a -c \"a $v\"".to_string(),
            Operands::Assignments(_) => "A=\"a $v\"".to_string(),
            Operands::Exec(marks) => format!("a {} sh -c \"a $v\" ';'", marks[0]),
            Operands::GitConfig => "core.editor \"a $v\"".to_string(),
            _ => continue,
        };
        // tar reads the first word as options.
        assert_ne!(program.order, Order::Bare);
        let line = format!("{words} {operands}");
        if alarms(&line).len() != 1 {
            wrong.push(format!("{line}: {:?}", alarms(&line)));
        }
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn programs_whose_input_is_code_raise_an_alarm() {
    let mut wrong = Vec::new();
    for (words, program) in programs().into_iter().filter(|(_, program)| program.input.is_some()) {
        // ssh and su reach a shell by a name first.
        let operands = if matches!(program.operands, Operands::After(..)) { " a" } else { "" };
        let operands = if words == "crontab" { " -" } else { operands };
        for line in [format!("{words}{operands} <<< \"a $v\""), format!("echo \"a $v\" | {words}{operands}")]
        {
            if alarms(&line).len() != 1 {
                wrong.push(format!("{line}: {:?}", alarms(&line)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} lines:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn variables_that_programs_run_or_load_raise_an_alarm() {
    for name in variables::names_of_code() {
        for line in [
            format!("{name}=\"a $v\" ls"),
            format!("env.{name} = \"a $v\""),
            format!("with env={{{name}: \"a $v\"}} {{ ls }}"),
            format!("env {name}=\"a $v\" ls"),
            format!("sudo {name}=\"a $v\" ls"),
        ] {
            assert_eq!(alarms(&line).len(), 1, "{line}: {:?}", alarms(&line));
        }
        assert_eq!(alarms(&format!("{name}=a ls")), [""; 0], "{name}");
    }
}
