//! Any script that may run nothing and open nothing ends in time, without a panic.
//!
//! `cargo +nightly fuzz run untrusted --target x86_64-unknown-linux-gnu -- -max_total_time=60`
#![no_main]

use pipewright::policy::{Denial, Request};
use pipewright::{Engine, Limits, Output, Script};
use std::sync::LazyLock;
use std::time::Duration;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut limits = Limits::untrusted();
    limits.steps = Some(2_000);
    limits.value_bytes = Some(64 << 10);
    limits.captured_bytes = Some(64 << 10);
    limits.wall_time = Some(Duration::from_secs(2));
    let refuse = |request: &Request<'_>| Err(Denial::new(format!("{request}: no")));
    Engine::builder().policy(refuse).limits(limits).build().expect("it fits together")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(script) = Script::builder("fuzz").alone().parse(bytes) else { return };
    let run = ENGINE.session().run(&script).stdout(Output::Null).stderr(Output::Null).status();
    if let Err(error) = run {
        assert_ne!(error.kind(), pipewright::ErrorKind::Internal, "{}", error.render(false, 80));
        drop(error.render(false, 80));
    }
});
