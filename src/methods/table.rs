//! The table of all methods and functions.
//!
//! A row is `name(parameters) -> "type of the result" = implementation`, a description, and an example;
//! see [`Method::example`] for its form.

use super::{Kind, Method, Parameter, Receiver, Run};
use super::{
    convert, files, job, list, map, matching, number, order, path, pool, queue, secret, service, text, time,
    url, worker, zone,
};

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
        "The value, or the default if it is null or an empty string. 0 and false are kept.";
        "[null.or(1), ''.or('none'), 0.or(1)] => [1, 'none', 0]";
}
Str {
    len() -> "int" = Value(text::len);
        "The number of characters. The number of bytes is `s.bytes().len()`.";
        "'naïve'.len() => 5";
    is_empty() -> "bool" = Value(text::is_empty);
        "Whether it contains nothing, not even a blank.";
        "' '.is_empty() => false";
    lines() -> "list" = Value(text::lines);
        "Its lines without their line feeds, like the lines of a command in `lines { … }`.";
        r"$'a\nb\n'.lines() => ['a', 'b']";
    split(separator: Str.optional, limit: Int.optional) -> "list" = Value(text::split);
        "The parts between the separators, or between runs of blanks and line ends if there is no separator. With a limit, at most this many parts, of which the last holds the rest.";
        "'a=b=c'.split('=', 2) => ['a', 'b=c']";
    chars() -> "list" = Value(text::chars);
        "Its characters.";
        "'né'.chars() => ['n', 'é']";
    bytes() -> "list" = Value(text::bytes);
        "Its bytes as integers from 0 to 255.";
        "'né'.bytes() => [110, 195, 169]";
    trim() -> "string" = Value(text::trim);
        "The string without the blanks, tabs and line ends at both ends.";
        "'  a b '.trim() => 'a b'";
    trim_start() -> "string" = Value(text::trim_start);
        "The string without the blanks, tabs and line ends at its start.";
        "'  a '.trim_start() => 'a '";
    trim_end() -> "string" = Value(text::trim_end);
        "The string without the blanks, tabs and line ends at its end.";
        "'  a '.trim_end() => '  a'";
    strip_prefix(prefix: Str) -> "string" = Value(text::strip_prefix);
        "The string without this text at its start, if it begins with it.";
        "'v1.2'.strip_prefix('v') => '1.2'";
    strip_suffix(suffix: Str) -> "string" = Value(text::strip_suffix);
        "The string without this text at its end, if it ends with it.";
        "'a.txt'.strip_suffix('.txt') => 'a'";
    contains(part: Str) -> "bool" = Value(text::contains);
        "Whether it contains this text.";
        "'error: x'.contains('error') => true";
    starts_with(prefix: Str) -> "bool" = Value(text::starts_with);
        "Whether it begins with this text.";
        "'--help'.starts_with('--') => true";
    ends_with(suffix: Str) -> "bool" = Value(text::ends_with);
        "Whether it ends with this text.";
        "'a.txt'.ends_with('.txt') => true";
    find(part: Str) -> "int or null" = Value(text::find);
        "The index of the character at which this text first begins; null if it is not found.";
        "'key: value'.find(': ') => 3";
    replace(old: Str, new: Str) -> "string" = Value(text::replace);
        "The string with every `old` replaced by `new`.";
        "'a b c'.replace(' ', '_') => 'a_b_c'";
    slice(start: Int, end: Int.optional) -> "string" = Value(text::slice);
        "The characters from `start` up to but not including `end`. Negative indices count from the end; indices beyond it are the end.";
        "'abcdef'.slice(-3) => 'def'";
    upper() -> "string" = Value(text::upper);
        "The string in capital letters, by the rules of Unicode.";
        "'straße'.upper() => 'STRASSE'";
    lower() -> "string" = Value(text::lower);
        "The string in small letters, by the rules of Unicode.";
        "'ÉTÉ'.lower() => 'été'";
    pad_start(width: Int, fill: Str.optional) -> "string" = Value(text::pad_start);
        "The string filled at its start, with blanks or this character, up to a width in characters.";
        "'7'.pad_start(3, '0') => '007'";
    pad_end(width: Int, fill: Str.optional) -> "string" = Value(text::pad_end);
        "The string filled at its end, in the same way.";
        "'ab'.pad_end(4, '.') => 'ab..'";
    repeat(times: Int) -> "string" = Value(text::repeat);
        "The string repeated this many times.";
        "'ab'.repeat(3) => 'ababab'";
    url_encode() -> "string" = Value(url::encode);
        "The string as one part of a URL: everything except letters, digits, `-`, `.`, `_` and `~` is percent-encoded.";
        "'a b&c/é'.url_encode() => 'a%20b%26c%2F%C3%A9'";
    url_decode() -> "string" = Value(url::decode);
        "The string with each `%` and its two hexadecimal digits decoded. A `+` is kept.";
        "'a%20b+c'.url_decode() => 'a b+c'";
    to_utf8() -> "string" = Value(text::to_utf8);
        "The string in UTF-8, with U+FFFD for each part that is not UTF-8.";
        r"$'a\xff'.to_utf8().len() => 2";
    matches(regex: Str) -> "bool" = Value(matching::matches);
        "Whether a part of it matches a regular expression in the syntax of the [regex crate](https://docs.rs/regex/latest/regex/#syntax). With `^` and `$` the whole string has to match.";
        r"'v1.20'.matches('^v\d+\.\d+$') => true";
    match(regex: Str) -> "map or null" = Value(matching::first);
        "The groups of the first match by name, or by number for groups without a name; `\"0\"` is the whole match. Null if nothing matches.";
        r"'port=80'.match('(?<key>\w+)=(\d+)') => {'0': 'port=80', 'key': 'port', '2': '80'}";
    match_all(regex: Str) -> "list" = Value(matching::all);
        "A map of groups, as from `match`, for each match.";
        r"'a1 b22'.match_all('\d+').map(m => m['0']) => ['1', '22']";
    replace_regex(regex: Str, with: StrOrFunction) -> "string" = Value(matching::replace);
        "The string with every match replaced by this literal text, or by the result of a function of the groups.";
        r"'a1b22'.replace_regex('\d+', m => '<' ++ m['0'] ++ '>') => 'a<1>b<22>'";
    split_regex(regex: Str) -> "list" = Value(matching::split);
        "The parts between the matches.";
        r"'a, b;c'.split_regex('[,;] *') => ['a', 'b', 'c']";
    basename() -> "string" = Value(path::basename);
        "The last part of a path, as by basename(1).";
        "'/usr/lib/'.basename() => 'lib'";
    dirname() -> "string" = Value(path::dirname);
        "A path without its last part, as by dirname(1).";
        "'/usr/lib'.dirname() => '/usr'";
    stem() -> "string" = Value(path::stem);
        "The last part of a path without its extension.";
        "'src/main.tar.gz'.stem() => 'main.tar'";
    ext() -> "string" = Value(path::ext);
        "The extension of a path without its dot; empty if there is none.";
        "'src/main.rs'.ext() => 'rs'";
    with_ext(ext: Str) -> "string" = Value(path::with_ext);
        "The path with another extension, or without one if `ext` is empty.";
        "'src/main.c'.with_ext('o') => 'src/main.o'";
    join(parts: Str.rest) -> "string" = Value(path::join);
        "The path with these parts appended. A part that begins with `/` is an error.";
        "'/srv'.join('www', 'a.html') => '/srv/www/a.html'";
    absolute() -> "string" = Value(files::absolute);
        "The path from `/` on, starting at the working directory. Links and `..` are kept.";
        "'/srv/./a//b'.absolute() => '/srv/a/b'";
    exists() -> "bool" = Value(files::exists);
        "Whether something exists at this path.";
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
        "The size of the file at this path.";
        "write('a.txt', 'hello'); 'a.txt'.file_size() => 5B";
    modified() -> "duration" = Value(files::modified);
        "The time at which the file at this path was last changed, as an instant like that of `now()`.";
        "write('a.txt', ''); now() - 'a.txt'.modified() < 1h => true";
}
List {
    len() -> "int" = Value(list::len);
        "The number of elements.";
        "[1, 2, 3].len() => 3";
    is_empty() -> "bool" = Value(list::is_empty);
        "Whether it is empty.";
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
        "Removes the last element from the variable and returns it.";
        "let xs = [1, 2]; xs.pop() => 2";
    insert(index: Int, value: Any) -> "null" = Change(list::insert);
        "Inserts an element before the one at `index`, or at the end if `index` is the length.";
        "let xs = [1, 3]; xs.insert(1, 2); xs => [1, 2, 3]";
    remove(index: Int) -> "any" = Change(list::remove);
        "Removes the element at `index` from the variable and returns it.";
        "let xs = [1, 2, 3]; xs.remove(0) => 1";
    map(function: Function, jobs: Int.optional, rate: Any.optional, progress: Bool.optional) -> "list" = Value(list::map);
        "The result of the function for each element. With `jobs: n` up to n calls run at once, on copies of the variables. With `rate: n` at most n calls start in a second, and `progress: true` shows how many have ended. The output comes in the order of the elements, and the first failure in that order is raised.";
        "[1, 2].map(x => x * 10) => [10, 20]";
    filter(function: Function, jobs: Int.optional, rate: Any.optional, progress: Bool.optional) -> "list" = Value(list::filter);
        "The elements for which the function returns true. `jobs`, `rate` and `progress` are those of `map`.";
        "[1, 5, 9].filter(x => x > 3) => [5, 9]";
    find(function: Function) -> "any" = Value(list::find);
        "The first element for which the function returns true; null if there is none.";
        "[1, 5, 9].find(x => x > 3) => 5";
    any(function: Function) -> "bool" = Value(list::any);
        "Whether the function returns true for at least one element.";
        "[1, 5].any(x => x > 3) => true";
    all(function: Function) -> "bool" = Value(list::all);
        "Whether the function returns true for all elements.";
        "[1, 5].all(x => x > 3) => false";
    reduce(initial: Any, function: Function) -> "any" = Value(list::reduce);
        "The result of the function for `initial` and the first element, then for that result and the second element, and so on.";
        "[2, 3, 4].reduce(1, (product, x) => product * x) => 24";
    sort() -> "list" = Value(order::sort);
        "The elements in ascending order: numbers, durations, sizes, strings by their bytes, lists by their first difference.";
        "[3, 1, 2].sort() => [1, 2, 3]";
    sort_by(key: Function) -> "list" = Value(order::sort_by);
        "The elements in ascending order of the function's results. Elements with equal results keep their order.";
        "['aaa', 'b', 'cc'].sort_by(s => s.len()) => ['b', 'cc', 'aaa']";
    group_by(key: Function) -> "map" = Value(list::group_by);
        "Lists of the elements for which the function returns the same key.";
        "['a.c', 'b.h', 'd.c'].group_by(f => f.ext()) => {'c': ['a.c', 'd.c'], 'h': ['b.h']}";
    count_by(key: Function.optional) -> "map" = Value(list::count_by);
        "The number of elements for which the function returns the same key. Without a function, the number of equal elements.";
        "['b', 'a', 'b'].count_by() => {'b': 2, 'a': 1}";
    join(separator: Str.optional) -> "string" = Value(text::join);
        "Its strings and numbers as one string, with the separator between them.";
        "['a', 1, 'c'].join(', ') => 'a, 1, c'";
    contains(value: Any) -> "bool" = Value(list::contains);
        "Whether an element equals this value, as `value in xs`.";
        "[1, 2].contains(2) => true";
    index_of(value: Any) -> "int or null" = Value(list::index_of);
        "The index of the first element that equals this value; null if there is none.";
        "['a', 'b'].index_of('b') => 1";
    slice(start: Int, end: Int.optional) -> "list" = Value(list::slice);
        "The elements from `start` up to but not including `end`. Negative indices count from the end; indices beyond it are the end.";
        "[1, 2, 3, 4].slice(1, 3) => [2, 3]";
    reverse() -> "list" = Value(list::reverse);
        "The elements in reverse order.";
        "[1, 2, 3].reverse() => [3, 2, 1]";
    unique() -> "list" = Value(order::unique);
        "Each element once, at its first place.";
        "[2, 1, 2].unique() => [2, 1]";
    flatten() -> "list" = Value(list::flatten);
        "The list with the elements of its inner lists in their place, one level deep.";
        "[[1, 2], [3], 4].flatten() => [1, 2, 3, 4]";
    chunks(size: Int) -> "list" = Value(list::chunks);
        "Lists of `size` elements each; the last one holds the rest.";
        "[1, 2, 3].chunks(2) => [[1, 2], [3]]";
    zip(other: List) -> "list" = Value(list::zip);
        "Pairs of the elements of both lists, as many as the shorter one has.";
        "['a', 'b'].zip([1, 2]) => [['a', 1], ['b', 2]]";
    to_map() -> "map" = Value(list::to_map);
        "A map from pairs of key and value. If a key appears twice, the last one counts.";
        "[['a', 1], ['b', 2]].to_map() => {'a': 1, 'b': 2}";
    sum() -> "any" = Value(list::sum);
        "The sum of its numbers, durations or sizes; 0 if there are none.";
        "[1s, 250ms].sum() => 1.25s";
    min() -> "any" = Value(order::min);
        "The smallest element, in the order of `sort`; null if there is none.";
        "[3, 1, 2].min() => 1";
    max() -> "any" = Value(order::max);
        "The largest element; null if there is none.";
        "['a', 'c', 'b'].max() => 'c'";
}
Map {
    len() -> "int" = Value(map::len);
        "The number of entries.";
        "{a: 1}.len() => 1";
    is_empty() -> "bool" = Value(map::is_empty);
        "Whether it is empty.";
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
        "Removes an entry from the variable, if it exists, and returns its value or null.";
        "let m = {a: 1, b: 2}; m.remove('a'); m => {'b': 2}";
    merge(others: Map.rest) -> "map" = Value(map::merge);
        "The map with the entries of the others added. They replace entries of the same key.";
        "{a: 1, b: 2}.merge({b: 3}) => {'a': 1, 'b': 3}";
    map_values(function: Function) -> "map" = Value(map::map_values);
        "The same keys, each with the result of the function for its value.";
        "{a: 1, b: 2}.map_values(x => x * 10) => {'a': 10, 'b': 20}";
    filter(function: Function) -> "map" = Value(map::filter);
        "The entries for whose key and value the function returns true.";
        "{a: 1, b: 2}.filter((key, value) => value > 1) => {'b': 2}";
    sort_by(key: Function) -> "map" = Value(order::sort_map_by);
        "The entries in ascending order of the function's results for key and value.";
        "{a: 2, b: 1}.sort_by((key, value) => value) => {'b': 1, 'a': 2}";
}
Number {
    round(digits: Int.optional) -> "int or float" = Value(number::round);
        "The nearest integer, or the nearest float with this many digits after the point. Halves are rounded away from zero.";
        "(2.5).round() => 3";
    abs() -> "int or float" = Value(number::abs);
        "The value without its sign.";
        "(-2.5).abs() => 2.5";
    sqrt() -> "float" = Value(number::sqrt);
        "The square root.";
        "9.sqrt() => 3.0";
    clamp(least: Any, most: Any) -> "int or float" = Value(number::clamp);
        "The number, or the nearer of the two limits if it is not between them.";
        "15.clamp(1, 10) => 10";
    floor() -> "int" = Value(number::floor);
        "The largest integer that is not greater.";
        "(-2.5).floor() => -3";
    ceil() -> "int" = Value(number::ceil);
        "The smallest integer that is not less.";
        "(2.1).ceil() => 3";
    format(digits: Int) -> "string" = Value(number::format);
        "The number as text, with exactly this many digits after the point.";
        "(2 / 3).format(2) => '0.67'";
}
Duration {
    abs() -> "duration" = Value(time::abs);
        "The value without its sign.";
        "(1s - 3s).abs() => 2s";
    seconds() -> "float" = Value(time::seconds);
        "The number of seconds. For other units divide: `d // 1ms`.";
        "(1500ms).seconds() => 1.5";
    format() -> "string" = Value(time::format);
        "The duration as text for people, in its two largest units.";
        "(7500s).format() => '2h 5m'";
    date(pattern: Str.optional, zone: Str.optional) -> "string" = Value(time::date);
        "The date and time of an instant, such as that of `now()`, by the signs `%Y %m %d %H %M %S %F %T %j %a %A %b %B %s %N %z %Z %%` of date(1); without a pattern `%Y-%m-%dT%H:%M:%SZ`. The zone is UTC, or a name of the system's time zone database, or `local`: the zone that `TZ` names, otherwise the system's.";
        "(0s).date('%F %T') => '1970-01-01 00:00:00'";
    days_since(earlier: Any, zone: Str.optional) -> "int" = Value(zone::days_since);
        "How many times the date has changed from an earlier instant to this one, in a zone as for `date`. The number of periods of 24 hours is `(b - a) // 1d`.";
        "parse_date('2024-03-01').days_since(parse_date('2024-02-28T23:59:00')) => 2";
}
Size {
    bytes() -> "int" = Value(number::size_bytes);
        "The number of bytes. For other units divide: `size / 1M`.";
        "(64K).bytes() => 65536";
    format() -> "string" = Value(number::size_format);
        "The size as text for people, with one digit after the point.";
        "(1300K).format() => '1.3M'";
}
Range {
    len() -> "int" = Value(list::range_len);
        "The number of integers in the range.";
        "(1..=10).len() => 10";
    is_empty() -> "bool" = Value(list::range_is_empty);
        "Whether it is empty.";
        "(5..<5).is_empty() => true";
}
Job {
    wait() -> "int" = Value(job::wait);
        "Waits for its end and returns its status. Fails if the job failed, unless `kill` ended it. `job.status` is null while the job runs, and `job.pid` is its first process.";
        "let job = spawn { true }; job.wait() => 0";
    output() -> "map" = Value(job::output);
        "For a job that `spawn capture { … }` started: waits for its end, and returns a record as of `capture { … }`, with `ok`, `status`, `out` and `err`. It does not fail if the job failed.";
        "let job = spawn capture { echo hi }; job.output().out => $'hi\\n'";
    kill(signal: Str.optional) -> "null" = Value(job::kill);
        "Asks its processes to end, by TERM or another signal, and kills them after the grace. Does not wait.";
        "let job = spawn { sleep 60 }; job.kill(); job.wait() => 143";
}
Worker {
    send(message: Any) -> "null" = Value(worker::send);
        "Sends a message: any value that JSON can carry, or a string to a worker with `channel=\"lines\"`. Waits while the worker takes none.";
        "let w = worker with channel=\"lines\" { cat }; w.send('hi'); w.receive() => 'hi'";
    receive() -> "any" = Value(worker::receive);
        "Waits for its next message and returns it. Fails if the channel was closed and no message is left.";
        "let w = worker with channel=\"stdio\" { echo '[1, 2]' }; w.receive() => [1, 2]";
    messages() -> "messages" = Value(worker::messages);
        "Its messages for a `for` loop, which ends when the channel is closed. Fails then if the worker failed.";
        "let w = worker with channel=\"lines\" { cat }; w.messages().type() => 'messages'";
    ask(message: Any, reply: Function.optional, timeout: Any.optional) -> "any" = Value(worker::ask);
        "Sends a message and returns the answer: the next message, or with `reply` the next one for which the function is true. Other messages stay for `receive()`. Fails after `timeout`.";
        "let w = worker with channel=\"lines\" { cat }; w.ask('hi', timeout: 10s) => 'hi'";
    close() -> "null" = Value(worker::close);
        "Sends nothing more: the worker reads the end of its input. Messages that it still sends can be received.";
        "let w = worker with channel=\"lines\" { cat }; w.close(); w.wait() => 0";
    wait() -> "int" = Value(worker::wait);
        "Waits for the end of its process and returns the status. Fails if it failed, unless `kill` ended it.";
        "let w = worker with channel=\"lines\" { cat }; w.close(); w.wait() => 0";
    kill(signal: Str.optional) -> "null" = Value(worker::kill);
        "Asks its processes to end, by TERM or another signal, and kills them after the grace. Does not wait.";
        "let w = worker { sleep 60 }; w.kill(); w.wait() => 143";
}
Pool {
    ask(message: Any, reply: Function.optional, timeout: Any.optional) -> "any" = Value(pool::ask);
        "Sends a free worker a message and returns the answer, as `w.ask` of a worker does. Waits while all workers are busy; the time limit begins when a worker gets the question.";
        "let pool = worker with jobs=2, channel=\"lines\" { cat }; pool.ask('hi', timeout: 10s) => 'hi'";
    send(message: Any, to: Int) -> "null" = Value(pool::send);
        "Sends a message to the worker with this number. The first is 0.";
        "let pool = worker with jobs=2, channel=\"lines\" { cat }; pool.send('hi', to: 1) => null";
    broadcast(message: Any, except: Int.optional) -> "int" = Value(pool::broadcast);
        "Sends a message to all workers, or to all except the one with this number. Returns how many got it. A worker that has ended is passed over.";
        "let pool = worker with jobs=3, channel=\"lines\" { cat }; pool.broadcast('hi', except: 0) => 2";
    messages() -> "messages" = Value(pool::messages);
        "The messages of all workers for a `for` loop with two names: the number of the worker, and the message. The loop ends when all channels are closed, and then fails if a worker failed and was not replaced.";
        "let pool = worker with jobs=2, channel=\"lines\" { cat }; pool.messages().type() => 'messages'";
    resize(workers: Int) -> "null" = Value(pool::resize);
        "Changes the number of workers. Those with the highest numbers end, after their answer.";
        "let pool = worker with jobs=1, channel=\"lines\" { cat }; pool.resize(3); pool.size => 3";
    stats() -> "list" = Value(pool::stats);
        "A map for each worker: `number`, `pid`, `stage`, `uptime`, `restarts`, `asked` and `last_end`.";
        "let pool = worker with jobs=2, channel=\"lines\" { cat }; pool.stats().len() => 2";
    close() -> "null" = Value(pool::close);
        "Sends nothing more: each worker reads the end of its input, once it has answered. Messages that they still send can be received.";
        "let pool = worker with jobs=2, channel=\"lines\" { cat }; pool.close(); pool.wait() => null";
    wait() -> "null" = Value(pool::wait);
        "Waits until all workers have ended. Fails if one failed and was not replaced.";
        "let pool = worker with jobs=2, channel=\"lines\" { cat }; pool.close(); pool.wait() => null";
    kill() -> "null" = Value(pool::kill);
        "Asks all workers to end, and kills them after the grace. Does not wait.";
        "let pool = worker with jobs=2 { sleep 60 }; pool.kill(); pool.wait() => null";
}
Service {
    restart() -> "null" = Value(service::restart);
        "Ends all its instances, starts them again, and waits until they are ready.";
        "let web = service { sleep 60 }; web.restart(); web.status => 'ready'";
    reload() -> "null" = Value(service::reload);
        "Replaces its instances one by one: the old run is asked to end when the new one is ready. If a new run ends or is not ready in time, the old one stays, and `reload` fails.";
        "let web = service { sleep 60 }; web.reload(); web.status => 'ready'";
    resize(instances: Int) -> "null" = Value(service::resize);
        "Changes the number of its instances, and waits until they are ready.";
        "let web = service { sleep 60 }; web.resize(2); web.stats().len() => 2";
    stop() -> "null" = Value(service::stop);
        "Ends its instances, and waits for their end.";
        "let web = service { sleep 60 }; web.stop(); web.status => 'ended'";
    wait() -> "null" = Value(service::wait);
        "Waits until all its instances have ended. Fails if it was given up.";
        "let web = service { true }; web.wait() => null";
    stats() -> "list" = Value(service::stats);
        "A map for each instance: `number`, `pid`, `stage`, `uptime`, `restarts`, `last_end`; of its last health check `checked` (how long ago), `healthy` and `unhealthy` (why not); `cpu` (1 is one processor), `memory`, the most of both as `most_cpu` and `most_memory`, `descriptors`, and a minute of `samples`.";
        "let web = service { sleep 60 }; web.stats()[0].stage => 'ready'";
}
Queue {
    add(data: Any, priority: Int.optional, delay: Any.optional, tries: Int.optional, key: Str.optional) -> "int" = Value(queue::add);
        "Adds a task and returns its number. Once it has returned, the task outlives a crash. `data` is any value that JSON can carry. The smaller `priority` (0) is taken first; the task is not taken before `delay` has passed; it is tried up to `tries` (25) times. `key` replaces the waiting task of that key.";
        "queue('tasks.db', 'mail').add({to: 'ann'}, priority: -5, delay: 10m) => 1";
    add_all(list: List, priority: Int.optional, delay: Any.optional, tries: Int.optional) -> "list" = Value(queue::add_all);
        "Adds a task for each element, all or none, and returns their numbers.";
        "queue('tasks.db', 'mail').add_all(['a', 'b']) => [1, 2]";
    drain() -> "tasks" = Value(queue::drain);
        "Its tasks for a `for` loop that ends when none is due and none runs. The loop then fails if a task has become failed.";
        "queue('tasks.db', 'mail').drain().type() => 'tasks'";
    stats() -> "map" = Value(queue::stats);
        "How many tasks are `ready`, `delayed`, `running` and `failed`, how many are `done` since the queue was made, whether it is `paused`, and for how long the oldest ready task has been due (`waiting`, null without one).";
        "let q = queue('tasks.db', 'mail'); q.add(1); q.stats().ready => 1";
    list(state: Str, limit: Int.optional) -> "list" = Value(queue::list_tasks);
        "The first tasks that are `ready`, `delayed`, `running` or `failed`, at most `limit` (1000), as maps: `id`, `state`, `data`, `priority`, `due`, `attempts`, `tries`, `key`, `added` and `error`. Times are as from `now()`.";
        "let q = queue('tasks.db', 'mail'); q.add('x'); q.list('ready').map(t => t.data) => ['x']";
    peek() -> "map or null" = Value(queue::peek);
        "The task that would be taken next, which stays in the queue; null if none is due.";
        "let q = queue('tasks.db', 'mail'); q.add('x'); q.peek().data => 'x'";
    retry(id: Int) -> "null" = Value(queue::retry);
        "Makes a task due now. A failed one gets all its tries again.";
        "let q = queue('tasks.db', 'mail'); let id = q.add('x', delay: 1h); q.retry(id); q.stats().ready => 1";
    delete(id: Int) -> "null" = Value(queue::delete);
        "Deletes a task that does not run.";
        "let q = queue('tasks.db', 'mail'); let id = q.add('x'); q.delete(id); q.stats().ready => 0";
    pause() -> "null" = Value(queue::pause);
        "Lets no worker take a task until `resume()`. Running tasks go on.";
        "let q = queue('tasks.db', 'mail'); q.pause(); q.stats().paused => true";
    resume() -> "null" = Value(queue::resume);
        "Lets workers take tasks again.";
        "let q = queue('tasks.db', 'mail'); q.pause(); q.resume(); q.stats().paused => false";
}
Secret {
    reveal() -> "string" = Value(secret::reveal);
        "Its text as an ordinary string. Messages still mask it.";
        "secret('a b').reveal() => 'a b'";
}
}

pub(super) use rows;
