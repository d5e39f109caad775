//! Failures after which sh would continue and a script here would not: a block or a subshell before `&&` or `||`.

use super::errors::fits_help;
use super::lower::Checker;
use super::subshells::{list_that_goes_on, pipelines};
use crate::diag::code;
use crate::syntax::ast;

/// Returns the block of several commands that a stage is, or the only command of its block.
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
    /// Refuses `{ false; echo x; } || y` and `{ false; echo x; } && y`. In sh it prints x, because such a failure does
    /// not stop the block there.
    pub fn refuse_absorbed_blocks(&mut self, and_or: &ast::AndOr<'s>) {
        let pipelines: Vec<&ast::Pipeline<'s>> = pipelines(and_or).collect();
        let last = pipelines.len() - 1;
        for (index, pipeline) in pipelines.into_iter().enumerate() {
            if (pipeline.negated || index < last)
                && let Some((span, list)) = pipeline.stages.iter().find_map(list_that_goes_on)
            {
                let help = match list {
                    Some(list) => self.absorbed_help(and_or, list),
                    None => {
                        "write the loop as a statement of its own, and ask for its end by `try`".to_owned()
                    }
                };
                self.error(
                    code::SH_BLOCK,
                    span,
                    "a failure in these parentheses is absorbed after them",
                    "in sh the commands would go on after one that fails",
                    &help,
                );
                continue;
            }
            if !(pipeline.negated || index < last) {
                continue;
            }
            let block = pipeline.stages.iter().find_map(several);
            if let Some(block) = block {
                let help = self.absorbed_help(and_or, block);
                self.error(
                    code::SH_BLOCK,
                    block.span,
                    "a failure in this block is absorbed after it",
                    "in sh the block would go on after a failing command",
                    &help,
                );
            }
        }
    }

    /// Returns the commands of the block joined by `&&`, which means the same in sh.
    fn absorbed_help(&self, and_or: &ast::AndOr<'s>, block: &ast::Block<'s>) -> String {
        let own = self.joined(and_or, block);
        let example = match self.text.as_bytes()[block.span.start as usize] {
            b'(' => "(make && make install) || echo failed",
            _ => "{ make && make install; } || echo failed",
        };
        let example = own.as_deref().unwrap_or(example);
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
        let own = match self.text.as_bytes()[block.span.start as usize] {
            b'(' => format!("{before}({commands}){after}"),
            _ => format!("{before}{{ {commands}; }}{after}"),
        };
        fits_help(&own).then_some(own)
    }
}
