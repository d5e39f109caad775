//! Finding programs, without a PATH search by libc.
//!
//! execvp(3) and std run programs from the working directory at an empty or relative PATH entry, so that `ls` in a
//! hostile directory runs that directory's `ls`. Here only absolute entries count.
//!
//! Results are not kept between searches. A remembered path hides a program that was just installed into an earlier
//! directory, as the tables of bash and dash do until `hash -r`. Only the split PATH is kept; a search is one stat(2)
//! for each directory, less than 1 % of the spawn that follows.

use super::elf;
use super::open::join;
use rustix::fs::{Access, AtFlags, CWD, Dev, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::sync::{Arc, Mutex, PoisonError};

/// The result of looking a name up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A program: the path for execve. A name with a slash is unchanged, relative to the directory.
    Found(Arc<CStr>),
    /// There is no such file.
    NotFound,
    /// A file that is not executable, or not for this user.
    NotExecutable(Vec<u8>),
    /// A program on a file system that is mounted `noexec` (mount(8)).
    NoExec(Vec<u8>),
    /// A directory.
    IsDirectory(Vec<u8>),
    /// A directory on the way does not exist or may not be searched. The value is the longest such path.
    NoDirectory(Vec<u8>),
    /// Unknown: this path could not be examined, for this reason (errno(3)).
    Unknown(Vec<u8>, i32),
}

/// How many names of programs are searched for similar ones.
const MOST_NAMES: usize = 50_000;

/// The reason why execve failed on a program that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrunnable {
    /// The interpreter in its `#!` line can't be run.
    BadInterpreter {
        /// The interpreter as written.
        interpreter: Vec<u8>,
    },
    /// The loader that the program names is missing.
    NoLoader {
        /// Its path (elf(5)).
        loader: Vec<u8>,
    },
    /// It is on a file system that is mounted `noexec`.
    NoExec,
    /// Neither a program for this machine nor a file that begins with `#!`. It is never passed to a shell.
    NotAProgram,
    /// It has disappeared since it was found.
    Vanished,
}

/// The directories of one PATH value, ready to be searched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    path: Vec<u8>,
    /// The absolute entries, each with a slash at its end.
    directories: Vec<Vec<u8>>,
    usable: Usable,
}

/// The entries of PATH, each with the number of a file system, where an executable program was found. Each entry is
/// checked once: `noexec` is a property of a mount, and a call for each start would cost too much.
#[derive(Debug, Default)]
struct Usable(Mutex<Vec<(usize, Dev)>>);

impl Clone for Usable {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Usable {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Usable {}

impl Usable {
    /// Returns whether a program with execute permission may be executed where it is.
    fn allows(&self, entry: usize, device: Dev, path: &CStr) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&(entry, device)) {
            return true;
        }
        // For a file on a mount without exec it returns EACCES, whatever the permissions (access(2)). execve reports
        // any other reason for EACCES.
        let denied = rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS) == Err(Errno::ACCESS);
        let allowed = !(denied && is_mounted_noexec(path));
        if allowed {
            known.push((entry, device));
        }
        allowed
    }
}

enum Candidate {
    /// A program, with the number of its file system.
    Program(Dev),
    Missing,
    NotExecutable,
    Directory,
    Unknown(i32),
}

impl Search {
    /// Splits a value of PATH. Empty and relative entries are left out.
    pub fn new(path: &[u8]) -> Self {
        let directories = path
            .split(|&byte| byte == b':')
            .filter(|entry| entry.first() == Some(&b'/'))
            .map(|entry| [entry, b"/"].concat())
            .collect();
        Self { path: path.to_vec(), directories, usable: Usable::default() }
    }

    /// Returns the value that was split.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// Returns the entries that are searched, each with a slash at its end.
    pub fn directories(&self) -> impl Iterator<Item = &[u8]> {
        self.directories.iter().map(Vec::as_slice)
    }

