//! A generated script, and its text in both languages.
//!
//! The texts are identical except where the languages are meant to differ. There the text is translated, and the
//! comparison is not loosened:
//!
//! - An unquoted `$x` is one argument here: `"$x"` in sh.
//! - A statement that fails ends the script, and in a block the block: `{ S; } || exit $?`, and `{ S; } && { S; }`.
//!   `set -e` alone would continue after the `a` of `a && b`, and inside a block whose failure is absorbed.
//! - `if` and `for` have blocks in braces.

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Pipewright,
    Sh,
}

#[derive(Clone, Debug)]
pub struct Script {
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub struct Statement {
    pub kind: StatementKind,
    /// Whether it is on one line with the next statement.
    pub semicolon: bool,
    /// The rest of the line: blanks, a comment.
    pub trailer: &'static str,
}

#[derive(Clone, Debug)]
pub enum StatementKind {
    List(AndOr),
    /// `cmd &` and `wait`
    Background(Pipeline),
    If {
        condition: Pipeline,
        then: Vec<Statement>,
        otherwise: Vec<Statement>,
    },
    For {
        words: Vec<Word>,
        body: Vec<Statement>,
    },
    Comment(&'static str),
}

#[derive(Clone, Debug)]
pub struct AndOr {
    pub first: Pipeline,
    /// With the text between, such as ` && `.
    pub rest: Vec<(&'static str, Pipeline)>,
}

#[derive(Clone, Debug)]
pub struct Pipeline {
    pub negated: bool,
    pub stages: Vec<Stage>,
    /// Between the stages: `|`, `|&`, with blanks and line ends.
    pub joint: &'static str,
}

#[derive(Clone, Debug)]
pub struct Stage {
    pub kind: StageKind,
    /// Whether it may end with a status other than 0.
    pub fails: bool,
    /// Whether it contains something that bash has and POSIX does not.
    pub bash_only: bool,
}

#[derive(Clone, Debug)]
pub enum StageKind {
    /// Words and redirections in any order, each with the blanks before it.
    Simple(Vec<(&'static str, Item)>),
    Block(Vec<Statement>, Vec<Redirection>),
}

#[derive(Clone, Debug)]
pub enum Item {
    Assignment(&'static str, Word),
    Word(Word),
    Redirection(Redirection),
}

#[derive(Clone, Debug)]
pub struct Redirection {
    /// `2>`, `<<'EOF'`, `2>&1`
    pub operator: String,
    pub target: Option<Word>,
    /// The lines of a here-document, including the last one.
    pub document: Option<String>,
    pub bash_only: bool,
}

#[derive(Clone, Debug)]
pub struct Word(pub Vec<Piece>);

#[derive(Clone, Debug)]
pub enum Piece {
    /// Means the same everywhere.
    Same(String),
    /// Means the same in bash.
    Bash(String),
    /// `$NAME`, or with braces.
    Variable(&'static str, bool),
    Double(Vec<Inside>),
    /// `<(…)`
    Process(Vec<Statement>),
}

/// The parts of a text in double quotes.
#[derive(Clone, Debug)]
pub enum Inside {
    Same(String),
    Variable(&'static str, bool),
    Capture(Vec<Statement>),
}

impl Word {
    pub fn same(text: impl Into<String>) -> Self {
        Self(vec![Piece::Same(text.into())])
    }
}

impl Script {
    pub fn text(&self, language: Language) -> String {
        let mut printer = Printer { language, out: String::new(), documents: Vec::new() };
        printer.script(&self.statements);
        if !printer.documents.is_empty() {
            printer.line_end();
        }
        printer.out
    }
}

struct Printer {
    language: Language,
    out: String,
    /// Here-documents whose bodies follow the next line end.
    documents: Vec<String>,
}

impl Printer {
    fn sh(&self) -> bool {
        self.language == Language::Sh
    }

    fn push(&mut self, text: &str) {
        self.out += text;
    }

    fn line_end(&mut self) {
        self.out.push('\n');
        for document in std::mem::take(&mut self.documents) {
            self.out += &document;
        }
    }

    /// Text with line ends that separate: bodies of here-documents follow the first.
    fn joint(&mut self, text: &str) {
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.line_end();
            }
            self.push(line);
        }
    }

    fn script(&mut self, statements: &[Statement]) {
        for statement in statements {
            if self.sh() {
                if matches!(statement.kind, StatementKind::Comment(_)) {
                    continue;
                }
                self.push("{ ");
                self.statement(statement);
                self.line_end();
                self.push("} || exit $?");
                self.line_end();
            } else {
                self.statement(statement);
                self.separator(statement);
            }
        }
    }

    /// Writes the content of braces, ended by a line end or a semicolon.
    fn block(&mut self, statements: &[Statement]) {
        self.push("{ ");
        if self.sh() {
            for (at, statement) in statements.iter().enumerate() {
                self.push(if at > 0 { " && { " } else { "{ " });
                self.statement(statement);
                self.line_end();
                self.push("}");
            }
            self.line_end();
        } else {
            for statement in statements {
                self.statement(statement);
                // The body of a here-document begins inside the block, or is refused.
                match self.documents.is_empty() {
                    true => self.separator(statement),
                    false => self.line_end(),
                }
            }
        }
        self.push("}");
    }

    fn separator(&mut self, statement: &Statement) {
        match statement.semicolon && !statement.trailer.contains('#') {
            true => self.push("; "),
            false => self.line_end(),
        }
    }

    /// Writes the inside of a capture. It succeeds, so it is the same in both languages.
    fn nested(&mut self, statements: &[Statement]) {
        let mut inner = Self { language: self.language, out: String::new(), documents: Vec::new() };
        for (at, statement) in statements.iter().enumerate() {
            if at > 0 {
                match inner.documents.is_empty() {
                    true => inner.push("; "),
                    false => inner.line_end(),
                }
            }
            inner.statement(&Statement { trailer: "", ..statement.clone() });
        }
        if !inner.documents.is_empty() {
            inner.line_end();
        }
        self.push(&inner.out);
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::List(list) => self.list(list),
            StatementKind::Background(pipeline) => {
                self.pipeline(pipeline);
                self.push(" & wait");
            }
            StatementKind::If { condition, then, otherwise } => {
                self.push("if ");
                self.pipeline(condition);
                self.push(if self.sh() { "; then " } else { " " });
                self.block(then);
                if !otherwise.is_empty() {
                    self.push(if self.sh() { "; else " } else { " else " });
                    self.block(otherwise);
                }
                self.push(if self.sh() { "; fi" } else { "" });
            }
            StatementKind::For { words, body } => {
                self.push("for v in");
                for word in words {
                    self.push(" ");
                    self.word(word);
                }
                self.push(if self.sh() { "; do " } else { " " });
                self.block(body);
                self.push(if self.sh() { " || exit $?; done" } else { "" });
            }
            StatementKind::Comment(text) => self.push(text),
        }
        self.push(statement.trailer);
    }

    fn list(&mut self, list: &AndOr) {
        self.pipeline(&list.first);
        for (connector, pipeline) in &list.rest {
            self.joint(connector);
            self.pipeline(pipeline);
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        if pipeline.negated {
            self.push("! ");
        }
        for (at, stage) in pipeline.stages.iter().enumerate() {
            if at > 0 {
                self.joint(pipeline.joint);
            }
            self.stage(stage);
        }
    }

    fn stage(&mut self, stage: &Stage) {
        match &stage.kind {
            StageKind::Simple(items) => {
                for (at, (gap, item)) in items.iter().enumerate() {
                    self.push(if at > 0 { gap } else { "" });
                    match item {
                        Item::Assignment(name, value) => {
                            self.push(&format!("{name}="));
                            self.word(value);
                        }
                        Item::Word(word) => self.word(word),
                        Item::Redirection(redirection) => self.redirection(redirection),
                    }
                }
            }
            StageKind::Block(statements, redirections) => {
                self.block(statements);
                for redirection in redirections {
                    self.push(" ");
                    self.redirection(redirection);
                }
            }
        }
    }

    fn redirection(&mut self, redirection: &Redirection) {
        self.push(&redirection.operator);
        if let Some(target) = &redirection.target {
            self.word(target);
        }
        self.documents.extend(redirection.document.clone());
    }

    fn word(&mut self, word: &Word) {
        for (at, piece) in word.0.iter().enumerate() {
            match piece {
                Piece::Same(text) | Piece::Bash(text) => self.push(text),
                Piece::Variable(name, braced) => {
                    let quote = if self.sh() { "\"" } else { "" };
                    self.push(quote);
                    // A letter after the name would be read as part of it.
                    self.variable(name, *braced || at + 1 < word.0.len());
                    self.push(quote);
                }
                Piece::Double(insides) => {
                    self.push("\"");
                    for (at, inside) in insides.iter().enumerate() {
                        match inside {
                            Inside::Same(text) => self.push(text),
                            Inside::Variable(name, braced) => {
                                self.variable(name, *braced || at + 1 < insides.len());
                            }
                            Inside::Capture(statements) => {
                                self.push("$(");
                                self.nested(statements);
                                self.push(")");
                            }
                        }
                    }
                    self.push("\"");
                }
                Piece::Process(statements) => {
                    self.push("<(");
                    self.nested(statements);
                    self.push(")");
                }
            }
        }
    }

    fn variable(&mut self, name: &str, braced: bool) {
        self.push(&if braced { format!("${{{name}}}") } else { format!("${name}") });
    }
}
