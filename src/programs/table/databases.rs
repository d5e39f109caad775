//! Clients of databases: SQL, and commands of their own that run programs (`\!`, `.shell`).

use crate::programs::options::Order;
use crate::programs::{Language, Operands, Program, Trust};

pub const PROGRAMS: &[Program] = &[
    Program {
        names: &["psql"],
        options: "c=psql f<psql d: h: p: U: v: P: F: R: T: L: o: abAeEHlnqsStVwWxXz01 --command=psql --file<psql \
                  --dbname: --host: --port: --username: --set: --variable: --pset: --field-separator: --record-separator: \
                  --table-attr: --log-file: --output: --no-psqlrc --quiet --tuples-only --no-align --csv --html --echo-all \
                  --single-transaction --no-password --password --expanded --list --single-step --single-line",
        when: &[("-c -f --command --file", Operands::Data)],
        input: Some(Language::Psql),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["sqlite3", "sqlite", "litecli"],
        options: "-cmd=sqlite -init: -separator: -newline: -nullvalue: -mmap: -vfs: -lookaside: -pagecache: -maxsize: \
                  --cmd=sqlite -readonly -header -noheader -csv -json -list -line -column -html -bail -batch -echo -table \
                  -box -markdown -quote -safe -interactive",
        operands: Operands::After(1, Language::Sqlite),
        input: Some(Language::Sqlite),
        trust: Trust::Evaluator,
        abbreviates: false,
        ..Program::BASE
    },
    Program {
        names: &["duckdb"],
        options: "c=sql s=sql -c=sql -s=sql -cmd=sql -init: -readonly -csv -json -list -line -box -noheader",
        operands: Operands::After(1, Language::Sql),
        when: &[("-c -s", Operands::Data)],
        input: Some(Language::Sql),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["mysql", "mariadb"],
        options: "e=sql u: p? h: P: D: S: ABCEfGHLnNqrsStTvVwX --execute=sql --user: --password? --host: --port: \
                  --database: --socket: --default-character-set: --batch --skip-column-names --raw --silent --table",
        when: &[("-e --execute", Operands::Data)],
        input: Some(Language::Sql),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &[
            "sqlcmd",
            "clickhouse-client",
            "cockroach",
            "usql",
            "snowsql",
            "bq",
            "trino",
            "presto",
            "cqlsh",
            "impala-shell",
            "beeline",
            "spark-sql",
            "hive",
            "isql",
            "sqlplus",
            "tsql",
            "vsql",
        ],
        options: "Q=sql q=sql e=sql c=sql S: U: P: d: h: --query=sql --execute=sql --command=sql --host: --user: \
                  --password: --database: --format:",
        input: Some(Language::Sql),
        ..Program::BASE
    },
    Program {
        names: &["mongosh", "mongo"],
        options: "f: u: p: --eval=js --file: --host: --port: --username: --password: --quiet --nodb --norc",
        when: &[("--eval", Operands::Data)],
        input: Some(Language::Js),
        trust: Trust::Evaluator,
        ..Program::BASE
    },
    Program {
        names: &["redis-cli"],
        options: "h: p: a: n: u: r: i: x --eval<lua",
        order: Order::Stops,
        operands: Operands::Subcommand,
        commands: &[Program {
            names: &["eval", "EVAL"],
            order: Order::Stops,
            operands: Operands::First(Language::Lua),
            ..Program::BASE
        }],
        ..Program::BASE
    },
];
