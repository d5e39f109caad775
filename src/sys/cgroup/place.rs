//! The directory in which this process may make groups with a controller.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A hierarchy for each controller.
    One,
    /// One hierarchy for all.
    Two,
}

/// A group in which others can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub version: Version,
    pub directory: PathBuf,
}

/// A hierarchy and the group of this process in it.
#[derive(Debug, PartialEq, Eq)]
struct Hierarchy {
    version: Version,
    mount: PathBuf,
    own: PathBuf,
}

/// The controllers that groups in a place of version 2 get.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// What to do where no group can be made.
const DELEGATED: &str =
    "run it in a group of your own: systemd-run --user --scope -p Delegate=yes pipewright FILE";

impl Place {
    /// Finds a place for a controller.
    pub fn find(controller: &str) -> Result<Self, String> {
        let read = |path: &str| {
            fs::read_to_string(path).map_err(|error| format!("{path}: {}", crate::diag::reason(&error)))
        };
        let hierarchy = hierarchy(controller, &read("/proc/self/cgroup")?, &read("/proc/self/mountinfo")?)
            .ok_or_else(|| format!("no control group counts `{controller}` here (cgroups(7))"))?;
        if hierarchy.version == Version::One {
            return Ok(Self { version: Version::One, directory: hierarchy.own });
        }
        let mut reason = None;
        for directory in hierarchy.own.ancestors().take_while(|one| one.starts_with(&hierarchy.mount)) {
            let place = Self { version: Version::Two, directory: directory.into() };
            match place.prepare() {
                Ok(()) => return Ok(place),
                Err(error) => reason = reason.or(Some(error)),
            }
        }
        let reason = reason.unwrap_or_else(|| "it is not mounted".to_string());
        Err(format!("no group of this user can count `{controller}` ({reason}); {DELEGATED}"))
    }

    /// Returns the place within a group that was made here.
    pub fn within(&self, group: &Path) -> Result<Self, String> {
        let place = Self { version: self.version, directory: group.into() };
        if place.version == Version::Two {
            place.prepare()?;
        }
        Ok(place)
    }

    /// Lets the groups in it have the controllers, and checks that a process of this user can be moved there.
    fn prepare(&self) -> Result<(), String> {
        let read = |file: &str| fs::read_to_string(self.directory.join(file)).unwrap_or_default();
        let has = |list: &str, one: &str| list.split_ascii_whitespace().any(|other| other == one);
        let failed = |file: &str, error: std::io::Error| {
            format!("{}: {}", self.directory.join(file).display(), crate::diag::reason(&error))
        };
        for one in CONTROLLERS {
            if !has(&read("cgroup.controllers"), one) {
                return Err(format!("{}: `{one}` is not among its controllers", self.directory.display()));
            }
            if !has(&read("cgroup.subtree_control"), one) {
                fs::write(self.directory.join("cgroup.subtree_control"), format!("+{one}"))
                    .map_err(|error| failed("cgroup.subtree_control", error))?;
            }
        }
        let entry = OpenOptions::new().write(true).open(self.directory.join("cgroup.procs"));
        entry.map(drop).map_err(|error| failed("cgroup.procs", error))
    }
}

/// Finds the hierarchy with a controller: one of version 1 by its name, else that of version 2.
fn hierarchy(controller: &str, own: &str, mounts: &str) -> Option<Hierarchy> {
    let group = |wanted: &dyn Fn(&str, &str) -> bool| {
        own.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            wanted(number, controllers).then_some(path)
        })
    };
    let names = |list: &str| list.split(',').any(|one| one == controller);
    let one = group(&|_, controllers| names(controllers));
    let (version, path) = match one {
        Some(path) => (Version::One, path),
        None => (Version::Two, group(&|number, controllers| number == "0" && controllers.is_empty())?),
    };
    mounts.lines().find_map(|line| {
        // `36 35 98:0 ROOT MOUNT OPTIONS … - TYPE SOURCE OPTIONS` (proc_pid_mountinfo(5))
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let (root, mount) = (before.next()?, before.next()?);
        let mut after = after.split(' ');
        let (kind, options) = (after.next()?, after.nth(1)?);
        let fits = match version {
            Version::One => kind == "cgroup" && names(options),
            Version::Two => kind == "cgroup2",
        };
        let below = Path::new(path).strip_prefix(root).ok().filter(|_| fits)?;
        let mount = PathBuf::from(mount);
        Some(Hierarchy { version, own: mount.join(below), mount })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
31 23 0:26 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory
32 23 0:27 /docker/1 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
33 23 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate";

    #[test]
    fn a_controller_is_found_in_the_version_that_has_it() {
        let find = |controller: &str, own: &str| {
            hierarchy(controller, own, MOUNTS).map(|found| (found.version, found.own))
        };
        let own = "4:memory:/user/a\n3:pids:/docker/1/b\n0::/app.slice";
        assert_eq!(find("memory", own), Some((Version::One, "/sys/fs/cgroup/memory/user/a".into())));
        assert_eq!(find("pids", own), Some((Version::One, "/sys/fs/cgroup/pids/b".into())));
        assert_eq!(find("memory", "0::/app"), Some((Version::Two, "/sys/fs/cgroup/unified/app".into())));
        // The group lies outside of what is mounted.
        assert_eq!(find("pids", "3:pids:/other"), None);
        assert_eq!(find("pids", ""), None);
    }

    #[test]
    fn groups_of_version_2_get_their_controllers_where_they_may_be_made() {
        let root = tempfile::tempdir().unwrap();
        let place = |name: &str, controllers: &str| {
            let directory = root.path().join(name);
            fs::create_dir(&directory).unwrap();
            fs::write(directory.join("cgroup.controllers"), controllers).unwrap();
            fs::write(directory.join("cgroup.subtree_control"), "").unwrap();
            fs::write(directory.join("cgroup.procs"), "").unwrap();
            Place { version: Version::Two, directory }
        };
        let fits = place("fits", "cpu memory pids");
        fits.prepare().unwrap();
        // A group of the kernel would hold both.
        assert_eq!(fs::read_to_string(fits.directory.join("cgroup.subtree_control")).unwrap(), "+pids");
        let reason = place("lacks", "cpu memory").prepare().unwrap_err();
        assert!(reason.contains("`pids` is not among its controllers"), "{reason}");
    }
}
