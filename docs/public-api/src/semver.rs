//! Whether a program that was written for the baseline builds with what is here: the lints of cargo-semver-checks, asked
//! without the tool. Its 400 crates take twelve minutes to build; the queries alone need only what answers them.
//!
//! The file `baseline` names what is compared with, as git does: the tag of the last release, or before there is one a
//! commit. A change that breaks on purpose raises the version in Cargo.toml, or before a release moves the baseline.

use crate::rustdoc::{self, Items};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use trustfall::{FieldValue, TransparentValue};
use trustfall_rustdoc_adapter::cargo_metadata::{MetadataCommand, Package, semver::Version};
use trustfall_rustdoc_adapter::{PackageIndex, PackageStorage, RustdocAdapter};

/// Its lints are files of its source.
const TOOL: (&str, &str) = ("cargo-semver-checks", "0.51.0");

/// One file of the tool's `src/lints`; what is not named here is not needed.
#[derive(Deserialize)]
#[serde(rename = "SemverQuery")]
struct Lint {
    id: String,
    human_readable_name: String,
    required_update: RequiredUpdate,
    lint_level: Level,
    error_message: String,
    query: String,
    #[serde(default)]
    arguments: BTreeMap<String, TransparentValue>,
}

#[derive(Deserialize, PartialEq)]
enum RequiredUpdate {
    Minor,
    Major,
}

#[derive(Deserialize, PartialEq)]
enum Level {
    Allow,
    Warn,
    Deny,
}

/// Whether nothing breaks; it tells what does.
pub fn check(root: &Path) -> Result<bool, Box<dyn Error>> {
    let baseline = fs::read_to_string(root.join("docs/public-api/baseline"))?;
    let baseline = baseline.trim();
    let Some(before) = sources_of(root, baseline)? else {
        println!("== NOT DONE: semver checks, since this clone has no commit {baseline}");
        return Ok(true);
    };
    let (before, now) = (storage(root, &before)?, storage(root, root)?);
    if !compatible(&version(&before)?, &version(&now)?) {
        println!("semver checks: this version may break what that of {baseline} promised");
        return Ok(true);
    }
    let (before, now) = (PackageIndex::from_storage(&before), PackageIndex::from_storage(&now));
    let adapter = RustdocAdapter::new(&now, Some(&before));
    let mut lints = lints()?;
    // What asks for a minor release alone is allowed between any two: no release stands for a bug fix only.
    lints.retain(|lint| lint.required_update == RequiredUpdate::Major && lint.lint_level == Level::Deny);
    let mut broken = 0;
    for lint in &lints {
        let arguments = lint.arguments.clone();
        let found =
            trustfall::execute_query(RustdocAdapter::schema(), Arc::new(&adapter), &lint.query, arguments);
        let found: Vec<_> = found.map_err(|error| format!("{}: {error}", lint.id))?.collect();
        if !found.is_empty() {
            println!("\n{} ({}): {}", lint.human_readable_name, lint.id, lint.error_message);
        }
        for outputs in &found {
            println!("  {}", told(outputs));
        }
        broken += found.len();
    }
    println!("semver checks: {} lints, {broken} found against {baseline}", lints.len());
    Ok(broken == 0)
}

/// What cargo takes for compatible: all but the first number that is not zero may differ.
fn compatible(before: &Version, now: &Version) -> bool {
    let promise = |version: &Version| match (version.major, version.minor, version.patch) {
        (0, 0, patch) => (0, 0, patch),
        (0, minor, _) => (0, minor, 0),
        (major, ..) => (major, 0, 0),
    };
    promise(before) == promise(now)
}

fn version(storage: &PackageStorage) -> Result<Version, Box<dyn Error>> {
    Ok(Version::parse(storage.crate_version().ok_or("rustdoc tells no version")?)?)
}

/// The sources of a revision, or `None` where git does not have it.
fn sources_of(root: &Path, revision: &str) -> Result<Option<PathBuf>, Box<dyn Error>> {
    let git = || {
        let mut git = Command::new("git");
        git.arg("-C").arg(root);
        git
    };
    let known =
        git().args(["cat-file", "-e", &format!("{revision}^{{commit}}")]).stderr(Stdio::null()).status()?;
    if !known.success() {
        return Ok(None);
    }
    let sources = rustdoc::target(root).join("baseline");
    if sources.exists() {
        fs::remove_dir_all(&sources)?;
    }
    fs::create_dir_all(&sources)?;
    let mut archive = git().args(["archive", revision]).stdout(Stdio::piped()).spawn()?;
    let packed = archive.stdout.take().ok_or("git has no output")?;
    let unpacked = Command::new("tar").arg("-x").arg("-C").arg(&sources).stdin(packed).status()?;
    if !archive.wait()?.success() || !unpacked.success() {
        return Err(format!("git archive {revision} failed").into());
    }
    Ok(Some(sources))
}

fn storage(root: &Path, source: &Path) -> Result<PackageStorage, Box<dyn Error>> {
    let documented = serde_json::from_slice(&fs::read(rustdoc::json(root, source, Items::All)?)?)?;
    let metadata = MetadataCommand::new().current_dir(source).no_deps().exec()?;
    let package = metadata.packages.into_iter().find(|package| package.name.as_str() == "pipewright");
    let package: Package = package.ok_or("cargo metadata has no package pipewright")?;
    Ok(PackageStorage::from_rustdoc_and_package(documented, package))
}

/// The lints of the tool. Cargo unpacks the source of a package in order to tell about it, without what it depends on.
fn lints() -> Result<Vec<Lint>, Box<dyn Error>> {
    let name = format!("{}-{}", TOOL.0, TOOL.1);
    let information =
        Command::new(env!("CARGO")).args(["info", "--quiet", &format!("{}@{}", TOOL.0, TOOL.1)]).output()?;
    if !information.status.success() {
        return Err(format!("cargo info {name}: {}", String::from_utf8_lossy(&information.stderr)).into());
    }
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).ok_or("no home directory")?;
    let registries = fs::read_dir(home.join("registry/src"))?.flatten();
    let folder =
        registries.map(|registry| registry.path().join(&name).join("src/lints")).find(|path| path.exists());
    let mut lints = Vec::new();
    for file in fs::read_dir(folder.ok_or("cargo info unpacked nothing")?)? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "ron") {
            let options =
                ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
            let lint = options.from_str(&fs::read_to_string(&path)?);
            lints.push(lint.map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    Ok(lints)
}

/// What a query put out, as one line.
fn told(outputs: &BTreeMap<Arc<str>, FieldValue>) -> String {
    let told = outputs.iter().map(|(name, value)| {
        let value = TransparentValue::from(value.clone());
        format!("{name}: {}", serde_json::to_string(&value).unwrap_or_default())
    });
    told.collect::<Vec<_>>().join(", ")
}
