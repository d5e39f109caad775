//! Options of `with` for a whole run, as TOML: the format of `--sandbox FILE`.

use crate::eval::RunOptions;
use crate::policy::{RulesError, toml};
use crate::span::Span;
use crate::value::{Str, Value};
use std::collections::BTreeMap;
use std::path::Path;

impl RunOptions {
    /// Reads options from TOML: a key for each option of `with`. Sizes and durations are texts, such as "512M". `name` is
    /// what errors call the text.
    ///
    /// ```
    /// use pipewright::{Engine, RunOptions, Script};
    ///
    /// let options = RunOptions::from_toml("sandbox.toml", "read = ['/usr']\nnet = false\ntimeout = '10s'\n")?;
    /// let engine = Engine::builder().options(options).build()?;
    /// let script = Script::parse("t", "echo $[read('/etc/hostname')]")?;
    /// let error = engine.session().run(&script).status().unwrap_err();
    /// assert!(error.render(false, 80).contains("sandbox.toml:1:1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Fails if the text is not TOML. Options that don't exist make runs fail.
    pub fn from_toml(name: &str, text: &str) -> Result<Self, RulesError> {
        let read: BTreeMap<String, Value> = toml::read(text)?;
        let options = read.into_iter().map(|(key, value)| {
            let span = place(text, &key);
            (Str::from(key), value, span)
        });
        Ok(Self::of_text(name, text.to_owned(), options.collect()))
    }

    /// Reads options from a file: see [`RunOptions::from_toml`].
    ///
    /// # Errors
    /// Fails if the file can't be read or is not TOML.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        let path = path.as_ref();
        Self::from_toml(&path.display().to_string(), &toml::text_of(path)?)
    }
}

/// Returns the place of a key with its value: its line. A key that is written in another way has the first line.
fn place(text: &str, key: &str) -> Span {
    let line = toml::line_of(text, key).unwrap_or_else(|| 0..text.lines().next().map_or(0, str::len));
    Span::new(line.start, line.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_at_the_start_of_its_line() {
        let text = "# net = true\nnet=false\n  'read' = [\n 'run = x' ]\nrun = []\n";
        let at = |key| &text[place(text, key).range()];
        assert_eq!(
            [at("net"), at("read"), at("run"), at("x.y")],
            ["net=false", "'read' = [", "run = []", "# net = true"]
        );
    }
}
