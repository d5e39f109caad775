//! The macro `script!`, for scripts that are literals of a program.

use super::Script;

/// Includes a script in the source of the program: a `&'static Script` that is read once, at its first use. The names
/// after the text are its inputs.
///
/// ```
/// use pipewright::{Session, script};
///
/// fn count_lines(path: &str) -> Result<u64, Box<dyn std::error::Error>> {
///     let script = script!("wc -l < $path", path);
///     Ok(Session::new().run(script).arg("path", path).read()?.parse()?)
/// }
///
/// assert!(count_lines("/etc/passwd")? > 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The text is any expression of type `&'static str`, such as `include_str!("deploy.pw")`. A script in a file is
/// better checked when the program is built: see [`crate::build::check`].
///
/// # Panics
/// Panics at its first use, with the error pages, if the text is refused. As with a regular expression in a source,
/// any test that reaches it finds the error. [`Script::parse`] returns the error instead.
///
/// ```should_panic
/// pipewright::script!("echo $nmae", name);
/// ```
#[macro_export]
macro_rules! script {
    ($text:expr $(, $input:ident)* $(,)?) => {{
        static SCRIPT: ::std::sync::LazyLock<$crate::Script> = ::std::sync::LazyLock::new(|| {
            $crate::__script(concat!(file!(), ":", line!()), $text, &[$(stringify!($input)),*])
        });
        &*SCRIPT
    }};
}

/// Implements [`script!`](crate::script).
#[doc(hidden)]
#[track_caller]
pub fn __script(name: &str, text: &str, inputs: &[&str]) -> Script {
    let builder = inputs.iter().fold(Script::builder(name), |builder, input| builder.input(input));
    match builder.parse(text) {
        Ok(script) => script,
        Err(error) => panic!("a literal script is refused: {error:?}"),
    }
}
