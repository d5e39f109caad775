//! Conversion of tokens to text: where lines end, and their indentation.

use super::token::{Kind, Token, Tokens};

/// The columns of an indentation, and of a line.
const INDENT: usize = 4;
const WIDTH: usize = 100;

pub struct Printer<'t, 's> {
    tokens: &'t [Token<'s>],
    chains: &'t [bool],
    text: &'t str,
    out: String,
    column: usize,
    /// The indentation of the line that is being written.
    indent: usize,
    /// The indentation of the line of each token that may begin a statement or stage.
    indents: Vec<usize>,
    /// For each chain, once its first block is reached: whether it stays on one line.
    inline: Vec<Option<bool>>,
    /// The token up to which everything is on one line.
    inline_until: usize,
    /// Here-documents whose bodies follow the end of this line.
    pending: Vec<&'t str>,
}

/// The open brackets of a statement.
struct Bracket {
    open: usize,
    /// The indentation inside, and of the closing bracket.
    inside: usize,
    outside: usize,
}

pub fn print(text: &str, tokens: &Tokens<'_>) -> String {
    let mut printer = Printer {
        tokens: &tokens.all,
        chains: &tokens.chains,
        text,
        out: String::with_capacity(text.len() + text.len() / 8),
        column: 0,
        indent: 0,
        indents: vec![0; tokens.all.len()],
        inline: vec![None; tokens.chains.len()],
        inline_until: 0,
        pending: Vec::new(),
    };
    let end = tokens.all.len() - 1;
    printer.statements(0, end, 0);
    printer.comments(end, 0, true);
    if !printer.out.is_empty() {
        printer.line_end(false, 0);
    }
    printer.out
}

