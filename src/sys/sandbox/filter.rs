//! The filter of system calls (seccomp(2)), for what Landlock does not cover: other ways into the kernel, sockets,
//! and changes of files that are not open(2).
//!
//! A filter is a program of the Berkeley Packet Filter over the number and the arguments of a call. It is built from
//! blocks that end with a decision, so it has no jump but "skip this block".

mod calls;

use std::ffi::c_long;
use std::io;

/// An instruction (`struct sock_filter`).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

/// A filter that a child installs for itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Filter(Box<[Instruction]>);

/// The network that a filter leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// TCP sockets; their ports are a matter of Landlock.
    pub tcp: bool,
    /// UDP sockets, with any port.
    pub udp: bool,
    /// Sockets of this machine.
    pub unix: bool,
    /// Whether connections are accepted.
    pub listens: bool,
}

const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const RETURN: u16 = 0x06;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_AT_LEAST: u16 = 0x35;
const JUMP_ANY_BIT: u16 = 0x45;

const ALLOW: u32 = 0x7fff_0000;
const FAIL: u32 = 0x0005_0000;
const KILL: u32 = 0x8000_0000;

/// The places in `struct seccomp_data`.
const NUMBER: u32 = 0;
const ARCHITECTURE: u32 = 4;
/// The lower half of the first argument. The kernel uses no more of those that are judged here.
const ARGUMENTS: u32 = 16;

#[cfg(target_arch = "x86_64")]
const THIS: Option<u32> = Some(0xc000_003e);
#[cfg(target_arch = "aarch64")]
const THIS: Option<u32> = Some(0xc000_00b7);
#[cfg(target_arch = "riscv64")]
const THIS: Option<u32> = Some(0xc000_00f3);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
const THIS: Option<u32> = None;

/// Namespaces: with one of its own, a process would have privileges in it.
const NAMESPACES: u32 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u32;

impl Filter {
    /// Creates a filter. `files`: file access is closed outside of the rules of Landlock. `unmounted`: owners, modes and
    /// times, which those don't cover, are not closed by read-only mounts. `network`: what is left of the network, or none if all of it is open. Returns none on a
    /// machine whose system calls are not known here.
    pub fn new(files: bool, unmounted: bool, network: Option<Network>) -> Option<Self> {
        let mut block = vec![load(ARCHITECTURE), skip_unless(JUMP_EQUAL, THIS?, 1)];
        block.extend([skip(1), give(KILL), load(NUMBER)]);
        if cfg!(target_arch = "x86_64") {
            // The other set of numbers of this machine (x32).
            block.extend([skip_unless(JUMP_AT_LEAST, 0x4000_0000, 1), give(KILL)]);
        }
        for number in calls::ALWAYS {
            block.extend(on(*number, &[fail(libc::EPERM)]));
        }
        // Its flags lie in memory, where no filter can read them. Libraries then use clone(2).
        block.extend(on(libc::SYS_clone3, &[fail(libc::ENOSYS)]));
        let clone = [argument(0), skip_unless(JUMP_ANY_BIT, NAMESPACES, 1), fail(libc::EPERM), give(ALLOW)];
        block.extend(on(libc::SYS_clone, &clone));
        // Limits of other processes of the user: with a processor time of zero they would be killed.
        let other = [argument(0), skip_unless(JUMP_EQUAL, 0, 1), give(ALLOW), fail(libc::EPERM)];
        block.extend(on(libc::SYS_prlimit64, &other));
        block.extend(on(libc::SYS_ioctl, &refused(1, calls::CONTROLS)));
        let changes = if unmounted { calls::CHANGES } else { &[] };
        let closed = if files { calls::OF_FILES } else { &[] };
        for number in changes.iter().chain(closed) {
            block.extend(on(*number, &[fail(libc::EPERM)]));
        }
        if let Some(network) = network {
            block.extend(of_network(network));
        }
        block.push(give(ALLOW));
        Some(Self(block.into()))
    }

    /// Returns its instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.0
    }
}

