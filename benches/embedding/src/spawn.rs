//! Measures a run of a parsed `/bin/true`, and a bare posix_spawn(3) and waitpid(2) of it.

use crate::pair::Pair;
use pipewright::{Script, Session};
use std::ptr;

pub fn pairs() -> Vec<Pair> {
    let script = Script::parse("true", "/bin/true").expect("a script");
    let mut session = Session::new();
    vec![Pair {
        name: "spawn: /bin/true",
        against: "posix_spawn",
        count: 4_000,
        at_once: 20,
        ours: Box::new(move |count| {
            for _ in 0..count {
                session.run(&script).status().expect("it succeeds");
            }
        }),
        floor: Box::new(|count| (0..count).for_each(|_| posix_spawn())),
    }]
}

unsafe extern "C" {
    static environ: *const *mut libc::c_char;
}

fn posix_spawn() {
    let program = c"/bin/true".as_ptr();
    let argv = [program.cast_mut(), ptr::null_mut()];
    let (mut pid, mut status) = (0, 0);
    // SAFETY: the arrays end with null, their strings with NUL, and outlive the call; no thread changes
    // the environment.
    let waited = unsafe {
        let error = libc::posix_spawn(&mut pid, program, ptr::null(), ptr::null(), argv.as_ptr(), environ);
        assert_eq!(error, 0, "posix_spawn");
        libc::waitpid(pid, &mut status, 0)
    };
    assert_eq!((waited, status), (pid, 0));
}
