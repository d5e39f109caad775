//! Users and groups, by name or number (passwd(5), group(5)).
//!
//! They are read from the files themselves: the static binary has no name service switch, so users who exist
//! only in a directory service (LDAP, systemd-homed) are known only by number.

use crate::diag::visible;
use std::fmt;
use std::io;

const PASSWORD_FILE: &str = "/etc/passwd";
const GROUP_FILE: &str = "/etc/group";

/// The user that programs run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user ID.
    pub user: u32,
    /// The primary group.
    pub group: u32,
    /// The other groups of the user.
    pub groups: Vec<u32>,
    /// The name of the user, unless only the number is known.
    pub name: Option<Vec<u8>>,
    /// The home directory; `/` if the file has none.
    pub home: Vec<u8>,
    /// The login shell, if the file has one.
    pub shell: Option<Vec<u8>>,
}

impl Account {
    /// Returns the variables that su(1), sudo(8) and systemd.exec(5) set for a user, in this order:
    /// [`USER_VARIABLES`].
    pub fn variables(&self) -> [Option<&[u8]>; 4] {
        let name = self.name.as_deref();
        [Some(&self.home), name, name, self.shell.as_deref()]
    }
}

/// The names of the variables that [`Account::variables`] returns.
pub const USER_VARIABLES: [&[u8]; 4] = [b"HOME", b"USER", b"LOGNAME", b"SHELL"];

/// The reason why there is no such user or group.
#[derive(Debug)]
pub enum AccountError {
    /// The file lists no user or group of this name.
    Unknown {
        /// `"user"` or `"group"`.
        what: &'static str,
        /// The name or number that was requested.
        name: Vec<u8>,
        /// The file that would list it.
        file: &'static str,
    },
    /// The file can't be read.
    Unreadable(&'static str, io::Error),
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { what, name, file } => write!(f, "no {what} `{}` in {file}", visible(name)),
            Self::Unreadable(file, error) => write!(f, "can't read {file}: {error}"),
        }
    }
}

impl std::error::Error for AccountError {}

/// Returns the user of this name or number, with all groups.
///
/// # Errors
/// Fails if no user has the name, or a file can't be read. A number that belongs to no user is a user whose
/// only group has the same number.
pub fn user(name: &[u8]) -> Result<Account, AccountError> {
    let users = read(PASSWORD_FILE)?;
    let groups = read(GROUP_FILE)?;
    user_in(&users, &groups, name).ok_or_else(|| AccountError::Unknown {
        what: "user",
        name: name.to_vec(),
        file: PASSWORD_FILE,
    })
}

/// Returns the groups of the user with this number; none if the files don't list the user.
pub fn groups_of_user(user: u32) -> Vec<u32> {
    let (Ok(users), Ok(groups)) = (read(PASSWORD_FILE), read(GROUP_FILE)) else { return Vec::new() };
    listed_groups(&users, &groups, user)
}

fn listed_groups(users: &[u8], groups: &[u8], user: u32) -> Vec<u32> {
    let is_listed = users
        .split(|byte| *byte == b'\n')
        .any(|line| line.split(|byte| *byte == b':').nth(2).and_then(number) == Some(user));
    let account = user_in(users, groups, user.to_string().as_bytes()).filter(|_| is_listed);
    account.map_or_else(Vec::new, |account| [vec![account.group], account.groups].concat())
}

/// Returns the number of the group with this name or number.
///
/// # Errors
/// Fails if no group has the name, or the file can't be read.
pub fn group(name: &[u8]) -> Result<u32, AccountError> {
    if let Some(number) = number(name) {
        return Ok(number);
    }
    let found = lines(&read(GROUP_FILE)?, name).next();
    found.ok_or_else(|| AccountError::Unknown { what: "group", name: name.to_vec(), file: GROUP_FILE })
}

/// Returns the home directory of the user of this process, if the file lists the user.
pub fn own_home() -> Option<Vec<u8>> {
    let number = rustix::process::getuid().as_raw().to_string();
    user(number.as_bytes()).ok().filter(|user| user.name.is_some()).map(|user| user.home)
}

/// Returns the home directory of the user of this name.
///
/// # Errors
/// Fails if no user has the name, the user has no home, or the file can't be read.
pub fn home(name: &[u8]) -> Result<Vec<u8>, AccountError> {
    let found = home_in(&read(PASSWORD_FILE)?, name).map(<[u8]>::to_vec);
    found.ok_or_else(|| AccountError::Unknown { what: "user", name: name.to_vec(), file: PASSWORD_FILE })
}

