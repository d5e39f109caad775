//! The command line: its help, its options and their parsing.

use lexopt::Arg;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

pub const HELP: &str = "\
Run shell pipelines that cannot be injected.

Usage: pipewright [OPTION…] FILE [ARGUMENT…]
       pipewright [OPTION…] -c CODE [ARGUMENT…]
       command-that-writes-a-script | pipewright
       pipewright [-i | --private]
       pipewright top [--json]
       pipewright config
       pipewright queue ACTION NAME [ARGUMENT…]
       pipewright --fmt [--check] [FILE…]

The script's arguments are in its list `args`. Without a script, on a
terminal, pipewright is an interactive prompt. `top` shows the loops side by
side and the services of your running scripts: as a table, once as JSON, or as a
page and as metrics for Prometheus at an address such as 127.0.0.1:9400.
`config` opens the configuration of the prompt in your editor. `queue` looks at
queues of tasks and changes them: see `pipewright queue --help`. (Scripts of
these names are ./top, ./config and ./queue.)

Options, which end at FILE or CODE:
  -c CODE          run CODE
  -i               start the prompt
      --private    start the prompt, and write no entry to the history
      --check      read and check the script, but run nothing; with --json print
                   each error and warning as a JSON object on its own line
      --prompt     read the text as if it were typed at the prompt
      --ast        print the syntax tree as JSON, and run nothing
      --fmt        format the script FILEs, or standard input to standard
                   output; with --check only list the places that would change
      --guard      run the script below a second process, so that no process
                   that it started, not even a daemon, outlives it, even if
                   SIGKILL ends either of the two
      --trace      print a line on standard error when a process starts, and
                   when it ends, with the time and memory that it used
      --stats      print a table of all processes on standard error at the end:
                   times, memory, how they ended
      --dry-run    print what would be executed, and execute nothing
      --no-top     hide the script from `pipewright top`
      --policy FILE
                   refuse everything that the rules in FILE don't allow:
                   programs, files, variables, directories, signals; with
                   several files, each has to allow it
      --sandbox FILE
                   run the whole script within the options of `with` in FILE,
                   which is TOML: net = false, read = ['/usr'], memory = '1G'
      --audit FILE append a record of each action to FILE before it is done
      --audit-verify FILE
                   check whether the records in FILE were changed
      --doctor     show which features work on this system, and why others
                   don't
      --explain X  explain a diagnostic such as E0201, a keyword, a builtin, a
                   method or an option of `with`
  -h, --help       print this
  -V, --version    print the version

Exit status: that of the script, or of the command that failed: 127 if its
program is not found, 126 if it can't be run, 128+N if signal N ended it. The
status is 2 for a wrong option, and for a script that is refused before any of
it runs.
";

#[derive(Default)]
pub enum Mode {
    #[default]
    Run,
    /// The prompt.
    Interactive {
        /// Whether its entries are not written to the history.
        private: bool,
    },
    Check {
        json: bool,
    },
    Tree,
    Format {
        check: bool,
    },
    Help,
    Version,
    Doctor,
    Explain(String),
    VerifyAudit(PathBuf),
    /// The configuration of the prompt, in an editor.
    Config,
    /// The loops, services, workers and queues of running scripts.
    Top(Top),
}

/// The form in which `pipewright top` shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    Table,
    Json,
    /// A page, which is served at this address of the loopback interface.
    Served(SocketAddr),
}

#[derive(Default)]
pub enum Text {
    #[default]
    None,
    Code(Vec<u8>),
    File(PathBuf),
    StandardInput,
    /// The script of `pipewright queue`.
    Queue,
}

#[derive(Default)]
pub struct Options {
    pub mode: Mode,
    pub text: Text,
    pub args: Vec<Vec<u8>>,
    /// Whether the text is read as the prompt would read it.
    pub prompt: bool,
    pub trace: bool,
    pub stats: bool,
    pub dry_run: bool,
    pub audit: Option<Vec<u8>>,
    pub guard: bool,
    /// Whether `pipewright top` does not see the script.
    pub no_top: bool,
    /// The files of `--policy`, all of which must allow a request.
    pub policies: Vec<PathBuf>,
    /// The files of `--sandbox`, the first of them outermost.
    pub sandboxes: Vec<PathBuf>,
}

