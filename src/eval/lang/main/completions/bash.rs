//! Completions for bash: a function that fills COMPREPLY.

use super::{CliOption, CommandLine, Values, sh_word, text_of};

pub fn script(line: &CommandLine<'_>) -> String {
    let CommandLine { name, title, .. } = line;
    let function = format!("_pipewright_{}", line.identifier());
    let mut text = format!(
        "# Completions of {title} for bash: source them in ~/.bashrc.\n\
         {function}() {{\n    \
             local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} candidates=() each\n    \
             # Of `--level=de` bash makes three words.\n    \
             if [[ $word == = ]]; then word=\n    \
             elif [[ $before == = ]]; then before=${{COMP_WORDS[COMP_CWORD-2]}}; fi\n    \
             COMPREPLY=()\n    \
             case $before in\n"
    );
    for option in line.options.iter().filter(|option| option.takes.is_some()) {
        text.push_str(&value_of(option));
    }
    let options: Vec<String> = line.options.iter().flat_map(names).collect();
    let arguments: Vec<String> = line.argument_choices().map(|choice| sh_word(&text_of(choice))).collect();
    let files = if line.takes_files() { "\n            compopt -o default" } else { "" };
    text.push_str(&format!(
        "    *)\n        \
             if [[ $word == -* ]]; then candidates=({})\n        \
             else\n            candidates=({}){files}\n        fi ;;\n    \
         esac\n    \
         for each in \"${{candidates[@]}}\"; do\n        \
             [[ $each == \"$word\"* ]] && COMPREPLY+=(\"$(printf %q \"$each\")\")\n    \
         done\n    \
         return 0\n}}\n\
         complete -F {function} {}\n",
        options.join(" "),
        arguments.join(" "),
        sh_word(name)
    ));
    text
}

fn names(option: &CliOption<'_>) -> Vec<String> {
    option.short.map(|letter| format!("-{letter}")).into_iter().chain([option.long.clone()]).collect()
}

/// Returns the arm that completes the value of an option.
fn value_of(option: &CliOption<'_>) -> String {
    let pattern = names(option).join(" | ");
    match option.takes {
        Some(Values::Choices(choices)) => {
            let choices: Vec<String> = choices.iter().map(|choice| sh_word(&text_of(choice))).collect();
            format!("    {pattern}) candidates=({}) ;;\n", choices.join(" "))
        }
        Some(Values::Files) => format!("    {pattern}) compopt -o default; return 0 ;;\n"),
        _ => format!("    {pattern}) return 0 ;;\n"),
    }
}
