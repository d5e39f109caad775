//! The table of all methods and functions.
//!
//! A row is `name(parameters) -> "type of what it gives" = how it runs`, what it does, and an example; see
//! [`Method::example`] for its form.

use super::{Kind, Method, Parameter, Receiver, Run};
use super::{
    convert, csv, dotenv, files, input, job, json, list, machine, map, matching, number, order, path, secret,
};
use super::{table_text, text, time, url, zone};

macro_rules! rows {
    ($name:ident: $($receiver:ident {
        $($method:ident($($parameter:ident: $kind:ident $(.$mode:ident)?),*) -> $returns:literal = $run:expr;
            $doc:literal; $example:literal;)*
    })*) => {
        /// The rows in the order of the reference.
        pub static $name: &[Method] = &[$($(
            Method {
                name: stringify!($method),
                receiver: Receiver::$receiver,
                parameters: &[$(Parameter::new(stringify!($parameter), Kind::$kind)$(.$mode())?),*],
                returns: $returns,
                doc: $doc,
                example: $example,
                run: $run,
            },
        )*)*];
    };
}

use Run::{Change, Value};

rows! { METHODS:
Any {
    type() -> "string" = Value(convert::kind);
        "The name of its type: `null`, `bool`, `int`, `float`, `string`, `list`, `map`, `duration`, `size`, `range`, `function`, `job` or `secret`.";
        "(5 / 2).type() => 'float'";
    or(default: Any) -> "any" = Value(convert::or);
        "Itself, or the default where it is null or an empty string. 0 and false are values.";
        "[null.or(1), ''.or('none'), 0.or(1)] => [1, 'none', 0]";
}
Str {
    len() -> "int" = Value(text::len);
        "How many characters. How many bytes is `s.bytes().len()`.";
        "'naïve'.len() => 5";
    is_empty() -> "bool" = Value(text::is_empty);
        "Whether it holds nothing, not even a blank.";
        "' '.is_empty() => false";
    lines() -> "list" = Value(text::lines);
        "Its lines without their line feeds, as `lines { … }` gives those of a command.";
        r"$'a\nb\n'.lines() => ['a', 'b']";
    split(separator: Str.optional, limit: Int.optional) -> "list" = Value(text::split);
        "The parts between the separators, or between runs of blanks and line ends if there is no separator. With a limit at most so many parts, the last of which holds the rest.";
        "'a=b=c'.split('=', 2) => ['a', 'b=c']";
    chars() -> "list" = Value(text::chars);
        "Its characters.";
        "'né'.chars() => ['n', 'é']";
    bytes() -> "list" = Value(text::bytes);
        "Its bytes as integers from 0 to 255.";
        "'né'.bytes() => [110, 195, 169]";
    trim() -> "string" = Value(text::trim);
        "Without the blanks, tabs and line ends at both ends.";
        "'  a b '.trim() => 'a b'";
    trim_start() -> "string" = Value(text::trim_start);
        "Without those at its start.";
        "'  a '.trim_start() => 'a '";
    trim_end() -> "string" = Value(text::trim_end);
        "Without those at its end.";
        "'  a '.trim_end() => '  a'";
    strip_prefix(prefix: Str) -> "string" = Value(text::strip_prefix);
        "Without this text at its start, where it has it.";
        "'v1.2'.strip_prefix('v') => '1.2'";
    strip_suffix(suffix: Str) -> "string" = Value(text::strip_suffix);
        "Without this text at its end, where it has it.";
        "'a.txt'.strip_suffix('.txt') => 'a'";
    contains(part: Str) -> "bool" = Value(text::contains);
        "Whether it holds this text.";
        "'error: x'.contains('error') => true";
    starts_with(prefix: Str) -> "bool" = Value(text::starts_with);
        "Whether it begins with this text.";
        "'--help'.starts_with('--') => true";
    ends_with(suffix: Str) -> "bool" = Value(text::ends_with);
        "Whether it ends with this text.";
        "'a.txt'.ends_with('.txt') => true";
    find(part: Str) -> "int or null" = Value(text::find);
        "At which character this text begins first; null where it is not.";
        "'key: value'.find(': ') => 3";
    replace(old: Str, new: Str) -> "string" = Value(text::replace);
        "With every `old` replaced.";
        "'a b c'.replace(' ', '_') => 'a_b_c'";
    slice(start: Int, end: Int.optional) -> "string" = Value(text::slice);
        "The characters from `start` up to `end`, which is not included. Negative places count from the end; places beyond it are the end.";
        "'abcdef'.slice(-3) => 'def'";
    upper() -> "string" = Value(text::upper);
        "In capital letters, by Unicode.";
        "'straße'.upper() => 'STRASSE'";
    lower() -> "string" = Value(text::lower);
        "In small letters, by Unicode.";
        "'ÉTÉ'.lower() => 'été'";
    pad_start(width: Int, fill: Str.optional) -> "string" = Value(text::pad_start);
        "Filled at its start, with blanks or this character, up to a width in characters.";
        "'7'.pad_start(3, '0') => '007'";
    pad_end(width: Int, fill: Str.optional) -> "string" = Value(text::pad_end);
        "Filled at its end.";
        "'ab'.pad_end(4, '.') => 'ab..'";
    repeat(times: Int) -> "string" = Value(text::repeat);
        "So many times itself.";
        "'ab'.repeat(3) => 'ababab'";
    url_encode() -> "string" = Value(url::encode);
        "As one part of a URL: all but letters, digits, `-`, `.`, `_` and `~` is percent-encoded.";
        "'a b&c/é'.url_encode() => 'a%20b%26c%2F%C3%A9'";
    url_decode() -> "string" = Value(url::decode);
        "With each `%` and two hexadecimal digits decoded. A `+` stays one.";
        "'a%20b+c'.url_decode() => 'a b+c'";
    to_utf8() -> "string" = Value(text::to_utf8);
        "Itself in UTF-8: U+FFFD stands for what is not.";
        r"$'a\xff'.to_utf8().len() => 2";
    matches(regex: Str) -> "bool" = Value(matching::matches);
        "Whether a part of it matches a regular expression, of the syntax of the [regex crate](https://docs.rs/regex/latest/regex/#syntax). `^` and `$` make that the whole.";
        r"'v1.20'.matches('^v\d+\.\d+$') => true";
    match(regex: Str) -> "map or null" = Value(matching::first);
        "The groups of the first match by their names, or by their numbers where they have none; `\"0\"` is the whole match. Null where nothing matches.";
        r"'port=80'.match('(?<key>\w+)=(\d+)') => {'0': 'port=80', 'key': 'port', '2': '80'}";
    match_all(regex: Str) -> "list" = Value(matching::all);
        "Such a map for each match.";
        r"'a1 b22'.match_all('\d+').map(m => m['0']) => ['1', '22']";
    replace_regex(regex: Str, with: StrOrFunction) -> "string" = Value(matching::replace);
        "With every match replaced: by this text as it stands, or by what a function makes of the groups.";
        r"'a1b22'.replace_regex('\d+', m => '<' ++ m['0'] ++ '>') => 'a<1>b<22>'";
    split_regex(regex: Str) -> "list" = Value(matching::split);
        "The parts between the matches.";
        r"'a, b;c'.split_regex('[,;] *') => ['a', 'b', 'c']";
    basename() -> "string" = Value(path::basename);
        "Of a path, the last part, as basename(1).";
        "'/usr/lib/'.basename() => 'lib'";
    dirname() -> "string" = Value(path::dirname);
        "Of a path, all but the last part, as dirname(1).";
        "'/usr/lib'.dirname() => '/usr'";
    stem() -> "string" = Value(path::stem);
        "Of a path, the last part without its extension.";
        "'src/main.tar.gz'.stem() => 'main.tar'";
    ext() -> "string" = Value(path::ext);
        "Of a path, the extension without its dot; empty if there is none.";
        "'src/main.rs'.ext() => 'rs'";
    with_ext(ext: Str) -> "string" = Value(path::with_ext);
        "The path with another extension, or with none if that is empty.";
        "'src/main.c'.with_ext('o') => 'src/main.o'";
    join(parts: Str.rest) -> "string" = Value(path::join);
        "The path with these below it. A part that begins with `/` is an error.";
        "'/srv'.join('www', 'a.html') => '/srv/www/a.html'";
    absolute() -> "string" = Value(files::absolute);
        "The path from `/` on, by the session's directory. Links and `..` stay as they are.";
        "'/srv/./a//b'.absolute() => '/srv/a/b'";
    exists() -> "bool" = Value(files::exists);
        "Whether there is something at this path.";
        "'/dev/null'.exists() => true";
    is_file() -> "bool" = Value(files::is_file);
        "Whether a file is at this path, or a link to one.";
        "'/dev/null'.is_file() => false";
    is_dir() -> "bool" = Value(files::is_dir);
        "Whether a directory is at this path, or a link to one.";
        "'/'.is_dir() => true";
    is_link() -> "bool" = Value(files::is_link);
        "Whether a symbolic link is at this path.";
        "'/'.is_link() => false";
    file_size() -> "size" = Value(files::file_size);
        "How large the file at this path is.";
        "write('a.txt', 'hello'); 'a.txt'.file_size() => 5B";
    modified() -> "duration" = Value(files::modified);
        "When the file at this path was changed, as `now()` tells instants.";
        "write('a.txt', ''); now() - 'a.txt'.modified() < 1h => true";
}
List {
    len() -> "int" = Value(list::len);
        "How many elements.";
        "[1, 2, 3].len() => 3";
    is_empty() -> "bool" = Value(list::is_empty);
        "Whether it holds none.";
        "[].is_empty() => true";
    first() -> "any" = Value(list::first);
        "The first element; null if there is none.";
        "[1, 2].first() => 1";
    last() -> "any" = Value(list::last);
        "The last element; null if there is none.";
        "[1, 2].last() => 2";
    push(value: Any) -> "null" = Change(list::push);
        "Appends an element to the variable. (A list is appended by `xs ++= ys`.)";
        "let xs = [1]; xs.push(2); xs => [1, 2]";
    pop() -> "any" = Change(list::pop);
        "Removes the last element from the variable and gives it.";
        "let xs = [1, 2]; xs.pop() => 2";
    insert(index: Int, value: Any) -> "null" = Change(list::insert);
        "Puts an element before that at `index`, or at the end if `index` is the length.";
        "let xs = [1, 3]; xs.insert(1, 2); xs => [1, 2, 3]";
    remove(index: Int) -> "any" = Change(list::remove);
        "Removes the element at `index` from the variable and gives it.";
        "let xs = [1, 2, 3]; xs.remove(0) => 1";
    map(function: Function, jobs: Int.optional, rate: Any.optional, progress: Bool.optional) -> "list" = Value(list::map);
        "What the function makes of each element. With `jobs: n` up to n calls run at once, on copies of the variables, and with `rate: n` at most n are started a second; `progress: true` shows how many have ended. What they print comes in the order of the elements, and the first failure of these is raised.";
        "[1, 2].map(x => x * 10) => [10, 20]";
    filter(function: Function, jobs: Int.optional, rate: Any.optional, progress: Bool.optional) -> "list" = Value(list::filter);
        "The elements of which the function says true. `jobs`, `rate` and `progress` are those of `map`.";
        "[1, 5, 9].filter(x => x > 3) => [5, 9]";
    find(function: Function) -> "any" = Value(list::find);
        "The first element of which the function says true; null if there is none.";
        "[1, 5, 9].find(x => x > 3) => 5";
    any(function: Function) -> "bool" = Value(list::any);
        "Whether the function says true of some element.";
        "[1, 5].any(x => x > 3) => true";
    all(function: Function) -> "bool" = Value(list::all);
        "Whether the function says true of all elements.";
        "[1, 5].all(x => x > 3) => false";
    reduce(initial: Any, function: Function) -> "any" = Value(list::reduce);
        "What the function makes of `initial` and the first element, then of that and the second, and so on.";
        "[2, 3, 4].reduce(1, (product, x) => product * x) => 24";
    sort() -> "list" = Value(order::sort);
        "In ascending order: numbers, durations, sizes, strings by their bytes, lists by their first difference.";
        "[3, 1, 2].sort() => [1, 2, 3]";
    sort_by(key: Function) -> "list" = Value(order::sort_by);
        "In ascending order of what the function makes of them. Equal ones stay in their order.";
        "['aaa', 'b', 'cc'].sort_by(s => s.len()) => ['b', 'cc', 'aaa']";
    group_by(key: Function) -> "map" = Value(list::group_by);
        "Lists of those of which the function makes the same key.";
        "['a.c', 'b.h', 'd.c'].group_by(f => f.ext()) => {'c': ['a.c', 'd.c'], 'h': ['b.h']}";
    count_by(key: Function.optional) -> "map" = Value(list::count_by);
        "How many elements there are of which the function makes the same key, or that are the same where no function is given.";
        "['b', 'a', 'b'].count_by() => {'b': 2, 'a': 1}";
    join(separator: Str.optional) -> "string" = Value(text::join);
        "Its strings and numbers as one string, with the separator between them.";
        "['a', 1, 'c'].join(', ') => 'a, 1, c'";
    contains(value: Any) -> "bool" = Value(list::contains);
        "Whether an element equals this value, as `value in xs`.";
        "[1, 2].contains(2) => true";
    index_of(value: Any) -> "int or null" = Value(list::index_of);
        "Where the first element stands that equals this value; null if none does.";
        "['a', 'b'].index_of('b') => 1";
    slice(start: Int, end: Int.optional) -> "list" = Value(list::slice);
        "The elements from `start` up to `end`, which is not included. Negative places count from the end; places beyond it are the end.";
        "[1, 2, 3, 4].slice(1, 3) => [2, 3]";
    reverse() -> "list" = Value(list::reverse);
        "The last element first.";
        "[1, 2, 3].reverse() => [3, 2, 1]";
    unique() -> "list" = Value(order::unique);
        "Each element once, where it stands first.";
        "[2, 1, 2].unique() => [2, 1]";
    flatten() -> "list" = Value(list::flatten);
        "The elements of the lists in it, one level deep.";
        "[[1, 2], [3], 4].flatten() => [1, 2, 3, 4]";
    chunks(size: Int) -> "list" = Value(list::chunks);
        "Lists of so many elements; the last one holds the rest.";
        "[1, 2, 3].chunks(2) => [[1, 2], [3]]";
    zip(other: List) -> "list" = Value(list::zip);
        "Pairs of the elements of both lists, as many as the shorter one has.";
        "['a', 'b'].zip([1, 2]) => [['a', 1], ['b', 2]]";
    to_map() -> "map" = Value(list::to_map);
        "Pairs of key and value as a map; of equal keys the last one's value counts.";
        "[['a', 1], ['b', 2]].to_map() => {'a': 1, 'b': 2}";
    sum() -> "any" = Value(list::sum);
        "Its numbers, durations or sizes added; 0 if there are none.";
        "[1s, 250ms].sum() => 1.25s";
    min() -> "any" = Value(order::min);
        "The least element, in the order of `sort`; null if there is none.";
        "[3, 1, 2].min() => 1";
    max() -> "any" = Value(order::max);
        "The greatest element; null if there is none.";
        "['a', 'c', 'b'].max() => 'c'";
}
Map {
    len() -> "int" = Value(map::len);
        "How many entries.";
        "{a: 1}.len() => 1";
    is_empty() -> "bool" = Value(map::is_empty);
        "Whether it holds none.";
        "{a: 1}.is_empty() => false";
    keys() -> "list" = Value(map::keys);
        "Its keys in their order.";
        "{a: 1, b: 2}.keys() => ['a', 'b']";
    values() -> "list" = Value(map::values);
        "Its values in their order.";
        "{a: 1, b: 2}.values() => [1, 2]";
    entries() -> "list" = Value(map::entries);
        "Pairs of key and value.";
        "{a: 1, b: 2}.entries() => [['a', 1], ['b', 2]]";
    has(key: Str) -> "bool" = Value(map::has);
        "Whether it has this key, as `key in m`.";
        "{a: 1}.has('b') => false";
    get(key: Str, default: Any.optional) -> "any" = Value(map::get);
        "The value of a key; the default, or null, if it has no such key.";
        "{a: 1}.get('b', 0) => 0";
    remove(key: Str) -> "any" = Change(map::remove);
        "Removes an entry from the variable, if it is there, and gives its value or null.";
        "let m = {a: 1, b: 2}; m.remove('a'); m => {'b': 2}";
    merge(others: Map.rest) -> "map" = Value(map::merge);
        "With the entries of the others, whose values replace those of equal keys.";
        "{a: 1, b: 2}.merge({b: 3}) => {'a': 1, 'b': 3}";
    map_values(function: Function) -> "map" = Value(map::map_values);
        "The same keys with what the function makes of their values.";
        "{a: 1, b: 2}.map_values(x => x * 10) => {'a': 10, 'b': 20}";
    filter(function: Function) -> "map" = Value(map::filter);
        "The entries of whose key and value the function says true.";
        "{a: 1, b: 2}.filter((key, value) => value > 1) => {'b': 2}";
    sort_by(key: Function) -> "map" = Value(order::sort_map_by);
        "In ascending order of what the function makes of key and value.";
        "{a: 2, b: 1}.sort_by((key, value) => value) => {'b': 1, 'a': 2}";
}
Number {
    round(digits: Int.optional) -> "int or float" = Value(number::round);
        "The nearest integer, or the nearest float of so many digits after the point. Halves go away from zero.";
        "(2.5).round() => 3";
    abs() -> "int or float" = Value(number::abs);
        "Without its sign.";
        "(-2.5).abs() => 2.5";
    sqrt() -> "float" = Value(number::sqrt);
        "The square root.";
        "9.sqrt() => 3.0";
    clamp(least: Any, most: Any) -> "int or float" = Value(number::clamp);
        "Itself, or the nearer of the two where it is not between them.";
        "15.clamp(1, 10) => 10";
    floor() -> "int" = Value(number::floor);
        "The integer below.";
        "(-2.5).floor() => -3";
    ceil() -> "int" = Value(number::ceil);
        "The integer above.";
        "(2.1).ceil() => 3";
    format(digits: Int) -> "string" = Value(number::format);
        "Text with exactly so many digits after the point.";
        "(2 / 3).format(2) => '0.67'";
}
Duration {
    abs() -> "duration" = Value(time::abs);
        "Without its sign.";
        "(1s - 3s).abs() => 2s";
    seconds() -> "float" = Value(time::seconds);
        "How many seconds. For other units divide: `d // 1ms`.";
        "(1500ms).seconds() => 1.5";
    format() -> "string" = Value(time::format);
        "Text for people, in the two largest units.";
        "(7500s).format() => '2h 5m'";
    date(pattern: Str.optional, zone: Str.optional) -> "string" = Value(time::date);
        "Of an instant, as `now()` gives it, date and time by the signs `%Y %m %d %H %M %S %F %T %j %a %A %b %B %s %N %z %Z %%` of date(1); without a pattern `%Y-%m-%dT%H:%M:%SZ`. The zone is UTC, or a name of the system's time zone database, or `local`: what `TZ` names, else the system's.";
        "(0s).date('%F %T') => '1970-01-01 00:00:00'";
    days_since(earlier: Any, zone: Str.optional) -> "int" = Value(zone::days_since);
        "Of an instant, how many times the date has changed since an earlier one, in a zone as `date` takes it. How many times 24 hours fit is `(b - a) // 1d`.";
        "parse_date('2024-03-01').days_since(parse_date('2024-02-28T23:59:00')) => 2";
}
Size {
    bytes() -> "int" = Value(number::size_bytes);
        "How many bytes. For other units divide: `size / 1M`.";
        "(64K).bytes() => 65536";
    format() -> "string" = Value(number::size_format);
        "Text for people, with one digit after the point.";
        "(1300K).format() => '1.3M'";
}
Range {
    len() -> "int" = Value(list::range_len);
        "How many numbers.";
        "(1..=10).len() => 10";
    is_empty() -> "bool" = Value(list::range_is_empty);
        "Whether it holds none.";
        "(5..<5).is_empty() => true";
}
Job {
    wait() -> "int" = Value(job::wait);
        "Waits for its end, and gives its status. If it failed, so does this; one that `kill` has ended has not failed. `job.status` is null while it runs, and `job.pid` is its first process.";
        "let job = spawn { true }; job.wait() => 0";
    output() -> "map" = Value(job::output);
        "Of a job that `spawn capture { … }` started: waits for its end, and gives the record that `capture { … }` gives, with `ok`, `status`, `out` and `err`. A job that failed is not an error then.";
        "let job = spawn capture { echo hi }; job.output().out => $'hi\\n'";
    kill(signal: Str.optional) -> "null" = Value(job::kill);
        "Asks its processes to end, by TERM or another signal, and after the grace by KILL. Does not wait.";
        "let job = spawn { sleep 60 }; job.kill(); job.wait() => 143";
}
Secret {
    reveal() -> "string" = Value(secret::reveal);
        "Its text, which is no secret to the script any more. Messages still mask it.";
        "secret('a b').reveal() => 'a b'";
}
}

