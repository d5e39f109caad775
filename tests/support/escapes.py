"""Tries to get out of a sandbox. Each function is a try: it returns if it got out, and raises OSError if it was stopped.

usage: escapes.py OUTSIDE INSIDE OUT VICTIM TCP-PORT [NAME…]

OUTSIDE is a directory that is closed, INSIDE one that may be read, OUT one that may be written, VICTIM a process of the
same user outside. Prints a line for each try: its name, and `escaped` or the reason for which it did not."""

import ctypes, errno, fcntl, os, platform, signal, socket, struct, sys

OUTSIDE, INSIDE, OUT, VICTIM, PORT = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
SECRET = OUTSIDE + "/secret"
libc = ctypes.CDLL(None, use_errno=True)
TRIES = []
# Those that the program was started with.
LEFT_OPEN = [fd for fd in range(3, 256) if libc.fcntl(fd, 1) >= 0]


def attempt(function):
    TRIES.append(function)
    return function


def fail(number):
    raise OSError(number, os.strerror(number))


def call(number, *arguments, reached=()):
    """Makes a system call. An error of `reached` shows that the kernel began to carry it out."""
    arguments = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0 and ctypes.get_errno() not in reached:
        fail(ctypes.get_errno())
    return result


def by_name(**numbers):
    return numbers[platform.machine()] if platform.machine() in numbers else fail(errno.ENOSYS)


def read(path):
    with open(path, "rb") as file:
        file.read(1)


def content_of(fd):
    os.close(fd)


def sock(*kind):
    return socket.socket(*kind)


# Files.
@attempt
def read_by_path(): read(SECRET)
@attempt
def read_by_dots(): read(INSIDE + "/../outside/secret")
@attempt
def read_by_symbolic_link(): read(INSIDE + "/link")
@attempt
def read_by_root_of_process(): read("/proc/self/root" + SECRET)
@attempt
def read_by_root_of_victim(): read(f"/proc/{VICTIM}/root{SECRET}")
@attempt
def read_by_directory_of_victim(): read(f"/proc/{VICTIM}/cwd/secret")
@attempt
def read_by_reopened_descriptor():
    fd = os.open(SECRET, os.O_PATH)
    read(f"/dev/fd/{fd}")
@attempt
def read_by_openat2():
    path = ctypes.create_string_buffer(SECRET.encode())
    how = ctypes.create_string_buffer(24)
    call(437, -100, path, how, 24)
@attempt
def read_by_hard_link():
    os.link(SECRET, OUT + "/hard")
    open(OUT + "/hard", "r+b").close()
@attempt
def read_by_rename(): os.rename(OUTSIDE + "/moved", OUT + "/moved")
@attempt
def read_by_exchange():
    open(OUT + "/exchanged", "w").close()
    call(316 if platform.machine() == "x86_64" else 276, -100, (OUT + "/exchanged").encode(), -100,
         (OUTSIDE + "/exchanged").encode(), 2)
@attempt
def read_by_descriptor_left_open():
    if not LEFT_OPEN:
        fail(errno.EBADF)
@attempt
def read_by_file_handle():
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int()
    call(303 if platform.machine() == "x86_64" else 264, -100, SECRET.encode(), handle, ctypes.byref(mount), 0)
@attempt
def read_by_copy_of_the_loader():
    os.execv("/lib64/ld-linux-x86-64.so.2", ["ld.so", OUTSIDE + "/true"]) if in_child() else None
@attempt
def run_by_path(): os.execv(OUTSIDE + "/true", ["true"]) if in_child() else None
@attempt
def list_directory(): os.listdir(OUTSIDE)
@attempt
def watch_directory(): watch(OUTSIDE)
@attempt
def write_new(): open(OUTSIDE + "/new", "w").close()
@attempt
def write_by_append(): open(SECRET, "a").close()
@attempt
def write_by_symbolic_link():
    os.symlink(SECRET, OUT + "/symbolic")
    open(OUT + "/symbolic", "a").close()
