//! How long the prompt takes for what one feels: `cargo bench --bench prompt`. The figures of docs/PERFORMANCE.md come
//! from here.
//!
//! Keys are written to a pseudo-terminal, and a key's time ends with the last byte that the prompt writes for it. Beside it
//! stands the processor time of the prompt's main thread (proc(5), schedstat), which a busy machine does not change.
//! `ONLY=history cargo bench --bench prompt` takes the measures whose name holds "history", and
//! `PIPEWRIGHT=/path/to/binary` measures another build.

#[path = "../../tests/support/inherited.rs"]
mod inherited;
#[path = "../../tests/support/pty.rs"]
#[allow(dead_code)] // The tests need more of it.
mod pty;

use pty::Terminal;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A redraw has ended when so long nothing more was written. Longer than any redraw pauses.
const PAUSE: Duration = Duration::from_millis(40);

const STARTS: usize = 41;
const KEYS: usize = 200;

/// Programs in PATH, and entries in the history.
const PROGRAMS: usize = 4_000;
const ENTRIES: usize = 100_000;

/// Wall time and processor time, in milliseconds.
type Sample = (f64, f64);

fn main() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let measures: [(&str, fn()); 4] =
        [("start", starts), ("lines", long_entry), ("path", many_programs), ("history", long_history)];
    println!("{:<46}{:>9}{:>9}{:>9}{:>9}", "milliseconds", "p50", "p99", "cpu p50", "cpu p99");
    measures.iter().filter(|(name, _)| name.contains(&only)).for_each(|(_, measure)| measure());
}

fn starts() {
    let home = home();
    report("start to the first prompt", &repeated(|| start(&home, &path()).1));
}

/// An entry of 200 lines, typed at its end and in its midst.
fn long_entry() {
    let (mut terminal, _) = start(&home(), &path());
    let line = "    for file in *.txt { grep -c -- 'a word' $file | sort -n > \"$file.count\" }\n";
    let block = format!("if true {{\n{}", line.repeat(199));
    terminal.keys(&format!("\x1b[200~{block}\x1b[201~"));
    terminal.quiet(PAUSE * 10);
    report("a key at the end of 200 lines", &typed(&mut terminal));
    for _ in 0..100 {
        terminal.keys("\x1b[A");
        terminal.quiet(PAUSE);
    }
    report("a key in the midst of 200 lines", &typed(&mut terminal));
}

fn many_programs() {
    let home = home();
    let directories: Vec<_> = (0..8).map(|number| home.path().join(format!("bin{number}"))).collect();
    for number in 0..PROGRAMS {
        let directory = &directories[number % directories.len()];
        fs::create_dir_all(directory).expect("it is ours");
        let file = directory.join(format!("program-{number:04}"));
        fs::write(&file, "").expect("it is ours");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&file, executable).expect("it is ours");
    }
    let own =
        directories.iter().map(|directory| directory.display().to_string()).collect::<Vec<_>>().join(":");
    let path = format!("{own}:{}", path());
    let first = repeated(|| {
        let (mut terminal, _) = start(&home, &path);
        key(&mut terminal, "program-12");
        key(&mut terminal, "\t")
    });
    report("first Tab, 4,000 programs, 100 candidates", &first);
    let (mut terminal, _) = start(&home, &path);
    key(&mut terminal, "program-12");
    key(&mut terminal, "\t");
    let tabs: Vec<_> = (0..KEYS).map(|_| key(&mut terminal, "\t")).collect();
    report("next Tabs", &tabs);
    report("a key, 4,000 programs", &typed(&mut terminal));
}

