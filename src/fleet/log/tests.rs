use super::*;
use crate::value::Value;
use proptest::prelude::*;
use std::time::{Duration, UNIX_EPOCH};

const HEAD: Head<'_> = Head { script: "/work/convert.pw", variable: "clip" };

fn item(text: &str) -> Item {
    Item::of(&Value::from(text)).unwrap()
}

fn line(item: &Item, end: RecordedEnd<'_>) -> Vec<u8> {
    let start = UNIX_EPOCH + Duration::from_millis(1_500_250);
    let (duration, cpu) = (Duration::from_millis(520), Duration::from_micros(1500));
    let code = (end != RecordedEnd::Status(0)).then_some("E1001");
    let finished =
        Finished { item, number: 7, start, duration, tries: 2, end, host: None, code, cpu, memory: 4096 };
    finished.line()
}

fn log(turns: &[(&str, u8)]) -> Vec<u8> {
    let lines = turns.iter().flat_map(|(text, status)| line(&item(text), RecordedEnd::Status(*status)));
    HEAD.line().into_iter().chain(lines).collect()
}

fn read(log: &[u8]) -> DoneItems {
    DoneItems::read(log, &HEAD).unwrap()
}

#[test]
fn the_lines_are_json_that_other_programs_read() {
    let expected = "{\"pipewright_loop\":1,\"script\":\"/work/convert.pw\",\"variable\":\"clip\"}\n";
    assert_eq!(String::from_utf8(HEAD.line()).unwrap(), expected);
    let expected = "{\"item\":\"a\",\"number\":7,\"start\":1500.25,\"duration\":0.52,\"tries\":2,\"signal\":\"SIGTERM\",\
        \"host\":null,\"code\":\"E1001\",\"cpu\":0.0015,\"memory\":4096}\n";
    assert_eq!(String::from_utf8(line(&item("a"), RecordedEnd::Signal("SIGTERM"))).unwrap(), expected);
}

#[test]
fn an_item_is_its_json_text() {
    let list: Value = vec![Value::from("two words"), Value::from(1), Value::Null].into();
    let cases = [
        (Value::from("a\"\n"), r#""a\"\n""#),
        (Value::from(&b"\xff"[..]), r#"{"base64":"/w=="}"#),
        (list, r#"["two words",1,null]"#),
    ];
    for (value, expected) in cases {
        assert_eq!(Item::of(&value).unwrap().json(), expected);
    }
    assert_eq!(Item::of_pair(&Value::from("k"), &Value::from(2)).unwrap().json(), r#"["k",2]"#);
}

#[test]
fn an_item_with_a_secret_is_refused_however_deep_it_is() {
    let inner: Value = vec![Value::from("x"), Value::secret("hunter2")].into();
    let outer: Value = vec![inner].into();
    assert_eq!(Item::of(&outer), Err(NoItem::Secret));
}

#[test]
fn successful_items_are_done_and_failed_items_are_not() {
    let mut bytes = log(&[("good", 0), ("bad", 1)]);
    bytes.extend(line(&item("ended"), RecordedEnd::Signal("SIGTERM")));
    let mut done = read(&bytes);
    assert!(done.take(&item("good")));
    assert!(!done.take(&item("bad")) && !done.take(&item("ended")) && !done.take(&item("new")));
}

#[test]
fn an_item_that_failed_first_and_succeeded_later_is_done() {
    assert!(read(&log(&[("a", 1), ("a", 0)])).take(&item("a")));
}

#[test]
fn equal_items_are_counted() {
    let mut done = read(&log(&[("a", 0), ("a", 0)]));
    let taken: Vec<bool> = (0..3).map(|_| done.take(&item("a"))).collect();
    assert_eq!(taken, [true, true, false]);
}

#[test]
fn a_text_and_a_number_are_different_items() {
    let mut done = read(&log(&[("1", 0)]));
    assert!(!done.take(&Item::of(&Value::from(1)).unwrap()));
}

#[test]
fn a_log_of_another_loop_names_it() {
    let other = Head { variable: "file", ..HEAD };
    let found = DoneItems::read(&log(&[])[..], &other).map(|_| ());
    assert!(matches!(found, Err(Unusable::OtherLoop { variable, .. }) if variable == "clip"));
}

#[test]
fn a_file_that_is_not_a_log_is_refused() {
    for text in ["name,size\na,1\n", "no line end", "\n", "{\"pipewright_loop\":2,\"script\":\"\"}\n"] {
        let found = DoneItems::read(text.as_bytes(), &HEAD).map(|_| ());
        assert!(matches!(found, Err(Unusable::NoLog)), "{text}");
    }
}

#[test]
fn a_changed_line_is_reported_by_its_number() {
    let mut bytes = log(&[("a", 0)]);
    bytes.extend_from_slice(b"{\"item\":\"b\"}\n");
    let found = DoneItems::read(&bytes[..], &HEAD).map(|_| ());
    assert!(matches!(found, Err(Unusable::Damaged(3))));
}

proptest! {
    /// A run that is killed may leave any prefix of its log.
    #[test]
    fn each_beginning_of_a_log_holds_the_turns_whose_lines_are_complete(
        turns in prop::collection::vec(("[a-c\"\\\\{}, \u{e9}]{0,4}", 0_u8..2), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let turns: Vec<(&str, u8)> = turns.iter().map(|(text, status)| (text.as_str(), *status)).collect();
        let whole = log(&turns);
        let log = &whole[..cut.index(whole.len() + 1)];
        let mut done = read(log);
        let complete = log.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        prop_assert_eq!(done.length(), complete as u64);
        let lines = log.iter().filter(|byte| **byte == b'\n').count();
        let (logged, lost) = turns.split_at(lines.saturating_sub(1));
        for (text, _) in logged.iter().filter(|(_, status)| *status == 0) {
            prop_assert!(done.take(&item(text)));
        }
        for (text, _) in lost {
            prop_assert!(!done.take(&item(text)));
        }
    }
}