/// Returns the long options in the help.
fn long_options() -> Vec<&'static str> {
    let end = |letter: char| !letter.is_ascii_alphanumeric();
    let words = HELP.split_ascii_whitespace().map(|word| word.trim_matches('`').trim_end_matches(end));
    words.filter_map(|word| word.strip_prefix("--")).collect()
}

fn unknown(name: &str) -> String {
    let shown = pipewright::diag::visible(name.as_bytes());
    let meant =
        pipewright::tools::similar(name, &long_options()).map(|known| format!("; did you mean --{known}?"));
    format!("pipewright: unknown option --{shown}{}\n{USAGE}", meant.unwrap_or_default())
}

const USAGE: &str =
    "usage: pipewright [--check | --ast | --fmt | --trace] FILE [ARGUMENT…], or -c CODE; --help tells more";

pub fn parse(args: impl Iterator<Item = OsString>) -> Result<Options, String> {
    let mut parser = lexopt::Parser::from_iter(args);
    let mut options = Options::default();
    let wrong = |error: lexopt::Error| format!("pipewright: {error}\n{USAGE}");
    loop {
        match parser.next().map_err(wrong)? {
            None => break,
            Some(Arg::Short('c')) => {
                let code = parser.value().map_err(wrong)?;
                options.text = Text::Code(code.into_vec());
                break;
            }
            Some(Arg::Long("check")) if matches!(options.mode, Mode::Format { .. }) => {
                options.mode = Mode::Format { check: true };
            }
            Some(Arg::Long("check")) => options.mode = Mode::Check { json: false },
            Some(Arg::Long("json")) if matches!(options.mode, Mode::Check { .. }) => {
                options.mode = Mode::Check { json: true };
            }
            Some(Arg::Long("fmt")) => {
                options.mode = Mode::Format { check: matches!(options.mode, Mode::Check { .. }) };
            }
            Some(Arg::Long("prompt")) => options.prompt = true,
            Some(Arg::Long("ast")) => options.mode = Mode::Tree,
            Some(Arg::Long("trace")) => options.trace = true,
            Some(Arg::Long("audit")) => {
                let log = parser.value().map_err(wrong)?.into_vec();
                if options.audit.replace(log).is_some() {
                    return Err(format!(
                        "pipewright: --audit is given twice, and a run has one log\n{USAGE}"
                    ));
                }
            }
            Some(Arg::Long("policy")) => options.policies.push(parser.value().map_err(wrong)?.into()),
            Some(Arg::Long("sandbox")) => options.sandboxes.push(parser.value().map_err(wrong)?.into()),
            Some(Arg::Long("audit-verify")) => {
                options.mode = Mode::VerifyAudit(parser.value().map_err(wrong)?.into());
                return Ok(options);
            }
            Some(Arg::Long("dry-run")) => options.dry_run = true,
            Some(Arg::Long("stats")) => options.stats = true,
            Some(Arg::Long("guard")) => options.guard = true,
            Some(Arg::Long("no-top")) => options.no_top = true,
            Some(Arg::Long("doctor")) => {
                options.mode = Mode::Doctor;
                return Ok(options);
            }
            Some(Arg::Long("explain")) => {
                options.mode = Mode::Explain(parser.value().map_err(wrong)?.to_string_lossy().into_owned());
                return Ok(options);
            }
            Some(Arg::Short('i')) if matches!(options.mode, Mode::Interactive { .. }) => {}
            Some(Arg::Short('i')) => options.mode = Mode::Interactive { private: false },
            Some(Arg::Long("private")) => options.mode = Mode::Interactive { private: true },
            Some(Arg::Short('h') | Arg::Long("help")) => {
                options.mode = Mode::Help;
                return Ok(options);
            }
            Some(Arg::Short('V') | Arg::Long("version")) => {
                options.mode = Mode::Version;
                return Ok(options);
            }
            Some(Arg::Value(word)) if word == "queue" => {
                options.text = Text::Queue;
                break;
            }
            Some(Arg::Value(word)) if word == "top" => {
                options.mode = Mode::Top(form_of_top(&mut parser)?);
                return Ok(options);
            }
            Some(Arg::Value(word)) if word == "config" => {
                if let Some(other) = parser.next().map_err(wrong)? {
                    return Err(wrong(other.unexpected()));
                }
                options.mode = Mode::Config;
                return Ok(options);
            }
            Some(Arg::Value(file)) => {
                options.text = Text::File(file.into());
                break;
            }
            Some(Arg::Long(name)) => return Err(unknown(name)),
            Some(other) => return Err(wrong(other.unexpected())),
        }
    }
    // The words after it belong to the script, including options.
    let rest = parser.raw_args().map_err(wrong)?;
    options.args = rest.map(OsString::into_vec).collect();
    if matches!(options.text, Text::Queue) {
        let own = options.args.iter_mut().take_while(|word| *word != b"--");
        own.filter(|word| *word == b"--json").for_each(|word| *word = b"--format=json".to_vec());
    }
    if matches!(options.text, Text::None) && !matches!(options.mode, Mode::Interactive { .. }) {
        let terminal = std::io::stdin().is_terminal();
        if terminal && cfg!(feature = "prompt") && matches!(options.mode, Mode::Run) {
            options.mode = Mode::Interactive { private: false };
            return Ok(options);
        }
        if terminal && !matches!(options.mode, Mode::Format { .. }) {
            return Err(format!("pipewright: no script is given\n{USAGE}"));
        }
        options.text = Text::StandardInput;
    }
    Ok(options)
}