fn long_history() {
    let home = home();
    let directory = home.path().join(".local/state/pipewright");
    fs::create_dir_all(&directory).expect("it is ours");
    let entry = |number: usize| {
        let time = 1_700_000_000 + number;
        format!(
            "{{\"text\":\"grep -rn word-{number} src | sort\",\"directory\":\"/home/me/src/tool\",\
             \"time\":{time},\"milliseconds\":12,\"status\":0}}\n"
        )
    };
    let entries: String = (0..ENTRIES).map(entry).collect();
    fs::write(directory.join("history.jsonl"), entries).expect("it is ours");
    report("start, history of 100,000", &repeated(|| start(&home, &path()).1));
    let (mut terminal, _) = start(&home, &path());
    // Nothing begins so: all of it is looked through for a suggestion.
    report("a key, history of 100,000", &typed(&mut terminal));
    terminal.keys("\x03");
    terminal.quiet(PAUSE);
    let ups: Vec<_> = (0..KEYS).map(|_| key(&mut terminal, "\x1b[A")).collect();
    report("Up", &ups);
    terminal.keys("\x03");
    terminal.quiet(PAUSE);
    let searches: Vec<_> = (0..KEYS / 5)
        .flat_map(|_| {
            let mut samples = vec![key(&mut terminal, "\x12")];
            samples.extend("word-99".chars().map(|letter| key(&mut terminal, &letter.to_string())));
            terminal.keys("\x07");
            terminal.quiet(PAUSE);
            samples
        })
        .collect();
    report("a key of Ctrl-R", &searches);
}

/// Types words, and takes the time of each key.
fn typed(terminal: &mut Terminal) -> Vec<Sample> {
    let text = "printf '%s\\n' \"two words\" | sort ".repeat(KEYS / 30 + 1);
    text.chars().take(KEYS).map(|letter| key(terminal, &letter.to_string())).collect()
}

fn key(terminal: &mut Terminal, key: &str) -> Sample {
    let (before, cpu) = (Instant::now(), processor_time(terminal));
    terminal.keys(key);
    let wall = terminal.quiet(PAUSE) - before;
    (wall.as_secs_f64() * 1e3, processor_time(terminal) - cpu)
}

/// A prompt that waits for its first key, and what that took.
fn start(home: &TempDir, path: &str) -> (Terminal, Sample) {
    let binary = std::env::var_os("PIPEWRIGHT").unwrap_or_else(|| env!("CARGO_BIN_EXE_pipewright").into());
    let mut command = Command::new(binary);
    command
        .current_dir(home.path())
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("TERM", "xterm-256color");
    let before = Instant::now();
    let mut terminal = Terminal::start(&mut command);
    terminal.expect("> ");
    let wall = terminal.came() - before;
    let cpu = processor_time(&terminal);
    terminal.quiet(PAUSE);
    (terminal, (wall.as_secs_f64() * 1e3, cpu))
}

fn repeated(measure: impl Fn() -> Sample) -> Vec<Sample> {
    // The first warms the caches.
    (0..=STARTS).map(|_| measure()).skip(1).collect()
}

/// What the main thread has run, in milliseconds.
fn processor_time(terminal: &Terminal) -> f64 {
    let text = fs::read_to_string(format!("/proc/{}/schedstat", terminal.pid())).unwrap_or_default();
    let nanoseconds: f64 = text.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN);
    nanoseconds / 1e6
}

fn home() -> TempDir {
    TempDir::new().expect("a temporary directory")
}

fn path() -> String {
    let usual = ["/usr/local/bin", "/usr/bin", "/bin"];
    usual.into_iter().filter(|path| Path::new(path).is_dir()).collect::<Vec<_>>().join(":")
}

fn report(name: &str, samples: &[Sample]) {
    let of = |take: fn(&Sample) -> f64| {
        let mut sorted: Vec<f64> = samples.iter().map(take).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize];
        (at(0.5), at(0.99))
    };
    let (wall, cpu) = (of(|sample| sample.0), of(|sample| sample.1));
    println!("{name:<46}{:>9.2}{:>9.2}{:>9.2}{:>9.2}", wall.0, wall.1, cpu.0, cpu.1);
}
