//! System calls without libc, for code that runs beside this process in its memory: those of libc write `errno`,
//! which belongs to a thread of this process.

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use std::arch::asm;
use std::ffi::c_long;

/// Makes a system call. A failure is the negated errno.
///
/// # Safety
/// As for the system call.
pub(super) unsafe fn call<const N: usize>(number: c_long, given: [usize; N]) -> isize {
    // prctl(2) refuses other values than 0 in arguments that it does not take.
    let mut arguments = [0; 5];
    for (argument, given) in arguments.iter_mut().zip(given) {
        *argument = given;
    }
    let [a, b, c, d, e] = arguments;
    // SAFETY: no stack memory is used, and the registers that the kernel changes are declared.
    unsafe { call5(number as usize, a, b, c, d, e) }
}

#[cfg(target_arch = "x86_64")]
unsafe fn call5(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let result: isize;
    // SAFETY: the kernel's convention (`syscall(2)`).
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

#[cfg(target_arch = "aarch64")]
unsafe fn call5(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    let result: isize;
    // SAFETY: the kernel's convention (`syscall(2)`).
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a as isize => result,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e,
            options(nostack),
        );
    }
    result
}

/// Makes the call through libc, on architectures for which no assembly exists. The only code that runs there in the
/// memory of this process is a child whose starter sleeps until its execve (`spawn`) and does not use its errno
/// after that.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
unsafe fn call5(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> isize {
    // SAFETY: as for the system call.
    match unsafe { libc::syscall(number as c_long, a, b, c, d, e) } {
        -1 => -(super::last_error() as isize),
        result => result as isize,
    }
}
