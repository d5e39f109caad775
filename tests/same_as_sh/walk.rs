//! Walks over a script: is it in the language of POSIX, and what are its smaller versions.

use super::script::*;

impl Script {
    /// Returns whether dash should do the same: the script has no feature of bash, and no pipeline that
    /// fails before its last stage, since dash lacks `pipefail`.
    pub fn is_posix(&self) -> bool {
        self.statements.iter().all(Statement::is_posix)
    }

    /// Returns the script without one of its parts, for each part.
    pub fn smaller(&self) -> impl Iterator<Item = Script> + '_ {
        (0..).map_while(|part| {
            let mut script = self.clone();
            let mut remover = Remover { left: part };
            remover.statements(&mut script.statements, 0).then_some(script)
        })
    }
}

impl Statement {
    fn is_posix(&self) -> bool {
        match &self.kind {
            StatementKind::List(list) => {
                list.first.is_posix() && list.rest.iter().all(|(_, pipeline)| pipeline.is_posix())
            }
            StatementKind::Background(pipeline) => pipeline.is_posix(),
            StatementKind::If { condition, then, otherwise } => {
                condition.is_posix() && then.iter().chain(otherwise).all(Self::is_posix)
            }
            StatementKind::For { words, body } => {
                words.iter().all(Word::is_posix) && body.iter().all(Self::is_posix)
            }
            StatementKind::Comment(_) => true,
        }
    }
}

impl Pipeline {
    fn is_posix(&self) -> bool {
        let (_, before) = self.stages.split_last().expect("a pipeline has a stage");
        !self.joint.contains("|&")
            && !before.iter().any(|stage| stage.fails)
            && self.stages.iter().all(|stage| !stage.bash_only && stage.is_posix())
    }
}

impl Stage {
    fn is_posix(&self) -> bool {
        match &self.kind {
            StageKind::Simple(items) => items.iter().all(|(_, item)| match item {
                Item::Assignment(_, word) | Item::Word(word) => word.is_posix(),
                Item::Redirection(redirection) => redirection.is_posix(),
            }),
            StageKind::Block(statements, redirections) => {
                statements.iter().all(Statement::is_posix) && redirections.iter().all(Redirection::is_posix)
            }
        }
    }
}

impl Redirection {
    fn is_posix(&self) -> bool {
        !self.bash_only && self.target.as_ref().is_none_or(Word::is_posix)
    }
}

impl Word {
    fn is_posix(&self) -> bool {
        self.0.iter().all(|piece| match piece {
            Piece::Same(_) | Piece::Variable(..) => true,
            Piece::Bash(_) | Piece::Process(_) => false,
            Piece::Double(insides) => insides.iter().all(|inside| match inside {
                Inside::Capture(statements) => statements.iter().all(Statement::is_posix),
                Inside::Same(_) | Inside::Variable(..) => true,
            }),
        })
    }
}

/// Removes the part that is `left` parts away.
struct Remover {
    left: usize,
}

impl Remover {
    /// Removes an element of a list that keeps at least this many, or searches inside of the elements.
    fn list<T>(
        &mut self,
        list: &mut Vec<T>,
        keep: usize,
        mut inside: impl FnMut(&mut Self, &mut T) -> bool,
    ) -> bool {
        if list.len() > keep {
            if self.left < list.len() - keep {
                list.remove(list.len() - 1 - self.left);
                return true;
            }
            self.left -= list.len() - keep;
        }
        list.iter_mut().any(|element| inside(self, element))
    }

    fn statements(&mut self, statements: &mut Vec<Statement>, keep: usize) -> bool {
        self.list(statements, keep, |this, statement| match &mut statement.kind {
            StatementKind::List(list) => {
                this.list(&mut list.rest, 0, |this, (_, pipeline)| this.pipeline(pipeline))
                    || this.pipeline(&mut list.first)
            }
            StatementKind::Background(pipeline) => this.pipeline(pipeline),
            StatementKind::If { condition, then, otherwise } => {
                this.statements(otherwise, 0) || this.statements(then, 1) || this.pipeline(condition)
            }
            StatementKind::For { words, body } => {
                this.statements(body, 1) || this.list(words, 1, |this, word| this.word(word))
            }
            StatementKind::Comment(_) => false,
        })
    }

    fn pipeline(&mut self, pipeline: &mut Pipeline) -> bool {
        self.list(&mut pipeline.stages, 1, |this, stage| match &mut stage.kind {
            StageKind::Simple(items) => this.simple(items),
            StageKind::Block(statements, redirections) => {
                this.list(redirections, 0, |_, _| false) || this.statements(statements, 1)
            }
        })
    }

    /// Removes parts of a simple command except its name and its duty.
    fn simple(&mut self, items: &mut Vec<(&'static str, Item)>) -> bool {
        let words = (0..items.len()).filter(|&at| matches!(items[at].1, Item::Word(_)));
        let kept: Vec<_> = words.take(2).collect();
        let removable: Vec<_> = (0..items.len()).rev().filter(|at| !kept.contains(at)).collect();
        if let Some(&at) = removable.get(self.left) {
            items.remove(at);
            return true;
        }
        self.left -= removable.len();
        items.iter_mut().any(|(_, item)| match item {
            Item::Assignment(_, word) | Item::Word(word) => self.word(word),
            Item::Redirection(_) => false,
        })
    }

    fn word(&mut self, word: &mut Word) -> bool {
        self.list(&mut word.0, 1, |this, piece| match piece {
            Piece::Double(insides) => this.list(insides, 0, |this, inside| match inside {
                Inside::Capture(statements) => this.statements(statements, 1),
                Inside::Same(_) | Inside::Variable(..) => false,
            }),
            Piece::Process(statements) => this.statements(statements, 1),
            Piece::Same(_) | Piece::Bash(_) | Piece::Variable(..) => false,
        })
    }
}
