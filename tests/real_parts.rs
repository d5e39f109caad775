//! Tests the scripts in `scripts/` that keep a service running, with its real parts: ImageMagick with a converter
//! that hangs, SQLite with a database that another process writes, curl with a server that fails at first.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::place::{HOSTILE, Place, assert_fails, assert_fails_with, assert_says, names, need};
use crate::support::{Outcome, Run};

/// A program that runs beside the script, and is ended with the test.
struct Beside(Child);

impl Beside {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it is installed"))
    }

    fn feed(&mut self, text: &str) {
        let stdin = self.0.stdin.as_mut().expect("it is a pipe");
        stdin.write_all(text.as_bytes()).expect("it reads");
    }

    fn first_line(&mut self) -> String {
        let mut line = String::new();
        let out = self.0.stdout.as_mut().expect("it is a pipe");
        BufReader::new(out).read_line(&mut line).expect("it prints a line");
        line.trim_end().into()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

// --------------------------------------------------------------------------------------- thumbnails.pw

fn picture(size: &str) -> Vec<u8> {
    Run::new("convert").args(["-size", size, "gradient:red-blue", "png:-"]).run().success().stdout
}

fn size_of(picture: Vec<u8>) -> String {
    Run::new("identify").args(["-format", "%m %wx%h", "-"]).stdin(picture).run().success().out()
}

/// Returns the fields of the summary: kind, pictures, made, existing, failed, and two sizes.
fn row_of(outcome: &Outcome, kind: &str) -> Vec<String> {
    let out = outcome.out();
    let row = out.lines().find(|line| line.split_whitespace().next() == Some(kind));
    row.unwrap_or_else(|| panic!("no {kind}: {outcome}")).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn thumbnails_are_made_of_pictures_of_any_name_and_only_once() {
    if !need(&["convert", "identify", "montage", "mktemp", "mkdir", "rm"]) {
        return;
    }
    let place = Place::new();
    let large = picture("640x480");
    let source = "-my pictures";
    let with = |name: &[u8], ext: &[u8]| OsStr::from_bytes(&[name, ext].concat()).to_owned();
    // These names would be commands to ImageMagick if it got them.
    let orders: &[&[u8]] = &[b"msl:order", b"@list", b"a[3]", b"%d"];
    let all: Vec<_> = HOSTILE.iter().chain(orders).collect();
    for name in &all {
        place.write(Path::new(source).join("sub dir").join(with(name, b".PNG")), &large);
    }
    place.write(Path::new(source).join("small.png"), picture("20x10"));
    place.write(Path::new(source).join("notes.txt"), "no picture");
    let made = place.run("thumbnails.pw", &["--pixels", "64", "--sheet", "--", source, "out"]).success();
    assert_says(&made, &["1 pages of overview\n"]);
    let count = all.len() + 1;
    assert_eq!(row_of(&made, "png")[..5], ["png", &*format!("{count}"), &*format!("{count}"), "0", "0"]);
    for name in &all {
        let path = place.at("out/sub dir").join(with(name, b".jpg"));
        assert_eq!(size_of(fs::read(&path).expect("it is made")), "JPEG 64x48", "{path:?}");
    }
    assert_eq!(size_of(fs::read(place.at("out/small.jpg")).expect("it is made")), "JPEG 20x10");
    assert_eq!(names(&place.at("out")), ["sheet-001.jpg", "small.jpg", "sub dir"]);

    let before = names(&place.at("out/sub dir"));
    let again = place.run("thumbnails.pw", &["--", source, "out"]).success();
    assert_eq!(row_of(&again, "png")[..5], ["png", &*format!("{count}"), "0", &*format!("{count}"), "0"]);
    assert_eq!(names(&place.at("out/sub dir")), before);
    assert_eq!(size_of(fs::read(place.at("out/sub dir/two words.jpg")).expect("it is left")), "JPEG 64x48");
    assert_fails(&place.run("thumbnails.pw", &["--", source, "./-my pictures/out"]), "lies in -my pictures");
}

#[test]
fn a_converter_that_hangs_is_ended_and_the_others_go_on() {
    if !need(&["convert", "identify", "mktemp", "mkdir", "rm"]) {
        return;
    }
    let place = Place::new();
    let good = picture("64x64");
    for name in ["a", "hangs", "z"] {
        place.write(format!("in/{name}.png"), &good);
    }
    // It starts its own process and ignores TERM, as a hung converter may.
    let hanging = "#!/bin/sh\ncase $(readlink /proc/self/fd/0) in\n*/hangs.png)\n    echo try >> \"$HOME-tries\"\n    \
                   trap '' TERM; sleep 60 & wait ;;\nesac\nPATH=${PATH#*:} exec convert \"$@\"\n";
    place.write_program("../bin/convert", hanging);
    let outcome = place.run("thumbnails.pw", &["in", "out", "--timeout", "3s", "--pixels", "8"]);
    assert_fails(&outcome, "\nhangs.png: timed out after 3s: the block and its processes were ended\n");
    assert_eq!(row_of(&outcome, "png")[..5], ["png", "3", "2", "0", "1"]);
    assert_eq!(place.read("home-tries"), "try\n".repeat(2), "once more, and no more often");
    assert_eq!(names(&place.at("out")), ["a.jpg", "z.jpg"]);
}

#[test]
fn a_damaged_picture_leaves_the_thumbnail_that_was_there() {
    if !need(&["convert", "identify", "mktemp", "mkdir", "rm"]) {
        return;
    }
    let place = Place::new();
    let photo = Run::new("convert").args(["-size", "300x300", "plasma:red-blue", "jpg:-"]).run().success();
    place.write("in/photo.jpg", &photo.stdout);
    place.run("thumbnails.pw", &["in", "out"]).success();
    let made = fs::read(place.at("out/photo.jpg")).expect("it is made");

    // ImageMagick warns about it, makes a picture that is half grey, and succeeds.
    place.write("in/photo.jpg", &photo.stdout[..photo.stdout.len() / 2]);
    place.write("in/empty.png", "");
    place.write("in/photo.jpeg", &photo.stdout);
    let outcome = place.run("thumbnails.pw", &["in", "out"]);
    assert_fails(&outcome, "photo.jpg: its thumbnail would replace that of photo.jpeg\n");
    fs::remove_file(place.at("in/photo.jpeg")).expect("it is there");
    fs::write(place.at("out/photo.jpg"), &made).expect("it is ours");
    place.write("in/photo.jpg", &photo.stdout[..photo.stdout.len() / 2]);
    let outcome = place.run("thumbnails.pw", &["in", "out"]);
    assert_fails(&outcome, "photo.jpg: convert");
    assert_eq!(row_of(&outcome, "jpg")[..5], ["jpg", "1", "0", "0", "1"]);
    assert_eq!(row_of(&outcome, "png")[..5], ["png", "1", "0", "0", "1"]);
    assert_eq!(names(&place.at("out")), ["photo.jpg"]);
    assert_eq!(fs::read(place.at("out/photo.jpg")).expect("it is left"), made);

    // Too little memory for the program itself.
    place.write("in/photo.jpg", &photo.stdout);
    assert_fails(&place.run("thumbnails.pw", &["in", "new", "--memory", "1M"]), "photo.jpg: ");
    assert_eq!(names(&place.at("new")), [""; 0]);
    assert_fails(&place.run("thumbnails.pw", &["out/none", "new"]), "no directory out/none");
}

// ---------------------------------------------------------------------------------------- db-backup.pw

const DATABASE: &str = "-my 'data'; $(touch canary).db";

fn sql(place: &Place, database: &str, text: &str) -> String {
    let file = place.at(database);
    Run::new("sqlite3").dir(place.work()).arg(file).arg(text).run().success().out()
}

fn backup(place: &Place, args: &[&str]) -> Outcome {
    place.run("db-backup.pw", &[args, &["--", DATABASE, "out"]].concat())
}

fn a_database(place: &Place) {
    sql(
        place,
        DATABASE,
        "create table t (a); insert into t values (1), (2), (randomblob(200000)); create index i on t (a)",
    );
}

/// Creates a place with a database and its backup of today.
fn a_backup() -> (Place, Vec<u8>) {
    let place = Place::new();
    a_database(&place);
    backup(&place, &[]).success();
    let kept = todays(&place);
    (place, kept)
}

/// Returns the only backup of today, as a file.
fn todays(place: &Place) -> Vec<u8> {
    let mut made = names(&place.at("out"));
    made.retain(|name| name.as_bytes().ends_with(b".db.gz") && !name.to_string_lossy().contains("-2020-"));
    assert_eq!(made.len(), 1, "{made:?}");
    fs::read(place.at("out").join(&made[0])).expect("it is there")
}

const PARTS: &[&str] = &["sqlite3", "gzip", "cat", "mktemp", "mkdir", "rm"];

#[test]
fn a_database_in_use_is_backed_up_and_old_backups_go() {
    if !need(PARTS) {
        return;
    }
    let place = Place::new();
    a_database(&place);
    let stem = DATABASE.strip_suffix(".db").expect("it has one");
    for day in 1..=3 {
        place.write(format!("out/{stem}-2020-01-0{day}.db.gz"), "old");
    }
    let others = [format!("{stem}-test-2020-01-01.db.gz"), format!("{stem}-notes.txt")];
    others.iter().for_each(|name| _ = place.write(format!("out/{name}"), "another's"));

    // A writer is in the middle of a transaction, whose rows are not there yet.
    sql(&place, DATABASE, "pragma journal_mode = wal");
    let mut writer = Beside::start(Command::new("sqlite3").arg(place.at(DATABASE)));
    writer.feed("begin immediate; insert into t values (9); select 'ready';\n");
    assert_eq!(writer.first_line(), "ready");
    let made = backup(&place, &["--keep", "2"]).success();
    assert_says(&made, &[": 4", "removed ", "-2020-01-01.db.gz\n", "-2020-01-02.db.gz\n"]);
    drop(writer);

    let copy = Run::new("gzip").arg("-dc").stdin(todays(&place)).run().success();
    place.write("restored.db", copy.stdout);
    assert_eq!(sql(&place, "restored.db", "select count(*) from t; pragma integrity_check"), "3\nok\n");
    let left = names(&place.at("out"));
    assert!(others.iter().all(|name| left.contains(&name.into())) && left.len() == 4, "{left:?}");

    backup(&place, &["--keep", "2"]).success();
    assert_eq!(names(&place.at("out")), left, "the day's backup is replaced");
    assert_says(&backup(&place, &["--max-age", "1h"]).success(), &[" old; there are 2\n"]);
    assert_fails(&backup(&place, &["--max-age", "1ms"]), "and should be no older than 1ms\n");
    assert_fails(&place.run("db-backup.pw", &["none.db", "out", "--max-age", "1h"]), "there is no backup");
    assert_fails(&place.run("db-backup.pw", &["none.db", "out"]), "no database none.db");
}

#[test]
fn a_broken_database_does_not_replace_a_backup() {
    if !need(PARTS) {
        return;
    }
    let (place, kept) = a_backup();
    let whole = fs::read(place.at(DATABASE)).expect("it is there");

    let mut damaged = whole.clone();
    let half = damaged.len() / 2;
    damaged[half..half + 4096].fill(0xff);
    for (text, said) in
        [(&damaged[..], "damaged"), (b"no database", "`sqlite3` exited"), (b"", "the copy holds no tables")]
    {
        place.write(DATABASE, text);
        assert_fails(&backup(&place, &["--keep", "1"]), said);
        assert_eq!(todays(&place), kept);
    }
    place.write(DATABASE, whole);

    // A database that another process keeps locked.
    let mut writer = Beside::start(Command::new("sqlite3").arg(place.at(DATABASE)));
    writer.feed("begin exclusive; select 'ready';\n");
    assert_eq!(writer.first_line(), "ready");
    assert_fails(&backup(&place, &["--wait", "50ms"]), "database is locked");
    assert_eq!(todays(&place), kept);

    // TERM arrives while SQLite waits for it.
    let path = "PATH=${PATH#*:} exec";
    place.write_program(
        "../bin/sqlite3",
        &format!("#!/bin/sh\n(sleep 0.3; kill -TERM $PPID) &\n{path} sqlite3 \"$@\"\n"),
    );
    assert_fails_with(&backup(&place, &["--wait", "1m"]), 143, "");
    assert_eq!(todays(&place), kept);
}

/// TERM arrives in the middle of each part: the old backup is complete, and nothing else is left, neither beside it
/// nor in TMPDIR.
#[test]
fn term_in_the_middle_of_a_backup_leaves_the_old_one() {
    if !need(PARTS) {
        return;
    }
    let (place, kept) = a_backup();
    let real = "PATH=${PATH#*:}; export PATH\n";
    for (program, part) in [
        ("gzip", "case $1 in --test) ;; *) head -c 1000 \"$2\" | gzip > \"$2.gz\" ;; esac"),
        ("cat", "head -c 1000 -- \"$2\""),
    ] {
        let text = format!("#!/bin/sh\n{real}{part}\nkill -TERM $PPID\nsleep 9\n");
        place.write_program(format!("../bin/{program}"), &text);
        sql(&place, DATABASE, "insert into t values (4)");
        let ended = backup(&place, &[]);
        assert_fails_with(&ended, 143, "");
        assert_eq!(todays(&place), kept, "{program}");
        assert_eq!(names(&place.at("../tmp")), [""; 0], "{program}");
        fs::remove_file(place.at(format!("../bin/{program}"))).expect("it is ours");
    }
    backup(&place, &[]).success();
    assert_ne!(todays(&place), kept);
}

// ------------------------------------------------------------------------------------- health-check.pw

/// Serves the files of its directory; `/flaky` fails twice, and `/slow` answers late.
const SERVER: &str = "
import http.server, time
failures = 2
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        global failures
        if self.path == '/flaky' and failures > 0:
            failures -= 1
            return self.send_error(503)
        if self.path == '/slow':
            time.sleep(20)
        super().do_GET()
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
";

fn server(place: &Place) -> (Beside, String) {
    fs::create_dir(place.at("site")).expect("a directory can be made");
    let mut command = Command::new("python3");
    let mut server = Beside::start(command.args(["-c", SERVER]).current_dir(place.at("site")));
    let port = server.first_line();
    (server, format!("http://127.0.0.1:{port}"))
}

#[test]
fn a_server_that_fails_twice_is_well_at_the_third_time() {
    if !need(&["curl", "python3", "mktemp", "rm"]) {
        return;
    }
    let place = Place::new();
    let (_server, url) = server(&place);
    place.write("site/flaky", "all is well");
    let service = |retry: u32| {
        format!(
            r#"{{"services": [{{"name": "-web $(touch canary)", "url": "{url}/flaky", "retry": {retry}, "backoff": "20ms", "holds": "well"}}]}}"#
        )
    };
    place.write("once.json", service(0));
    place.write("thrice.json", service(2));
    let once = place.run("health-check.pw", &["once.json"]);
    assert_fails(&once, "1 of 1 are down: -web $(touch canary)\n");
    assert_says(&once, &["-web $(touch canary)  DOWN   - ", "  answers 503, and not 200\n"]);
    let thrice = place.run("health-check.pw", &["thrice.json"]).success();
    assert_says(&thrice, &["-web $(touch canary)  ok "]);
    assert!(thrice.err().contains("run 1 of 3 failed: answers 503, and not 200; again "), "{thrice}");
    assert!(!thrice.err().contains("run 2 of 3"), "{thrice}");
}

#[test]
fn a_failing_service_is_reported_once_and_again_when_it_recovers() {
    if !need(&["curl", "python3", "mktemp", "rm"]) {
        return;
    }
    let place = Place::new();
    let (_server, url) = server(&place);
    place.write("site/a[1]{b,c}", "fine");
    let fast = r#""retry": 1, "backoff": "10ms""#;
    let config = format!(
        r#"{{"services": [
            {{"name": "globs", "url": "{url}/a[1]{{b,c}}", {fast}}},
            {{"name": "text; `touch canary`", "url": "{url}/a[1]{{b,c}}", "holds": "$(touch canary)", {fast}}},
            {{"name": "late", "url": "{url}/slow", "timeout": "200ms", {fast}}},
            {{"name": "refused", "url": "http://127.0.0.1:1/", {fast}}},
            {{"name": "missing", "url": "{url}/missing", {fast}}},
            {{"name": "meant to be", "url": "{url}/missing.html", "status": 404, {fast}}}]}}"#
    );
    place.write("c.json", config);
    place.write_program("notify", "#!/bin/sh\nprintf '%s\\n' \"$1\" >> sent\n");
    let run = || place.run("health-check.pw", &["c.json", "--state", "the state", "--notify", "./notify"]);
    let first = run();
    assert_fails(&first, "4 of 6 are down: text; `touch canary`, late, refused, missing\n");
    assert_says(&first, &["globs                 ok ", "meant to be           ok "]);
    let sent: Vec<_> = place.read("sent").lines().map(str::to_owned).collect();
    assert_eq!(sent.len(), 4, "{sent:?}");
    assert_eq!(sent[0], "service text; `touch canary`: the answer does not hold '$(touch canary)'");
    assert!(sent[1].starts_with("service late: curl: (28) "), "{sent:?}");
    assert!(sent[2].starts_with("service refused: curl: (7) "), "{sent:?}");
    assert_eq!(sent[3], "service missing: answers 404, and not 200");

    place.write("site/missing", "there");
    assert_fails(&run(), "3 of 6 are down: text; `touch canary`, late, refused\n");
    let sent: Vec<_> = place.read("sent").lines().map(str::to_owned).collect();
    assert_eq!(sent.len(), 5, "only what has changed: {sent:?}");
    assert!(sent[4].starts_with("service missing: is well again, was not since 20"), "{sent:?}");

    place.write_program("notify", "#!/bin/sh\nexit 9\n");
    fs::remove_file(place.at("site/missing")).expect("it is there");
    assert_fails(&run(), "could not notify: `./notify` exited with 9\n");
    assert!(place.read("the state").contains("\"ok\": false"));
}

