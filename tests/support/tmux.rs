//! A tmux(1) server of a test: a terminal whose screen can be looked at.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// When a slow machine would long have shown it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A separate tmux(1) server.
pub struct Tmux<'a>(pub &'a Path);

impl Tmux<'_> {
    pub fn run(&self, arguments: &[&str]) -> Output {
        let socket = self.0.join("tmux");
        let mut command = Command::new("tmux");
        command.arg("-S").arg(socket).args(["-f", "/dev/null"]).args(arguments);
        command.stdin(Stdio::null()).output().expect("tmux starts")
    }

    pub fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys", "-t", "0"], keys].concat());
    }

    /// Waits until the pane shows a text.
    #[track_caller]
    pub fn expect(&self, text: &str) {
        self.await_pane(text, |shown| shown.contains(text));
    }

    /// Waits until the pane shows what is wanted, and returns its rows with those that have scrolled away.
    #[track_caller]
    pub fn await_pane(&self, wanted: &str, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.run(&["capture-pane", "-p", "-S", "-", "-t", "0"]).stdout;
            let shown = String::from_utf8_lossy(&shown).into_owned();
            if is_it(&shown) {
                return shown;
            }
            assert!(Instant::now() < deadline, "never shown: {wanted:?}\nbut:\n{shown}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}
