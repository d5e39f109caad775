//! The tree's builder: statements, pipelines and blocks from the flat tokens of the grammar.

use super::ast::*;
use super::scan::{HereDocument, Scan, lift};
use super::tokens::{Failure, Rule, Token, Tokens};
use super::{Parsed, brackets, explain};
use crate::diag::{Code, Diagnostic, Source, code};
use crate::span::Span;
use std::sync::Arc;

/// Why the reading of a text stops.
pub enum Stop {
    Grammar(Failure),
    Error(Box<Diagnostic>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Grammar(failure)
    }
}

pub type Read<T> = Result<T, Stop>;

/// What the builder of every part needs: the original text, and what the scanner lifted out of it.
pub struct Reader<'s> {
    pub source: &'s Arc<Source>,
    pub text: &'s str,
    pub here_documents: Vec<HereDocument>,
}

pub fn script(source: &Arc<Source>, scan: Scan, from: usize) -> Parsed<'_> {
    let text = source.text();
    let lifted = (!scan.here_documents.is_empty()).then(|| lift(text, &scan.here_documents));
    let reader = Reader { source, text, here_documents: scan.here_documents };
    let mut tokens = Tokens::script(lifted.as_deref().unwrap_or(text), from);
    let mut statements = Vec::new();
    let stop = reader.statements(&mut tokens, &mut statements, false);
    statements.shrink_to_fit();
    let script = Block { statements, span: Span::new(0, text.len()) };
    let error = match stop {
        Ok(_) => None,
        // The scanner saw the brackets; the grammar only knows that something is missing.
        Err(Stop::Grammar(failure)) => Some(match &scan.problem {
            Some(problem) => brackets::explain(source, problem),
            None => explain::failure(source, &failure),
        }),
        Err(Stop::Error(error)) => Some(match &scan.problem {
            Some(problem) if [code::UNOPENED, code::UNCLOSED, code::HEREDOC].contains(&error.code) => {
                brackets::explain(source, problem)
            }
            _ => error,
        }),
    };
    let broken = scan.broken.map(|at| {
        let message = "a line can't be continued in the middle of a word or operator";
        let error = Diagnostic::new(code::SYNTAX, message).at(source, at, "no blank stands beside it");
        Box::new(error.help("put a blank before the backslash, or write the word on one line"))
    });
    Parsed { script, error: broken.or(error) }
}

