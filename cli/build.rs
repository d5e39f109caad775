//! Has the linker lay the functions of a start side by side (start.ld): spread over all of the program they cost a
//! page fault each. The program is the same without, but for its layout.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=start.ld");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    // GNU ld and LLD take such a script. Another linker may refuse it, so a build that names one goes without.
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let other_linker = flags.contains("link")
        || ["RUSTC_LINKER", "MOLD_PATH"].iter().any(|name| env::var_os(name).is_some());
    if is("PROFILE", "release")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && !other_linker
    {
        let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-arg-bins=-T{here}/start.ld");
    }
}