/// Returns the sixth field of the user's line; the first line of a name counts.
fn home_in<'a>(users: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut lines = users.split(|byte| *byte == b'\n').map(|line| line.split(|byte| *byte == b':'));
    let mut line = lines.find(|line| line.clone().next() == Some(name))?;
    line.nth(5).filter(|home| !home.is_empty())
}

fn read(file: &'static str) -> Result<Vec<u8>, AccountError> {
    std::fs::read(file).map_err(|error| AccountError::Unreadable(file, error))
}

fn user_in(users: &[u8], groups: &[u8], name: &[u8]) -> Option<Account> {
    let asked = number(name);
    let mut known = users.split(|byte| *byte == b'\n').filter_map(|line| account(line, groups));
    let is_it = |account: &Account| account.name.as_deref() == Some(name) || asked == Some(account.user);
    known.find(is_it).or_else(|| {
        let user = asked?;
        Some(Account { user, group: user, groups: Vec::new(), name: None, home: b"/".to_vec(), shell: None })
    })
}

/// Parses a line of passwd(5).
fn account(line: &[u8], groups: &[u8]) -> Option<Account> {
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
    let text = |place: usize| fields.get(place).filter(|text| !text.is_empty()).map(|text| text.to_vec());
    let (name, home) = (fields.first()?.to_vec(), text(5).unwrap_or_else(|| b"/".to_vec()));
    let groups = groups_of(groups, &name);
    let (user, group) = (number(fields.get(2)?)?, number(fields.get(3)?)?);
    Some(Account { user, group, groups, name: Some(name), home, shell: text(6) })
}

/// Returns the groups that list a user as a member.
fn groups_of(groups: &[u8], user: &[u8]) -> Vec<u32> {
    let member = |line: &&[u8]| {
        let members = line.split(|byte| *byte == b':').nth(3).unwrap_or_default();
        members.split(|byte| *byte == b',').any(|member| member == user)
    };
    let number_of = |line: &[u8]| number(line.split(|byte| *byte == b':').nth(2)?);
    groups.split(|byte| *byte == b'\n').filter(member).filter_map(number_of).collect()
}

/// Returns the third fields of the lines with this name.
fn lines<'a>(file: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
    file.split(|byte| *byte == b'\n').filter_map(move |line| {
        let mut fields = line.split(|byte| *byte == b':');
        (fields.next()? == name).then_some(())?;
        number(fields.nth(1)?)
    })
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|number| *number != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &[u8] = b"root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/var/www:/bin/false\n";
    const GROUPS: &[u8] = b"root:x:0:\nlog:x:4:sys,web\nwww:x:34:\nssl:x:110:web\n";

    #[test]
    fn a_user_comes_with_all_groups() {
        let web = Account {
            user: 33,
            group: 34,
            groups: vec![4, 110],
            name: Some(b"web".to_vec()),
            home: b"/var/www".to_vec(),
            shell: Some(b"/bin/false".to_vec()),
        };
        assert_eq!(user_in(USERS, GROUPS, b"web"), Some(web.clone()));
        assert_eq!(user_in(USERS, GROUPS, b"33"), Some(web));
        assert_eq!(user_in(USERS, GROUPS, b"we"), None);
        let unknown = user_in(USERS, GROUPS, b"7777").unwrap();
        assert_eq!((unknown.user, unknown.group, &*unknown.groups), (7777, 7777, &[][..]));
        assert_eq!(unknown.variables(), [Some(&b"/"[..]), None, None, None]);
        assert_eq!(lines(GROUPS, b"log").next(), Some(4));
        assert_eq!(listed_groups(USERS, GROUPS, 33), [34, 4, 110]);
        assert!(listed_groups(USERS, GROUPS, 34).is_empty(), "nothing is known of a number that no line has");
    }

    #[test]
    fn a_home_is_that_of_the_user_and_never_of_another_one() {
        let file =
            b"root:x:0:0::/root:\nbobby:x:1:1::/b:\nbob:x:2:2::/home/bob:/bin/sh\nodd:x\nnone:x:3:3:::\n";
        assert_eq!(home_in(file, b"bob"), Some(&b"/home/bob"[..]));
        for name in [&b"bo"[..], b"odd", b"none", b""] {
            assert_eq!(home_in(file, name), None);
        }
    }

    #[test]
    fn root_is_known_here() {
        assert_eq!(user(b"root").unwrap().user, 0);
        assert_eq!(group(b"12").unwrap(), 12);
        let error = user(b"no such\x1b").unwrap_err();
        assert_eq!(error.to_string(), "no user `no such\\u{1b}` in /etc/passwd");
    }
}
