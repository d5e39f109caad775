//! The options of `with`: one table of their names, types and descriptions.

use crate::process::NetRules;
use crate::value::{Type, Value, format};

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Atomic,
    Backoff,
    Channel,
    ClearEnv,
    CpuTime,
    Cwd,
    Daemons,
    Detach,
    Env,
    FileSize,
    Grace,
    Group,
    Halt,
    Health,
    IdleTimeout,
    Interval,
    Isolate,
    Jobs,
    Listen,
    Load,
    Log,
    LogFile,
    LogKeep,
    LogSize,
    MaxAsks,
    MaxOutput,
    Memory,
    MemoryAll,
    MemoryFree,
    MostRestarts,
    Net,
    Nice,
    Ok,
    OpenFiles,
    Output,
    Processes,
    ProcessesAll,
    Progress,
    Rate,
    Read,
    Ready,
    Restart,
    Resume,
    Retry,
    RetryOn,
    Run,
    Signal,
    Stats,
    Tag,
    Timeout,
    Tmp,
    Umask,
    Unhealthy,
    User,
    Write,
}

/// The type of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Bool,
    Duration,
    Size,
    /// A whole number in a range.
    Number(i64, i64),
    /// A whole number above zero, or a range of them.
    Jobs,
    Text,
    /// Octal digits as a string: an integer would be parsed as decimal.
    Octal,
    /// A number above zero.
    Positive,
    /// One of these texts. The second field lists them as a message shows them.
    OneOf(&'static [&'static str], &'static str),
    /// `true`, `false`, `"percent"` or `"ffmpeg"`.
    Progress,
    /// A name, or a number.
    Account,
    Map,
    List,
    /// A list of paths.
    Paths,
    /// `true`, `false`, or a list of what stays open.
    Network,
    /// A text, or a list of texts.
    Texts,
    Function,
    /// `"listening"`, `"notify"` or a function.
    Ready,
}

/// The most turns, instances or workers.
const MOST_JOBS: i64 = 1_000_000;

/// A row of the table.
pub struct OptionSpec {
    pub setting: Setting,
    pub name: &'static str,
    pub takes: Takes,
    pub doc: &'static str,
}

macro_rules! rows {
    ($($setting:ident $name:literal $takes:expr, $doc:literal;)*) => {
        &[$(OptionSpec { setting: Setting::$setting, name: $name, takes: $takes, doc: $doc }),*]
    };
}

