//! The text of a script: from a file, `-c`, or standard input.

use crate::options::Text;
use crate::print::print_error;
use pipewright::program;

/// Returns the name and the text of a script. If it can't be read, prints a message and returns the
/// exit status.
pub fn read(text: &Text) -> Result<(String, Vec<u8>), u8> {
    match text {
        Text::None => Ok((String::new(), Vec::new())),
        Text::Code(code) => Ok(("-c".to_string(), code.clone())),
        Text::File(path) => match program::read_script(Some(path)) {
            Ok(text) => Ok((path.to_string_lossy().into_owned(), text)),
            Err(error) => {
                let path = pipewright::diag::visible(path.as_os_str().as_encoded_bytes());
                let status = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
                print_error(&format!("pipewright: can't read {path}: {error}\n"));
                Err(status)
            }
        },
        Text::StandardInput => match program::read_script(None) {
            Ok(text) => Ok(("standard input".to_string(), text)),
            Err(error) => {
                print_error(&format!("pipewright: can't read standard input: {error}\n"));
                Err(126)
            }
        },
    }
}