impl<'s> Reader<'s> {
    /// Reads statements up to the `}` of a block (true) or the end of the text.
    fn statements<'t>(
        &self,
        tokens: &mut Tokens<'t>,
        into: &mut Vec<Statement<'s>>,
        in_block: bool,
    ) -> Read<Span> {
        loop {
            match tokens.peek()? {
                None if in_block => {
                    return Err(self.error(
                        code::UNCLOSED,
                        Span::new(self.text.len(), self.text.len()),
                        "a `}` is missing",
                        "",
                    ));
                }
                None => return Ok(Span::default()),
                Some(Rule::EOI) => {
                    tokens.take();
                }
                Some(Rule::close) => {
                    let close = self.taken(tokens)?;
                    let span = tokens.span(&close);
                    if !in_block {
                        return Err(self.error(
                            code::UNOPENED,
                            span,
                            "`}` closes nothing",
                            "nothing is open here",
                        ));
                    }
                    return Ok(span);
                }
                Some(_) => {
                    let statement = self.statement(tokens)?;
                    into.push(statement);
                }
            }
        }
    }

    /// Commands in a word or an expression.
    pub fn body<'t>(
        &self,
        pairs: pest::iterators::Pairs<'t, Rule>,
        base: usize,
        span: Span,
    ) -> Read<Block<'s>> {
        let mut tokens = Tokens::nested(pairs, base);
        let mut statements = Vec::new();
        self.statements(&mut tokens, &mut statements, false)?;
        Ok(Block { statements, span })
    }

    pub fn block<'t>(&self, tokens: &mut Tokens<'t>) -> Read<Block<'s>> {
        let open = self.expect(tokens, Rule::open, "a block `{ … }` is missing")?;
        let start = tokens.span(&open);
        let mut statements = Vec::new();
        let close = self.statements(tokens, &mut statements, true)?;
        statements.shrink_to_fit();
        Ok(Block { statements, span: start.to(close) })
    }

    fn statement<'t>(&self, tokens: &mut Tokens<'t>) -> Read<Statement<'s>> {
        let rule = tokens.peek()?.unwrap_or(Rule::EOI);
        let kind = match rule {
            Rule::value_head
            | Rule::let_head
            | Rule::name_led
            | Rule::use_head
            | Rule::fn_head
            | Rule::defer_head
            | Rule::sh_let
            | Rule::sh_function
            | Rule::sh_case_end => {
                let token = self.taken(tokens)?;
                let span = tokens.span(&token);
                let kind = self.lead(tokens, token, span)?;
                let ended = self.end(tokens)?;
                if let Some(background) = ended
                    && !matches!(kind, StatementKind::Sh(_))
                {
                    return Err(self.error(
                        code::SYNTAX,
                        background,
                        "only commands run in the background",
                        "`&` after a statement that is no command; there are no operators on bits",
                    ));
                }
                return Ok(Statement { span, kind });
            }
            Rule::end => {
                let token = self.taken(tokens)?;
                let span = tokens.span(&token);
                return match token.into_inner().next().map(|t| t.as_rule()) {
                    Some(Rule::sh_case_end) => {
                        Ok(Statement { span, kind: StatementKind::Sh(Habit::CaseEnd) })
                    }
                    _ => Err(self.error(
                        code::SYNTAX,
                        span,
                        "a command is missing here",
                        "nothing stands before it",
                    )),
                };
            }
            _ => self.and_or(tokens, true)?,
        };
        let (mut and_or, span) = kind;
        if self.end(tokens)?.is_some() {
            and_or.background = true;
        }
        let single = and_or.rest.is_empty()
            && !and_or.background
            && !and_or.first.negated
            && and_or.first.stages.len() == 1;
        let kind = match and_or.first.stages.pop() {
            Some(stage) if single => StatementKind::Stage(stage),
            Some(stage) => {
                and_or.first.stages.push(stage);
                StatementKind::AndOr(and_or)
            }
            None => StatementKind::AndOr(and_or),
        };
        Ok(Statement { span, kind })
    }

    /// A statement that is no pipeline.
    fn lead<'t>(&self, tokens: &mut Tokens<'t>, token: Token<'t>, span: Span) -> Read<StatementKind<'s>> {
        let base = tokens.base();
        Ok(match token.as_rule() {
            Rule::let_head => {
                let mut inner = token.into_inner();
                let name = self.name(inner.next(), base)?;
                let value = self.expr(inner.next(), base)?;
                StatementKind::Let { name, value }
            }
            Rule::value_head => {
                let mut inner = token.into_inner();
                StatementKind::Value(self.expr(inner.next(), base)?)
            }
            Rule::name_led => self.name_led(tokens, token, span)?,
            Rule::use_head => {
                let mut inner = token.into_inner();
                let path = inner.next();
                let path = self.string_expr(path, base)?;
                let alias = match inner.next() {
                    Some(name) => Some(self.name(Some(name), base)?),
                    None => None,
                };
                StatementKind::Use { path, alias }
            }
            Rule::fn_head => {
                let mut inner = token.into_inner();
                let name = self.name(inner.next(), base)?;
                let parameters =
                    inner.map(|parameter| self.parameter(parameter, base)).collect::<Read<_>>()?;
                let body = self.block(tokens)?;
                StatementKind::Function(Box::new(Function { name, parameters, body }))
            }
            Rule::defer_head => StatementKind::Defer(self.block(tokens)?),
            Rule::sh_function => {
                self.block(tokens)?;
                StatementKind::Sh(Habit::Function)
            }
            Rule::sh_let => StatementKind::Sh(Habit::LetWithoutSpaces),
            _ => StatementKind::Sh(Habit::CaseEnd),
        })
    }

    /// `x = …`, `x.y += …`, or a call for its effect.
    fn name_led<'t>(&self, tokens: &mut Tokens<'t>, token: Token<'t>, span: Span) -> Read<StatementKind<'s>> {
        let base = tokens.base();
        let mut inner = token.into_inner();
        let place = self.missing(inner.next(), span)?;
        let place = self.place(place, base)?;
        if let Some(operator) = inner.next() {
            if operator.as_rule() == Rule::sh_element {
                return Ok(StatementKind::Sh(Habit::ElementAssignment));
            }
            let operator_span = self.span_of(&operator, base);
            let operator = assign_operator(operator.as_str());
            let value = Box::new(self.expr(inner.next(), base)?);
            return Ok(StatementKind::Assign { place, operator, operator_span, value });
        }
        let empty_call = matches!(&place.kind, ExprKind::Call(callee, arguments) if arguments.is_empty() && matches!(callee.kind, ExprKind::Name(_)));
        if tokens.peek()? == Some(Rule::open) {
            self.block(tokens)?;
            if empty_call {
                return Ok(StatementKind::Sh(Habit::Function));
            }
            return Err(self.error(
                code::SYNTAX,
                span,
                "a block can't follow a call",
                "this call is a statement by itself",
            ));
        }
        if empty_call && self.block_on_next_line(span) {
            return Ok(StatementKind::Sh(Habit::Function));
        }
        match place.kind {
            ExprKind::Call(..) | ExprKind::Method(..) => Ok(StatementKind::Call(place)),
            _ => Err(self.error(
                code::SYNTAX,
                place.span,
                "this value is not used",
                "a statement can't be a value alone",
            )),
        }
    }

    fn block_on_next_line(&self, call: Span) -> bool {
        let rest = self.text[call.end as usize..].trim_start_matches([' ', '\t']);
        rest.strip_prefix('\n').is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.starts_with("{ ") || rest.starts_with("{\n") || rest.starts_with("{\t")
        })
    }

    fn parameter(&self, token: Token<'_>, base: usize) -> Read<Parameter<'s>> {
        let span = self.span_of(&token, base);
        let mut parameter =
            Parameter { name: Name { text: "", span }, rest: false, annotation: None, default: None };
        for part in token.into_inner() {
            match part.as_rule() {
                Rule::rest_mark => parameter.rest = true,
                Rule::name => parameter.name = self.name(Some(part), base)?,
                Rule::type_name => parameter.annotation = Some(self.name(Some(part), base)?),
                _ => parameter.default = Some(self.expr(Some(part), base)?),
            }
        }
        Ok(parameter)
    }

    // -------------------------------------------------------------------------------------- pipelines

    /// Pipelines joined by `&&` and `||`, up to the end of the statement or, in a condition, of its tokens.
    pub(super) fn and_or<'t>(&self, tokens: &mut Tokens<'t>, blocks: bool) -> Read<(AndOr<'s>, Span)> {
        let first = self.pipeline(tokens, blocks)?;
        let mut span = first.span;
        let mut rest = Vec::new();
        while tokens.peek()? == Some(Rule::connector) {
            let connector = self.taken(tokens)?;
            let connector = if connector.as_str() == "&&" { Connector::And } else { Connector::Or };
            let pipeline = self.pipeline(tokens, blocks)?;
            span = span.to(pipeline.span);
            rest.push((connector, pipeline));
        }
        Ok((AndOr { first, rest, background: false }, span))
    }

    fn pipeline<'t>(&self, tokens: &mut Tokens<'t>, blocks: bool) -> Read<Pipeline<'s>> {
        let mut negated = None;
        if tokens.peek()? == Some(Rule::bang) {
            let bang = self.taken(tokens)?;
            negated = Some(tokens.span(&bang));
        }
        let first = self.stage(tokens, blocks)?;
        let mut span = negated.map_or(first.span, |bang| bang.to(first.span));
        let mut stages = Vec::with_capacity(1);
        stages.push(first);
        while tokens.peek()? == Some(Rule::connector) {
            // `&&` and `||` are the caller's.
            let Some(next) = tokens.peeked().filter(|token| matches!(token.as_str(), "|" | "|&")) else {
                break;
            };
            let pipe_stderr = next.as_str() == "|&";
            tokens.take();
            if let Some(last) = stages.last_mut() {
                last.pipe_stderr = pipe_stderr;
            }
            if tokens.peek()? == Some(Rule::bang) {
                let bang = self.taken(tokens)?;
                let span = tokens.span(&bang);
                return Err(self.error(
                    code::SYNTAX,
                    span,
                    "`!` stands only before a whole pipeline",
                    "not before a stage",
                ));
            }
            let stage = self.stage(tokens, blocks)?;
            span = span.to(stage.span);
            stages.push(stage);
        }
        Ok(Pipeline { span, negated: negated.is_some(), stages })
    }

    fn stage<'t>(&self, tokens: &mut Tokens<'t>, blocks: bool) -> Read<Stage<'s>> {
        let Some(rule) = tokens.peek()? else {
            let end = Span::new(self.text.len(), self.text.len());
            return Err(self.error(
                code::SYNTAX,
                end,
                "a command is missing at the end",
                "the text ends here",
            ));
        };
        let token = self.taken(tokens)?;
        let mut span = tokens.span(&token);
        let base = tokens.base();
        let mut redirections = Vec::new();
        let kind = match rule {
            Rule::simple => {
                let simple = self.simple(token, base, &mut redirections)?;
                if blocks && tokens.peek()? == Some(Rule::open) {
                    return Err(self.block_after_command(&simple, span));
                }
                StageKind::Simple(simple)
            }
            Rule::return_jump => {
                let value = match token.into_inner().next() {
                    Some(value) => Some(Box::new(self.expr(Some(value), base)?)),
                    None => None,
                };
                StageKind::Return(value)
            }
            Rule::fail_jump => StageKind::Fail(Box::new(self.expr(token.into_inner().next(), base)?)),
            Rule::break_jump => StageKind::Break,
            Rule::continue_jump => StageKind::Continue,
            Rule::sh_subshell => StageKind::Sh(Habit::Subshell, span),
            Rule::sh_arith_command => StageKind::Sh(Habit::ArithmeticCommand, span),
            Rule::end | Rule::connector | Rule::bang => {
                return Err(self.error(
                    code::SYNTAX,
                    span,
                    "a command is missing here",
                    "nothing stands before it",
                ));
            }
            _ => {
                let (kind, end) = self.compound(tokens, token, span, base)?;
                span = span.to(end);
                while tokens.peek()? == Some(Rule::redirection) {
                    let token = self.taken(tokens)?;
                    span = span.to(tokens.span(&token));
                    redirections.push(self.redirection(token, tokens.base())?);
                }
                kind
            }
        };
        Ok(Stage { span, kind, redirections: redirections.into_boxed_slice(), pipe_stderr: false })
    }

    fn block_after_command(&self, simple: &Simple<'s>, span: Span) -> Stop {
        let first = simple.words.first().map_or("", |word| &self.text[word.span.range()]);
        let help = match first {
            "lines" | "json" | "bytes" | "capture" => {
                format!("`{first} {{ … }}` is a value: let x = {first} {{ … }}")
            }
            "else" | "catch" => format!("`{first}` stands on the line of the `}}` before it"),
            "elif" => "write: } else if … {".into(),
            "until" => "write: while ! … {".into(),
            "loop" => "a loop without end is: while true { … }".into(),
            "ensure" => "what runs in the end whatever happens is: defer { … }".into(),
            "unless" => "write: if ! cmd { … }, or if (not (x == 1)) { … }".into(),
            "import" => "another file is used by: use \"lib/file.pw\"".into(),
            _ => "put the block on its own, or quote the brace if it is meant as text: '{'".into(),
        };
        let mut error = Diagnostic::new(code::SYNTAX, "a block can't follow a command");
        error = error.at(self.source, span, "this command is not ended").help(help);
        Stop::Error(Box::new(error))
    }

    // -------------------------------------------------------------------------------------- tokens

    /// A statement that goes on where it should end: mostly a function of another language.
    fn not_ended(&self, span: Span) -> Stop {
        let (before, rest) = self.text.split_at(span.start as usize);
        let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
        let last = line.trim_end().rsplit(' ').next().unwrap_or_default();
        let help = if !rest.starts_with('{') {
            None
        } else if last.starts_with("fn(") || last.starts_with("function(") || line.contains("= fn") {
            Some(
                "a function without a name is written: x => x + 1, or (a, b) => a + b; with statements: fn name(a) { … }",
            )
        } else if rest[1..].trim_start().starts_with('|') || last.contains('.') {
            Some("a function stands in the parentheses: xs.map(x => x + 1)")
        } else {
            None
        };
        let label = "begin another on a new line, or after `;`";
        match help {
            Some(help) => {
                let error = Diagnostic::new(code::SYNTAX, "a block makes no function in an expression");
                Stop::Error(Box::new(error.at(self.source, span, "not expected here").help(help)))
            }
            None => self.error(code::SYNTAX, span, "the statement should end here", label),
        }
    }

    /// Takes the end of a statement; the span of its `&`, if it is one.
    pub(super) fn end<'t>(&self, tokens: &mut Tokens<'t>) -> Read<Option<Span>> {
        match tokens.peek()? {
            Some(Rule::end) => {
                let end = self.taken(tokens)?;
                let span = tokens.span(&end);
                match end.into_inner().next() {
                    Some(token) if token.as_rule() == Rule::background => Ok(Some(span)),
                    Some(token) if token.as_rule() == Rule::sh_case_end => {
                        Err(self.error(code::SYNTAX, span, "`;;` ends nothing here", "this is sh's `case`"))
                    }
                    _ => Ok(None),
                }
            }
            Some(Rule::close) | None => Ok(None),
            Some(_) => {
                let token = self.taken(tokens)?;
                Err(self.not_ended(tokens.span(&token)))
            }
        }
    }

    pub(super) fn expect<'t>(&self, tokens: &mut Tokens<'t>, rule: Rule, message: &str) -> Read<Token<'t>> {
        if tokens.peek()? == Some(rule) {
            return self.taken(tokens);
        }
        let at = match tokens.take() {
            Some(token) => tokens.span(&token),
            None => Span::new(tokens.position(), tokens.position()),
        };
        if rule == Rule::open
            && let Some(error) = self.block_missing(at)
        {
            return Err(Stop::Error(error));
        }
        Err(self.error(code::SYNTAX, at, message, "before this"))
    }

    /// Where a block should begin: `{echo` and `{}` are words, and it stands on the line of its head.
    fn block_missing(&self, at: Span) -> Option<Box<Diagnostic>> {
        let before = &self.text[..at.start as usize];
        let line = &before[before.rfind('\n').map_or(0, |end| end + 1)..];
        let page = |start: usize, length: usize, message: &str, label: &str, help: &str| {
            let span = Span::new(start, start + length);
            let error = Diagnostic::new(code::SYNTAX, message).at(self.source, span, label);
            Some(Box::new(error.help(help)))
        };
        let glued = line.split_ascii_whitespace().find(|word| {
            word.starts_with('{') && word.len() > 1 && word.matches('{').count() > word.matches('}').count()
        });
        let place = |word: &str| before.rfind(word).unwrap_or_default();
        if let Some(word) = glued {
            return page(
                place(word),
                1,
                "the `{` of a block is followed by a blank",
                "one word with what follows",
                "put a blank after `{`",
            );
        }
        if let Some(word) = line.split_ascii_whitespace().next_back().filter(|word| *word == "{}") {
            return page(
                place(word),
                2,
                "`{}` is a word, and no block",
                "an argument of the command",
                "write the empty block with a blank: { }",
            );
        }
        if self.text[at.range()].starts_with('\n') && line.trim_end().ends_with(':') {
            let help = format!("write: {}", braced(line.trim().trim_end_matches(':').trim_end()));
            let message = "a block stands in braces";
            return page(before.trim_end().len() - 1, 1, message, "not in Pipewright", &help);
        }
        let next = self.text[at.start as usize..].trim_start();
        let found = &self.text[at.range()];
        let block_follows = next.trim_start_matches(';').trim_start().starts_with('{');
        if found == ";" && block_follows {
            return page(
                at.start as usize,
                1,
                "a `;` stands between a head and its block",
                "ends the statement too early",
                "remove it",
            );
        }
        if found == "\n" && block_follows {
            let end = before.trim_end().len();
            return page(
                end.saturating_sub(1),
                1,
                "a block begins on the line of its head",
                "the `{` is missing here",
                "move the `{` to the end of this line",
            );
        }
        None
    }

    pub(super) fn taken<'t>(&self, tokens: &mut Tokens<'t>) -> Read<Token<'t>> {
        let token = tokens.take();
        self.missing(token, Span::default())
    }

    /// A part that the grammar promises.
    pub fn missing<'t>(&self, token: Option<Token<'t>>, span: Span) -> Read<Token<'t>> {
        token.ok_or_else(|| self.error(code::INTERNAL, span, "the grammar and the reader disagree", "here"))
    }

    pub fn span_of(&self, token: &Token<'_>, base: usize) -> Span {
        let span = token.as_span();
        Span::new(base + span.start(), base + span.end())
    }

    /// The original text of a token.
    pub fn str_of(&self, token: &Token<'_>, base: usize) -> &'s str {
        &self.text[self.span_of(token, base).range()]
    }

    pub fn name(&self, token: Option<Token<'_>>, base: usize) -> Read<Name<'s>> {
        let token = self.missing(token, Span::default())?;
        let span = self.span_of(&token, base);
        Ok(Name { text: &self.text[span.range()], span })
    }

    pub fn error(&self, code: Code, span: Span, message: &str, label: &str) -> Stop {
        Stop::Error(Box::new(Diagnostic::new(code, message).at(self.source, span, label)))
    }
}

fn assign_operator(text: &str) -> Operator {
    match text {
        "+=" => Operator::Add,
        "-=" => Operator::Subtract,
        "++=" => Operator::Join,
        "*=" => Operator::Multiply,
        "**=" => Operator::Power,
        "/=" => Operator::Divide,
        "//=" => Operator::FloorDivide,
        "%=" => Operator::Remainder,
        "??=" => Operator::Coalesce,
        _ => Operator::Assign,
    }
}

/// `if x == 1` as it is written here.
fn braced(head: &str) -> String {
    const SIGNS: &[&str] = &["==", "!=", " < ", " > ", "<=", ">=", " in ", " and ", " or ", "not "];
    let (keyword, rest) = head.split_once(' ').unwrap_or((head, ""));
    match keyword {
        "if" | "while" if !rest.starts_with('(') && SIGNS.iter().any(|sign| rest.contains(sign)) => {
            format!("{keyword} ({rest}) {{ … }}")
        }
        "for" => match rest.split_once(" in ") {
            Some((name, items)) if items.starts_with('[') => format!("for {name} in ({items}) {{ … }}"),
            _ => format!("{head} {{ … }}"),
        },
        "if" | "while" => format!("{head} {{ … }}"),
        _ => "{ … }".to_string(),
    }
}
