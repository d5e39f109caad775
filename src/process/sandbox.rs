//! A sandbox: what the programs of a block can reach, and the steps with which their children enter it.
//!
//! The rules are made once a block. Where files are closed, a program that the rules don't let execute anyway gets its
//! own copy, in which it may be executed, and the files that the kernel executes with it.

use crate::diag::reason;
use crate::sys::lookup;
use crate::sys::open::{join, reference};
use crate::sys::sandbox::{Filter, Namespaces, Network, Plan, Rights, Ruleset};
use std::collections::HashMap;
use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What the programs of a block can reach.
#[derive(Debug)]
pub struct Sandbox {
    files: Option<Files>,
    network: Option<NetRules>,
    namespaces: Option<Arc<Namespaces>>,
    /// Whether it has a /tmp of its own.
    own_tmp: bool,
    filter: Arc<Filter>,
    /// The rules for programs that need none of their own.
    rules: Arc<Ruleset>,
    /// The rules for others, by path.
    own: Mutex<HashMap<PathBuf, Arc<Ruleset>>>,
}

/// The files of a sandbox. All others are closed.
#[derive(Debug, Default)]
pub struct Files {
    /// Those to read and list.
    pub read: Vec<Granted>,
    /// Those to change.
    pub write: Vec<Granted>,
    /// Those to execute, if not all that can be read.
    pub run: Option<Vec<Granted>>,
    implied: Vec<(Granted, Rights)>,
    /// Directories that only programs see.
    own: Vec<(OwnedFd, Rights)>,
}

/// A file or directory of a sandbox, held open: a file that takes its name later is not granted.
#[derive(Debug)]
pub struct Granted {
    /// Its path without symbolic links.
    pub path: PathBuf,
    file: OwnedFd,
}

/// What a file is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// To be examined.
    Look,
    /// To be read or listed.
    Read,
    /// To be changed.
    Write,
    /// To be executed.
    Run,
}

/// What is left of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetRules {
    connect: Vec<u16>,
    listen: Vec<u16>,
    udp: bool,
    unix: bool,
    /// A network of its own, with any port.
    loopback: bool,
}

/// What a sandbox closes and has of its own.
#[derive(Debug, Default)]
pub struct Walls {
    /// The files that stay open; without them, all do.
    pub files: Option<Files>,
    /// The network that stays open; without it, all of it does.
    pub network: Option<NetRules>,
    /// A process namespace.
    pub isolate: bool,
    /// A private /tmp.
    pub tmp: bool,
    /// The directory of the block.
    pub directory: PathBuf,
}

/// The libraries of the system, and the list of them.
const LIBRARIES: [&str; 10] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libx32",
    "/usr/local/lib",
    "/etc/ld.so.cache",
];

/// The devices that every program may use.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"];

impl Granted {
    /// Opens a path, without access to its content. Symbolic links are followed.
    ///
    /// # Errors
    /// Fails as open(2) does.
    pub fn open(directory: Option<&CStr>, path: &[u8]) -> io::Result<Self> {
        let full = join(directory, path)?;
        let file = reference(&full)?;
        Ok(Self { path: std::fs::canonicalize(OsStr::from_bytes(full.as_bytes()))?, file })
    }

    fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.path)
    }
}

impl Files {
    /// Adds the files that every program needs.
    fn imply(&mut self) {
        let there = |path: &&str| Granted::open(None, path.as_bytes()).ok();
        self.implied.extend(LIBRARIES.iter().filter_map(there).map(|granted| (granted, Rights::READ)));
        let both = Rights::READ.and(Rights::WRITE);
        self.implied.extend(DEVICES.iter().filter_map(there).map(|granted| (granted, both)));
    }

    /// Adds the directories that lie in namespaces: /tmp, and /proc if it can be read.
    fn own(&mut self, namespaces: Option<&Namespaces>) -> io::Result<()> {
        let Some(namespaces) = namespaces else { return Ok(()) };
        if let Some(tmp) = namespaces.own("/tmp") {
            let all = Rights::READ.and(Rights::WRITE);
            let all = if self.run.is_none() { all.and(Rights::EXECUTE) } else { all };
            self.own.push((tmp.try_clone()?, all));
        }
        let reads_proc = self.read.iter().any(|granted| granted.path == Path::new("/proc"));
        if let (Some(proc), true) = (namespaces.own("/proc"), reads_proc) {
            self.own.push((proc.try_clone()?, Rights::READ));
        }
        Ok(())
    }

