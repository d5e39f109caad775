//! The table of all functions. Its rows are as those of methods.

use super::table::rows;
use super::{Kind, Method, Parameter, Receiver, Run};
use super::{
    convert, csv, dotenv, files, input, job, json, list, machine, queue, secret, table_text, time, zone,
};
use Run::Value;

rows! { FUNCTIONS:
None {
    int(value: Any, default: Any.optional) -> "int" = Value(convert::int);
        "The integer in a string (leading zeros are ignored), or the part of a float before the point. With a default, null and a string that is not a number give the default; `float`, `duration` and `size` do the same.";
        "[int(' 08'), int('n/a', 0)] => [8, 0]";
    float(value: Any, default: Any.optional) -> "float" = Value(convert::float);
        "The float in a string, or of an integer.";
        "float('1e3') => 1000.0";
    str(value: Any) -> "string" = Value(convert::str);
        "The text that a program would receive as an argument.";
        "str(1.5h) => '90m'";
    duration(value: Any, default: Any.optional) -> "duration" = Value(convert::duration);
        "The duration in a string, which needs a unit. To convert a number, multiply it by a unit: `n * 1s`.";
        "duration('1.5h') => 90m";
    size(value: Any, default: Any.optional) -> "size" = Value(convert::size);
        "The size in a string; a number counts bytes.";
        "size('1536K') => 1536K";
    list(value: Any) -> "list" = Value(list::from);
        "The numbers of a range.";
        "list(1..=3) => [1, 2, 3]";
    json(text: Str) -> "any" = Value(json::parse);
        "The value of a JSON text. If a key appears twice, the last one counts. A whole number beyond 64 bits is an error.";
        r#"json('{"a": [1, 2.0, null]}') => {'a': [1, 2.0, null]}"#;
    to_json(value: Any, indent: Int.optional) -> "string" = Value(json::write);
        "The value as JSON, on one line or indented by this many blanks. Durations, sizes, ranges and functions have no form in JSON and are an error.";
        r#"to_json({a: [1, 2.0, null]}) => '{"a":[1,2.0,null]}'"#;
    csv(text: Str, header: Bool.optional, separator: Str.optional) -> "list" = Value(csv::parse);
        "The records of a CSV text (RFC 4180) as maps by the names in the first record, or as lists with `header: false`. All fields are strings. A record of a different length is an error. So are an unclosed quoted field and text after a quoted field.";
        r"csv($'name,size\na,1\n') => [{'name': 'a', 'size': '1'}]";
    to_csv(rows: List, separator: Str.optional) -> "string" = Value(csv::write);
        "Maps as CSV with a header of their keys, or lists without a header. A missing field and null are empty.";
        r#"to_csv([{name: 'a, b', size: 1}]) => $'name,size\n"a, b",1\n'"#;
    table(rows: List) -> "string" = Value(table_text::table);
        "Rows as lines of aligned columns, with numbers at the right: maps with a header of their keys, lists without a header.";
        r"table([{name: 'a', n: 1}, {name: 'bcd', n: 20}]) => $'name   n\na      1\nbcd   20\n'";
    dotenv(text: Str) -> "map" = Value(dotenv::parse);
        "The variables of an environment file: lines `NAME=value`, with `export` or without, comments, and values in quotes. Nothing is expanded or run. `env.update(dotenv(read(\".env\")))` sets them.";
        r#"dotenv($'# local\nHOST=web1\nexport GREETING="hi there"\n') => {'HOST': 'web1', 'GREETING': 'hi there'}"#;
    secret(text: Any) -> "secret" = Value(secret::of);
        "The text as a secret. It is shown as `***` and refused as an argument of a program. Pass it to a program with `NAME=$x cmd`, `with env={…}`, `<<< $x` or a here-document.";
        "let token = secret('a b'); [token.type(), token == 'a b'] => ['secret', true]";
    read(path: Str) -> "string" = Value(files::read);
        "The content of a file.";
        "write('a.txt', 'hi'); read('a.txt') => 'hi'";
    write(path: Str, text: Any, append: Bool.optional) -> "null" = Value(files::write);
        "Writes a string, secret or number to a file, in place of its old content or (`append: true`) after it. No line end is added.";
        "write('a.txt', 'x'); write('a.txt', 'y', append: true); read('a.txt') => 'xy'";
    read_line() -> "string or null" = Value(input::read_line);
        "The next line of standard input without its line end; null at the end of the input. The input after the line is left for the next reader. To read all lines write `each line { … }`.";
        "let line = ''; { line = read_line() } <<< 'a b'; line => 'a b'";
    input(prompt: Str.optional, secret: Bool.optional) -> "string, secret or null" = Value(input::input);
        "The line that the user types at the terminal after the prompt; null at the end of the input (Ctrl-D). With `secret: true` the typed text is not shown, and the value is a secret. Without a terminal, an error.";
        "let ask = () => input('Name? '); ask.type() => 'function'";
    confirm(prompt: Str) -> "bool" = Value(input::confirm);
        "Whether the user answers `y` or `yes` at the terminal, after the prompt and `[y/N]`. `n`, `no`, an empty line and the end of the input mean no; after any other answer the question is repeated. Without a terminal, an error.";
        "let sure = () => confirm('Delete it? '); sure.type() => 'function'";
    glob(pattern: Str) -> "list" = Value(files::glob);
        "The paths that match a pattern, in order; empty if there are none.";
        "write('a.txt', ''); glob('*.txt') => ['a.txt']";
    script_path() -> "string" = Value(files::script_path);
        "The absolute path of the file that contains the call: the script or a file that it uses. Symbolic links are followed.";
        "script_path().basename() => 'deploy.pw'";
    parse_date(text: Str, pattern: Str.optional, zone: Str.optional) -> "duration" = Value(zone::parse_date);
        "The instant of a date in a form of ISO 8601, or in a pattern of the signs of date(1). A text without a zone is in the zone of the argument, which is as for `date`, and otherwise in UTC. Missing parts of the time of day are 0.";
        "parse_date('30.11.2026', '%d.%m.%Y').date('%F') => '2026-11-30'";
    wait_any(jobs: List) -> "job" = Value(job::wait_any);
        "Waits until one of several jobs has ended, and returns that job, or the first in the list if several have ended. `job.wait()`, `job.status` and `job.output()` show whether it failed.";
        "let jobs = [spawn { sleep 60 }, spawn { true }]; let first = wait_any(jobs); jobs[0].kill(); first == jobs[1] => true";
    cores() -> "int" = Value(machine::cores);
        "The number of processors that this process may use, according to its CPU affinity and the quota of its control group.";
        "cores() >= 1 => true";
    queue(path: Str, name: Str) -> "queue" = Value(queue::open);
        "A queue of tasks in an SQLite file, which is made if there is none. A file may hold several queues. See QUEUES.md.";
        "queue('tasks.db', 'mail').type() => 'queue'";
    now() -> "duration" = Value(time::now);
        "The time since 1970-01-01 00:00 UTC. The difference between two calls is the time between them. `now().date()` is the date as text.";
        "now() > 0s => true";
}
}