/// All options, by name.
#[rustfmt::skip]
pub const ALL: &[OptionSpec] = rows! {
    Atomic "atomic" Takes::Bool, "Files that `>` and `write()` write replace the old files when the block succeeds. If it fails, the old files stay.";
    Backoff "backoff" Takes::Duration, "The time to wait before the first retry, doubled for each further one up to a minute. The actual wait is a random part of it.";
    Channel "channel" Takes::OneOf(&["lines", "stdio"], "\"stdio\" or \"lines\""), "For a [worker](WORKERS.md): \"stdio\" sends and receives JSON over its standard input and output, and \"lines\" plain lines. By default it has a descriptor of its own.";
    ClearEnv "clear_env" Takes::Bool, "Whether programs get only the variables that `env` names.";
    CpuTime "cpu_time" Takes::Duration, "The processor time that each process may use, in whole seconds. Beyond it SIGXCPU ends the process (setrlimit(2), RLIMIT_CPU).";
    Cwd "cwd" Takes::Text, "The working directory of the block.";
    Daemons "daemons" Takes::OneOf(&["end", "keep"], "\"end\" or \"keep\""), "The fate of daemons that a program of the block starts: \"end\" ends them with the block, \"keep\" leaves them running, as in sh.";
    Detach "detach" Takes::Bool, "Whether programs are started in their own sessions and left running. The script neither waits for them nor ends them.";
    Env "env" Takes::Map, "Environment variables for programs, in addition to the others; null removes a variable.";
    FileSize "file_size" Takes::Size, "The largest size of a file that a process writes. Beyond it SIGXFSZ ends the process (RLIMIT_FSIZE). Builtins and `write()` fail.";
    Grace "grace" Takes::Duration, "The time that processes have to end before SIGKILL. The default is 5s.";
    Group "group" Takes::Account, "The group that programs run as, by name or number. Needs privileges.";
    Halt "halt" Takes::OneOf(&["first", "never", "now", "soon"], "\"soon\", \"now\", \"never\" or \"first\""), "The effect of a failure in a loop with `jobs`: with \"soon\" (the default) no further turn starts, with \"now\" the running turns are ended too, with \"never\" the loop goes on and fails at its end. With \"first\" the first success ends all other turns, and the loop fails if no turn succeeds.";
    Health "health" Takes::Function, "For a service: a function of the instance, a map with `number` and `pid`. It is called every `interval`. It reports a healthy instance unless it fails or returns false.";
    IdleTimeout "idle_timeout" Takes::Duration, "Ends the block if it prints nothing on standard output or standard error for this long. Both go through a pipe.";
    Interval "interval" Takes::Duration, "For a service: the time between two health checks, and the time limit of each. The default is 10s.";
    Isolate "isolate" Takes::Bool, "Whether the programs of the block see only each other, in a process namespace ([sandbox](SANDBOX.md#namespaces)). The kernel ends all of them with the block.";
    Jobs "jobs" Takes::Jobs, "The number of turns of `for` or `each` that run at once, [side by side](#loops-side-by-side), the number of instances of a service, or the number of workers of a [pool](WORKERS.md#pools). A pool with a range, such as `(1..=8)`, grows while questions wait and shrinks when workers are idle.";
    Listen "listen" Takes::Texts, "For a service: the sockets that its instances share, as `host:port` or `unix:PATH`, or a list of them. With port 0 the system chooses a free port.";
    Load "load" Takes::Positive, "For a loop with `jobs`: no turn starts while the load of the machine per processor is above this number.";
    Log "log" Takes::Text, "For a loop with `jobs`: the path of a new [log](#log-and-resume), with a line of JSON for each turn that ends.";
    LogFile "log_file" Takes::Text, "For a service: the path of a file to which the output of its instances is appended.";
    LogKeep "log_keep" Takes::Number(1, 1_000_000), "For a service: the number of older log files that are kept, as `PATH.1`, `PATH.2` and so on. The default is 5.";
    LogSize "log_size" Takes::Size, "For a service: the size at which the log file is renamed and a new one is begun. The default is 10M.";
    MaxAsks "max_asks" Takes::Number(1, 1_000_000_000), "For a [pool](WORKERS.md#pools): how many questions a worker answers before another one takes its place.";
    MaxOutput "max_output" Takes::Size, "The largest size of a capture. The default is 256M.";
    Memory "memory" Takes::Size, "The private memory of each process: its heap, and what it maps for itself (RLIMIT_DATA). A larger allocation fails in the program. Shared mappings don't count.";
    MemoryAll "memory_all" Takes::Size, "The memory of all programs of the block together, with shared memory and files in memory, by a control group ([sandbox](SANDBOX.md#all-programs-together)). Beyond it the kernel kills one of them. The block ends with all of its processes.";
    MemoryFree "memory_free" Takes::Size, "For a loop with `jobs`: no turn starts while less memory than this is available.";
    MostRestarts "most_restarts" Takes::Number(0, 1_000_000), "For a service or a pool: how often in a row an instance or worker is restarted before all are given up. A run that was ready and lasted a minute starts the count anew, and so does an answer of a worker. The default is 10.";
    Net "net" Takes::Network, "The network that programs can use, in a [sandbox](SANDBOX.md): false for none, or a list of \"tcp:PORT\" (connections to this port), \"listen:PORT\" (a server at this port), \"dns\" (UDP, with any port) and \"unix\" (sockets of this machine). With \"loopback\" the block has an empty network of its own.";
    Nice "nice" Takes::Number(-39, 39), "The number that is added to the nice value of programs (nice(1)). Less than 0 needs privileges.";
    Ok "ok" Takes::List, "The statuses that are not failures: [0, 1]. Applies to the commands in the block itself, not in functions that it calls.";
    OpenFiles "open_files" Takes::Number(3, i64::MAX), "The number of descriptors that each process may have (RLIMIT_NOFILE).";
    Output "output" Takes::OneOf(&["done", "input", "live"], "\"input\", \"done\" or \"live\""), "The order of output of a loop with `jobs`: that of the items (\"input\", the default), each turn as one piece when it ends (\"done\"), or line by line as it comes (\"live\").";
    Processes "processes" Takes::Number(1, i64::MAX), "The number of processes that the user may have (RLIMIT_NPROC). The kernel does not apply it to root, so root must also give `user`.";
    ProcessesAll "processes_all" Takes::Number(1, i64::MAX), "The number of processes and threads of the block together, by a control group ([sandbox](SANDBOX.md#all-programs-together)). Beyond it no program can fork or be started. The block ends with all of its processes.";
    Progress "progress" Takes::Progress, "Shows the progress of a loop with `jobs`, or of the programs of the block: on a terminal as a line at the bottom, elsewhere as a line every 10 seconds. For a block, true measures how far the file of a redirection has been read, \"percent\" uses the last percentage in the output, and \"ffmpeg\" the output of ffmpeg.";
    Rate "rate" Takes::Positive, "For a loop with `jobs`: the largest number of turns that start in a second; 5000 / 3600 is 5000 an hour.";
    Read "read" Takes::Paths, "The files and directories that can be read, in a [sandbox](SANDBOX.md). All others are closed, and programs get only the variables PATH, HOME, LANG and TMPDIR, and those of `env`. A path that ends with `?` may be missing.";
    Ready "ready" Takes::Ready, "For a service: the sign that an instance is ready. `\"listening\"` waits until it accepts connections, `\"notify\"` until it sends `READY=1` to `NOTIFY_SOCKET`, and a function of the instance until it succeeds. The script waits until all instances are ready, for 30s or `timeout`.";
    Restart "restart" Takes::OneOf(&["always", "never", "on-failure"], "\"on-failure\", \"always\" or \"never\""), "The ends after which an instance of a service or a worker of a pool is started again. The default is \"on-failure\" for a service and \"never\" for a pool.";
    Resume "resume" Takes::Text, "For a loop with `jobs`: the path of a log to continue. Items that are done according to the log are skipped. If there is no log, it is created.";
    Retry "retry" Takes::Number(0, 1_000_000), "How often the block is run again after a failure or a time-out. For a pool, how often a question is asked again, of another worker.";
    RetryOn "retry_on" Takes::List, "The failures that are retried: statuses, names of signals, \"timeout\". The default is all.";
    Run "run" Takes::Paths, "The programs that can be run, by name or path, in a [sandbox](SANDBOX.md). Without it, these are the programs that the block names and all that `read` contains.";
    Signal "signal" Takes::Text, "The signal that asks processes to end, such as \"INT\". The default is \"TERM\".";
    Stats "stats" Takes::Bool, "Whether the block prints a table of its processes on standard error at its end: times, memory, how they ended.";
    Tag "tag" Takes::Bool, "Whether each line of output of a loop with `jobs` begins with the item of its turn and a tab.";
    Timeout "timeout" Takes::Duration, "Ends the block after this time, or each run of it if it is retried.";
    Tmp "tmp" Takes::Bool, "Whether programs have a private, empty /tmp, which goes with the block ([sandbox](SANDBOX.md#namespaces)).";
    Umask "umask" Takes::Octal, "The file mode creation mask of programs, and of files that redirections and `write()` create, in octal digits: \"027\".";
    Unhealthy "unhealthy" Takes::Number(1, 1_000_000), "For a service: the number of failed health checks in a row after which an instance is restarted. The default is 3.";
    User "user" Takes::Account, "The user that programs run as, by name or number, with the groups and the HOME, USER, LOGNAME and SHELL of that user. Needs privileges. Redirections are still opened as the current user.";
    Write "write" Takes::Paths, "The files and directories that can be changed, in a [sandbox](SANDBOX.md). It does not include reading them.";
};