@attempt
def write_inside_what_is_read(): open(INSIDE + "/data", "a").close()
@attempt
def truncate(): os.truncate(OUTSIDE + "/spare", 0)
@attempt
def unlink(): os.unlink(OUTSIDE + "/doomed")
@attempt
def make_directory(): os.mkdir(OUTSIDE + "/made")
@attempt
def make_symbolic_link(): os.symlink("x", OUTSIDE + "/made_link")
@attempt
def make_fifo(): os.mkfifo(OUTSIDE + "/fifo")
@attempt
def make_socket(): sock(socket.AF_UNIX).bind(OUTSIDE + "/socket")
@attempt
def make_device(): os.mknod(OUT + "/device", 0o20600, os.makedev(1, 3))
@attempt
def chmod(): os.chmod(SECRET, 0o644)
@attempt
def chmod_what_is_read(): os.chmod(INSIDE + "/data", 0o644)
@attempt
def chmod_by_descriptor(): os.fchmod(os.open(INSIDE + "/data", os.O_RDONLY), 0o644)
@attempt
def chmod_by_fchmodat2(): call(452, -100, SECRET.encode(), 0o644, 0)
@attempt
def chown(): os.chown(SECRET, os.geteuid(), os.getegid())
@attempt
def set_times(): os.utime(SECRET)
@attempt
def set_attribute(): os.setxattr(SECRET, "user.x", b"1")
@attempt
def set_flags():
    fd = os.open(INSIDE + "/data", os.O_RDONLY)
    fcntl.ioctl(fd, 0x40086602, struct.pack("l", 0))
@attempt
def kernel_setting(): open("/proc/sys/kernel/core_pattern", "r+b").close()
@attempt
def cgroup_file(): os.listdir("/sys/fs/cgroup")
@attempt
def memory_device(): open("/dev/kmsg", "rb").close()
@attempt
def terminal_device(): open("/dev/ptmx", "r+b", 0).close()