    /// Returns whether a file, given by its path without symbolic links, may be used.
    fn permit(&self, path: &Path, want: Want) -> bool {
        let within = |list: &[Granted]| list.iter().any(|granted| granted.holds(path));
        let implied = |rights: Rights| {
            self.implied.iter().any(|(granted, has)| has.and(rights) == *has && granted.holds(path))
        };
        let run = self.run.as_deref().unwrap_or_default();
        match want {
            Want::Look => within(&self.read) || within(&self.write) || within(run) || implied(Rights::READ),
            Want::Read => within(&self.read) || implied(Rights::READ),
            Want::Write => within(&self.write) || implied(Rights::WRITE),
            Want::Run => self.run.is_none() || within(run),
        }
    }

    /// Returns whether the rules for all programs let a file be executed.
    fn executable(&self, path: &Path) -> bool {
        self.run.as_deref().unwrap_or(&self.read).iter().any(|granted| granted.holds(path))
    }
}

impl NetRules {
    /// Reads a list such as `["tcp:443", "dns"]`.
    ///
    /// # Errors
    /// Fails with an element that is none of them.
    pub fn parse<'a>(list: impl Iterator<Item = &'a [u8]>) -> Result<Self, &'a [u8]> {
        let mut rules = Self::default();
        for one in list {
            let port = |name: &[u8]| {
                let digits = one.strip_prefix(name)?.strip_prefix(b":")?;
                let port = std::str::from_utf8(digits).ok()?.parse().ok()?;
                (port > 0 && digits.first() != Some(&b'+')).then_some(port)
            };
            match one {
                b"dns" => rules.udp = true,
                b"unix" => rules.unix = true,
                _ => match (port(b"tcp"), port(b"listen")) {
                    (Some(port), _) => rules.connect.push(port),
                    (_, Some(port)) => rules.listen.push(port),
                    _ => return Err(one),
                },
            }
        }
        Ok(rules)
    }

    /// Returns a network of its own.
    pub fn loopback() -> Self {
        Self { loopback: true, ..Self::default() }
    }

    fn filtered(&self) -> Network {
        Network {
            tcp: self.loopback || !self.connect.is_empty() || !self.listen.is_empty(),
            udp: self.loopback || self.udp,
            unix: self.unix,
            listens: self.loopback || !self.listen.is_empty(),
        }
    }

    /// Returns whether there are rules for ports.
    fn has_ports(&self) -> bool {
        !self.loopback && self.filtered().tcp
    }
}

impl Sandbox {
    /// Creates a sandbox.
    ///
    /// # Errors
    /// Fails with the facility that this system does not have, or the reason.
    pub fn new(walls: Walls) -> Result<Self, String> {
        let Walls { mut files, network, isolate, tmp, directory } = walls;
        let paths = |list: &[Granted]| list.iter().map(|one| one.path.clone()).collect::<Vec<_>>();
        let run = |files: &Files| files.run.as_deref().map(paths).unwrap_or_default();
        let plan = Plan {
            isolate,
            tmp,
            loopback: network.as_ref().is_some_and(|network| network.loopback),
            writable: files.as_ref().map(|files| paths(&files.write)),
            visible: files
                .as_ref()
                .map(|files| [paths(&files.read), run(files)].concat())
                .unwrap_or_default(),
            directory,
        };
        let namespaces = plan.is_wanted().then(|| Namespaces::new(&plan).map(Arc::new)).transpose()?;
        // What is mounted read-only can't be changed in any way.
        let unmounted = files.is_some() && !plan.mounts();
        let filter = Filter::new(files.is_some(), unmounted, network.as_ref().map(NetRules::filtered));
        let filter = Arc::new(filter.ok_or("seccomp: the system calls of this machine are not known here")?);
        if let Some(files) = &mut files {
            files.imply();
            files.own(namespaces.as_deref()).map_err(|error| reason(&error))?;
        }
        let rules = rules(files.as_ref(), network.as_ref()).map_err(|error| reason(&error))?;
        let (rules, own) = (Arc::new(rules), Mutex::default());
        Ok(Self { files, network, namespaces, own_tmp: tmp, filter, rules, own })
    }