pub fn find(name: &str) -> Option<&'static OptionSpec> {
    ALL.iter().find(|row| row.name == name)
}

impl Setting {
    pub fn row(self) -> &'static OptionSpec {
        &ALL[self as usize]
    }

    /// Returns whether only a service has it.
    pub fn is_of_service(self) -> bool {
        use Setting::{Health, Interval, Listen, LogFile, LogKeep, LogSize, Ready, Unhealthy};
        matches!(self, Health | Interval | Listen | LogFile | LogKeep | LogSize | Ready | Unhealthy)
    }

    /// Returns whether only services and pools have it.
    pub fn is_of_restarts(self) -> bool {
        matches!(self, Self::MostRestarts | Self::Restart)
    }

    /// Returns whether the option is about how the programs of a block run, so that workers and services have it.
    pub fn is_of_program(self) -> bool {
        use Setting::{ClearEnv, CpuTime, Cwd, Env, FileSize, Grace, Group, Isolate, Memory, MemoryAll, Net};
        use Setting::{Nice, OpenFiles, Processes, ProcessesAll, Read, Run, Signal, Tmp, Umask, User, Write};
        matches!(self, ClearEnv | CpuTime | Cwd | Env | FileSize | Grace | Group | Isolate | Memory)
            || matches!(self, MemoryAll | Net | Nice | OpenFiles | Processes | ProcessesAll | Read | Run)
            || matches!(self, Signal | Tmp | Umask | User | Write)
    }

    /// Returns whether a host can give the option for a whole run, too.
    pub fn is_of_run(self) -> bool {
        matches!(self, Self::Timeout | Self::IdleTimeout | Self::Daemons | Self::MaxOutput | Self::Stats)
    }

    /// Returns whether the option defines how the turns of a loop run side by side.
    pub fn is_of_loop(self) -> bool {
        use Setting::{Halt, Jobs, Load, Log, MemoryFree, Output, Rate, Resume, Tag};
        matches!(self, Halt | Jobs | Load | Log | MemoryFree | Output | Rate | Resume | Tag)
    }
}

