//! Lines that a script reads or asks for: `read_line()`, `input(prompt)`, `confirm(prompt)`.

use super::access::{argument, optional_string, optional_truth, string};
use super::{Host, Outcome};
use crate::diag::visible;
use crate::value::Value;

type Arguments<'a> = &'a mut [Value];

/// Implements `read_line()`.
pub fn read_line(host: &mut dyn Host, _: &Value, _: Arguments) -> Outcome {
    Ok(host.read_line()?.map_or(Value::Null, Value::str))
}

/// Implements `input(prompt?, secret: true)`.
pub fn input(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let prompt = optional_string(argument(arguments, 0))?.map(|prompt| shown(prompt));
    let is_secret = optional_truth(argument(arguments, 1))?.unwrap_or(false);
    let Some(line) = host.ask(&prompt.unwrap_or_default(), !is_secret)? else { return Ok(Value::Null) };
    if !is_secret {
        return Ok(Value::str(line));
    }
    host.conceal(&line);
    Ok(Value::secret(line))
}

/// Implements `confirm(prompt)`: repeats the question until the answer is yes or no. The end of the
/// input means no.
pub fn confirm(host: &mut dyn Host, _: &Value, arguments: Arguments) -> Outcome {
    let mut question = shown(string(argument(arguments, 0))?);
    question.extend_from_slice(b"[y/N] ");
    loop {
        let Some(answer) = host.ask(&question, true)? else { return Ok(false.into()) };
        match &*answer.trim_ascii().to_ascii_lowercase() {
            b"y" | b"yes" => return Ok(true.into()),
            b"n" | b"no" | b"" => return Ok(false.into()),
            _ => {}
        }
    }
}

/// Returns a prompt that is safe to show: it may contain a file's name, whose control characters would
/// affect the terminal.
fn shown(prompt: &[u8]) -> Vec<u8> {
    let lines: Vec<String> = prompt.split(|byte| *byte == b'\n').map(visible).collect();
    lines.join("\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::function;
    use super::super::tests::Desk;
    use super::*;
    use crate::methods::{Run, bind};

    fn call(desk: &mut Desk, name: &str, positional: &[&str], named: Vec<(&str, Value)>) -> Value {
        let row = function(name).unwrap();
        let positional = positional.iter().map(|text| Value::str(*text)).collect();
        let mut bound = bind(row, positional, named).unwrap();
        let Run::Value(run) = row.run else { panic!("{name} changes nothing") };
        run(desk, &Value::Null, &mut bound).unwrap()
    }

    #[test]
    fn a_question_is_asked_until_it_is_answered_by_yes_or_no() {
        for (answers, expected, asked) in [
            (&["y"][..], "true", 1),
            (&[" YES "], "true", 1),
            (&["No"], "false", 1),
            (&[""], "false", 1),
            (&["perhaps", "what?", "yes"], "true", 3),
            (&[], "false", 1),
        ] {
            let mut desk = Desk::new();
            desk.answers = answers.iter().rev().map(|text| text.as_bytes().to_vec()).collect();
            let answer = call(&mut desk, "confirm", &["Sure? "], Vec::new());
            assert_eq!(format!("{answer:?}"), expected, "{answers:?}");
            assert_eq!(desk.questions, vec!["Sure? [y/N] "; asked], "{answers:?}");
        }
    }

    #[test]
    fn an_answer_is_text_a_secret_or_null_at_the_end() {
        let mut desk = Desk::new();
        desk.answers = vec![b"pass".to_vec(), b"Ada".to_vec()];
        assert_eq!(format!("{:?}", call(&mut desk, "input", &["Name? "], Vec::new())), "'Ada'");
        let secret = call(&mut desk, "input", &["Password: "], vec![("secret", true.into())]);
        assert_eq!(secret.as_secret().map(|text| &text[..]), Some(&b"pass"[..]));
        assert_eq!(desk.concealed, [b"pass".to_vec()]);
        assert_eq!(format!("{:?}", call(&mut desk, "input", &[], Vec::new())), "null");
        assert_eq!(desk.questions, ["Name? ", "Password: ", ""]);
    }

    #[test]
    fn a_prompt_can_not_work_the_terminal() {
        let mut desk = Desk::new();
        call(&mut desk, "input", &["a\x1b[2J\nb"], Vec::new());
        assert_eq!(desk.questions, ["a\\u{1b}[2J\nb"]);
    }
}
