//! The input and output of a run.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{ChildStdin, ChildStdout};

/// The standard input of a run.
///
/// ```
/// use pipewright::{Input, Script, Session};
/// use std::fs::File;
///
/// let count = Script::parse("t", "wc -c")?;
/// let mut session = Session::new();
/// assert_eq!(session.run(&count).stdin("four").read()?.trim(), "4");
/// assert_eq!(session.run(&count).stdin(vec![0xff, 0]).read()?.trim(), "2");
/// assert_eq!(session.run(&count).stdin(File::open("/dev/null")?).read()?.trim(), "0");
/// // Anything that can be read, at the pace of the program that reads it.
/// let decoder = std::io::Read::take(std::io::repeat(b'x'), 1 << 20);
/// assert_eq!(session.run(&count).stdin(Input::reader(decoder)).read()?.trim(), "1048576");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub enum Input {
    /// Nothing to read.
    Null,
    /// The standard input of this process.
    Inherit,
    /// Open, but reading it is an error (`EBADF`, read(2)). This is for a script that itself came from standard
    /// input, so that a command can't read the bytes after it.
    Unreadable,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A file, pipe or socket.
    File(File),
    /// Any reader. A thread copies its data into a pipe. After the end of the run, the thread reads at most once
    /// more; the run does not wait for that. If reading fails, so does the run, with
    /// [`ErrorKind::Host`](super::ErrorKind::Host).
    Reader(Box<dyn Read + Send>),
}

/// The standard output or standard error of a run.
///
/// ```
/// use pipewright::{Output, Script, Session};
/// use std::sync::mpsc::channel;
///
/// let script = Script::parse("t", "printf '%s\\n' one two; echo 'not this' >&2")?;
/// let (sender, lines) = channel();
/// let each = Output::lines(move |line| sender.send(line.to_vec()).unwrap_or_default());
/// Session::new().run(&script).stdout(each).stderr(Output::Null).status()?;
/// assert_eq!(lines.iter().collect::<Vec<_>>(), [b"one", b"two"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[non_exhaustive]
pub enum Output {
    /// Discarded.
    Null,
    /// The same stream of this process.
    Inherit,
    /// A file, pipe or socket.
    File(File),
    /// Any writer. A thread feeds it from a pipe. When the run is stopped, a writer that still blocks after the grace is
    /// abandoned with its thread, and the run reports a [`Warning`](super::Event::Warning). A file, pipe or socket needs
    /// no thread.
    Writer(Box<dyn Write + Send>),
    /// A function that a thread calls with each line: see [`Output::lines`].
    Lines {
        /// Receives each line without its line end. The last line may lack one.
        sink: LineSink,
        /// The largest size of a line in bytes. A longer line arrives in parts of this size.
        max_line: usize,
    },
}

/// A function that receives lines.
///
/// ```
/// use pipewright::{LineSink, Output, Script, Session};
///
/// let sink: LineSink = Box::new(|line| assert!(line.len() <= 4));
/// let output = Output::Lines { sink, max_line: 4 };
/// Session::new().run(&Script::parse("t", "echo endless")?).stdout(output).status()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type LineSink = Box<dyn FnMut(&[u8]) + Send>;

impl Input {
    /// Returns an input that comes from any reader. A file, a pipe or a socket is given to the programs themselves.
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        match file(reader) {
            Ok(file) => Self::File(file),
            Err(reader) => Self::Reader(Box::new(reader)),
        }
    }
}

impl Output {
    /// Returns an output that calls a function with each line, without its line end. A line of more than 1 MiB arrives
    /// in parts.
    pub fn lines(sink: impl FnMut(&[u8]) + Send + 'static) -> Self {
        Self::Lines { sink: Box::new(sink), max_line: 1 << 20 }
    }
}

/// A writer. A file, a pipe or a socket is given to the programs themselves.
impl<W: Write + Send + 'static> From<W> for Output {
    fn from(writer: W) -> Self {
        match file(writer) {
            Ok(file) => Self::File(file),
            Err(writer) => Self::Writer(Box::new(writer)),
        }
    }
}

/// Returns the descriptor of a stream that has one.
fn file<T: 'static>(stream: T) -> Result<File, T> {
    let mut stream = Some(stream);
    let any: &mut dyn Any = &mut stream;
    macro_rules! of {
        ($($type:ty)*) => {
            $(if let Some(Some(stream)) = any.downcast_mut::<Option<$type>>().map(Option::take) {
                return Ok(File::from(OwnedFd::from(stream)));
            })*
        };
    }
    of!(File TcpStream UnixStream PipeReader PipeWriter ChildStdin ChildStdout);
    Err(stream.take().expect("it is taken only where it is returned"))
}

macro_rules! bytes {
    ($($type:ty, $name:ident => $bytes:expr;)*) => {
        $(impl From<$type> for Input {
            fn from($name: $type) -> Self {
                Self::Bytes($bytes)
            }
        })*
    };
}

bytes! {
    &str, text => text.as_bytes().to_vec();
    String, text => text.into_bytes();
    &String, text => text.as_bytes().to_vec();
    Cow<'_, str>, text => text.into_owned().into_bytes();
    &[u8], bytes => bytes.to_vec();
    Vec<u8>, bytes => bytes;
    &Vec<u8>, bytes => bytes.clone();
}

impl<const N: usize> From<&[u8; N]> for Input {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

macro_rules! files {
    ($($type:ty)*) => {
        $(impl From<$type> for Input {
            fn from(stream: $type) -> Self {
                Self::File(File::from(OwnedFd::from(stream)))
            }
        })*
    };
}

files!(File TcpStream UnixStream PipeReader ChildStdout OwnedFd);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Input::Null => "Null",
            Input::Inherit => "Inherit",
            Input::Unreadable => "Unreadable",
            Input::Bytes(bytes) => return f.debug_tuple("Bytes").field(&bytes.len()).finish(),
            Input::File(file) => return f.debug_tuple("File").field(file).finish(),
            Input::Reader(_) => "Reader(..)",
        })
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Output::Null => "Null",
            Output::Inherit => "Inherit",
            Output::File(file) => return f.debug_tuple("File").field(file).finish(),
            Output::Writer(_) => "Writer(..)",
            Output::Lines { max_line, .. } => {
                return f.debug_struct("Lines").field("max_line", max_line).finish_non_exhaustive();
            }
        })
    }
}
