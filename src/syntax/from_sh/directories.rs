//! Rewrites `pushd` and `popd` as `cd`, with the directory before in a variable.

use super::{Kind, Rewrite, Rewriter, Stop};

/// The variable with the directory before.
const PREVIOUS: &str = "previous";

impl Rewriter<'_> {
    /// Rewrites `pushd DIRECTORY` or `popd`. Returns whether it was one.
    pub(super) fn directory_stack(&mut self) -> Rewrite<bool> {
        let is_push = self.word() == "pushd";
        if !is_push && self.word() != "popd" {
            return Ok(false);
        }
        // At the prompt a variable more would stay.
        if self.is_exact || self.follows || self.in_stage {
            return Err(Stop);
        }
        self.at += self.word().len();
        self.skip_blanks();
        if is_push {
            let is_paired = self.names.is_script() || self.rest().contains("popd");
            if self.directory.is_some() || self.kind(PREVIOUS).is_some() || !is_paired {
                return Err(Stop);
            }
            self.declare(PREVIOUS, Kind::Text);
            self.directory = Some(self.scopes.len());
            self.out += &format!("let {PREVIOUS} = $(pwd); cd ");
            self.a_word()?;
        } else {
            if self.directory.take() != Some(self.scopes.len()) {
                return Err(Stop);
            }
            self.out += &format!("cd ${PREVIOUS}");
        }
        let rest = self.rest().trim_start_matches([' ', '\t']);
        let quiet = ["> /dev/null", ">/dev/null", "&> /dev/null", "&>/dev/null"];
        match quiet.iter().find_map(|quiet| rest.strip_prefix(quiet)) {
            Some(after) => {
                let after = after.strip_prefix(" 2>&1").unwrap_or(after);
                self.at = self.text.len() - after.len();
            }
            None => self.note("the directories are not printed"),
        }
        Ok(true)
    }
}
