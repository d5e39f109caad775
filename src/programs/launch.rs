//! The program that a launcher starts, as `sudo -u you ls` starts ls.

use super::options::Item;
use super::word::Word;
use super::{Operands, Program, Trust, base_name, find};

/// Returns the index of the program that the first word starts, which may be after the last word; none if the
/// first is not a launcher.
pub fn wrapped<W: AsRef<str>>(words: &[W]) -> Option<usize> {
    let program = find(base_name(words.first()?.as_ref()))?;
    let words: Vec<Word<'_>> = words.iter().map(|word| Word::literal(word.as_ref().as_bytes())).collect();
    let own = match program.operands {
        Operands::Command(own) => own,
        Operands::AssignedCommand | Operands::AppendedCommand => 0,
        _ => return None,
    };
    let items = program.parse(&words);
    // A value that is still missing belongs to the launcher.
    let operands = operands(&items);
    let assigned = match program.operands {
        Operands::AssignedCommand => operands.iter().take_while(|at| is_assignment(&words[**at])).count(),
        _ => 0,
    };
    Some(operands.get(own + assigned).copied().unwrap_or(words.len()))
}

/// Returns whether these arguments run setsid(1), directly or through launchers such as env(1).
pub fn runs_setsid(argv: &[Vec<u8>]) -> bool {
    let is_setsid = |word: &Vec<u8>| word.rsplit(|byte| *byte == b'/').next() == Some(b"setsid");
    // Most words are not launchers, which is known without the table.
    if !argv.iter().any(is_setsid) {
        return false;
    }
    let words: Vec<_> = argv.iter().map(|word| String::from_utf8_lossy(word)).collect();
    let mut at = 0;
    while at < argv.len() && !is_setsid(&argv[at]) {
        match wrapped(&words[at..]) {
            Some(next) => at += next,
            None => return false,
        }
    }
    at < argv.len()
}

/// A command that a launcher starts, as a policy follows it.
#[derive(Debug)]
pub struct Launched {
    pub trust: Trust,
    /// The index of its first word; none if there is no command.
    pub at: Option<usize>,
    /// Whether more words are added to it.
    pub is_open: bool,
    /// The words that set a variable for it.
    pub sets: Vec<usize>,
}

/// Returns the command that a launcher starts; none for a program that a policy does not follow.
///
/// # Errors
/// Fails with the word because of which the command can't be determined: an option that is not in the table
/// may take a value, and the next word is then not the command.
pub fn launched(name: &str, words: &[Word<'_>]) -> Option<Result<Launched, usize>> {
    let program = find(name).filter(|program| matches!(program.trust, Trust::Plain | Trust::Launcher))?;
    Some(follow(program, words))
}

fn follow(program: &Program, words: &[Word<'_>]) -> Result<Launched, usize> {
    let items = program.parse(words);
    for item in &items {
        match item {
            Item::Option { entry, word, .. } if entry.unclear => return Err(*word),
            Item::Unknown(word) => return Err(*word),
            _ => {}
        }
    }
    let operands = operands(&items);
    // For `env` a single dash is `-i`.
    if let Some(first) = operands.first().filter(|at| words[**at].head().as_ref() == b"-") {
        return Err(*first);
    }
    let (own, assigns) = match program.operands {
        Operands::Command(own) => (own, false),
        operands => (0, operands == Operands::AssignedCommand),
    };
    let sets: Vec<usize> =
        operands.iter().copied().take_while(|at| assigns && is_assignment(&words[*at])).collect();
    Ok(Launched {
        trust: program.trust,
        at: operands.get(own + sets.len()).copied(),
        is_open: program.operands == Operands::AppendedCommand,
        sets,
    })
}

fn operands(items: &[Item]) -> Vec<usize> {
    let operand = |item: &Item| match item {
        Item::Operand(word) => Some(*word),
        _ => None,
    };
    items.iter().filter_map(operand).collect()
}

fn is_assignment(word: &Word<'_>) -> bool {
    word.head().contains(&b'=')
}
