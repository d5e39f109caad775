//! `service with OPTIONS { … }`: which options a service has, and which of them need others.

use super::false_tests::Outcome;
use super::lower::Checker;
use super::program::*;
use super::settings::Setting;
use super::workers::last_program;

use crate::diag::code;
use crate::syntax::ast;
use crate::value::Value;
use std::sync::Arc;

impl<'s> Checker<'s> {
    /// Lowers `service with OPTIONS { … }`.
    pub(super) fn service(&mut self, service: ast::With<'s>) -> Service {
        let (options, maps) = self.all_settings(service.options, OptionsOf::Service);
        let (options, around): (Vec<_>, Vec<_>) =
            options.into_iter().partition(|option| is_own(option.setting));
        for option in &around {
            self.refuse_around(option);
        }
        self.needs_other_options(&options);
        self.refuse_own_socket(&options, &service.body);
        self.refuse_range_of_jobs(&options, "a service");
        let lower = |this: &mut Self| this.copy(|this| this.block(service.body));
        let body = Arc::new(self.ending(Outcome::Job, lower));
        Service {
            name: String::new(),
            options: options.into_boxed_slice(),
            around: around.into_boxed_slice(),
            maps,
            body,
        }
    }

    /// Refuses options of a `with` that mean nothing for a program that stays up.
    fn refuse_around(&mut self, option: &WithOption) {
        if option.setting.is_of_program() {
            return;
        }
        let name = option.setting.row().name;
        let message = format!("a service has no option `{name}`");
        let help = match option.setting {
            Setting::Retry | Setting::RetryOn => {
                "an instance that fails is restarted: most_restarts=10 limits how often in a row"
            }
            Setting::Log | Setting::Output => "its output goes to a file by: log_file=\"…\"",
            _ => "write it inside the block: with …=… { … }",
        };
        self.error(code::NOT_OF_SERVICE, option.span, message, "not for a service", help);
    }

    /// Refuses a program that takes no socket from its parent.
    fn refuse_own_socket(&mut self, options: &[WithOption], body: &ast::Block<'s>) {
        let listens = options.iter().any(|option| option.setting == Setting::Listen);
        let Some((_, span)) = last_program(body).filter(|(name, _)| listens && *name == "bun") else {
            return;
        };
        let message = "`bun` opens its own socket: it takes neither that of `listen` nor single connections";
        let help = "remove listen= and let the instances of bun share a port by reusePort: true; node and deno take the socket";
        self.error(code::OWN_SOCKET, span, message, "does not take the socket", help);
    }

    /// Refuses options that have no effect without another one.
    fn needs_other_options(&mut self, options: &[WithOption]) {
        let find = |setting: Setting| options.iter().find(|option| option.setting == setting);
        let pairs = [
            (Setting::Interval, Setting::Health),
            (Setting::Unhealthy, Setting::Health),
            (Setting::LogSize, Setting::LogFile),
            (Setting::LogKeep, Setting::LogFile),
        ];
        for (one, other) in pairs {
            if let (Some(option), None) = (find(one), find(other)) {
                let (name, other) = (one.row().name, other.row().name);
                let message = format!("`{name}` has no effect without `{other}`");
                let help = format!("add {other}=…, or remove {name}");
                self.error(code::SERVICE_OPTION_ALONE, option.span, message, "alone", &help);
            }
        }
        let is_listening = |option: &&WithOption| matches!(&option.value.kind, ExprKind::Value(Value::Str(text)) if text.as_bytes() == b"listening");
        if let (Some(option), None) = (find(Setting::Ready).filter(is_listening), find(Setting::Listen)) {
            let message = "`ready=\"listening\"` needs the sockets of the service";
            let help =
                "name them: listen=\"127.0.0.1:8080\"; or give a function that asks the program: ready=alive";
            self.error(code::SERVICE_OPTION_ALONE, option.span, message, "listening where?", help);
        }
    }

    /// Refuses options of services for a block that is not a service.
    pub(super) fn refuse_options_of_services(&mut self, options: &[WithOption]) {
        let is_it = |setting: Setting| setting.is_of_service() || setting.is_of_restarts();
        let Some(option) = options.iter().find(|option| is_it(option.setting)) else { return };
        let name = option.setting.row().name;
        let text = &self.text[option.span.range()];
        let message = format!("`{name}` is an option of services, and this block is not a service");
        let help = format!("a program that stays up is a service: let s = service with {text} {{ … }}");
        self.error(code::NOT_A_SERVICE, option.span, message, "nothing stays up here", &help);
    }
}

/// Returns whether the service itself handles an option.
fn is_own(setting: Setting) -> bool {
    setting.is_of_service()
        || setting.is_of_restarts()
        || matches!(setting, Setting::Backoff | Setting::Jobs | Setting::Tag | Setting::Timeout)
}
