//! `%q`: a text quoted so that bash parses it as one word.

/// Returns `text` in the form of bash's `%q`: unchanged if nothing in it is special, with backslashes if
/// something is, and as `$'…'` if something can't be printed.
pub fn quote(text: &[u8]) -> Vec<u8> {
    if text.is_empty() {
        return b"''".to_vec();
    }
    let printable =
        |chunk: std::str::Utf8Chunk| chunk.invalid().is_empty() && chunk.valid().chars().all(is_printable);
    if text.utf8_chunks().all(printable) { backslashed(text) } else { dollar_single(text) }
}

fn is_printable(char: char) -> bool {
    // Characters that Rust would not escape are printable for the C library, except characters without
    // width or with a hidden effect on their neighbours, which are better visible. Rust escapes a combining
    // character only at the start of a string.
    matches!(char, '\'' | '"' | '\\') || format!("x{char}").escape_debug().count() == 2
}

fn backslashed(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    for (at, &byte) in text.iter().enumerate() {
        let special = match byte {
            b'~' => at == 0 || matches!(text[at - 1], b':' | b'='),
            b'#' => at == 0,
            _ => b" !\"$&'()*,;<>?[\\]^`{|}".contains(&byte),
        };
        if special {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

fn dollar_single(text: &[u8]) -> Vec<u8> {
    let mut out = b"$'".to_vec();
    for chunk in text.utf8_chunks() {
        for char in chunk.valid().chars() {
            let letter = match char {
                '\x07' => 'a',
                '\x08' => 'b',
                '\x1b' => 'E',
                '\x0c' => 'f',
                '\n' => 'n',
                '\r' => 'r',
                '\t' => 't',
                '\x0b' => 'v',
                '\\' | '\'' => char,
                _ => {
                    let mut buffer = [0; 4];
                    let bytes = char.encode_utf8(&mut buffer).as_bytes();
                    if is_printable(char) {
                        out.extend_from_slice(bytes)
                    } else {
                        octal(&mut out, bytes)
                    }
                    continue;
                }
            };
            out.extend([b'\\', letter as u8]);
        }
        octal(&mut out, chunk.invalid());
    }
    out.push(b'\'');
    out
}

fn octal(out: &mut Vec<u8>, bytes: &[u8]) {
    bytes.iter().for_each(|byte| out.extend_from_slice(format!("\\{byte:03o}").as_bytes()));
}