impl Printer<'_, '_> {
    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = match text.rfind('\n') {
            Some(end) => text[end + 1..].chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    /// Ends the line, and writes the bodies of its here-documents.
    fn line_end(&mut self, blank_line: bool, indent: usize) {
        self.out.push('\n');
        for body in std::mem::take(&mut self.pending) {
            self.out.push_str(body);
            self.out.push('\n');
        }
        if blank_line {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        (self.column, self.indent) = (indent, indent);
    }

    /// Writes the comments before a token. Returns true if the last one is on its own line.
    fn comments(&mut self, at: usize, indent: usize, mut blank_lines: bool) -> bool {
        let tokens = self.tokens;
        let mut own_line = false;
        for comment in &tokens[at].comments {
            if self.out.is_empty() {
                // The first line, such as `#!`.
            } else if comment.lines == 0 {
                self.write("  ");
            } else {
                self.line_end(comment.lines > 1 && blank_lines, indent);
            }
            self.write(comment.text);
            let own = comment.lines > 0 || self.out.len() == comment.text.len();
            // The text below a comment may be another comment: a licence, and then the purpose of the script.
            blank_lines |= own;
            own_line |= own;
        }
        own_line
    }

    // -------------------------------------------------------------------------------------- statements

    /// Writes the statements, or arms, in a range of tokens.
    fn statements(&mut self, from: usize, to: usize, indent: usize) {
        let mut at = from;
        while at < to {
            let mut end = at + 1;
            let mut next = at;
            while next < to && (next == at || !self.tokens[next].starts) {
                next = self.after(next);
                end = next;
            }
            if at > from && self.needs_semicolon(at) {
                self.write(";");
            }
            let first = at == from;
            let commented = self.comments(at, indent, !first);
            if !self.out.is_empty() {
                self.line_end(self.tokens[at].lines > 1 && (!first || commented), indent);
            }
            self.statement(at, end, indent);
            at = end;
        }
    }

    /// Returns the token after this one, or after the block that it opens.
    fn after(&self, at: usize) -> usize {
        if self.tokens[at].kind == Kind::BlockOpen { self.tokens[at].partner + 1 } else { at + 1 }
    }

    /// Returns whether the next statement needs a semicolon before it. On its own line it would belong to the
    /// previous one: `f()` and `{` would be a function of sh, and `.name` a field.
    fn needs_semicolon(&self, at: usize) -> bool {
        let next = &self.tokens[at];
        let mut text = next.text.bytes();
        (self.is_bare_call(at) && next.kind == Kind::BlockOpen)
            || (text.next() == Some(b'.')
                && text.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_'))
    }

    /// Returns whether the statement before this token is `f()`, which with a block after it declares a function
    /// in sh.
    fn is_bare_call(&self, at: usize) -> bool {
        let Some([name, open, close]) = at.checked_sub(3).map(|from| &self.tokens[from..at]) else {
            return false;
        };
        name.starts && matches!(open.kind, Kind::Open { glued: true, .. }) && close.kind == Kind::Close
    }

    fn statement(&mut self, from: usize, to: usize, indent: usize) {
        let break_all = self.breaks_connectors(from, to, indent);
        let mut brackets: Vec<Bracket> = Vec::new();
        let mut at = from;
        while at < to {
            let inside = brackets.last().map_or(indent, |bracket| bracket.inside);
            if at > from && at > self.inline_until {
                self.between(at, &mut brackets, inside, break_all);
            } else if at > from {
                self.write(blank(&self.tokens[at - 1], &self.tokens[at]));
            }
            let tokens = self.tokens;
            let token = &tokens[at];
            self.indents[at] = self.indent;
            match token.kind {
                Kind::BlockOpen if at >= self.inline_until && !self.stays_inline(at, to, break_all) => {
                    at = self.block(at);
                    continue;
                }
                Kind::BlockOpen => {
                    self.inline_until = self.inline_until.max(token.partner);
                    self.write(&token.text);
                }
                Kind::HereDocument(lines) => {
                    self.pending.push(&self.text[lines.range()]);
                    self.write(&token.text);
                }
                Kind::Open { .. } => {
                    self.write(&token.text);
                    let outside = self.indent;
                    let inside = if token.multi_line { outside + INDENT } else { inside };
                    brackets.push(Bracket { open: at, inside, outside });
                }
                Kind::Close => {
                    self.write(&token.text);
                    // Removed before it was written if it is on its own line.
                    brackets.pop_if(|bracket| bracket.open == token.partner);
                }
                _ => self.write(&token.text),
            }
            at += 1;
        }
    }

    /// Writes the text between a token and the previous one, in a statement.
    fn between(&mut self, at: usize, brackets: &mut Vec<Bracket>, inside: usize, break_all: bool) {
        let tokens = self.tokens;
        let (last, token) = (&tokens[at - 1], &tokens[at]);
        let elements = matches!(last.kind, Kind::Open { .. }) && last.multi_line;
        let closes = token.kind == Kind::Close && brackets.last().is_some_and(|b| tokens[b.open].multi_line);
        let sequence =
            brackets.last().is_some_and(|b| matches!(tokens[b.open].kind, Kind::Open { sequence: true, .. }));
        if closes && sequence && last.kind != Kind::Comma && !elements {
            self.write(",");
        }
        let next_element = last.kind == Kind::Comma
            && sequence
            && brackets.last().is_some_and(|bracket| tokens[bracket.open].multi_line);
        let own = elements || next_element;
        let indent = if own || closes { inside } else { inside + INDENT };
        self.comments(at, indent, !elements);
        let commented = !token.comments.is_empty();
        if closes {
            let outside = brackets.pop().map_or(0, |bracket| bracket.outside);
            self.line_end(false, outside);
        } else if own || commented {
            self.line_end(token.lines > 1 && !elements, indent);
        } else if self.breaks(at, break_all) {
            self.line_end(false, indent);
        } else if continues(last, token) {
            self.write(" \\\n");
            self.out.extend(std::iter::repeat_n(' ', indent));
            (self.column, self.indent) = (indent, indent);
        } else {
            self.write(blank(last, token));
        }
    }

    /// Returns whether a line ends before this token, as it did in the source.
    fn breaks(&self, at: usize, break_all: bool) -> bool {
        let (last, token) = (&self.tokens[at - 1], &self.tokens[at]);
        if last.kind == Kind::Connector && break_all {
            return true;
        }
        // Connectors of a list, and the operators at which an expression may be broken.
        token.lines > 0
            && (matches!(last.kind, Kind::Connector | Kind::Infix | Kind::Choice | Kind::Comma)
                || matches!(token.kind, Kind::Infix | Kind::Choice | Kind::Dot))
    }

    // -------------------------------------------------------------------------------------- blocks

    /// Writes a block on separate lines, and returns the token after it.
    fn block(&mut self, open: usize) -> usize {
        let tokens = self.tokens;
        let (close, indent) = (tokens[open].partner, self.indents[tokens[open].head]);
        self.write(&tokens[open].text);
        self.statements(open + 1, close, indent + INDENT);
        self.comments(close, indent + INDENT, close > open + 1);
        self.line_end(false, indent);
        self.write(&tokens[close].text);
        self.indents[close] = indent;
        close + 1
    }

    fn may_inline(&self, open: usize) -> bool {
        self.chains[self.tokens[open].chain]
    }

    fn stays_inline(&mut self, open: usize, to: usize, break_all: bool) -> bool {
        // A body begins at the next line end, which must not be inside this block.
        if !self.pending.is_empty() {
            return true;
        }
        let chain = self.tokens[open].chain;
        if let Some(known) = self.inline[chain] {
            return known;
        }
        let inline = self.may_inline(open) && self.fits(open, to, break_all);
        self.inline[chain] = Some(inline);
        inline
    }

    /// Returns whether the following text fits, up to the next possible line end.
    fn fits(&self, open: usize, to: usize, break_all: bool) -> bool {
        let mut column = self.column;
        let mut at = open;
        let mut inline_until = open;
        while at < to && column <= WIDTH {
            let token = &self.tokens[at];
            if at > inline_until
                && (!token.comments.is_empty()
                    || self.breaks(at, break_all)
                    || continues(&self.tokens[at - 1], token)
                    || matches!(self.tokens[at - 1].kind, Kind::Open { .. })
                        && self.tokens[at - 1].multi_line)
            {
                break;
            }
            if at > open {
                column += blank(&self.tokens[at - 1], token).len();
            }
            let first_line = token.text.split('\n').next().unwrap_or_default();
            column += first_line.chars().count();
            if first_line.len() < token.text.len() {
                break;
            }
            if token.kind == Kind::BlockOpen && at >= inline_until {
                if !self.may_inline(at) {
                    break;
                }
                inline_until = token.partner;
            }
            at += 1;
        }
        column <= WIDTH
    }

    /// Returns whether a statement is broken after all its connectors, because one of its lines would otherwise
    /// be too long even with its blocks on separate lines.
    fn breaks_connectors(&self, from: usize, to: usize, indent: usize) -> bool {
        if from < self.inline_until {
            return false;
        }
        let mut column = indent;
        let mut connector = false;
        let mut too_long = false;
        let mut at = from;
        while at < to {
            let token = &self.tokens[at];
            if matches!(token.kind, Kind::HereDocument(_))
                || (token.kind == Kind::Connector && token.continued)
            {
                return false;
            }
            if at > from {
                let last = &self.tokens[at - 1];
                let ends = !token.comments.is_empty()
                    || self.breaks(at, false)
                    || continues(last, token)
                    || matches!(last.kind, Kind::Open { .. }) && last.multi_line;
                if ends {
                    (column, connector) = (indent + INDENT, false);
                } else {
                    column += blank(last, token).len();
                    connector |= last.kind == Kind::Connector;
                }
            }
            let mut lines = token.text.split('\n');
            column += lines.next().map_or(0, |line| line.chars().count());
            too_long |= connector && column > WIDTH;
            if let Some(line) = lines.next_back() {
                (column, connector) = (line.chars().count(), false);
            }
            if token.kind == Kind::BlockOpen && !self.is_empty(at) {
                (column, connector) = (indent + 1, false);
            }
            at = self.after(at);
        }
        too_long
    }

    fn is_empty(&self, open: usize) -> bool {
        self.tokens[open].partner == open + 1
    }
}

/// Returns whether a command continues after a backslash at the end of the line.
fn continues(last: &Token<'_>, token: &Token<'_>) -> bool {
    token.continued
        && matches!(last.kind, Kind::Argument | Kind::HereDocument(_))
        && matches!(token.kind, Kind::Argument | Kind::Redirect | Kind::HereDocument(_) | Kind::Connector)
}

/// Returns the text between two tokens on one line.
fn blank(last: &Token<'_>, token: &Token<'_>) -> &'static str {
    // `( (a); b)`: two adjacent parentheses would begin arithmetic in bash.
    let opens_list = last.kind == Kind::BlockOpen && last.text == "(";
    if opens_list && token.text != "(" || token.kind == Kind::BlockClose && token.text == ")" {
        return "";
    }
    if token.starts {
        return if matches!(last.kind, Kind::BlockOpen | Kind::Background) { " " } else { "; " };
    }
    match (last.kind, token.kind) {
        (_, Kind::Comma | Kind::Colon | Kind::Dot | Kind::Close | Kind::Open { glued: true, .. })
        | (_, Kind::Tight | Kind::TightEquals)
        | (Kind::Open { .. } | Kind::Dot | Kind::Prefix | Kind::Tight | Kind::TightEquals | Kind::Glued, _) => {
            ""
        }
        _ => " ",
    }
}