    /// Finds `name`: in the directories, or as a path from `directory` if it contains a slash.
    pub fn find(&self, name: &[u8], directory: Option<&CStr>) -> Lookup {
        if name.contains(&b'/') {
            return find_path(name, directory);
        }
        let mut worse = Lookup::NotFound;
        if name.is_empty() {
            return worse;
        }
        for (index, entry) in self.directories.iter().enumerate() {
            let Ok(path) = CString::new([entry, name].concat()) else { return Lookup::NotFound };
            match probe(&path) {
                Candidate::Program(device) if self.usable.allows(index, device, &path) => {
                    return Lookup::Found(path.into());
                }
                // A later entry may have one that runs, as in execvp(3).
                Candidate::Program(_) if worse == Lookup::NotFound => {
                    worse = Lookup::NoExec(path.into_bytes())
                }
                Candidate::NotExecutable if worse == Lookup::NotFound => {
                    worse = Lookup::NotExecutable(path.into_bytes());
                }
                // This file may be the intended program, so taking a later one instead could be wrong, as in
                // execvp(3).
                Candidate::Unknown(errno) => return Lookup::Unknown(path.into_bytes(), errno),
                // The user does not mean a directory of that name.
                _ => {}
            }
        }
        worse
    }

    /// Returns the names of the files in its directories, in no particular order, as far as they can be read. Not all
    /// of them need be programs.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for directory in &self.directories {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let Ok(open) = rustix::fs::open(&**directory, flags, Mode::empty()) else { continue };
            let Ok(entries) = rustix::fs::Dir::new(open) else { continue };
            let entries = entries
                .map_while(Result::ok)
                .filter_map(|one| one.file_name().to_str().ok().map(str::to_owned));
            names.extend(entries.take(MOST_NAMES.saturating_sub(names.len())));
        }
        names
    }

    /// Returns whether a relative or empty entry before the one where `name` was found also has a program of that name.
    /// Shells would run that one.
    pub fn is_hidden(&self, name: &[u8], found: &CStr, directory: Option<&CStr>) -> bool {
        if self.directories.len() == self.path.iter().filter(|byte| **byte == b':').count() + 1 {
            return false;
        }
        let home = found.to_bytes().strip_suffix(name).and_then(|home| home.strip_suffix(b"/"));
        let entries = self.path.split(|byte| *byte == b':').take_while(|entry| Some(*entry) != home);
        entries.filter(|entry| entry.first() != Some(&b'/')).any(|entry| {
            let entry = if entry.is_empty() { b"." } else { entry };
            matches!(find_path(&[entry, b"/", name].concat(), directory), Lookup::Found(_))
        })
    }
}

fn find_path(name: &[u8], directory: Option<&CStr>) -> Lookup {
    let (Ok(typed), Ok(path)) = (CString::new(name), join(directory, name)) else { return Lookup::NotFound };
    match probe(&path) {
        Candidate::Program(_) => Lookup::Found(typed.into()),
        Candidate::NotExecutable => Lookup::NotExecutable(name.to_vec()),
        Candidate::Directory => Lookup::IsDirectory(name.to_vec()),
        Candidate::Unknown(errno) => Lookup::Unknown(name.to_vec(), errno),
        Candidate::Missing => {
            missing_directory(name, directory).map_or(Lookup::NotFound, Lookup::NoDirectory)
        }
    }
}

/// Examines a file with one stat(2), and a second call only if the mode alone does not decide whether this user may run
/// it.
fn probe(path: &CStr) -> Candidate {
    let stat = match rustix::fs::stat(path) {
        Ok(stat) => stat,
        // Any other error means that nothing can be reached by this path, such as a name that is too long.
        Err(error @ (Errno::IO | Errno::NOMEM)) => return Candidate::Unknown(error.raw_os_error()),
        Err(_) => return Candidate::Missing,
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Candidate::Directory,
        _ => return Candidate::NotExecutable,
    }
    let runnable = match stat.st_mode & 0o111 {
        0o111 => true,
        0 => false,
        _ => rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).is_ok(),
    };
    if runnable { Candidate::Program(stat.st_dev) } else { Candidate::NotExecutable }
}