def in_child():
    """Returns true in a child, whose failure the parent raises."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        null = os.open("/dev/null", os.O_RDWR)
        os.dup2(null, 2)
        return True
    _, status = os.waitpid(pid, 0)
    if status != 0:
        fail(errno.EACCES)
    return False


def watch(path):
    fd = libc.inotify_init1(0)
    if libc.inotify_add_watch(fd, path.encode(), 0x100) < 0:
        fail(ctypes.get_errno())


# The kernel.
@attempt
def bind_mount():
    call(165 if platform.machine() == "x86_64" else 40, OUTSIDE.encode(), OUT.encode(), 0, 4096, 0)
    libc.umount2(OUT.encode(), 2)
@attempt
def open_tree(): call(428, -100, OUTSIDE.encode(), 1)
@attempt
def change_root(): os.chroot(OUTSIDE) if in_child() else None
@attempt
def user_namespace(): call(272 if platform.machine() == "x86_64" else 97, 0x10000000) if in_child() else None
@attempt
def namespace_by_clone():
    number = 56 if platform.machine() == "x86_64" else 220
    if call(number, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        os._exit(0)
@attempt
def namespace_by_clone3():
    # struct clone_args: flags, then exit_signal as the fifth.
    arguments = struct.pack("11Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, 0, 0, 0)
    if call(435, ctypes.create_string_buffer(arguments), 88) == 0:
        os._exit(0)
@attempt
def namespace_of_victim():
    fd = call(434, VICTIM, 0)
    call(308 if platform.machine() == "x86_64" else 268, fd, 0x00020000) if in_child() else None
@attempt
def trace():
    number = 101 if platform.machine() == "x86_64" else 117
    call(number, 0x4206, VICTIM, 0, 0)
@attempt
def read_memory_of_victim(): memory_of_victim(310 if platform.machine() == "x86_64" else 270)
@attempt
def write_memory_of_victim(): memory_of_victim(311 if platform.machine() == "x86_64" else 271)
@attempt
def memory_file_of_victim(): read(f"/proc/{VICTIM}/environ")
@attempt
def descriptor_of_victim():
    fd = call(434, VICTIM, 0)
    call(438, fd, 0, 0)
@attempt
def signal_to_victim(): os.kill(VICTIM, signal.SIGCONT)
@attempt
def signal_by_queue():
    info = ctypes.create_string_buffer(struct.pack("iii", signal.SIGCONT, 0, -1) + bytes(116))
    call(129 if platform.machine() == "x86_64" else 138, VICTIM, signal.SIGCONT, info)
@attempt
def signal_by_pidfd():
    fd = call(434, VICTIM, 0)
    call(424, fd, signal.SIGCONT, 0, 0)
@attempt
def limit_of_victim():
    import resource
    resource.prlimit(VICTIM, resource.RLIMIT_CORE, (0, 0))
@attempt
def ring(): call(425, 4, ctypes.create_string_buffer(120))
@attempt
def bpf(): call(321 if platform.machine() == "x86_64" else 280, 0, ctypes.create_string_buffer(128), 72)
@attempt
def keyring(): call(250 if platform.machine() == "x86_64" else 219, 0, -3, 1)
@attempt
def performance(): call(298 if platform.machine() == "x86_64" else 241, ctypes.create_string_buffer(112), 0, -1, -1, 0,
                        reached=(errno.EINVAL, errno.ENOENT, errno.E2BIG))
@attempt
def page_faults(): call(323 if platform.machine() == "x86_64" else 282, 1, reached=(errno.EINVAL,))
@attempt
def shared_memory():
    segment = call(29 if platform.machine() == "x86_64" else 194, 0x7077, 4096, 0o1600)
    call(31 if platform.machine() == "x86_64" else 195, segment, 0, 0)
@attempt
def message_queue():
    call(240 if platform.machine() == "x86_64" else 180, b"pipewright", 0o102, 0o600, 0)
    call(241 if platform.machine() == "x86_64" else 181, b"pipewright")
@attempt
def watch_everything(): call(300 if platform.machine() == "x86_64" else 262, 0, 0)
@attempt
def type_at_terminal(): call_ioctl(0x5412)
@attempt
def type_at_console(): call_ioctl(0x541c)
@attempt
def type_with_high_bits(): call(16 if platform.machine() == "x86_64" else 29, 0, 0x5412 | 1 << 32, b"x",
                                reached=(errno.ENOTTY, errno.EIO))
@attempt
def gain_privileges():
    if libc.prctl(39, 0, 0, 0, 0) == 1:
        fail(errno.EPERM)


def call_ioctl(request):
    call(16 if platform.machine() == "x86_64" else 29, 0, request, b"x", reached=(errno.ENOTTY, errno.EIO))


def memory_of_victim(number):
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_void_p * 2)(0x1000, 8)
    call(number, VICTIM, local, 1, remote, 1, 0, reached=(errno.EFAULT,))


# The network.
@attempt
def tcp(): sock(socket.AF_INET).connect(("127.0.0.1", PORT))
@attempt
def tcp_by_fast_open(): sock(socket.AF_INET).sendto(b"x", 0x20000000, ("127.0.0.1", PORT))
@attempt
def tcp_version_6(): sock(socket.AF_INET6)
@attempt
def multipath_tcp(): sock(socket.AF_INET, socket.SOCK_STREAM, 262).connect(("127.0.0.1", PORT))
@attempt
def server(): sock(socket.AF_INET).listen()
@attempt
def udp(): sock(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))
@attempt
def raw(): sock(socket.AF_INET, socket.SOCK_RAW, 1)
@attempt
def packets(): sock(socket.AF_PACKET, socket.SOCK_RAW)
@attempt
def netlink(): sock(socket.AF_NETLINK, socket.SOCK_RAW, 0)
@attempt
def unix_by_path(): sock(socket.AF_UNIX).connect(OUTSIDE + "/server")
@attempt
def unix_abstract(): sock(socket.AF_UNIX).connect("\0pipewright-" + str(PORT))
@attempt
def other_family(): sock(socket.AF_ALG, socket.SOCK_SEQPACKET)


def run(function):
    """Runs a try in a process of its own, so that none disturbs the next."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            function()
            answer = "escaped"
        except OSError as error:
            answer = error.strerror or str(error)
        except BaseException as error:
            answer = f"broken: {error!r}"
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    answer = os.read(reader, 1000).decode()
    os.close(reader)
    os.waitpid(pid, 0)
    return answer or "ended without an answer"


def main():
    signal.alarm(100)
    names = sys.argv[6:]
    for function in TRIES:
        if not names or function.__name__ in names:
            print(f"{function.__name__}\t{run(function)}", flush=True)


main()
