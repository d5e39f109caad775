//! The execution of the command line.

use crate::options::{Mode, Options, Text};
use crate::print::{print, print_error, print_page, refuse};
use crate::script_text::read;
use crate::stats::Stats;
use crate::top::Published;
use crate::{doctor, format, json, options, top, trace};
use pipewright::diag::Diagnostic;
use pipewright::policy::{Rules, RulesError};
use pipewright::{
    AuditLog, Engine, ErrorKind, Input, ParseError, RunOptions, Script, Signal, program, tools,
};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Runs the program. Returns its exit status.
pub fn main() -> u8 {
    if let Some(status) = program::begin() {
        return status;
    }
    match options::parse(std::env::args_os()) {
        Ok(options) => act(options).unwrap_or_else(|status| status),
        Err(message) => {
            print_error(&format!("{message}\n"));
            2
        }
    }
}

/// Carries out the command line. Returns the exit status, as an error if the script can't be read or is
/// refused.
fn act(options: Options) -> Result<u8, u8> {
    Ok(match options.mode {
        Mode::Help => print(options::HELP),
        Mode::Version => print(concat!("pipewright ", env!("CARGO_PKG_VERSION"), "\n")),
        Mode::Doctor => print(&doctor::report()),
        Mode::Explain(code) => explain(&code),
        Mode::VerifyAudit(path) => verify_audit(&path),
        Mode::Format { check } => format::run(check, options),
        Mode::Tree => {
            let (name, text) = read(&options.text)?;
            let tree = tools::syntax_tree(&name, text).map_err(|error| refuse(error.diagnostics()))?;
            print(&format!("{tree}\n"))
        }
        Mode::Check { json: true } => {
            let engine = engine(&options, None, None)?;
            let (name, code) = read(&options.text)?;
            match parsed(&engine, &options, &name, code) {
                Ok(script) => print(&json::lines(&warnings(&script))),
                Err(error) => print(&json::lines(error.diagnostics())).max(2),
            }
        }
        Mode::Check { json: false } => {
            warnings(&script(&engine(&options, None, None)?, &options)?).iter().for_each(print_page);
            0
        }
        Mode::Interactive { private } => interactive(private),
        Mode::Config => return config().and_then(act),
        Mode::Top(form) => top::show(form),
        Mode::Run => {
            if options.guard {
                match program::guard() {
                    Ok(None) => {}
                    Ok(Some(status)) => return Ok(status),
                    Err(error) => {
                        print_error(&format!("pipewright: --guard: {}\n", pipewright::diag::reason(&error)));
                        return Err(126);
                    }
                }
            }
            let stats = options.stats.then(Stats::default);
            let published = (!options.no_top).then(|| Published::new(options.text.name()));
            let engine = engine(&options, stats.as_ref(), published.as_ref())?;
            let script = script(&engine, &options)?;
            let ended = run(&engine, &script, options, stats.as_ref());
            drop((script, engine, published));
            match ended {
                Ended::Status(status) => status,
                Ended::Signal(signal) => program::die_of(signal),
            }
        }
    })
}

#[cfg(feature = "prompt")]
fn interactive(private: bool) -> u8 {
    if crate::repl::is_possible() {
        return crate::repl::run(private);
    }
    print_error("pipewright: -i: the prompt needs a terminal on standard input, output and error\n");
    2
}

#[cfg(not(feature = "prompt"))]
fn interactive(_: bool) -> u8 {
    print_error("pipewright: -i: this build has no prompt: its feature `prompt` is off\n");
    2
}

/// Returns the script that opens the configuration.
#[cfg(feature = "prompt")]
fn config() -> Result<Options, u8> {
    let text = Text::Code(crate::repl::edit_command()?);
    Ok(Options { text, no_top: true, ..Options::default() })
}

#[cfg(not(feature = "prompt"))]
fn config() -> Result<Options, u8> {
    print_error("pipewright: config: this build has no prompt: its feature `prompt` is off\n");
    Err(2)
}

/// Builds the engine of the script.
fn engine(options: &Options, stats: Option<&Stats>, published: Option<&Published>) -> Result<Engine, u8> {
    let mut builder = Engine::builder().own_process();
    for file in &options.policies {
        builder = builder.policy(rules(file)?);
    }
    for file in &options.sandboxes {
        builder = builder.options(sandbox(file)?);
    }
    if options.trace {
        builder = builder.observer(trace::event);
    }
    if let Some(stats) = stats {
        builder = builder.observer(stats.clone());
    }
    if let Some(published) = published {
        builder = builder.board(published.board());
    }
    builder.build().map_err(|error| {
        print_error(&format!("pipewright: {error}\n"));
        125
    })
}

