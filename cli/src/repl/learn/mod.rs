//! The options and commands of programs, learned from their help during typing.
//!
//! A program is run for this only if it is [`known`] to only print, or the user has allowed it. It runs beside the
//! prompt, which waits for it only for an unnoticeable time. The result is available at the next Tab, and in later
//! sessions.

mod ask;
mod cache;
pub mod known;
pub mod options;
pub mod text;
mod values;

use cache::{Entry, Topic, Version};
use known::Known;
use options::Help;
use pipewright::CancelToken;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Names and values.
pub type Environment = Vec<(OsString, OsString)>;

/// The state of learning about a program.
pub enum Learned {
    Known(Rc<Help>),
    /// The program has been asked, and has not answered yet.
    Coming,
}

/// The time that one Tab waits for all programs and commands together.
pub const PATIENCE: Duration = Duration::from_millis(150);

/// The number of programs that are asked at the same time.
const AT_ONCE: usize = 4;

/// The depth of commands of commands, such as `docker image ls`.
const DEPTH: usize = 3;

/// All learned help.
pub struct Learner {
    path: Option<PathBuf>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// None until it is first needed.
    known: Option<HashMap<Topic, (Version, Rc<Help>)>>,
    asked: HashMap<Topic, Asked>,
}

/// A program that is being asked.
struct Asked {
    version: Version,
    cancel: CancelToken,
    answer: Receiver<Help>,
    thread: Option<JoinHandle<()>>,
}

impl Learner {
    /// Creates one, with a file for the learned help if there is a place for it.
    pub fn new(path: Option<PathBuf>) -> Self {
        Self { path, state: RefCell::default() }
    }

    /// Returns the help of a program or of one of its commands, and the number of `words` that name the command.
    pub fn help(
        &self,
        program: &Path,
        known: &Known,
        words: &[String],
        environment: &Environment,
    ) -> (Learned, usize) {
        let deadline = Instant::now() + PATIENCE;
        let mut commands: Vec<String> = Vec::new();
        let mut at = 0;
        loop {
            let learned = self.topic(program, known, &commands, environment, deadline);
            let Learned::Known(help) = &learned else { return (learned, at) };
            // Only a command that the program lists is asked: `git deploy` may do anything.
            let is_command = |word: &String| help.commands.iter().any(|(name, _)| name == word);
            let next = words[at..].iter().position(is_command);
            let Some(next) = next.filter(|_| !known.below.is_empty() && commands.len() < DEPTH) else {
                return (learned, at);
            };
            commands.push(words[at + next].clone());
            at += next + 1;
        }
    }

    fn topic(
        &self,
        program: &Path,
        known: &Known,
        commands: &[String],
        environment: &Environment,
        deadline: Instant,
    ) -> Learned {
        let nothing = || Learned::Known(Rc::default());
        // Bytes that are not text can't be stored in the file.
        let Some(name) = program.to_str() else { return nothing() };
        let Ok(data) = std::fs::metadata(program) else { return nothing() };
        let (topic, version) = ((name.to_string(), commands.to_vec()), Version::of(&data));
        let state = &mut *self.state.borrow_mut();
        let entries = state.known.get_or_insert_with(|| {
            let entries = cache::read(&self.path).into_iter();
            entries.map(|Entry { topic, version, help }| (topic, (version, Rc::new(help)))).collect()
        });
        if let Some((_, help)) = entries.get(&topic).filter(|(known, _)| *known == version) {
            return Learned::Known(help.clone());
        }
        if !state.asked.contains_key(&topic) {
            if state.asked.len() >= AT_ONCE {
                state
                    .asked
                    .retain(|_, asked| asked.thread.as_ref().is_some_and(|thread| !thread.is_finished()));
            }
            if state.asked.len() >= AT_ONCE {
                return Learned::Coming;
            }
            let Some(asked) = self.ask(&topic, version, known, environment) else { return nothing() };
            state.asked.insert(topic.clone(), asked);
        }
        let Some(asked) = state.asked.get(&topic) else { return nothing() };
        match asked.answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Err(RecvTimeoutError::Timeout) => Learned::Coming,
            answer => {
                let help = Rc::new(answer.unwrap_or_default());
                entries.insert(topic.clone(), (asked.version.clone(), help.clone()));
                state.asked.remove(&topic);
                Learned::Known(help)
            }
        }
    }

    /// Asks a program in the background.
    fn ask(
        &self,
        topic: &Topic,
        version: Version,
        known: &Known,
        environment: &Environment,
    ) -> Option<Asked> {
        let cancel = CancelToken::new().ok()?;
        let (give, answer) = channel();
        let (path, topic, environment) = (self.path.clone(), topic.clone(), environment.clone());
        let (stop, of) = (cancel.clone(), version.clone());
        let questions = questions(known, &topic.1);
        let learn = move || {
            let answers = questions.iter().map(|question| {
                let question: Vec<&str> = question.iter().map(String::as_str).collect();
                text::parse(&ask::ask(&topic.0, &question, &environment, &stop))
            });
            let help = answers.reduce(text::merged).unwrap_or_default();
            // A program that printed nothing may have been disturbed, and is asked again in the next session.
            if !stop.is_cancelled() && help != Help::default() {
                let entry = Entry { topic, version: of, help: help.clone() };
                cache::append(&path, &entry);
            }
            // The user may have left the prompt in the meantime.
            let _ = give.send(help);
        };
        let thread = std::thread::Builder::new().name("help".to_string()).spawn(learn).ok()?;
        Some(Asked { version, cancel, answer, thread: Some(thread) })
    }
}

/// Returns the arguments with which a program is asked, for each call.
fn questions(known: &Known, commands: &[String]) -> Vec<Vec<String>> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect::<Vec<_>>();
    if commands.is_empty() {
        let questions = [known.options, known.commands];
        return questions.iter().filter(|words| !words.is_empty()).map(|words| owned(words)).collect();
    }
    vec![[commands, &owned(&[known.below])].concat()]
}

impl Drop for Asked {
    /// Stops the programs that are being asked, so that none outlives the prompt.
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
