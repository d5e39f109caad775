//! Random programs that the grammar accepts, in every odd layout. A seed always gives the same program.

use crate::support::rng::Rng;

pub fn program(seed: u64) -> String {
    let mut generator = Generator { rng: Rng::new(seed), out: String::new(), bodies: Vec::new(), number: 0 };
    if generator.rng.chance(20) {
        generator.out += "#!/usr/bin/env pipewright\n";
    }
    generator.statements(3, false);
    generator.out
}

struct Generator {
    rng: Rng,
    out: String,
    /// Here-documents whose body is due at the end of the line.
    bodies: Vec<String>,
    number: usize,
}

const WORDS: &[&str] = &[
    "a",
    "--long-option=value",
    "'single  # quoted'",
    "\"double $x  | ${y.z[0]}\"",
    "$x",
    "...$list",
    "*.txt",
    "{a,b}",
    "\"$(echo  x |  cat)\"",
    "a#b",
    "\\#c",
    "'two\nlines'",
    "$[ 1+2 ]",
    "<(sort  a)",
    "~/x",
    "é",
    "a\\ b",
    "{}",
    "\"\"\"\n  multi  line\n  \"\"\"",
    "$'\\t'",
    "A=b",
    "a-rather-long-word-that-fills-the-line-quickly",
];

impl Generator {
    fn put(&mut self, text: &str) {
        self.out += text;
    }

    fn pick(&mut self, from: &[&str]) {
        let text = self.rng.pick(from).to_owned();
        self.out += &text;
    }

    /// Writes one blank or more.
    fn b1(&mut self) {
        self.pick(&[" ", " ", " ", "  ", "\t", " \t "]);
    }

    fn b(&mut self) {
        if self.rng.chance(70) {
            self.b1();
        }
    }

    /// Writes a blank, or a line end where one is allowed.
    fn skip(&mut self) {
        self.b1();
        if self.rng.chance(15) {
            self.line_end();
            self.b();
        }
    }

    fn line_end(&mut self) {
        if self.rng.chance(15) {
            self.number += 1;
            let comment = format!(" # c{}  'not \" closed", self.number);
            self.put(&comment);
        }
        self.put("\n");
        for body in std::mem::take(&mut self.bodies) {
            self.put(&body);
        }
        while self.rng.chance(25) {
            self.b();
            if self.rng.chance(40) {
                self.put("# c own {");
            }
            self.put("\n");
        }
    }

    fn block(&mut self, depth: usize) {
        self.put("{ ");
        // A body would begin inside it.
        let inline = !self.bodies.is_empty() || self.rng.chance(40);
        if inline {
            if self.rng.chance(90) {
                let count = self.rng.within(1, 2);
                for _ in 0..count {
                    self.b();
                    self.simple(true);
                    self.put("; ");
                }
            }
        } else {
            self.line_end();
            self.statements(depth.saturating_sub(1), true);
        }
        self.put("}");
    }

    /// A list in parentheses.
    fn list(&mut self, depth: usize) {
        self.put("(");
        self.b();
        if !self.bodies.is_empty() || self.rng.chance(50) {
            self.simple(true);
            self.b();
            if self.rng.chance(40) {
                self.put("; ");
                self.simple(true);
            }
            self.pick(&["", "", " ", ";", " &"]);
        } else {
            self.line_end();
            self.statements(depth.saturating_sub(1), true);
            // At least one, which does not begin with a parenthesis.
            self.put("cmd");
            self.line_end();
        }
        self.put(")");
    }

    fn statements(&mut self, depth: usize, nested: bool) {
        let count = self.rng.within(0, if nested { 3 } else { 6 });
        for _ in 0..count {
            self.b();
            self.statement(depth);
            self.b();
            if self.bodies.is_empty() && self.rng.chance(15) {
                self.put(";");
                self.b();
            } else {
                self.line_end();
            }
        }
        if nested && !self.out.ends_with('\n') {
            self.line_end();
        }
    }

