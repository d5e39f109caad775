//! Failures after which sh goes on and a script here would not: a test before `&&`, a block before `||`.

use super::lower::Checker;
use super::scope::Name;
use crate::diag::code;
use crate::syntax::ast;

/// A longer line would not be read.
const LONGEST: usize = 90;

/// The block of several commands that a stage is, or the only command of its block.
fn several<'a, 's>(stage: &'a ast::Stage<'s>) -> Option<&'a ast::Block<'s>> {
    let ast::StageKind::Block(block) = &stage.kind else { return None };
    match &*block.statements {
        [] => None,
        [ast::Statement { kind: ast::StatementKind::Stage(stage), .. }] => several(stage),
        [_] => None,
        _ => Some(block),
    }
}

impl<'s> Checker<'s> {
    /// `test -f x && cmd`, `$dry_run && cmd`: sh goes on after it even under `set -e`; as a statement here it would raise.
    pub fn refuse_test_and(&mut self, and_or: &ast::AndOr<'s>) {
        let ors = and_or.rest.iter().any(|(connector, _)| *connector == ast::Connector::Or);
        let [ast::Stage { kind: ast::StageKind::Simple(simple), redirections, .. }] = &*and_or.first.stages
        else {
            return;
        };
        let is_test = matches!(super::words::literal(simple.words.first()).as_deref(), Some("test" | "["));
        let is_bool = || redirections.is_empty() && self.is_bool_alone(simple);
        if !ors && !and_or.rest.is_empty() && (is_test || is_bool()) {
            let span = and_or.first.span;
            let help = self.condition_instead(and_or);
            self.error(
                code::SH_TEST_AND,
                span,
                "a test before `&&` would stop the script when it is false",
                "in sh the script goes on after this",
                &help,
            );
        }
    }

    /// Whether a command is a value that is known to be a bool, alone.
    fn is_bool_alone(&self, simple: &ast::Simple<'s>) -> bool {
        let ([ast::Word { kind: ast::WordKind::Parts(parts), .. }], []) =
            (&*simple.words, &*simple.assignments)
        else {
            return false;
        };
        match &**parts {
            [ast::Part { kind: ast::PartKind::Value(value) | ast::PartKind::Expr(value), .. }] => {
                self.is_bool(value)
            }
            _ => false,
        }
    }

    /// Whether an expression is known to be a bool before anything runs.
    pub fn is_bool(&self, value: &ast::Expr<'s>) -> bool {
        use ast::Operator::{And, Equal, Greater, GreaterEqual, In, Less, LessEqual, NotEqual, Or};
        match &value.kind {
            ast::ExprKind::Bool(_) | ast::ExprKind::Unary(ast::Unary::Not, _) => true,
            ast::ExprKind::Binary(binary) => matches!(
                binary.operator,
                And | Or | Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual | In
            ),
            ast::ExprKind::Name(name) => {
                matches!(self.scopes.find(name), Some(Name::Variable(variable)) if variable.is_bool)
            }
            _ => false,
        }
    }

    /// `if A { B }` for `A && B`.
    fn condition_instead(&self, and_or: &ast::AndOr<'s>) -> String {
        let last = and_or.rest.last().map_or(and_or.first.span, |(_, pipeline)| pipeline.span);
        let condition = &self.text[and_or.first.span.range()];
        let then = self.text[and_or.first.span.end as usize..last.end as usize].trim_start();
        let then = then.strip_prefix("&&").unwrap_or(then).trim_start();
        let own = format!("if {condition} {{ {then} }}");
        let line =
            if own.len() > LONGEST || own.contains('\n') { "if test -e lock { echo locked }" } else { &own };
        format!("write it as a condition: {line}")
    }

    /// `{ false; echo x; } || y` prints x in sh, where a failure that is absorbed stops nothing.
    pub fn refuse_absorbed_blocks(&mut self, and_or: &ast::AndOr<'s>) {
        let pipelines: Vec<&ast::Pipeline<'s>> =
            std::iter::once(&and_or.first).chain(and_or.rest.iter().map(|(_, pipeline)| pipeline)).collect();
        let last_or = and_or.rest.iter().rposition(|(connector, _)| *connector == ast::Connector::Or);
        for (index, pipeline) in pipelines.into_iter().enumerate() {
            if !(pipeline.negated || last_or.is_some_and(|or| index <= or)) {
                continue;
            }
            let block = pipeline.stages.iter().find_map(several);
            if let Some(block) = block {
                let help = self.absorbed_help(and_or, block);
                self.error(
                    code::SH_BLOCK,
                    block.span,
                    "a failure in this block is absorbed behind it",
                    "in sh the block would go on after a failing command",
                    &help,
                );
            }
        }
    }

    /// The commands of the block joined by `&&`, which is the same in sh.
    fn absorbed_help(&self, and_or: &ast::AndOr<'s>, block: &ast::Block<'s>) -> String {
        let own = self.joined(and_or, block);
        let example = own.as_deref().unwrap_or("{ make && make install; } || echo failed");
        format!("join its commands, which is the same in sh:\n{example}")
    }

    fn joined(&self, and_or: &ast::AndOr<'s>, block: &ast::Block<'s>) -> Option<String> {
        let commands = block.statements.iter().map(|statement| {
            let joins = match &statement.kind {
                ast::StatementKind::Stage(stage) => matches!(stage.kind, ast::StageKind::Simple(_)),
                ast::StatementKind::AndOr(and_or) => and_or.rest.is_empty() && !and_or.background,
                _ => false,
            };
            joins.then(|| &self.text[statement.span.range()])
        });
        let commands = commands.collect::<Option<Vec<_>>>()?.join(" && ");
        let last = and_or.rest.last().map_or(&and_or.first, |(_, pipeline)| pipeline);
        let whole = and_or.first.span.to(last.span);
        let before = &self.text[whole.start as usize..block.span.start as usize];
        let after = &self.text[block.span.end as usize..whole.end as usize];
        let own = format!("{before}{{ {commands}; }}{after}");
        (own.len() <= LONGEST && !own.contains('\n')).then_some(own)
    }
}
