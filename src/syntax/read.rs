//! The builder of the tree: statements, pipelines and blocks from the flat tokens of the grammar.

use super::ast::*;
use super::scan::{HereDocument, Scan, lift};
use super::tokens::{Failure, Rule, Token, Tokens};
use super::{Parsed, brackets, explain};
use crate::diag::{Code, Diagnostic, Source, code};
use crate::span::Span;
use crate::sys::stack;
use std::cell::Cell;
use std::sync::Arc;

/// The reason why the reading of a text stops.
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

/// The state that the builder of every part needs: the original text, and the parts that the scanner
/// removed from it.
pub struct Reader<'s> {
    pub source: &'s Arc<Source>,
    pub text: &'s str,
    pub here_documents: Vec<HereDocument>,
    /// The size of all brace lists so far, in the units of [`crate::expand::brace`].
    pub made: Cell<usize>,
}

pub fn script(source: &Arc<Source>, scan: Scan, from: usize) -> Parsed<'_> {
    let text = source.text();
    let lifted = (!scan.here_documents.is_empty()).then(|| lift(text, &scan.here_documents));
    let reader = Reader { source, text, here_documents: scan.here_documents, made: Cell::new(0) };
    let mut tokens = Tokens::script(lifted.as_deref().unwrap_or(text), from);
    let mut statements = Vec::new();
    let stop = reader.statements(&mut tokens, &mut statements, false);
    statements.shrink_to_fit();
    let script = Block { statements, span: Span::new(0, text.len()) };
    let error = match stop {
        Ok(_) => None,
        // The scanner saw the brackets; the grammar only knows that something is missing.
        Err(Stop::Grammar(failure)) => Some(match &scan.problem {
            Some(problem) if !failure.is_too_deep => brackets::explain(source, problem),
            _ => explain::failure(source, &failure),
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
        let error = Diagnostic::new(code::SYNTAX, message).at(source, at, "no blank beside it");
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

    /// Reads commands in a word or an expression.
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
        if stack::is_low() {
            let at = tokens.peeked().map_or(Span::default(), |token| tokens.span(token));
            return Err(self.too_deep(at));
        }
        let kind = match rule {
            Rule::value_head
            | Rule::let_head
            | Rule::name_led
            | Rule::use_head
            | Rule::fn_head
            | Rule::defer_head
            | Rule::on_head
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
                        "`&` after a statement that is not a command; there are no operators on bits",
                    ));
                }
                return Ok(Statement { span, kind });
            }
            Rule::end => {
                let token = self.taken(tokens)?;
                let span = tokens.span(&token);
                return match token.into_inner().next().map(|t| t.as_rule()) {
                    Some(Rule::sh_case_end) => {
                        Ok(Statement { span, kind: StatementKind::Sh(ShConstruct::CaseEnd) })
                    }
                    _ => {
                        Err(self.error(code::SYNTAX, span, "a command is missing here", "nothing before it"))
                    }
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
            && and_or.first.timed.is_none()
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

    /// Reads a statement that is not a pipeline.
    fn lead<'t>(&self, tokens: &mut Tokens<'t>, token: Token<'t>, span: Span) -> Read<StatementKind<'s>> {
        let base = tokens.base();
        Ok(match token.as_rule() {
            Rule::let_head => {
                let mut inner = token.into_inner();
                let binding = self.binding(inner.next(), base)?;
                let value = self.expr(inner.next(), base)?;
                StatementKind::Let { binding, value }
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
            Rule::on_head => {
                let signals =
                    token.into_inner().map(|name| self.name(Some(name), base)).collect::<Read<_>>()?;
                StatementKind::On { signals, body: self.block(tokens)? }
            }
            Rule::sh_function => {
                self.block(tokens)?;
                StatementKind::Sh(ShConstruct::Function)
            }
            Rule::sh_let => {
                self.refuse_blanks(span)?;
                StatementKind::Sh(ShConstruct::LetWithoutSpaces)
            }
            _ => StatementKind::Sh(ShConstruct::CaseEnd),
        })
    }

    /// Reads `x = …`, `x.y += …`, or a call for its effect.
    fn name_led<'t>(&self, tokens: &mut Tokens<'t>, token: Token<'t>, span: Span) -> Read<StatementKind<'s>> {
        let base = tokens.base();
        let mut inner = token.into_inner();
        let place = self.missing(inner.next(), span)?;
        let place = self.place(place, base)?;
        if let Some(operator) = inner.next() {
            if operator.as_rule() == Rule::sh_element {
                return Ok(StatementKind::Sh(ShConstruct::ElementAssignment));
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
                return Ok(StatementKind::Sh(ShConstruct::Function));
            }
            return Err(self.error(
                code::SYNTAX,
                span,
                "a block can't follow a call",
                "this call is a statement by itself",
            ));
        }
        if empty_call && self.block_on_next_line(span) {
            return Ok(StatementKind::Sh(ShConstruct::Function));
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
        let mut parameter = Parameter {
            name: Name { text: "", span },
            short: None,
            rest: false,
            annotation: None,
            choices: Vec::new(),
            default: None,
        };
        for part in token.into_inner() {
            match part.as_rule() {
                Rule::rest_mark => parameter.rest = true,
                Rule::name => parameter.name = self.name(Some(part), base)?,
                Rule::short_name => parameter.short = Some(self.name(Some(part), base)?),
                Rule::choices => {
                    let choices = part.into_inner().map(|choice| self.string_expr(Some(choice), base));
                    parameter.choices = choices.collect::<Read<_>>()?;
                }
                Rule::type_name => parameter.annotation = Some(self.name(Some(part), base)?),
                _ => parameter.default = Some(self.expr(Some(part), base)?),
            }
        }
        Ok(parameter)
    }

    // -------------------------------------------------------------------------------------- tokens

    /// Takes the end of a statement. Returns the span of its `&`, if it is one.
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

    pub(super) fn taken<'t>(&self, tokens: &mut Tokens<'t>) -> Read<Token<'t>> {
        let token = tokens.take();
        self.missing(token, Span::default())
    }

    /// Returns the error for a missing part that the grammar guarantees.
    pub fn missing<'t>(&self, token: Option<Token<'t>>, span: Span) -> Read<Token<'t>> {
        token.ok_or_else(|| self.error(code::INTERNAL, span, "the grammar and the reader disagree", "here"))
    }

    pub fn span_of(&self, token: &Token<'_>, base: usize) -> Span {
        let span = token.as_span();
        Span::new(base + span.start(), base + span.end())
    }

    /// Returns the original text of a token.
    pub fn str_of(&self, token: &Token<'_>, base: usize) -> &'s str {
        &self.text[self.span_of(token, base).range()]
    }

    pub fn name(&self, token: Option<Token<'_>>, base: usize) -> Read<Name<'s>> {
        let token = self.missing(token, Span::default())?;
        let span = self.span_of(&token, base);
        Ok(Name { text: &self.text[span.range()], span })
    }

    /// Returns the error for text that is too deep for the stack of its thread.
    #[cold]
    pub fn too_deep(&self, span: Span) -> Stop {
        Stop::Error(super::nesting::stack_is_full(self.source, span))
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
