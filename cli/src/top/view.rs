//! The table that a user moves in: its lines, the chosen one, and what the keys do.

use super::table::{NOTHING, bar, head, instances, is_empty, progress, queue, service, visible, worker};
use crossterm::event::KeyCode;
use pipewright::top::{Action, Run, State, runs};

/// What is shown.
#[derive(Default)]
pub struct View {
    runs: Vec<(Run, State)>,
    /// The process and the number of the chosen loop or service.
    chosen: Option<(u32, u64)>,
    /// The service to stop once the user has confirmed it.
    stopping: Option<(u32, u64)>,
    /// The answer to the last key.
    message: String,
}

/// A line of the table.
pub struct Line {
    pub text: String,
    pub is_chosen: bool,
}

impl Line {
    fn plain(text: String) -> Self {
        Self { text, is_chosen: false }
    }
}

impl View {
    /// Asks all runs for their loops, services, workers and queues.
    pub fn look(&mut self) {
        let answered = runs().into_iter().filter_map(|run| run.state().ok().map(|state| (run, state)));
        self.runs = answered.collect();
        let listed = self.listed();
        if !self.chosen.is_some_and(|chosen| listed.contains(&chosen)) {
            self.chosen = listed.first().copied();
        }
    }

    /// Returns the process and the number of each loop and service, from top to bottom.
    fn listed(&self) -> Vec<(u32, u64)> {
        let of = |(_, state): &(Run, State)| {
            let loops = state.loops.iter().map(|one| one.id);
            let services = state.services.iter().map(|one| one.id);
            loops.chain(services).map(|id| (state.pid, id)).collect::<Vec<_>>()
        };
        self.runs.iter().flat_map(of).collect()
    }

    /// Carries out a key.
    pub fn key(&mut self, code: KeyCode) {
        self.message.clear();
        if let Some(service) = self.stopping.take() {
            if code == KeyCode::Char('y') {
                self.act(service, Action::Stop);
            }
            return;
        }
        match code {
            KeyCode::Up | KeyCode::Char('k') => self.choose(-1),
            KeyCode::Down | KeyCode::Char('j') => self.choose(1),
            KeyCode::Char('+' | '=') => self.resize(1),
            KeyCode::Char('-') => self.resize(-1),
            KeyCode::Char('r') => self.act_on_chosen(Action::Restart),
            KeyCode::Char('l') => self.act_on_chosen(Action::Reload),
            KeyCode::Char('s') => {
                let is_service =
                    |(pid, id)| self.run_of(pid).is_some_and(|(_, state)| has_service(state, id));
                self.stopping = self.chosen.filter(|chosen| is_service(*chosen));
            }
            _ => {}
        }
    }

    fn choose(&mut self, by: isize) {
        let listed = self.listed();
        let place = listed.iter().position(|one| Some(*one) == self.chosen).unwrap_or_default();
        let last = listed.len().saturating_sub(1);
        self.chosen = listed.get(place.saturating_add_signed(by).min(last)).copied();
    }

    fn run_of(&self, pid: u32) -> Option<&(Run, State)> {
        self.runs.iter().find(|(_, state)| state.pid == pid)
    }

    /// Asks for one turn more or fewer at once.
    fn resize(&mut self, by: isize) {
        let Some((pid, id)) = self.chosen else { return };
        let Some((run, state)) = self.run_of(pid) else { return };
        let Some(one) = state.loops.iter().find(|one| one.id == id) else { return };
        let jobs = one.jobs.saturating_add_signed(by).max(1);
        match run.resize(id, jobs) {
            Ok(()) => self.look(),
            Err(error) => self.message = error.to_string(),
        }
    }

    fn act_on_chosen(&mut self, action: Action) {
        if let Some(chosen) = self.chosen {
            self.act(chosen, action);
        }
    }

    fn act(&mut self, (pid, id): (u32, u64), action: Action) {
        let Some((run, state)) = self.run_of(pid) else { return };
        if has_service(state, id) {
            match run.act(id, action) {
                Ok(()) => self.look(),
                Err(error) => self.message = error.to_string(),
            }
        }
    }

    /// Returns the last line: a question, the answer to the last key, or the keys.
    pub fn foot(&self) -> String {
        if let Some((pid, id)) = self.stopping {
            let services = self.run_of(pid).into_iter().flat_map(|(_, state)| &state.services);
            let name = services.filter(|one| one.id == id).map(|one| visible(&one.name)).next();
            return format!("stop {}? y stop   any other key: no", name.unwrap_or_default());
        }
        if !self.message.is_empty() {
            return self.message.clone();
        }
        let chosen = self.chosen.and_then(|(pid, id)| Some(has_service(&self.run_of(pid)?.1, id)));
        let keys = match chosen {
            Some(true) => "   r restart   l reload   s stop",
            Some(false) => "   + - more or fewer turns at once",
            None => "",
        };
        format!("q quit   up/down choose{keys}")
    }

    /// Returns the lines for a terminal of this width.
    pub fn lines(&self, columns: usize) -> Vec<Line> {
        if self.runs.iter().all(|(_, state)| is_empty(state)) {
            return vec![Line::plain(NOTHING.to_string())];
        }
        let mut lines = Vec::new();
        for (_, state) in self.runs.iter().filter(|(_, state)| !is_empty(state)) {
            lines.push(Line::plain(head(state)));
            let mut add = |id, text| {
                lines.push(Line { text, is_chosen: self.chosen == Some((state.pid, id)) });
            };
            for one in &state.loops {
                add(one.id, format!("  {}  {}", one.place, one.text));
                add(one.id, format!("  {}  {}", bar(one, width_of_bar(columns)), progress(one)));
            }
            for one in &state.services {
                add(one.id, format!("  {}", service(one)));
                if let Some(problem) = &one.problem {
                    add(one.id, format!("    {}", visible(problem)));
                }
                instances(one).for_each(|line| add(one.id, format!("    {line}")));
            }
            lines.extend(state.queues.iter().map(|one| Line::plain(format!("  {}", queue(one)))));
            lines.extend(state.workers.iter().map(|one| Line::plain(format!("  {}", worker(one)))));
            lines.push(Line::plain(String::new()));
        }
        lines
    }
}

fn has_service(state: &State, id: u64) -> bool {
    state.services.iter().any(|one| one.id == id)
}

/// Returns how wide a bar is on a terminal of this width.
const fn width_of_bar(columns: usize) -> usize {
    match columns {
        0..60 => 0,
        60..100 => 10,
        _ => 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_has_no_bar() {
        assert_eq!([40, 80, 120].map(width_of_bar), [0, 10, 20]);
    }
}
