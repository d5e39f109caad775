//! The access that a mode or an access control list gives a user (acl(5), "Access check algorithm").

/// The permissions of a file, as three bits for each entry.
#[derive(Debug, PartialEq, Eq)]
pub struct Permissions {
    owner: u16,
    group: u16,
    other: u16,
    /// The upper limit for named users and groups, and for the owning group.
    mask: u16,
    users: Vec<(u32, u16)>,
    groups: Vec<(u32, u16)>,
}

impl Permissions {
    /// Returns the permissions of a mode.
    pub fn of_mode(mode: u32) -> Self {
        let bits = |shift: u32| (mode >> shift & 7) as u16;
        Self {
            owner: bits(6),
            group: bits(3),
            other: bits(0),
            mask: 7,
            users: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// Returns the permissions of a list in the kernel's form: a version, then entries of a tag,
    /// permissions and a number, in little-endian byte order (linux/posix_acl_xattr.h).
    pub fn of_list(list: &[u8]) -> Option<Self> {
        let (version, entries) = list.split_first_chunk::<4>()?;
        let (entries, rest) = entries.as_chunks::<8>();
        if u32::from_le_bytes(*version) != 2 || !rest.is_empty() {
            return None;
        }
        let mut all = Self::of_mode(0);
        for [tag0, tag1, bits0, bits1, number @ ..] in entries {
            let bits = u16::from_le_bytes([*bits0, *bits1]) & 7;
            let number = u32::from_le_bytes(*number);
            match u16::from_le_bytes([*tag0, *tag1]) {
                0x01 => all.owner = bits,
                0x02 => all.users.push((number, bits)),
                0x04 => all.group = bits,
                0x08 => all.groups.push((number, bits)),
                0x10 => all.mask = bits,
                0x20 => all.other = bits,
                _ => return None,
            }
        }
        Some(all)
    }

    pub const fn owner(&self) -> u16 {
        self.owner
    }

    pub const fn group(&self) -> u16 {
        self.group & self.mask
    }

    pub const fn other(&self) -> u16 {
        self.other
    }

    /// Returns whether a user that is not the owner has all of `wanted`, if the file's group is
    /// `group`.
    pub fn allow(&self, user: u32, groups: &[u32], group: u32, wanted: u16) -> bool {
        let has = |bits: u16| bits & wanted == wanted;
        if user == 0 {
            return true;
        }
        if let Some((_, bits)) = self.users.iter().find(|(named, _)| *named == user) {
            return has(bits & self.mask);
        }
        let named = self.groups.iter().copied().chain([(group, self.group)]);
        let mut own = named.filter(|(number, _)| groups.contains(number)).peekable();
        if own.peek().is_some() {
            return own.any(|(_, bits)| has(bits & self.mask));
        }
        has(self.other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, bits, number) in entries {
            list.extend(tag.to_le_bytes().iter().chain(&bits.to_le_bytes()).chain(&number.to_le_bytes()));
        }
        list
    }

    #[test]
    fn a_member_of_the_group_has_what_the_group_has() {
        let shared = Permissions::of_mode(0o664);
        assert!(shared.allow(1000, &[50], 50, 6));
        assert!(!shared.allow(1000, &[51], 50, 6) && shared.allow(1000, &[51], 50, 4));
        // The group comes before all others, even if it has less access.
        assert!(!Permissions::of_mode(0o606).allow(1000, &[50], 50, 6));
    }

    #[test]
    fn the_mask_bounds_named_users_and_groups() {
        let entries = [(1, 6, 0), (2, 6, 1000), (4, 4, 0), (8, 6, 60), (0x10, 4, 0), (0x20, 0, 0)];
        let masked = Permissions::of_list(&list(&entries)).unwrap();
        assert!(!masked.allow(1000, &[], 50, 6) && masked.allow(1000, &[], 50, 4));
        assert!(!masked.allow(1001, &[60], 50, 6) && !masked.allow(1002, &[], 50, 4));
        assert_eq!((masked.owner(), masked.group(), masked.other()), (6, 4, 0));
        assert_eq!(Permissions::of_list(b"odd"), None);
    }
}
