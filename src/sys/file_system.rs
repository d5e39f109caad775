//! The kind of the file system that a file is on.

use std::io;
use std::path::Path;

/// Returns the name of the file system that a path is on, if several machines may share it. Two machines don't see each
/// other's mapped memory there, and their locks may mean nothing to each other.
///
/// # Errors
/// Fails as statfs(2) does.
#[cfg(target_os = "linux")]
pub fn shared_kind(path: &Path) -> io::Result<Option<&'static str>> {
    let found = rustix::fs::statfs(path)?;
    // The type of the field depends on the architecture, and the numbers have 32 bits (statfs(2)).
    let magic = found.f_type as u32;
    Ok(SHARED.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name))
}

#[cfg(not(target_os = "linux"))]
pub fn shared_kind(_: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}

/// The numbers of such file systems: statfs(2), and the sources of those that it does not list. FUSE is among them, since
/// only its process knows.
#[cfg(target_os = "linux")]
const SHARED: &[(u32, &str)] = &[
    (0x6969, "NFS"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x517b, "SMB"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "FUSE"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x0bd0_0bd0, "Lustre"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x2003_0528, "OrangeFS"),
    (0x1983_0326, "BeeGFS"),
    (0x4750_4653, "GPFS"),
];

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_of_this_kernel_is_not_shared() {
        assert_eq!(shared_kind(Path::new("/proc")).unwrap(), None);
        assert!(shared_kind(Path::new("/none/there")).is_err());
    }
}