/// Returns the description of an option, or with `with`, of all options; none if there is no such
/// option.
pub fn explain(name: &str) -> Option<String> {
    let sentence = |row: &OptionSpec| format!("with {}=…, {}\n\n{}\n", row.name, row.takes.phrase(), row.doc);
    if name != "with" {
        return find(name).map(sentence);
    }
    let row = |row: &OptionSpec| format!("{}=, {}:\n  {}\n", row.name, row.takes.phrase(), row.doc);
    Some(ALL.iter().map(row).collect())
}

/// Returns the options as the Markdown table of docs/LANGUAGE.md.
#[cfg(test)]
fn table() -> String {
    let rows = ALL.iter().map(|row| format!("| `{}` | {} | {} |\n", row.name, row.takes.phrase(), row.doc));
    format!("| option | takes | |\n| --- | --- | --- |\n{}", rows.collect::<String>())
}

impl OptionSpec {
    /// Returns the text to write instead of a value that does not fit.
    pub fn suggest(&self, value: &Value) -> Option<String> {
        let name = self.name;
        match (self.takes, value) {
            (Takes::Duration, Value::Int(number)) if *number > 0 => {
                Some(format!("a unit is missing: {name}={number}s, or of a variable {name}=n * 1s"))
            }
            (Takes::Size, Value::Int(_)) => {
                Some(format!("a unit is missing: {name}=512M, or of a variable {name}=n * 1M"))
            }
            (Takes::Paths, Value::Str(_)) => Some(format!("write {name}=[{}]", format::display(value, 200))),
            (Takes::Network, Value::Str(rule))
                if NetRules::parse(std::iter::once(rule.as_bytes())).is_ok() =>
            {
                Some(format!("write {name}=[\"{}\"]", crate::diag::visible(rule.as_bytes())))
            }
            (Takes::List, Value::Int(number)) => Some(format!("write {name}=[{number}]")),
            _ => None,
        }
    }
}