#[test]
fn a_config_that_would_check_nothing_is_refused() {
    let place = Place::new();
    for (config, said) in [
        (r#"{"services": []}"#, "c.json names no services"),
        (r#"{"services": [{"name": "a"}]}"#, "c.json: a service without url: {"),
        (
            r#"{"services": [{"name": "a", "url": "file:///etc/passwd"}]}"#,
            "a: no URL of http: file:///etc/passwd",
        ),
        (
            r#"{"services": [{"name": "a", "url": "http://x"}, {"name": "a", "url": "http://y"}]}"#,
            "two services have one name",
        ),
    ] {
        place.write("c.json", config);
        assert_fails(&place.run("health-check.pw", &["c.json"]), said);
    }
    place.write("c.json", r#"{"services": [{"name": "a", "url": "http://x"}]}"#);
    assert_fails(&place.run("health-check.pw", &["c.json", "--notify", "x"]), "--notify needs --state");
}

// -------------------------------------------------------------------------------------------- links.pw

#[test]
fn dead_links_to_files_and_headings_are_listed_with_their_places() {
    let place = Place::new();
    place.write(
        "docs/index.md",
        "# Start\n[there](sub/a%20b.md), [gone](gone.md) and `[code](none.md)`\n[above](#start) [below](#end)\n\
         ```\n[in a block](none.md)\n```\n[mail](mailto:ann@example.org)\n",
    );
    place.write(
        "docs/sub/a b.md",
        "# Two words!\n[back](../index.md#start) [here](#two-words) [no](../index.md#no)\n",
    );
    place.write("docs/page.html", "<a href=\"index.md\">x</a>\n<img src=\"$(touch canary).png\">\n");
    let run = place.run("links.pw", &["docs"]);
    assert_eq!(run.status, 1, "{run}");
    assert_says(
        &run,
        &[
            "\nindex.md       2  gone.md              no such file\n",
            "\nindex.md       3  #end                 no such heading\n",
            "\npage.html      2  $(touch canary).png  no such file\n",
            "\nsub/a b.md     2  ../index.md#no       no such heading\n",
            "3 pages, 9 links, 4 dead\n",
        ],
    );
    place.write("good/a.md", "[b](b.md)\n");
    place.write("good/b.md", "nothing\n");
    assert_eq!(place.run("links.pw", &["good"]).success().out(), "2 pages, 1 links, 0 dead\n");
}

#[test]
fn addresses_are_asked_for_once_each_and_only_on_request() {
    if !need(&["curl", "python3"]) {
        return;
    }
    let place = Place::new();
    let (_server, url) = server(&place);
    place.write("site/a b", "there");
    place.write("site/flaky", "fails for GET, and is there for HEAD");
    place.write("docs/a.md", format!("[a]({url}/a%20b) [flaky]({url}/flaky) [gone]({url}/gone[1-2])\n"));
    place.write(
        "docs/b.md",
        format!("[a]({url}/a%20b) [gone]({url}/gone[1-2])\n[refused](http://127.0.0.1:9/)\n"),
    );
    assert_eq!(place.run("links.pw", &["docs"]).success().out(), "2 pages, 6 links, 0 dead\n");
    let run = place.run("links.pw", &["docs", "--web", "--jobs", "3"]);
    assert_eq!(run.status, 1, "{run}");
    assert_says(&run, &["status 404\n", "http://127.0.0.1:9/", "2 pages, 6 links, 3 dead\n"]);
}