/// Reads the options of `pipewright top`.
fn form_of_top(parser: &mut lexopt::Parser) -> Result<Top, String> {
    let mut form = Top::Table;
    let wrong = |error: lexopt::Error| format!("pipewright: top: {error}\n{USAGE_OF_TOP}");
    while let Some(arg) = parser.next().map_err(wrong)? {
        let new = match arg {
            Arg::Long("json") => Top::Json,
            Arg::Long("serve") => Top::Served(loopback(&parser.value().map_err(wrong)?)?),
            other => return Err(wrong(other.unexpected())),
        };
        if std::mem::replace(&mut form, new) != Top::Table {
            return Err(format!("pipewright: top: one of --json and --serve, and only once\n{USAGE_OF_TOP}"));
        }
    }
    Ok(form)
}

/// Reads an address to serve at. Only the loopback interface is allowed, since the answers are not encrypted.
fn loopback(value: &OsStr) -> Result<SocketAddr, String> {
    let text = value.to_string_lossy();
    let shown = pipewright::diag::visible(text.as_bytes());
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.into_owned(),
    };
    let address: SocketAddr = text.parse().map_err(|_| {
        let message = format!("pipewright: top: --serve expects an address with a port, found `{shown}`");
        format!("{message}\nwrite: pipewright top --serve 127.0.0.1:9400")
    })?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    let port = address.port();
    Err(format!(
        "pipewright: top: --serve: `{shown}` can be reached from other machines, and the page is not encrypted
write: pipewright top --serve 127.0.0.1:{port}
To see it on another machine, forward the port: ssh -L {port}:127.0.0.1:{port} HOST"
    ))
}

const USAGE_OF_TOP: &str = "usage: pipewright top [--json | --serve ADDRESS]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_of_the_help_is_known() {
        for name in long_options() {
            let args =
                ["pipewright".to_string(), "--check".to_string(), format!("--{name}"), "x".to_string()];
            if let Err(message) = parse(args.into_iter().map(OsString::from)) {
                assert!(!message.contains("unknown option"), "{message}");
            }
        }
    }

    #[test]
    fn a_misspelt_option_is_corrected() {
        for (written, meant) in [("chekc", "check"), ("dryrun", "dry-run"), ("polcy", "policy")] {
            assert!(unknown(written).contains(&format!("did you mean --{meant}?")), "{}", unknown(written));
        }
    }
}
