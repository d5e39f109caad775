//! The access and the attributes of a file, which are transferred to the file that replaces it.

#[cfg(target_os = "linux")]
mod acl;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;

#[cfg(target_os = "linux")]
pub use linux::take_over;
#[cfg(not(target_os = "linux"))]
pub use none::take_over;

use rustix::io::Errno;
use std::fmt;
use std::io;

/// A property of a file that the replacing file can't have.
#[derive(Debug)]
pub enum Unkept {
    /// Its owner would lose the access that the mode gives.
    Owner(u32),
    /// Its group would lose it.
    Group(u32),
    /// An extended attribute or the access control list can't be set.
    #[cfg(target_os = "linux")]
    Attribute(String, io::Error),
    /// Any other failure of the system.
    System(io::Error),
}

impl From<io::Error> for Unkept {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Errno> for Unkept {
    fn from(error: Errno) -> Self {
        Self::System(error.into())
    }
}

impl fmt::Display for Unkept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner(user) => {
                write!(f, "it belongs to user {user}, who would lose access to the new file")
            }
            Self::Group(group) => {
                write!(f, "it belongs to group {group}, which would lose access to the new file")
            }
            #[cfg(target_os = "linux")]
            Self::Attribute(name, error) => {
                write!(f, "its attribute {name} can't be kept: {}", crate::diag::reason(error))
            }
            Self::System(error) => f.write_str(&crate::diag::reason(error)),
        }
    }
}
