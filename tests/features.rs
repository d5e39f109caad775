//! Tests the optional features; CI runs this with all of them.

mod values {
    use pipewright::{Script, Session, Value};

    #[test]
    fn values_go_to_formats_and_come_back() {
        let script =
            Script::parse("t", "let v = {a: [1, 2.5, true, null], b: 'x', pause: 1500ms, size: 4K}").unwrap();
        let mut session = Session::new();
        session.run(&script).status().unwrap();
        let value = session.value("v").unwrap();
        let text = serde_json::to_string(value).unwrap();
        assert_eq!(text, r#"{"a":[1,2.5,true,null],"b":"x","pause":"1.5s","size":4096}"#);
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
    }

    #[test]
    fn unknown_formats_are_refused() {
        let script =
            Script::parse("t", "let r = 1..<3; let s = secret('hunter2'); fn f() { }; let g = f").unwrap();
        let mut session = Session::new();
        session.run(&script).status().unwrap();
        for name in ["r", "s", "g"] {
            let error = serde_json::to_string(session.value(name).unwrap()).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{name}: {error}");
        }
    }
}

mod pages {
    use miette::{Diagnostic, Severity};
    use pipewright::{Script, Session};

    #[test]
    fn an_error_is_a_diagnostic_of_miette() {
        let script = Script::parse("job", "true\nsh -c 'exit 7'").unwrap();
        let error = Session::new().run(&script).status().unwrap_err();
        assert_eq!(error.code().unwrap().to_string(), "E1001");
        assert_eq!(error.severity(), Some(Severity::Error));
        let label = error.labels().unwrap().next().unwrap();
        assert_eq!((label.offset(), label.len(), label.label()), (5, 14, Some("exited with 7")));
        assert!(label.primary());
        let source = error.source_code().unwrap();
        {
            let part = source.read_span(label.inner(), 0, 0).unwrap();
            assert_eq!((part.name(), part.data(), part.line()), (Some("job"), &b"sh -c 'exit 7'"[..], 1));
        }
        // As with `?`.
        let report = miette::Report::from(error);
        assert_eq!(report.to_string(), "job:2:1: `sh` exited with 7");
    }

    #[test]
    fn all_that_is_wrong_with_a_script_is_related() {
        let error = Script::parse("t", "echo $a\necho $b").unwrap_err();
        let pages: Vec<String> =
            error.related().unwrap().map(|page| page.code().unwrap().to_string()).collect();
        assert_eq!(pages, ["E0201", "E0201"]);
        let help = error.related().unwrap().next().unwrap().help().unwrap().to_string();
        assert!(help.starts_with("declare it before: let a = …"), "{help}");
    }

    #[test]
    fn a_text_with_a_secret_is_not_returned() {
        let script = Script::parse("t", "let s = secret('hunter2'); fail \"no $[s.reveal()]\"").unwrap();
        let error = Session::new().run(&script).status().unwrap_err();
        assert!(error.source_code().is_none());
        assert!(!error.to_string().contains("hunter2"));
    }
}

mod traces {
    use pipewright::{Engine, Tracing};
    use std::collections::HashMap;
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};

    /// Records events, with the fields as `name=value`.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<State>>);

    #[derive(Default)]
    struct State {
        spans: HashMap<u64, Vec<String>>,
        closed: usize,
        events: Vec<String>,
    }

    struct Fields<'f>(&'f mut Vec<String>);

    impl Visit for Fields<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            self.0.push(format!("{}={value:?}", field.name()));
        }
    }

    impl Subscriber for Kept {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "pipewright"
        }
        fn new_span(&self, attributes: &Attributes<'_>) -> Id {
            let mut state = self.0.lock().unwrap();
            let id = state.spans.len() as u64 + 1;
            attributes.record(&mut Fields(state.spans.entry(id).or_default()));
            Id::from_u64(id)
        }
        fn record(&self, span: &Id, values: &Record<'_>) {
            let mut state = self.0.lock().unwrap();
            values.record(&mut Fields(state.spans.entry(span.into_u64()).or_default()));
        }
        fn event(&self, event: &Event<'_>) {
            let mut fields = Vec::new();
            event.record(&mut Fields(&mut fields));
            self.0.lock().unwrap().events.push(format!("{} {}", event.metadata().level(), fields.join(" ")));
        }
        fn try_close(&self, _: Id) -> bool {
            self.0.lock().unwrap().closed += 1;
            true
        }
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn programs_are_spans_and_pipelines_events() {
        let kept = Kept::default();
        let engine = Engine::builder().observer(Tracing::default()).build().unwrap();
        let text = "with retry=1, backoff=1ms { sh -c 'exit 3' }";
        let script = engine.script("job", text).unwrap();
        let mut session = engine.session();
        let run = session.run(&script).stderr(pipewright::Output::Null);
        tracing::subscriber::with_default(kept.clone(), || run.status()).unwrap_err();
        let state = kept.0.lock().unwrap();
        assert_eq!((state.spans.len(), state.closed), (2, 2));
        let fields = state.spans[&1].join(" ");
        for part in ["pid=", "argv=sh -c 'exit 3'", "at=job:1:29", "status=3", "user_ms=", "memory="] {
            assert!(fields.contains(part), "{part}: {fields}");
        }
        let events = state.events.join("\n");
        for part in ["DEBUG", "at=job:1:29 status=3 stages=1", "WARN message=job:1:29: run 1 of 2 failed"] {
            assert!(events.contains(part), "{part}: {events}");
        }
    }
}
