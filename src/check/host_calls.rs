//! Calls of the functions and methods of the host.

use super::lower::Checker;
use super::program::{ExprKind, HostMethodCall};
use crate::diag::code;
use crate::host::{HostFunction, HostMethod};
use crate::methods;
use crate::span::Span;
use crate::syntax::ast;
use std::sync::Arc;

impl<'s> Checker<'s> {
    pub(super) fn call_host(
        &mut self,
        function: Arc<HostFunction>,
        arguments: Vec<ast::Argument<'s>>,
        span: Span,
    ) -> ExprKind {
        self.check_host_arguments(&function.name, &[function.count], &function.name, &arguments, span);
        let arguments = arguments.into_iter().map(|argument| self.expr(argument.value)).collect();
        ExprKind::Host(function, arguments)
    }

    /// Lowers a call of a method that some types of the host have, and values of the language too, if it has a method of
    /// this name. The run decides by the type of the value.
    pub(super) fn host_method(
        &mut self,
        receiver: ast::Expr<'s>,
        methods: Vec<Arc<HostMethod>>,
        name: &'s str,
        arguments: Vec<ast::Argument<'s>>,
        span: Span,
    ) -> ExprKind {
        let otherwise = methods::name_id(name);
        if otherwise.is_none() {
            let counts: Vec<usize> = methods.iter().map(|method| method.count).collect();
            self.check_host_arguments(name, &counts, &format!("x.{name}"), &arguments, span);
        }
        self.refuse_spread(&arguments);
        let receiver = self.boxed(receiver);
        let arguments = self.method_arguments(arguments);
        let call = HostMethodCall { name: name.into(), methods: methods.into(), otherwise, arguments };
        ExprKind::HostMethod(receiver, Box::new(call))
    }

    /// Refuses arguments with names, and another number of arguments than any of `counts`.
    fn check_host_arguments(
        &mut self,
        name: &str,
        counts: &[usize],
        call: &str,
        arguments: &[ast::Argument<'s>],
        span: Span,
    ) {
        if let Some(named) = arguments.iter().find_map(|argument| argument.name) {
            let message = format!("`{name}` is the host's, and takes its arguments in order");
            self.error(
                code::ARGUMENT_COUNT,
                named.span,
                message,
                "names are not known here",
                "drop the name",
            );
        } else if let [count, others @ ..] = counts
            && !counts.contains(&arguments.len())
        {
            let takes = match *count {
                _ if !others.is_empty() => "another number of arguments".to_owned(),
                1 => "one argument".to_owned(),
                count => format!("{count} arguments"),
            };
            let message = format!("`{name}` takes {takes}, and is called with {}", arguments.len());
            let help = format!("write: {call}({})", vec!["…"; *count].join(", "));
            self.error(code::ARGUMENT_COUNT, span, message, "this call", &help);
        }
    }
}