    fn statement(&mut self, depth: usize) {
        let kind = self.rng.below(if depth == 0 { 7 } else { 18 });
        match kind {
            0..=2 => self.pipeline(depth),
            3 => {
                self.put("let x =");
                self.b1();
                self.expression(2, false);
            }
            4 => {
                self.pick(&["x", "x.y", "x[0]", "env.A"]);
                self.b1();
                self.pick(&["=", "+=", "++=", "??="]);
                self.b1();
                self.expression(2, false);
            }
            5 => {
                self.put("f(");
                self.inside(|this| this.expression(1, true), true);
                self.put(")");
            }
            6 => {
                self.pick(&["return", "fail", "fail"]);
                self.put(" ");
                self.expression(1, false);
            }
            7 => {
                self.put("if ");
                self.condition();
                self.b1();
                self.block(depth);
                while self.rng.chance(30) {
                    self.put(" else if ");
                    self.condition();
                    self.put(" ");
                    self.block(depth);
                }
                if self.rng.chance(50) {
                    self.b1();
                    self.put("else");
                    self.b1();
                    self.block(depth);
                }
            }
            8 => {
                self.put("for x in");
                let count = self.rng.within(1, 3);
                for _ in 0..count {
                    self.b1();
                    self.word();
                }
                self.pick(&["", "", " with jobs=4,  output='group'"]);
                self.b1();
                self.block(depth);
            }
            9 => {
                self.pick(&[
                    "for k,v in (m)",
                    "for i in ( 1..=10 )",
                    "while  true",
                    "while ( x<3 )",
                    "spawn",
                    "defer",
                ]);
                self.b1();
                self.block(depth);
            }
            10 => {
                self.put("match (");
                self.b();
                self.expression(0, true);
                self.put(") {");
                self.line_end();
                let count = self.rng.within(1, 3);
                for _ in 0..count {
                    self.b();
                    self.pick(&["a", "'b c' | *.x", "*", "[a-z]?|b"]);
                    self.b1();
                    self.put("=> ");
                    self.block(depth);
                    self.line_end();
                }
                self.put("}");
            }
            11 => {
                self.put("try ");
                self.block(depth);
                if self.rng.chance(50) {
                    self.put("  catch  e ");
                    self.block(depth);
                }
            }
            12 => {
                self.put("with timeout=30s ,");
                self.skip();
                self.put("retry = 3".replace(' ', "").as_str());
                self.put(" ");
                self.block(depth);
            }
            13 => {
                self.put("fn f(");
                self.inside(|this| this.pick(&["a", "b : int", "c:str = 'x'", "d=[1,2]"]), true);
                self.put(")");
                self.b1();
                self.block(depth);
            }
            14 => {
                self.put("let r = ");
                self.pick(&["try ", "lines  ", "capture ", "json "]);
                self.block(depth);
            }
            15 => self.pick(&["use  'a.pw'", "use \"b.pw\"  as  c", "break", "continue"]),
            _ => {
                self.simple(false);
                self.put(" | ");
                self.pick(&["each x ", "while true ", ""]);
                self.block(depth);
                self.pick(&["", " > out", " 2>&1", " | sort"]);
            }
        }
    }

    fn condition(&mut self) {
        if self.rng.chance(50) {
            self.put("(");
            self.skip();
            self.expression(2, true);
            self.put(")");
        } else {
            self.pick(&["", "! "]);
            self.put("test -d x");
            if self.rng.chance(30) {
                self.pick(&[" && b", " | c  d"]);
            }
        }
    }

    fn pipeline(&mut self, depth: usize) {
        self.pick(&["", "", "", "! "]);
        let stages = self.rng.weighted(&[0, 50, 30, 10, 5, 5]);
        for stage in 0..stages {
            if stage > 0 {
                if self.rng.chance(8) {
                    self.put(" \\\n ");
                } else {
                    self.b1();
                }
                self.pick(&["|", "|", "|", "&&", "||", "|&"]);
                self.skip();
            }
            if depth > 0 && self.rng.chance(10) {
                self.block(depth);
            } else if depth > 0 && self.rng.chance(10) {
                self.list(depth);
            } else {
                self.simple(false);
            }
        }
        self.pick(&["", "", "", "", " &\n"]);
        if self.out.ends_with('\n') {
            for body in std::mem::take(&mut self.bodies) {
                self.put(&body);
            }
            self.put("cmd");
        }
    }