fn of_network(network: Network) -> Vec<Instruction> {
    let refuse = fail(libc::EACCES);
    let mut socket = vec![argument(0)];
    if network.unix {
        socket.extend(equals(libc::AF_UNIX, &[give(ALLOW)]));
    }
    // Other protocols, such as multipath TCP, are not covered by the rules for ports.
    let protocol = |own| {
        let mut block = vec![argument(2)];
        block.extend(equals(0, &[give(ALLOW)]));
        block.extend(equals(own, &[give(ALLOW)]));
        block.push(refuse);
        block
    };
    let mut internet = vec![argument(1), Instruction { code: AND, if_true: 0, if_false: 0, value: 0xf }];
    if network.tcp {
        internet.extend(equals(libc::SOCK_STREAM, &protocol(libc::IPPROTO_TCP)));
    }
    if network.udp {
        internet.extend(equals(libc::SOCK_DGRAM, &protocol(libc::IPPROTO_UDP)));
    }
    internet.push(refuse);
    socket.extend(equals(libc::AF_INET, &internet));
    socket.extend(equals(libc::AF_INET6, &internet));
    socket.push(refuse);
    let mut block = on(libc::SYS_socket, &socket);
    let pair = [argument(0), skip_unless(JUMP_EQUAL, libc::AF_UNIX as u32, 1), give(ALLOW), refuse];
    block.extend(on(libc::SYS_socketpair, &pair));
    if !network.listens && !network.unix {
        // Without bind(2), the kernel would choose a port, which no rule is asked about.
        block.extend(on(libc::SYS_listen, &[refuse]));
    }
    // Sending with this flag connects, and no rule is asked about it.
    for (number, flags) in [(libc::SYS_sendto, 3), (libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)] {
        let fast =
            [argument(flags), skip_unless(JUMP_ANY_BIT, libc::MSG_FASTOPEN as u32, 1), refuse, give(ALLOW)];
        block.extend(on(number, &fast));
    }
    block
}

/// Returns a decision for a call.
fn on(number: c_long, block: &[Instruction]) -> Vec<Instruction> {
    equals(i32::try_from(number).unwrap_or(-1), block)
}

/// Returns a block for one value.
fn equals(value: i32, block: &[Instruction]) -> Vec<Instruction> {
    let mut all = vec![skip_unless(JUMP_EQUAL, value as u32, block.len())];
    all.extend_from_slice(block);
    all
}

/// Returns a decision by an argument: fails for these values.
fn refused(place: u32, values: &[u32]) -> Vec<Instruction> {
    let mut block = vec![argument(place)];
    for value in values {
        block.extend([skip_unless(JUMP_EQUAL, *value, 1), fail(libc::EPERM)]);
    }
    block.push(give(ALLOW));
    block
}

const fn load(place: u32) -> Instruction {
    Instruction { code: LOAD, if_true: 0, if_false: 0, value: place }
}

const fn argument(place: u32) -> Instruction {
    load(ARGUMENTS + 8 * place)
}

const fn give(decision: u32) -> Instruction {
    Instruction { code: RETURN, if_true: 0, if_false: 0, value: decision }
}

const fn fail(errno: i32) -> Instruction {
    give(FAIL | errno as u32)
}

/// Returns an instruction that goes on if the condition holds, and else skips that many.
const fn skip_unless(code: u16, value: u32, skipped: usize) -> Instruction {
    assert!(skipped < 256, "a block is too long to be skipped");
    Instruction { code, if_true: 0, if_false: skipped as u8, value }
}

/// Returns an instruction that skips that many.
const fn skip(skipped: u32) -> Instruction {
    Instruction { code: 0x05, if_true: 0, if_false: 0, value: skipped }
}

