//! A command line tool around git, of the kind that projects write with xshell: it collects the notes of a release, stores
//! them, commits and tags.
//!
//! ```sh
//! cargo run --example release -- REPOSITORY VERSION [--dry-run]
//! ```

use pipewright::{Error, Session, script};
use std::env;
use std::process::ExitCode;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let result = match &args[..] {
        [repository, version] => release(repository, version, false),
        [repository, version, option] if option == "--dry-run" => release(repository, version, true),
        _ => Err("usage: release REPOSITORY VERSION [--dry-run]".into()),
    };
    let Err(error) = result else { return ExitCode::SUCCESS };
    match error.downcast_ref::<Error>() {
        // The page with its caret.
        Some(error) => {
            eprint!("{}", error.render(false, 100));
            error.exit_code().into()
        }
        None => {
            eprintln!("release: {error}");
            ExitCode::FAILURE
        }
    }
}

fn release(repository: &str, version: &str, dry_run: bool) -> Result<()> {
    let mut git = Session::new();
    git.set_cwd(repository)?;
    let changed = git.run(script!("git status --porcelain --untracked-files=no")).read()?;
    if !changed.is_empty() {
        return Err(format!("commit these first:\n{changed}").into());
    }
    let notes = notes(&mut git)?;
    let publish = script!(
        r#"
        printf '# %s\n\n%s\n' $version $notes > NOTES.md
        git add NOTES.md
        git commit --quiet -m "release: $version"
        git tag -a "--message=$notes" -- $version
        "#,
        version,
        notes
    );
    let run = git.run(publish).arg("version", version).arg("notes", &notes);
    let report = if dry_run { run.dry_run().status()? } else { run.status()? };
    if !report.success() {
        return Err(format!("exited with {}", report.status()).into());
    }
    Ok(())
}

/// Returns the subjects of the commits since the last tag, or of all if there is none.
fn notes(git: &mut Session) -> Result<String> {
    // Without a tag this fails, which is not an error here.
    let last = git.run(script!("git describe --tags --abbrev=0")).output()?;
    let range = match last.failure {
        None => format!("{}..HEAD", String::from_utf8(last.stdout)?.trim_end()),
        Some(_) => "HEAD".to_owned(),
    };
    let script = script!("git log --format='- %s' $range | sort", range);
    Ok(git.run(script).arg("range", range).read()?)
}