    /// Returns its namespaces, if it has any.
    pub fn namespaces(&self) -> Option<Arc<Namespaces>> {
        self.namespaces.clone()
    }

    /// Returns whether any file is closed.
    pub const fn closes_files(&self) -> bool {
        self.files.is_some() || self.own_tmp
    }

    /// Returns whether a file, given by its path without symbolic links, may be used.
    pub fn permits(&self, path: &Path, want: Want) -> bool {
        match &self.files {
            Some(files) => files.permit(path, want),
            // The programs of the block would not see the same file.
            None => !self.own_tmp || !path.starts_with("/tmp"),
        }
    }

    /// Returns the filter of the children.
    pub fn filter(&self) -> Arc<Filter> {
        self.filter.clone()
    }

    /// Returns the rules for a program.
    ///
    /// # Errors
    /// Fails as landlock(7) does.
    pub fn rules_for(&self, program: &CStr, directory: Option<&CStr>) -> io::Result<Arc<Ruleset>> {
        let Some(files) = &self.files else { return Ok(self.rules.clone()) };
        let path = join(directory, program.to_bytes())?;
        let own = |path: CString| std::fs::canonicalize(OsStr::from_bytes(path.as_bytes())).ok();
        let Some(path) = own(path) else { return Ok(self.rules.clone()) };
        let mut cache = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = cache.get(&path) {
            return Ok(found.clone());
        }
        let with = lookup::executed_with(program, directory);
        let mut missing: Vec<PathBuf> = with.into_iter().filter_map(own).collect();
        if files.run.is_none() {
            missing.push(path.clone());
        }
        missing.retain(|path| !files.executable(path));
        let found = if missing.is_empty() {
            self.rules.clone()
        } else {
            let rules = rules(Some(files), self.network.as_ref())?;
            for path in missing {
                let granted = Granted::open(None, path.as_os_str().as_bytes())?;
                rules.allow(granted.file.as_fd(), Rights::READ.and(Rights::EXECUTE))?;
            }
            Arc::new(rules)
        };
        cache.insert(path, found.clone());
        Ok(found)
    }
}

fn rules(files: Option<&Files>, network: Option<&NetRules>) -> io::Result<Ruleset> {
    let ports = network.is_some_and(NetRules::has_ports);
    let rules = Ruleset::new(files.is_some(), ports)?;
    if let Some(files) = files {
        let execute = Rights::READ.and(Rights::EXECUTE);
        let read = if files.run.is_none() { execute } else { Rights::READ };
        let given = |list: &[Granted], rights| {
            list.iter().try_for_each(|granted| rules.allow(granted.file.as_fd(), rights))
        };
        given(&files.read, read)?;
        given(&files.write, Rights::WRITE)?;
        given(files.run.as_deref().unwrap_or_default(), execute)?;
        files.implied.iter().try_for_each(|(granted, rights)| rules.allow(granted.file.as_fd(), *rights))?;
        files.own.iter().try_for_each(|(file, rights)| rules.allow(file.as_fd(), *rights))?;
    }
    if let Some(network) = network.filter(|_| ports) {
        network.connect.iter().try_for_each(|port| rules.allow_connect(*port))?;
        network.listen.iter().try_for_each(|port| rules.allow_listen(*port))?;
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_read_from_a_list() {
        let parse = |list: &[&'static str]| NetRules::parse(list.iter().map(|one| one.as_bytes()));
        let rules = parse(&["tcp:443", "tcp:80", "listen:8080", "dns", "unix"]).unwrap();
        assert_eq!((rules.connect, rules.listen), (vec![443, 80], vec![8080]));
        assert!(rules.udp && rules.unix);
        for wrong in ["tcp:", "tcp:0", "tcp:70000", "tcp:+1", "udp:53", "", "example.org"] {
            assert_eq!(parse(&["dns", wrong]), Err(wrong.as_bytes()), "{wrong}");
        }
    }
}