fn script(engine: &Engine, options: &Options) -> Result<Script, u8> {
    let (name, code) = read(&options.text)?;
    parsed(engine, options, &name, code).map_err(|error| refuse(error.diagnostics()))
}

/// Returns the warnings of `--check`, in the order of the text for those of one file.
fn warnings(script: &Script) -> Vec<Diagnostic> {
    let mut pages = script.warnings().to_vec();
    pages.extend(script.missing_programs());
    pages
}

/// Reads and checks a script, and also finds commands that the policy will refuse.
fn parsed(engine: &Engine, options: &Options, name: &str, code: Vec<u8>) -> Result<Script, ParseError> {
    let builder = engine.script_builder(name);
    let builder = if options.prompt { builder.typed() } else { builder };
    let script = match &options.text {
        Text::File(path) => builder.path(path).parse(code),
        _ => builder.parse(code),
    }?;
    engine.check(&script)?;
    Ok(script)
}

/// Returns the rules in a file. Without rules nothing may run.
fn rules(file: &Path) -> Result<Rules, u8> {
    Rules::load(file).map_err(|error| unreadable("--policy", file, &error))
}

/// Returns the options in a file.
fn sandbox(file: &Path) -> Result<RunOptions, u8> {
    RunOptions::load(file).map_err(|error| unreadable("--sandbox", file, &error))
}

fn unreadable(option: &str, file: &Path, error: &RulesError) -> u8 {
    let file = pipewright::diag::quote_word(file.as_os_str().as_encoded_bytes());
    let error = pipewright::diag::visible(error.to_string().as_bytes());
    print_error(&format!("pipewright: {option} {file}: {error}\n"));
    2
}

/// How a run ended.
enum Ended {
    Status(u8),
    Signal(Signal),
}

fn run(engine: &Engine, script: &Script, options: Options, stats: Option<&Stats>) -> Ended {
    // A command would read the lines after it in the script.
    let from_input = matches!(options.text, Text::StandardInput);
    let mut session = engine.session();
    let mut run = session.run(script).args(options.args.iter().map(|arg| OsStr::from_bytes(arg)));
    run = run.stdin(if from_input { Input::Unreadable } else { Input::Inherit });
    if options.dry_run {
        run = run.dry_run();
    }
    if let Some(path) = options.audit {
        match AuditLog::open(OsStr::from_bytes(&path)) {
            Ok(log) => run = run.audit(log),
            Err(page) => {
                print_page(&page);
                return Ended::Status(126);
            }
        }
    }
    let ended = run.status();
    if let Some(stats) = stats {
        print_error(&stats.table());
    }
    match ended {
        Ok(report) => Ended::Status(report.status()),
        Err(error) => {
            // The sender of the signal knows about it.
            if error.kind() != ErrorKind::Cancelled {
                print_page(error.diagnostic());
            }
            error.signal().map_or(Ended::Status(error.exit_code()), Ended::Signal)
        }
    }
}

/// Reports whether an audit log is unchanged. The status is 1 if it was changed, or a run in it has no
/// end.
fn verify_audit(path: &Path) -> u8 {
    let shown = pipewright::diag::visible(path.as_os_str().as_encoded_bytes());
    let found = match std::fs::read(path) {
        Ok(log) => AuditLog::verify(&log),
        Err(error) => {
            print_error(&format!("pipewright: can't read {shown}: {}\n", pipewright::diag::reason(&error)));
            return 126;
        }
    };
    match found {
        Ok(found) => {
            let runs = if found.runs == 1 { "run" } else { "runs" };
            let whole =
                format!("{shown}: {} records of {} {runs}, none changed\n", found.records, found.runs);
            let unfinished: String = found
                .unfinished
                .iter()
                .map(|run| {
                    format!(
                        "{shown}: run {} has no end: it is still running, was killed, or its end was cut off\n",
                        pipewright::diag::visible(run.as_bytes())
                    )
                })
                .collect();
            print_error(&unfinished);
            print(&whole).max(u8::from(!unfinished.is_empty()))
        }
        Err(fault) => {
            print_error(&format!("{shown}: {fault}\n"));
            1
        }
    }
}

fn explain(code: &str) -> u8 {
    match tools::explain(code) {
        Some(text) => print(&text),
        None => {
            let code = pipewright::diag::visible(code.as_bytes());
            print_error(&format!(
                "pipewright: {code} is not a diagnostic, keyword, builtin, function, method or option of with\n"
            ));
            2
        }
    }
}
