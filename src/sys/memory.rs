//! A file without a name, for a here-document that is too long for a pipe.

use super::{descriptor, pipe};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Returns a file that contains `bytes`, is read from its beginning, and disappears with its last
/// descriptor.
///
/// # Errors
/// Fails with `ENOMEM`, `ENOSPC` or `EMFILE` when memory, the temporary directory or the descriptors
/// are exhausted.
pub fn file(bytes: &[u8]) -> io::Result<OwnedFd> {
    let fd = descriptor::lift(create()?)?;
    let mut written = 0;
    while written < bytes.len() {
        // Writing at an offset leaves the position of the file at the beginning.
        match rustix::io::pwrite(&fd, &bytes[written..], written as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => written += n,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(fd)
}

/// Returns the reading end of a complete input: a pipe if the bytes fit into one, otherwise a file in
/// memory.
///
/// No thread has to feed it, so a program may read it slowly or not at all.
///
/// # Errors
/// Fails as [`file()`] and [`pipe::pipe`] do.
pub fn here_document(bytes: &[u8]) -> io::Result<OwnedFd> {
    if bytes.len() > pipe::CAPACITY {
        return file(bytes);
    }
    let (reader, writer) = pipe::pipe()?;
    if bytes.len() > pipe::LEAST && pipe::capacity(&writer) < bytes.len() {
        return file(bytes);
    }
    let mut rest = bytes;
    while !rest.is_empty() {
        match pipe::write(writer.as_fd(), rest) {
            Ok(n) => rest = &rest[n..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(reader)
}

#[cfg(target_os = "linux")]
fn create() -> io::Result<OwnedFd> {
    use rustix::fs::MemfdFlags;
    Ok(rustix::fs::memfd_create(c"here-document", MemfdFlags::CLOEXEC)?)
}

#[cfg(not(target_os = "linux"))]
fn create() -> io::Result<OwnedFd> {
    let mut template = *b"/tmp/here-document-XXXXXX\0";
    // SAFETY: the template is writable and ends in six X and a NUL, as mkstemp(3) requires.
    let fd = unsafe { libc::mkstemp(template.as_mut_ptr().cast()) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: mkstemp has just created it, and the name is the one that it filled in.
    let fd = unsafe {
        libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        libc::unlink(template.as_ptr().cast());
        descriptor::adopt(fd)
    };
    Ok(fd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn gives_back_every_byte_at_each_size() {
        for size in [0, 1, 4096, 4097, 65_536, 65_537, 3 << 20] {
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let mut read = Vec::new();
            std::fs::File::from(here_document(&bytes).unwrap()).read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{size}");
        }
    }
}