impl Takes {
    /// Checks whether a value fits. Fails with a description of values that would.
    pub fn check(self, value: &Value) -> Result<(), &'static str> {
        let fits = match (self, value) {
            (Self::Paths, Value::List(paths)) => {
                paths.iter().all(|path| matches!(path, Value::Str(path) if !path.as_bytes().is_empty()))
            }
            (Self::Network, Value::List(rules)) => NetRules::parse(rules.iter().map(text_of)).is_ok(),
            (Self::Network, Value::Bool(_)) => true,
            (Self::Network, Value::Str(text)) => text.as_bytes() == b"loopback",
            (Self::Bool, Value::Bool(_)) | (Self::List, Value::List(_)) | (Self::Map, Value::Map(_)) => true,
            (Self::Duration, Value::Duration(duration)) => duration.nanos > 0,
            (Self::Size, Value::Size(size)) => size.bytes > 0,
            (Self::Number(least, most), Value::Int(number)) => (least..=most).contains(number),
            (Self::Jobs, Value::Int(number)) => (1..=MOST_JOBS).contains(number),
            (Self::Jobs, Value::Range(range)) => {
                range.bounds().is_some_and(|(least, most)| 1 <= least && most <= MOST_JOBS)
            }
            (Self::Text | Self::Octal, Value::Str(text)) => !text.as_bytes().is_empty(),
            (Self::OneOf(texts, _), Value::Str(text)) => {
                texts.iter().any(|one| one.as_bytes() == text.as_bytes())
            }
            (Self::Positive, Value::Int(number)) => *number > 0,
            (Self::Positive, Value::Float(number)) => *number > 0.0 && number.is_finite(),
            (Self::Progress, Value::Bool(_)) => true,
            (Self::Progress, Value::Str(text)) => matches!(text.as_bytes(), b"percent" | b"ffmpeg"),
            (Self::Texts, Value::Str(text)) => !text.as_bytes().is_empty(),
            (Self::Texts, Value::List(texts)) => {
                !texts.is_empty() && texts.iter().all(|text| matches!(text, Value::Str(_)))
            }
            (Self::Function | Self::Ready, value) if value.type_of() == Type::Function => true,
            (Self::Ready, Value::Str(text)) => matches!(text.as_bytes(), b"listening" | b"notify"),
            (Self::Account, Value::Str(text)) => !text.as_bytes().is_empty(),
            (Self::Account, Value::Int(number)) => u32::try_from(*number).is_ok_and(|id| id != u32::MAX),
            _ => false,
        };
        if fits { Ok(()) } else { Err(self.phrase()) }
    }

    /// Returns its description for a message.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Duration => "a duration above zero, such as 30s or 1.5h",
            Self::Size => "a size above zero, such as 512M",
            Self::Jobs => "a whole number of 1 or more; for a pool also a range, such as (1..=8)",
            Self::Number(0, _) => "a whole number of 0 or more",
            Self::Number(1, _) => "a whole number of 1 or more",
            Self::Number(3, _) => "a whole number of 3 or more",
            Self::Number(..) => "a whole number from -39 to 39",
            Self::Text => "a string that is not empty",
            Self::Octal => "octal digits in quotes, such as \"027\"",
            Self::OneOf(_, phrase) => phrase,
            Self::Positive => "a number above zero",
            Self::Progress => "true, false, \"percent\" or \"ffmpeg\"",
            Self::Account => "a name, or a number",
            Self::Map => "a map, such as {LANG: \"C\"}",
            Self::List => "a list, such as [0, 1]",
            Self::Paths => "a list of paths, such as [\"/usr\", \"input\"]",
            Self::Network => {
                "true, false, \"loopback\", or a list of \"tcp:PORT\", \"listen:PORT\", \"dns\" and \"unix\", such as [\"tcp:443\", \"dns\"]"
            }
            Self::Texts => "a string or a list of strings",
            Self::Function => "a function of the instance",
            Self::Ready => "\"listening\", \"notify\" or a function of the instance",
        }
    }
}

/// Returns what to write instead of an option that does not exist.
pub fn instead_of(name: &str) -> String {
    match name {
        "dir" | "directory" | "chdir" | "workdir" => "the directory is cwd=\"…\"".to_string(),
        "retries" | "attempts" | "tries" => "write retry=3: three more runs after the first".to_string(),
        "delay" | "wait" => "the time before a retry is backoff=1s".to_string(),
        "time" | "deadline" | "max_time" => "write timeout=30s".to_string(),
        "kill_after" => "the time between the request to end and SIGKILL is grace=5s".to_string(),
        "mem" | "max_memory" | "ram" => "write memory=512M".to_string(),
        "network" | "internet" | "connect" => "the network is closed by net=false".to_string(),
        "readonly" | "ro" | "reads" => "files that can be read are read=[\"/usr\"]".to_string(),
        "cpu" => "write cpu_time=10s".to_string(),
        "environment" | "vars" => "write env={NAME: value}".to_string(),
        "parallel" | "concurrency" | "max_procs" | "workers" | "threads" => {
            "to run turns of a loop side by side, write: for x in (xs) with jobs=4 { … }".to_string()
        }
        _ => match crate::diag::similar(name, ALL.iter().map(|row| row.name)) {
            Some(similar) => format!("did you mean `{similar}`?"),
            None => {
                let names: Vec<&str> = ALL.iter().map(|row| row.name).collect();
                format!("there are: {}", names.join(" "))
            }
        },
    }
}

/// Returns the text of an element, which is empty if it is not a text.
pub fn text_of(value: &Value) -> &[u8] {
    if let Value::Str(text) = value { text.as_bytes() } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_their_names() {
        assert!(ALL.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert!(ALL.iter().enumerate().all(|(place, row)| row.setting as usize == place));
        assert!(ALL.iter().all(|row| row.doc.ends_with('.')));
    }

    #[test]
    fn the_reference_has_the_table() {
        let reference = include_str!("../../docs/LANGUAGE.md");
        assert!(reference.contains(&table()), "docs/LANGUAGE.md lacks the table of options");
    }
}
