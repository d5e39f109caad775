//! `on SIGNAL, … { … }`: which signals a script can handle, and where.

use super::lower::Checker;
use super::program::*;
use super::scope::Later;
use crate::diag::{Diagnostic, code, similar};
use crate::process::Signal;
use crate::span::Span;
use crate::syntax::ast;
use crate::sys::handled_signals::ALL;
use std::sync::Arc;

impl<'s> Checker<'s> {
    /// Lowers `on SIGNAL, … { … }`.
    pub(super) fn on_signals(
        &mut self,
        names: &[ast::Name<'s>],
        body: ast::Block<'s>,
        span: Span,
    ) -> StatementKind {
        self.refuse_handler_here(span);
        let mut signals = Vec::new();
        for name in names {
            if let Some(signal) = self.signal_named(*name)
                && !signals.contains(&signal)
            {
                signals.push(signal);
            }
        }
        let body = self.later(Later::Signalled, body);
        StatementKind::On(Arc::new(OnSignals { signals, body }))
    }

    fn signal_named(&mut self, name: ast::Name<'s>) -> Option<Signal> {
        let text = name.text;
        let known = Signal::parse(text.as_bytes());
        let found = known.filter(|signal| ALL.contains(signal));
        if let Some(signal) = found.filter(|signal| signal.name() == Some(text)) {
            // The prompt itself handles the keys of the terminal.
            if self.is_typed() && [Signal::INT, Signal::QUIT].contains(&signal) {
                let message = format!("`on {text}` in an entry of a prompt");
                let help = "Ctrl-C and Ctrl-\\ end the entry that runs; a script can handle them";
                self.error(code::HANDLER_AT_PROMPT, name.span, message, "a key of the prompt", help);
            }
            return Some(signal);
        }
        let list = || ALL.iter().filter_map(|signal| signal.name()).collect::<Vec<_>>().join(", ");
        let (message, help) = match (found, known) {
            (Some(signal), _) => {
                let name = signal.name().unwrap_or_default();
                (
                    format!("signals are named without SIG, in capitals: {name}"),
                    format!("write: on {name} {{ … }}"),
                )
            }
            (None, _) if ["EXIT", "ERR", "DEBUG", "RETURN"].contains(&text) => {
                let help = match text {
                    "EXIT" => "what runs at the end of a block, however it ends, is: defer { … }",
                    "ERR" => "a failure is caught by: try { … } catch e { … }",
                    _ => "each command is shown by: pipewright --trace",
                };
                (format!("`{text}` is a condition of sh's trap, and no signal"), help.to_string())
            }
            (None, Some(Signal::KILL | Signal::STOP)) => (
                format!("{text} can't be handled"),
                "handle TERM: a polite program sends it first".to_string(),
            ),
            (None, Some(_)) => {
                (format!("a script can't handle {text}"), format!("it can handle: {}", list()))
            }
            (None, None) => {
                let meant = similar(text, ALL.iter().filter_map(|signal| signal.name()));
                let help = meant.map_or_else(
                    || format!("the signals are: {}", list()),
                    |meant| format!("did you mean {meant}?"),
                );
                (format!("`{text}` is not a signal"), help)
            }
        };
        self.error(code::NOT_HANDLED, name.span, message, "after `on`", &help);
        None
    }

    /// Refuses a handler in code that is not the script itself.
    fn refuse_handler_here(&mut self, span: Span) {
        let (message, label) = if !self.project.hosted.can_be_replaced && !self.is_typed() {
            ("`on` is not allowed here", "signals belong to the process, and it is not this script's own")
        } else if self.scopes.in_later() == Some(Later::Signalled) {
            ("`on` within `on`", "no other signal is handled while this block runs")
        } else if self.scopes.in_later().is_some() {
            ("`on` in `defer`", "the block is ending already")
        } else if self.scopes.in_copy() || self.reach.turn.is_some() {
            (
                "`on` in commands on copies",
                "signals are for the script, not for a job, stage, capture or turn",
            )
        } else {
            return;
        };
        let head = Span::new(span.start as usize, span.start as usize + 2);
        self.error(
            code::HANDLER_PLACE,
            head,
            message,
            label,
            "write it in the script, before what it is for",
        );
    }

    /// Refuses a handler with nothing after it: it ends with its block.
    pub(super) fn refuse_last_handler(&mut self, statements: &[Statement]) {
        let Some(Statement { kind: StatementKind::On(_), span }) = statements.last() else { return };
        let message = "nothing runs while this handler holds: it ends with its block";
        let head = Span::new(span.start as usize, span.start as usize + 2);
        let help =
            "write it before what it is for; a script that only waits for its services ends with: wait";
        let error =
            Diagnostic::new(code::HANDLER_ALONE, message).at(self.source, head, "the block ends here");
        self.report(error.help(help));
    }
}
