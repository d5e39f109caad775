//! `type` and `command -v`: the meaning of a name.

use crate::builtins;
use crate::diag::{quote_word, visible};
use crate::eval::Interpreter;
use crate::eval::effects::effect::Effect;
use crate::eval::exec::command::BuiltinCall;
use crate::eval::exec::output::Output;
use crate::eval::report::unwind::Eval;
use crate::process::Lookup;
use crate::span::Span;

impl Interpreter {
    pub(super) fn type_of_names(&mut self, call: &BuiltinCall, out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let args = call.args.as_slice();
        if let Some(option) = args.first().filter(|arg| call.literals > 0 && arg.first() == Some(&b'-')) {
            return Err(self.usage(span, &format!("type has no option {}", quote_word(option))));
        }
        let mut text = Vec::new();
        for name in args {
            match self.meaning(name, span)? {
                Some(meaning) => text.extend_from_slice(meaning.sentence(name).as_bytes()),
                None => {
                    out.write(self, 1, &text, span)?;
                    return Err(self.problem(span, &format!("type: {} is not found", quote_word(name)), 1));
                }
            }
        }
        out.write(self, 1, &text, span).map(|()| 0)
    }

    pub(super) fn command_v(&mut self, args: &[Vec<u8>], out: &mut Output<'_>, span: Span) -> Eval<u8> {
        let [option, names @ ..] = args else { return Err(self.usage(span, "command -v takes a name")) };
        let mut text = Vec::new();
        let mut found = false;
        for name in names {
            let Some(meaning) = self.meaning(name, span)? else { continue };
            found = true;
            if option == b"-V" {
                text.extend_from_slice(meaning.sentence(name).as_bytes());
            } else {
                match &meaning {
                    Meaning::Program(path) => text.extend_from_slice(path),
                    _ => text.extend_from_slice(name),
                }
                text.push(b'\n');
            }
        }
        out.write(self, 1, &text, span)?;
        Ok(u8::from(!found))
    }

    fn meaning(&mut self, name: &[u8], span: Span) -> Eval<Option<Meaning>> {
        let text = std::str::from_utf8(name).unwrap_or_default();
        if builtins::KEYWORDS.contains(&text) {
            return Ok(Some(Meaning::Keyword));
        }
        if self.program.functions.iter().any(|function| *function.name == *text) {
            return Ok(Some(Meaning::Function));
        }
        if builtins::find(text).is_some() {
            return Ok(Some(Meaning::Builtin));
        }
        // Even that a file does not exist, or is not a program, is reported only if the policy allows
        // looking.
        if name.contains(&b'/') {
            self.admit(&Effect::Look(name), span)?;
        }
        let (search, directory) = (self.search(), self.env.directory.clone());
        self.reach_all(search.directories(), span)?;
        let Lookup::Found(path) = search.find(name, directory.as_deref()) else { return Ok(None) };
        if !name.contains(&b'/') {
            self.admit(&Effect::Look(path.to_bytes()), span)?;
        }
        Ok(Some(Meaning::Program(path.to_bytes().to_vec())))
    }
}

enum Meaning {
    Keyword,
    Function,
    Builtin,
    Program(Vec<u8>),
}

impl Meaning {
    fn sentence(&self, name: &[u8]) -> String {
        let name = visible(name);
        match self {
            Self::Keyword => format!("{name} is a shell keyword\n"),
            Self::Function => format!("{name} is a function\n"),
            Self::Builtin => format!("{name} is a shell builtin\n"),
            Self::Program(path) => format!("{name} is {}\n", visible(path)),
        }
    }
}