    fn simple(&mut self, inline: bool) {
        self.pick(&["cmd", "git", "A=1 B='2 3' env", "$tool", "'x y'", "> f cat"]);
        let count = self.rng.below(5);
        for _ in 0..count {
            if !inline && self.rng.chance(6) {
                self.put(" \\\n");
            }
            self.b1();
            if self.rng.chance(20) {
                self.pick(&[
                    ">f", "2> g", "2>&1", ">&  2", "<<< $x", ">>h", "&>both", "< <(a)", "3>&-", "<in",
                ]);
            } else if !inline && self.rng.chance(6) {
                self.pick(&["<<EOF", "<<  'EOF'", "<<-EOF"]);
                let body = self.rng.pick(&["", "body  $x\n\n", "  # no comment {\n\tkept \n"]).to_owned();
                self.bodies.push(format!("{body}EOF\n"));
            } else {
                self.word();
            }
        }
    }

    fn word(&mut self) {
        self.pick(WORDS);
    }

    /// Writes elements separated by commas.
    fn inside(&mut self, element: impl Fn(&mut Self), trailing: bool) {
        let count = self.rng.below(4);
        self.skip();
        for number in 0..count {
            if number > 0 {
                self.put(",");
                self.skip();
            }
            element(self);
            self.skip();
        }
        if trailing && count > 0 && self.rng.chance(20) {
            self.put(",");
            self.skip();
        }
    }

    fn expression(&mut self, depth: usize, brackets: bool) {
        let kind = self.rng.below(if depth == 0 { 4 } else { 14 });
        match kind {
            0..=3 => self.pick(&[
                "1",
                "x",
                "'s  t'",
                "\"a $x b\"",
                "null",
                "true",
                "1.5h",
                "(x)",
                "((y))",
                "$(date  +%s)",
                "a.b[0]",
                "f(1,2)",
                "x.len( )",
                "-1",
                "[]",
                "{}",
                "\"\"\"\n    t\n    \"\"\"",
                "(\"a$x\")",
                "$'\\n'",
                "(null)",
            ]),
            4 | 5 => {
                // In parentheses, because comparisons can't be chained.
                self.put("(");
                self.expression(depth - 1, true);
                self.put(")");
                if brackets {
                    self.skip()
                } else {
                    self.b1()
                }
                self.pick(&["+", "-", "*", "//", "++", "and", "or", "==", "in", "??", "<=", "**"]);
                self.skip();
                self.put("(");
                self.expression(depth - 1, true);
                self.put(")");
            }
            6 => {
                self.put("[");
                self.inside(|this| this.expression(depth - 1, true), true);
                self.put("]");
            }
            7 => {
                self.put("{");
                self.inside(
                    |this| {
                        this.pick(&["a", "'b c'", "d"]);
                        this.b();
                        this.put(":");
                        this.b();
                        this.expression(depth - 1, true);
                    },
                    true,
                );
                self.put("}");
            }
            8 => {
                self.put("f(");
                self.inside(
                    |this| {
                        this.pick(&["", "name: ", "other :"]);
                        this.expression(depth - 1, true);
                    },
                    true,
                );
                self.put(")");
            }
            9 => {
                self.put("(");
                self.expression(depth - 1, true);
                self.put(")");
                self.b1();
                self.put("?");
                self.skip();
                self.pick(&["-x", "[1,2]", "{a:1}", "'b'"]);
                self.b1();
                self.put(":");
                self.skip();
                self.pick(&["y", "not z", "(1..<n-1)"]);
            }
            10 => self.pick(&[
                "x=>x*2",
                "(a,b) => a+b",
                "( ) =>1",
                "1..=3",
                "a ..< b",
                "not x",
                "-x**2",
                "not (y)",
            ]),
            11 => {
                self.put("(");
                self.skip();
                self.expression(depth - 1, true);
                self.skip();
                self.put(")");
            }
            12 => {
                self.put("xs.map(x => x)");
                if self.rng.chance(50) {
                    self.skip();
                }
                self.put(".join( ',' )");
            }
            _ => {
                self.pick(&["lines ", "try ", "capture  "]);
                self.put("{ cmd a; }");
            }
        }
    }
}
