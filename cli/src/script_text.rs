//! The text of a script: from a file, `-c`, or standard input.

use crate::options::Text;
use crate::print::print_error;
use pipewright::program;

impl Text {
    /// Returns the name of the script in its messages.
    pub fn name(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Code(_) => "-c".to_string(),
            Self::File(path) => path.to_string_lossy().into_owned(),
            Self::StandardInput => "standard input".to_string(),
            Self::Queue => "pipewright queue".to_string(),
        }
    }
}

/// Returns the name and the text of a script. If it can't be read, prints a message and returns the
/// exit status.
pub fn read(text: &Text) -> Result<(String, Vec<u8>), u8> {
    let code = match text {
        Text::None => Ok(Vec::new()),
        Text::Code(code) => Ok(code.clone()),
        // It is a script itself.
        Text::Queue => Ok(include_bytes!("queue.pw").to_vec()),
        Text::File(path) => match program::read_script(Some(path)) {
            Ok(text) => Ok(text),
            Err(error) => {
                let path = pipewright::diag::visible(path.as_os_str().as_encoded_bytes());
                let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
                print_error(&format!("pipewright: can't read {path}: {error}\n"));
                Err(status)
            }
        },
        Text::StandardInput => match program::read_script(None) {
            Ok(text) => Ok(text),
            Err(error) => {
                print_error(&format!("pipewright: can't read standard input: {error}\n"));
                Err(126)
            }
        },
    };
    code.map(|code| (text.name(), code))
}
