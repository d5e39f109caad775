//! Rewrites a script of sh statement by statement, and goes on after statements that can't be rewritten.

use super::{Kind, Names, Rewrite, Rewriter, Rewriting, Stop, name_at};
use std::ops::Range;

/// A statement of a script.
pub struct Piece {
    pub range: Range<usize>,
    /// None if the statement can't be rewritten.
    pub rewriting: Option<Rewriting>,
    /// Where its rewriting stopped.
    pub stopped: usize,
    /// Why it stopped there.
    pub reason: &'static str,
}

/// Returns the statements of a script at its top level.
pub fn pieces(text: &str, names: &dyn Names) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rewriter = Rewriter::new(text, names);
    while text.len() <= super::MOST_TEXT {
        if rewriter.copy_lines().is_err() || rewriter.rest().is_empty() {
            break;
        }
        let start = rewriter.at;
        rewriter.out.clear();
        let (scopes, lost) = (rewriter.scopes.clone(), rewriter.lost.clone());
        rewriter.furthest = start;
        let is_rewritten = rewriter.piece().is_ok() && rewriter.at > start;
        let furthest = rewriter.furthest.max(rewriter.at);
        let (stopped, reason) =
            rewriter.stopped.take().unwrap_or((furthest, "no certain rewriting for this line"));
        let notes = std::mem::take(&mut rewriter.notes);
        rewriter.remarks.clear();
        let text_now = std::mem::take(&mut rewriter.out);
        if !is_rewritten {
            rewriter = Rewriter::new(text, names);
            (rewriter.scopes, rewriter.lost) = (scopes, lost);
            rewriter.at = end_of_statement(text, start);
            rewriter.declare_all(start);
        }
        let rewriting = is_rewritten.then(|| Rewriting {
            text: text_now,
            notes,
            remarks: Vec::new(),
            assigned: Vec::new(),
        });
        pieces.push(Piece { range: start..rewriter.at, rewriting, stopped, reason });
    }
    pieces
}

impl Rewriter<'_> {
    /// Rewrites a statement with its separator.
    fn piece(&mut self) -> Rewrite<()> {
        self.statement()?;
        let end = self.at;
        self.copy_blanks();
        if self.sees("&") && !self.sees("&&") {
            if !self.job(0)? {
                self.copy(1);
            }
        } else {
            self.uncopy(end);
        }
        self.finish_here_documents()?;
        let rest = self.rest().trim_start_matches([' ', '\t']);
        if rest.starts_with(';') && !rest.starts_with(";;") {
            self.copy_blanks();
            self.copy(1);
        }
        if rest.is_empty() || rest.starts_with([';', '\n', '#']) { Ok(()) } else { Err(Stop) }
    }

    /// Declares what the skipped text since a place assigns.
    fn declare_all(&mut self, start: usize) {
        let text = &self.text[start..self.at];
        let is_local = |name: &str| {
            let mut declarations = text.match_indices("local ").map(|(at, _)| &text[at + "local ".len()..]);
            declarations.any(|rest| {
                let words = rest.lines().next().unwrap_or_default().split([' ', ';']);
                words.map(name_at).any(|word| word == name)
            })
        };
        for name in assigned_names(text) {
            if self.kind(name).is_none() && !is_local(name) {
                self.declare(name, Kind::Text);
            }
        }
    }
}

/// Returns the names that a text of sh assigns at the beginning of a command.
pub fn assigned_names(text: &str) -> impl Iterator<Item = &str> {
    let commands = text.split(['\n', ';', '&', '|', '{', '(']).map(str::trim_start);
    commands.flat_map(|command| {
        let words = ["do ", "then ", "while ", "until ", "if "];
        let command = words.iter().find_map(|word| command.strip_prefix(word)).unwrap_or(command);
        let (declares, rest) = match command.split_once(' ') {
            Some(("local" | "declare" | "readonly" | "typeset" | "for" | "read" | "IFS=", rest)) => {
                (true, rest)
            }
            _ => (false, command),
        };
        let words = rest.split([' ', '\t']).filter(|word| !word.starts_with('-'));
        words.take(if declares { 8 } else { 1 }).filter_map(move |word| {
            let name = name_at(word);
            let after = &word[name.len()..];
            let assigns = after.starts_with('=') || after.starts_with("+=") || declares && after.is_empty();
            (assigns && !name.is_empty()).then_some(name)
        })
    })
}

/// Returns the end of a statement that can't be read: the end of the line on which all of its compounds are closed.
fn end_of_statement(text: &str, start: usize) -> usize {
    let mut depth = 0usize;
    let mut delimiter: Option<String> = None;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let end = at + line.trim_end_matches('\n').len();
        at += line.len();
        if let Some(text) = &delimiter {
            if line.trim() == text {
                delimiter = None;
                if depth == 0 {
                    return end;
                }
            }
            continue;
        }
        let code = without_quotes(line);
        for word in code.split(|c: char| !(c.is_ascii_alphanumeric() || "{}_".contains(c))) {
            match word {
                "do" | "if" | "case" | "{" => depth += 1,
                "done" | "fi" | "esac" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if let Some((_, rest)) = line.split_once("<<").filter(|(_, rest)| !rest.starts_with('<')) {
            let word =
                rest.trim_start_matches('-').split([' ', '\n', ';', '|', ')']).next().unwrap_or_default();
            delimiter = Some(word.replace(['\'', '"'], "")).filter(|word| !word.is_empty());
        }
        let goes_on = code.trim_end().ends_with(['\\', '|']) || code.trim_end().ends_with("&&");
        let begins_loop = ["while ", "for ", "until "].iter().any(|word| code.trim_start().starts_with(word))
            && depth == 0
            && !code.contains("done");
        if depth == 0 && delimiter.is_none() && !goes_on && !begins_loop {
            return end;
        }
    }
    text.len()
}

/// Returns a line without its quoted text, its parameters in braces and its comment.
fn without_quotes(line: &str) -> String {
    let mut quote = None;
    let mut out = String::new();
    let mut before = ' ';
    let mut braces = 0usize;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '{') if before == '$' || braces > 0 => braces += 1,
            (None, '}') if braces > 0 => braces -= 1,
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '#') if before.is_whitespace() => break,
            _ => out.push(letter),
        }
        before = letter;
    }
    out
}
