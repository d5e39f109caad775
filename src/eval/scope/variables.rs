//! Environment variables: read, set and removed by the script itself.

use crate::check::program::*;
use crate::diag::{code, quote_word};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::command::{BuiltinCall, Exported};
use crate::eval::report::unwind::{Error, Eval, page};
use crate::process::Environment;
use crate::span::Span;
use crate::value::{Str, Value};

/// Variables that are never taken from an outside environment, because shells keep them for themselves.
/// `BASH_FUNC_name%%` is the code of a function.
const NEVER_BROUGHT: &[&[u8]] = &[b"PWD", b"OLDPWD", b"SHLVL", b"_"];

impl Interpreter {
    /// Returns the name that `env[name]` means.
    pub(in crate::eval) fn variable_name(&self, value: &Value, span: Span) -> Eval<Str> {
        match value {
            Value::Str(name) if Environment::is_name(name) => Ok(name.clone()),
            Value::Str(name) => {
                let message = format!("{} can't be the name of a variable", quote_word(name));
                let error = page(code::BAD_VALUE, self.source(), span, message, "this name");
                let help = "a name holds letters, digits and `_`, and does not begin with a digit";
                Err(Error::value(error.help(help)).into())
            }
            other => Err(self.wrong_type(span, "the name of a variable", "a string", other.type_of())),
        }
    }

    /// `env.NAME = value` and `env[name] = value`; null removes the variable.
    pub(in crate::eval) fn assign_environment(&mut self, assign: &Assign) -> Eval<()> {
        let span = assign.path[0].span;
        let name = self.expr(&assign.path[0])?;
        let name = self.variable_name(&name, span)?;
        if name.as_bytes() == b"PWD" {
            // From now on the script determines PWD.
            self.name_directory(span);
        }
        let mut value = self.variable(&name, false, span)?;
        let right = self.expr(&assign.value)?;
        self.operate(assign, &mut value, right)?;
        self.admit(&Effect::SetVariable(name.as_bytes()), span)?;
        // The environment is taken out so that it changes in place.
        let mut environment = std::mem::take(&mut self.env.environment);
        let put = self.put_variable(&mut environment, &name, &value, assign.value.span);
        self.env.environment = environment;
        put
    }

    /// `export NAME=word …`
    pub(in crate::eval) fn export(&mut self, variables: &[Exported]) -> Eval<()> {
        let mut changed = self.changing(variables.iter().map(|one| &one.name), variables[0].span)?;
        for Exported { name, value, span } in variables {
            self.put_variable(&mut changed, name, value, *span)?;
        }
        self.env.environment = changed;
        Ok(())
    }

    /// `unset [-v] NAME …`
    pub(in crate::eval) fn unset(&mut self, call: &BuiltinCall, span: Span) -> Eval<()> {
        let names = call.args.iter().filter(|word| *word != b"-v").map(|name| Str::from(&name[..]));
        let names: Vec<Str> = names.collect();
        let mut changed = self.changing(names.iter(), span)?;
        for name in &names {
            changed.remove(name.as_bytes());
        }
        self.env.environment = changed;
        Ok(())
    }

    /// Returns the environment for changing, once the policy has allowed the change for all of these
    /// names.
    fn changing<'n>(&mut self, names: impl Iterator<Item = &'n Str>, span: Span) -> Eval<Environment> {
        for name in names {
            if name.as_bytes() == b"PWD" {
                // From now on the script determines PWD.
                self.name_directory(span);
            }
            self.admit(&Effect::SetVariable(name.as_bytes()), span)?;
        }
        Ok(self.env.environment.clone())
    }

    /// `env.update(map)`: sets all the variables of a map, or none if one of them can't be set.
    pub(in crate::eval) fn update_environment(&mut self, map: &Value, span: Span) -> Eval<()> {
        let Value::Map(map) = map else {
            return Err(self.wrong_type(span, "what `env.update` takes", "a map", map.type_of()));
        };
        let mut changed = self.env.environment.clone();
        for (name, value) in map.iter() {
            self.check_interrupt()?;
            if NEVER_BROUGHT.contains(&name.as_bytes()) || name.as_bytes().starts_with(b"BASH_FUNC_") {
                continue;
            }
            let name = self.variable_name(&Value::Str(name.clone()), span)?;
            self.admit(&Effect::SetVariable(name.as_bytes()), span)?;
            self.put_variable(&mut changed, &name, value, span)?;
        }
        self.env.environment = changed;
        Ok(())
    }

    fn put_variable(&self, environment: &mut Environment, name: &Str, value: &Value, span: Span) -> Eval<()> {
        if matches!(value, Value::Null) {
            environment.remove(name.as_bytes());
            return Ok(());
        }
        let set = match value.as_secret() {
            Some(secret) => environment.set_secret(name.as_bytes(), secret),
            None => environment.set(name.as_bytes(), &self.word_of(value, span)?),
        };
        set.map_err(|error| {
            let message = format!("{}: {error}", quote_word(name));
            self.fail(Error::value(page(code::BAD_VALUE, self.source(), span, message, "this value")))
        })
    }
}
