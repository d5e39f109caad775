//! Interpreters: an option takes code; otherwise a file or standard input is the code.

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

const INTERPRETER: Program =
    Program { order: Order::Stops, abbreviates: false, trust: Trust::Evaluator, ..Program::BASE };

/// Modules of Python that take code, by `python -m`.
const MODULES: &[Program] = &[
    Program {
        names: &["timeit"],
        options: "n: r: s=python u: pvh --number: --repeat: --setup=python --unit: --process --verbose --help",
        operands: Operands::EachAfter(0, Language::Python),
        ..INTERPRETER
    },
    Program {
        names: &["pdb", "ipdb", "pudb"],
        options: "c=python m:. --command=python --help",
        operands: Operands::Script(Language::Python),
        when: &[("-m", Operands::Module)],
        ..INTERPRETER
    },
    Program {
        names: &["profile", "cProfile"],
        options: "o: s: m:. --outfile: --sort: --help",
        operands: Operands::Script(Language::Python),
        when: &[("-m", Operands::Module)],
        ..INTERPRETER
    },
    Program {
        names: &["sqlite3"],
        options: "v h --version --help",
        operands: Operands::EachAfter(1, Language::Sqlite),
        input: Some(Language::Sqlite),
        ..INTERPRETER
    },
    Program {
        names: &["code", "asyncio", "IPython", "ptpython", "bpython", "idlelib"],
        options: "c=python r: q i",
        operands: Operands::Script(Language::Python),
        when: &[("-c", Operands::Data)],
        input: Some(Language::Python),
        ..INTERPRETER
    },
];

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["python", "python2", "python3", "pypy", "pypy3", "ipython"],
        options: "c=python. m:. W: X: bBdEhiIOPqRsStuvVx --check-hash-based-pycs: --help --version",
        operands: Operands::Script(Language::Python),
        when: &[("-c", Operands::Data), ("-m", Operands::Module)],
        input: Some(Language::Python),
        commands: MODULES,
        ..INTERPRETER
    },
    Program {
        names: &["perl"],
        options: "e=perl E=perl M=perl m=perl I: i? 0# l# F: C# x? D? d? V? acfhgnpsStTuUvwWX",
        operands: Operands::Script(Language::Perl),
        when: &[("-e -E", Operands::Data)],
        input: Some(Language::Perl),
        ..INTERPRETER
    },
    Program {
        names: &["ruby", "irb", "jruby"],
        options: "e=ruby r: I: i? 0# F: C: E: x? K? T# W# acdhlnpsSvwy --encoding: --yjit --version",
        operands: Operands::Script(Language::Ruby),
        when: &[("-e", Operands::Data)],
        input: Some(Language::Ruby),
        ..INTERPRETER
    },
    Program {
        names: &["node", "nodejs", "bun"],
        options: "e=js p=js -pe=js --eval=js --print=js r: C: ichv --require: --import: --loader: --conditions: \
                  --env-file: --input-type: --max-old-space-size: --interactive --check --test --watch --inspect?",
        operands: Operands::Script(Language::Js),
        when: &[("-e -p -pe --eval --print", Operands::Data)],
        input: Some(Language::Js),
        ..INTERPRETER
    },
    Program {
        names: &["deno"],
        operands: Operands::Subcommand,
        commands: &[Program {
            names: &["eval"],
            options: "p T --ext: --print --unstable",
            operands: Operands::First(Language::Js),
            ..INTERPRETER
        }],
        ..INTERPRETER
    },
    Program {
        names: &["php"],
        options: "r=php B=php R=php E=php --run=php --process-begin=php --process-code=php --process-end=php f: F: c: d: \
                  z: S: t: aehHilmnqsvw --file: --define: --php-ini: --server: --docroot:",
        operands: Operands::Script(Language::Php),
        when: &[("-r -R -B -E --run --process-code -f --file -S", Operands::Data)],
        input: Some(Language::Php),
        ..INTERPRETER
    },
    Program {
        names: &["lua", "luajit", "texlua"],
        options: "e=lua l: i v E W j: O? b",
        operands: Operands::Script(Language::Lua),
        when: &[("-e", Operands::Data)],
        input: Some(Language::Lua),
        ..INTERPRETER
    },
    Program {
        names: &["Rscript", "R", "littler"],
        options: "e=code -e=code --file<code --default-packages: --vanilla --slave --no-save --quiet",
        operands: Operands::Script(Language::Other),
        when: &[("-e --file", Operands::Data)],
        input: Some(Language::Other),
        ..INTERPRETER
    },
    Program {
        names: &["tclsh", "wish", "expect"],
        options: "c=code b d: f<code i D: n v",
        operands: Operands::Script(Language::Other),
        when: &[("-c -f", Operands::Data)],
        input: Some(Language::Other),
        ..INTERPRETER
    },
    Program {
        names: &[
            "julia",
            "ghc",
            "ghci",
            "octave",
            "scala",
            "groovy",
            "elixir",
            "iex",
            "erl",
            "guile",
            "racket",
            "sbcl",
            "clojure",
            "osascript",
            "swift",
            "gnuplot",
            "ocaml",
            "runghc",
            "jshell",
            "emacs",
            "emacsclient",
            "maxima",
        ],
        options: "e=code E=code c=code l: f: -e=code -c=code -eval=code --eval=code --expr=code --execute=code --load: \
                  --print=code --batch --script: -s: -noshell -nw",
        operands: Operands::Script(Language::Other),
        when: &[("-e -E -c -eval --eval --expr --execute --script", Operands::Data)],
        ..INTERPRETER
    },
    Program {
        names: &["dc"],
        options: "e=code f<code h V --expression=code --file<code --help --version",
        operands: Operands::Script(Language::Other),
        when: &[("-e -f --expression --file", Operands::Data)],
        input: Some(Language::Other),
        ..INTERPRETER
    },
    Program {
        names: &["m4"],
        options: "D=code U: I: s P E Q i G g L: t: --define=code --undefine: --include: --prefix-builtins --synclines",
        operands: Operands::Script(Language::Other),
        input: Some(Language::Other),
        ..INTERPRETER
    },
];
