//! Plugins that are scripts: a dozen at once in one process, each with its own directory, environment and
//! policy. A plugin that accesses another plugin's files and one that never ends are stopped, and the other
//! plugins are not affected.
//!
//! ```sh
//! cargo run --example plugin_host -- DIRECTORY
//! ```

use pipewright::policy::{Rules, Subject};
use pipewright::{Engine, Limits, Output, Running, Script};
use std::path::Path;
use std::time::Duration;
use std::{env, fs};

/// The script of all plugins but two.
const ORDINARY: &str = r#"
    echo "plugin $PLUGIN" > log
    for i in (1..=20) { echo "line $i" >> log }
    wc -l < log
"#;
const NOSY: &str = "cat < ../plugin-0/log";
const ENDLESS: &str = "let n = 0; while (true) { n += 1 }";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = env::args().nth(1).ok_or("which directory do the plugins live in?")?;
    let directory = fs::canonicalize(directory)?;
    let plugins: Vec<(String, Running)> = (0..12)
        .map(|number| {
            let name = format!("plugin-{number}");
            let text = match number {
                5 => NOSY,
                7 => ENDLESS,
                _ => ORDINARY,
            };
            let running = start(&name, text, &directory.join(&name))?;
            Ok::<_, Box<dyn std::error::Error>>((name, running))
        })
        .collect::<Result<_, _>>()?;
    for (name, running) in plugins {
        match running.wait() {
            Ok(report) => println!("{name}: exited with {}", report.status()),
            Err(error) => println!("{name}: {:?}: {error}", error.kind()),
        }
    }
    // Plugins don't change the host.
    assert!(env::var_os("PLUGIN").is_none());
    Ok(())
}

/// Starts a plugin that can only read and write files in its directory, and run two programs.
fn start(name: &str, text: &str, home: &Path) -> Result<Running, Box<dyn std::error::Error>> {
    fs::create_dir_all(home)?;
    let inside = format!("{}/**", home.display());
    // Arguments with file names are refused, because programs open those files themselves, without asking
    // the policy.
    let mut rules = Rules::new().allow_run(&["wc", "-l"])?.allow_run(&["cat"])?;
    for subject in [Subject::Read, Subject::Write, Subject::Append] {
        rules = rules.allow(subject, &inside)?;
    }
    let mut limits = Limits::untrusted();
    limits.wall_time = Some(Duration::from_secs(5));
    limits.steps = Some(100_000);
    let engine = Engine::builder().policy(rules).limits(limits).build()?;

    let script = Script::builder(name).alone().parse(text)?;
    let mut session = engine.session();
    session.clear_env();
    session.set_env("PATH", "/usr/bin:/bin")?;
    session.set_env("PLUGIN", name)?;
    session.set_cwd(home)?;
    let prefix = name.to_owned();
    let say = move |line: &[u8]| println!("{prefix} says {}", String::from_utf8_lossy(line));
    Ok(session.run(&script).stdout(Output::lines(say)).start()?)
}