/// Returns why filters can't be used, if they can't.
pub(super) fn available() -> Result<(), String> {
    const GET_ACTION_AVAIL: c_long = 2;
    if THIS.is_none() {
        return Err("seccomp: the system calls of this machine are not known here".into());
    }
    let wanted = KILL;
    // SAFETY: the kernel reads the number.
    if unsafe { libc::syscall(libc::SYS_seccomp, GET_ACTION_AVAIL, 0, &raw const wanted) } == 0 {
        return Ok(());
    }
    Err(format!("seccomp: {}", crate::diag::reason(&io::Error::last_os_error())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter over a call.
    fn judge(filter: &Filter, number: c_long, arguments: [u32; 4]) -> u32 {
        let (mut at, mut value) = (0, 0);
        loop {
            let one = filter.0[at];
            at += 1;
            let jump = |holds: bool| usize::from(if holds { one.if_true } else { one.if_false });
            match one.code {
                LOAD if one.value == NUMBER => value = number as u32,
                LOAD if one.value == ARCHITECTURE => value = THIS.unwrap(),
                LOAD => value = arguments[((one.value - ARGUMENTS) / 8) as usize],
                AND => value &= one.value,
                RETURN => return one.value,
                JUMP_EQUAL => at += jump(value == one.value),
                JUMP_AT_LEAST => at += jump(value >= one.value),
                JUMP_ANY_BIT => at += jump(value & one.value != 0),
                0x05 => at += one.value as usize,
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn a_filter_decides_by_number_and_argument() {
        let tcp = Network { tcp: true, ..Network::default() };
        let closed = Filter::new(true, true, Some(Network::default())).unwrap();
        let web = Filter::new(true, true, Some(tcp)).unwrap();
        let mounted = Filter::new(true, false, None).unwrap();
        let open = Filter::new(false, false, None).unwrap();
        let (refused, forbidden) = (FAIL | libc::EACCES as u32, FAIL | libc::EPERM as u32);
        let stream = [libc::AF_INET as u32, (libc::SOCK_STREAM | libc::SOCK_CLOEXEC) as u32, 0, 0];
        let datagram = [libc::AF_INET as u32, libc::SOCK_DGRAM as u32, 0, 0];
        let multipath = [libc::AF_INET6 as u32, libc::SOCK_STREAM as u32, libc::IPPROTO_MPTCP as u32, 0];
        for (filter, number, arguments, decision) in [
            (&closed, libc::SYS_read, [0; 4], ALLOW),
            (&closed, libc::SYS_ptrace, [0; 4], forbidden),
            (&closed, libc::SYS_clone3, [0; 4], FAIL | libc::ENOSYS as u32),
            (&closed, libc::SYS_clone, [libc::SIGCHLD as u32, 0, 0, 0], ALLOW),
            (&closed, libc::SYS_clone, [libc::CLONE_NEWUSER as u32, 0, 0, 0], forbidden),
            (&closed, libc::SYS_ioctl, [0, libc::TIOCSTI as u32, 0, 0], forbidden),
            (&closed, libc::SYS_ioctl, [0, libc::TCGETS as u32, 0, 0], ALLOW),
            (&closed, libc::SYS_prlimit64, [0; 4], ALLOW),
            (&closed, libc::SYS_prlimit64, [1, 0, 0, 0], forbidden),
            (&closed, libc::SYS_fchmod, [0; 4], forbidden),
            (&open, libc::SYS_fchmod, [0; 4], ALLOW),
            (&mounted, libc::SYS_fchmod, [0; 4], ALLOW),
            (&mounted, libc::SYS_inotify_add_watch, [0; 4], forbidden),
            (&closed, libc::SYS_socket, stream, refused),
            (&web, libc::SYS_socket, stream, ALLOW),
            (&web, libc::SYS_socket, datagram, refused),
            (&web, libc::SYS_socket, multipath, refused),
            (&web, libc::SYS_sendto, [0, 0, 0, libc::MSG_FASTOPEN as u32], refused),
            (&open, libc::SYS_socket, multipath, ALLOW),
            (&closed, libc::SYS_socketpair, [libc::AF_UNIX as u32, 0, 0, 0], ALLOW),
            (&web, libc::SYS_listen, [0; 4], refused),
        ] {
            assert_eq!(judge(filter, number, arguments), decision, "{number} {arguments:?}");
        }
    }
}