rows! { FUNCTIONS:
None {
    int(value: Any, default: Any.optional) -> "int" = Value(convert::int);
        "Of a string its number, in which leading zeros count for nothing; of a float its part before the point. With a default, that for null and for a string that is no number; so do `float`, `duration` and `size`.";
        "[int(' 08'), int('n/a', 0)] => [8, 0]";
    float(value: Any, default: Any.optional) -> "float" = Value(convert::float);
        "Of a string or an integer the float.";
        "float('1e3') => 1000.0";
    str(value: Any) -> "string" = Value(convert::str);
        "The text that a program would get as an argument.";
        "str(1.5h) => '90m'";
    duration(value: Any, default: Any.optional) -> "duration" = Value(convert::duration);
        "Of a string its duration. The unit is needed; a number is multiplied by one: `n * 1s`.";
        "duration('1.5h') => 90m";
    size(value: Any, default: Any.optional) -> "size" = Value(convert::size);
        "Of a string its size; a number counts bytes.";
        "size('1536K') => 1536K";
    list(value: Any) -> "list" = Value(list::from);
        "Of a range its numbers.";
        "list(1..=3) => [1, 2, 3]";
    json(text: Str) -> "any" = Value(json::parse);
        "The value that a JSON text holds. Of equal keys the last one's value counts; a whole number beyond 64 bits is an error.";
        r#"json('{"a": [1, 2.0, null]}') => {'a': [1, 2.0, null]}"#;
    to_json(value: Any, indent: Int.optional) -> "string" = Value(json::write);
        "The value as JSON, on one line or indented by so many blanks. Durations, sizes, ranges and functions have no form in JSON and are an error.";
        r#"to_json({a: [1, 2.0, null]}) => '{"a":[1,2.0,null]}'"#;
    csv(text: Str, header: Bool.optional, separator: Str.optional) -> "list" = Value(csv::parse);
        "The records of a CSV text (RFC 4180) as maps by the names in the first record, or as lists with `header: false`. All fields are strings. A record of another length is an error, and so are a quoted field without an end and text after one.";
        r"csv($'name,size\na,1\n') => [{'name': 'a', 'size': '1'}]";
    to_csv(rows: List, separator: Str.optional) -> "string" = Value(csv::write);
        "Maps as CSV with a header of their keys, or lists without one. A field that is missing or null is empty.";
        r#"to_csv([{name: 'a, b', size: 1}]) => $'name,size\n"a, b",1\n'"#;
    table(rows: List) -> "string" = Value(table_text::table);
        "Rows as lines of aligned columns, numbers at the right: maps with a header of their keys, lists without one.";
        r"table([{name: 'a', n: 1}, {name: 'bcd', n: 20}]) => $'name   n\na      1\nbcd   20\n'";
    dotenv(text: Str) -> "map" = Value(dotenv::parse);
        "The variables of an environment file: lines `NAME=value`, with `export` or without, comments, and values in quotes. Nothing is expanded or run. `env.update(dotenv(read(\".env\")))` sets them.";
        r#"dotenv($'# local\nHOST=web1\nexport GREETING="hi there"\n') => {'HOST': 'web1', 'GREETING': 'hi there'}"#;
    secret(text: Any) -> "secret" = Value(secret::of);
        "The text as a secret: shown as `***`, refused as an argument of a program, and given to one by `NAME=$x cmd`, `with env={…}`, `<<< $x` or a here-document.";
        "let token = secret('a b'); [token.type(), token == 'a b'] => ['secret', true]";
    read(path: Str) -> "string" = Value(files::read);
        "The content of a file.";
        "write('a.txt', 'hi'); read('a.txt') => 'hi'";
    write(path: Str, text: Any, append: Bool.optional) -> "null" = Value(files::write);
        "Makes a file of a string, secret or number, in place of what was there or (`append: true`) after it. No line end is added.";
        "write('a.txt', 'x'); write('a.txt', 'y', append: true); read('a.txt') => 'xy'";
    read_line() -> "string or null" = Value(input::read_line);
        "The next line of the standard input, without its end and with nothing taken of what follows; null at the end. To go through all lines write `each line { … }`.";
        "let line = ''; { line = read_line() } <<< 'a b'; line => 'a b'";
    input(prompt: Str.optional, secret: Bool.optional) -> "string, secret or null" = Value(input::input);
        "The line that the user types at the terminal, after the prompt; null at the end of the input (Ctrl-D). With `secret: true` what is typed is not shown, and the value is a secret. Without a terminal an error.";
        "let ask = () => input('Name? '); ask.type() => 'function'";
    confirm(prompt: Str) -> "bool" = Value(input::confirm);
        "Whether the user answers the prompt, to which `[y/N]` is added, by `y` or `yes` at the terminal; `n`, `no`, an empty line and the end of the input are no, and anything else is asked again. Without a terminal an error.";
        "let sure = () => confirm('Delete it? '); sure.type() => 'function'";
    glob(pattern: Str) -> "list" = Value(files::glob);
        "The paths that match a pattern, in order; empty if there are none.";
        "write('a.txt', ''); glob('*.txt') => ['a.txt']";
    script_path() -> "string" = Value(files::script_path);
        "The absolute path of the file that the call stands in, the script or one that it uses. Symbolic links are followed.";
        "script_path().basename() => 'deploy.pw'";
    parse_date(text: Str, pattern: Str.optional, zone: Str.optional) -> "duration" = Value(zone::parse_date);
        "The instant that a date names: in the forms of ISO 8601, or by the signs of date(1). Where the text has no zone it is that of the argument, as `date` takes it, else UTC; what is not given of the time of day is 0.";
        "parse_date('30.11.2026', '%d.%m.%Y').date('%F') => '2026-11-30'";
    wait_any(jobs: List) -> "job" = Value(job::wait_any);
        "Waits until one of several jobs has ended, and gives that job; of several the first of the list. Whether it failed is told by `job.wait()`, `job.status` and `job.output()`.";
        "let jobs = [spawn { sleep 60 }, spawn { true }]; let first = wait_any(jobs); jobs[0].kill(); first == jobs[1] => true";
    cores() -> "int" = Value(machine::cores);
        "How many processors this process may use: those that its affinity and the quota of its control group leave it.";
        "cores() >= 1 => true";
    now() -> "duration" = Value(time::now);
        "The time since 1970-01-01 00:00 UTC. The difference of two is how long it took; `now().date()` is text.";
        "now() > 0s => true";
}
}