/// Returns the first directory on the way to `name` that does not exist, if that is the cause.
fn missing_directory(name: &[u8], directory: Option<&CStr>) -> Option<Vec<u8>> {
    let ends = name.iter().enumerate().filter(|&(at, &byte)| byte == b'/' && at > 0).map(|(at, _)| at);
    for end in ends {
        let path = join(directory, &name[..end]).ok()?;
        if !rustix::fs::stat(&*path).is_ok_and(|s| FileType::from_raw_mode(s.st_mode) == FileType::Directory)
        {
            return Some(name[..end].to_vec());
        }
    }
    None
}

#[cfg(target_os = "linux")]
fn is_mounted_noexec(path: &CStr) -> bool {
    use rustix::fs::StatVfsMountFlags;
    rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
fn is_mounted_noexec(path: &CStr) -> bool {
    rustix::fs::statfs(path).is_ok_and(|found| u64::from(found.f_flags) & NOEXEC != 0)
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
const NOEXEC: u64 = libc::MNT_NOEXEC as u64;

#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
fn is_mounted_noexec(_: &CStr) -> bool {
    false
}

/// Explains an `ENOENT`, `ENOTDIR`, `EACCES` or `ENOEXEC` of execve, from the file's first line.
///
/// A missing program and a missing interpreter have the same `ENOENT` (execve(2)).
pub fn explain(program: &CStr, directory: Option<&CStr>, errno: i32) -> Option<Unrunnable> {
    /// The part of a `#!` line that Linux reads since 5.1 (execve(2)).
    const LINE: usize = 256;
    let path = join(directory, program.to_bytes()).ok()?;
    // NONBLOCK: it may have been replaced by a FIFO, whose opening would wait.
    let flags = rustix::fs::OFlags::CLOEXEC | rustix::fs::OFlags::NONBLOCK;
    let file = match rustix::fs::open(&*path, flags, rustix::fs::Mode::empty()) {
        Ok(file) => file,
        Err(rustix::io::Errno::NOENT) => return Some(Unrunnable::Vanished),
        Err(_) => return None,
    };
    if errno == Errno::ACCESS.raw_os_error() && is_on_noexec(&file) {
        return Some(Unrunnable::NoExec);
    }
    let mut head = [0; LINE];
    let length = rustix::io::read(&file, &mut head[..]).ok()?;
    let Some(line) = head[..length].strip_prefix(b"#!") else {
        let loader = if errno == Errno::NOENT.raw_os_error() { elf::loader(&file) } else { None };
        let loader = loader.filter(|loader| rustix::fs::stat(loader.as_slice()).is_err());
        return Some(loader.map_or(Unrunnable::NotAProgram, |loader| Unrunnable::NoLoader { loader }));
    };
    let line = line.split(|&byte| byte == b'\n').next()?.trim_ascii_start();
    let interpreter = line.split(|byte| b" \t".contains(byte)).next()?;
    // "\r" stays in the name: a script with CRLF line ends names an interpreter that can't exist.
    Some(Unrunnable::BadInterpreter { interpreter: interpreter.to_vec() })
}

/// Returns the files that the kernel executes with a program: the interpreter of its `#!` line, and the loaders of both
/// (execve(2)).
pub fn executed_with(program: &CStr, directory: Option<&CStr>) -> Vec<CString> {
    let flags = rustix::fs::OFlags::CLOEXEC | rustix::fs::OFlags::NONBLOCK;
    let mut found = Vec::new();
    let mut next = join(directory, program.to_bytes()).ok();
    // As many interpreters of interpreters as the kernel takes.
    for _ in 0..5 {
        let Some(file) =
            next.take().and_then(|path| rustix::fs::open(&*path, flags, rustix::fs::Mode::empty()).ok())
        else {
            break;
        };
        let mut head = [0; 256];
        let length = rustix::io::pread(&file, &mut head[..], 0).unwrap_or(0);
        let line =
            head[..length].strip_prefix(b"#!").and_then(|rest| rest.split(|&byte| byte == b'\n').next());
        let interpreter =
            line.and_then(|line| line.trim_ascii_start().split(|byte| b" \t".contains(byte)).next());
        if let Some(loader) = elf::loader(&file).and_then(|loader| CString::new(loader).ok()) {
            found.push(loader);
        }
        next = interpreter
            .and_then(|name| CString::new(name).ok())
            .and_then(|name| join(directory, name.as_bytes()).ok());
        found.extend(next.clone());
    }
    found
}

#[cfg(target_os = "linux")]
fn is_on_noexec(file: &impl rustix::fd::AsFd) -> bool {
    use rustix::fs::StatVfsMountFlags;
    rustix::fs::fstatvfs(file).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
fn is_on_noexec(file: &impl rustix::fd::AsFd) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|found| u64::from(found.f_flags) & NOEXEC != 0)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd")))]
fn is_on_noexec(_: &impl rustix::fd::AsFd) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn put(dir: &Path, name: &str, mode: u32) {
        fs::create_dir_all(dir).unwrap();
        fs::write(dir.join(name), "#!/no/such/interpreter -x\n").unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn c(path: &Path) -> CString {
        CString::new(path.as_os_str().as_bytes()).unwrap()
    }

    #[test]
    fn takes_absolute_entries_only_and_sees_a_new_program_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        put(&b, "prog", 0o755);
        put(dir.path(), "evil", 0o755);
        let search = Search::new(format!(":.:{}:rel:{}:", a.display(), b.display()).as_bytes());
        let here = c(dir.path());
        assert_eq!(search.find(b"prog", Some(&here)), Lookup::Found(c(&b.join("prog")).into()));
        assert_eq!(search.find(b"evil", Some(&here)), Lookup::NotFound);
        put(&a, "prog", 0o755);
        assert_eq!(search.find(b"prog", Some(&here)), Lookup::Found(c(&a.join("prog")).into()));
        assert_eq!(search.find(b"", None), Lookup::NotFound);
        assert_eq!(search.find(b"pr\0og", None), Lookup::NotFound);
    }

    #[test]
    fn passes_over_what_cannot_be_run_but_remembers_it() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        put(&a, "prog", 0o644);
        fs::create_dir_all(b.join("prog")).unwrap();
        let search = Search::new(format!("{}:{}", a.display(), b.display()).as_bytes());
        let path = a.join("prog").as_os_str().as_bytes().to_vec();
        assert_eq!(search.find(b"prog", None), Lookup::NotExecutable(path));
        fs::remove_dir(b.join("prog")).unwrap();
        put(&b, "prog", 0o711);
        assert!(matches!(search.find(b"prog", None), Lookup::Found(_)));
    }

    #[test]
    fn a_path_is_kept_as_typed_and_its_fault_is_named() {
        let dir = tempfile::tempdir().unwrap();
        put(&dir.path().join("bin"), "prog", 0o755);
        put(&dir.path().join("bin"), "text", 0o644);
        let here = c(dir.path());
        let find = |name: &str| Search::default().find(name.as_bytes(), Some(&here));
        assert_eq!(find("./bin/prog"), Lookup::Found(c"./bin/prog".into()));
        assert_eq!(find("bin/text"), Lookup::NotExecutable(b"bin/text".to_vec()));
        assert_eq!(find("./bin"), Lookup::IsDirectory(b"./bin".to_vec()));
        assert_eq!(find("bin/none"), Lookup::NotFound);
        assert_eq!(find("lib/x/none"), Lookup::NoDirectory(b"lib".to_vec()));
        assert_eq!(find("bin/prog/none"), Lookup::NoDirectory(b"bin/prog".to_vec()));
        assert_eq!(find("/no/such"), Lookup::NoDirectory(b"/no".to_vec()));
    }

    #[test]
    fn explains_by_the_first_line() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "script", 0o755);
        fs::write(dir.path().join("text"), "echo hi\n").unwrap();
        let here = c(dir.path());
        let interpreter = b"/no/such/interpreter".to_vec();
        assert_eq!(
            explain(c"script", Some(&here), Errno::NOENT.raw_os_error()),
            Some(Unrunnable::BadInterpreter { interpreter })
        );
        assert_eq!(
            explain(c"./text", Some(&here), Errno::NOEXEC.raw_os_error()),
            Some(Unrunnable::NotAProgram)
        );
        assert_eq!(explain(c"gone", Some(&here), Errno::NOENT.raw_os_error()), Some(Unrunnable::Vanished));
    }
}
