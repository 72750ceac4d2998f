"""Runs a program on a pseudo terminal for a test: orders as JSON lines on stdin, events as JSON lines on stdout.

orders: {"write": TEXT}, {"resize": [COLUMNS, ROWS]}, {"attributes": NAME}, {"hangup": true}
events: {"data": TEXT}, {"attributes": NAME, "raw": BOOL}, {"exit": STATUS}
"""
import fcntl, json, os, pty, select, signal, struct, sys, termios


def emit(event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def resize(columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def emit_attributes(name):
    flags = termios.tcgetattr(inside)[3]
    emit({"attributes": name, "raw": not flags & (termios.ICANON | termios.ECHO)})


def emit_data():
    emit({"data": os.read(terminal, 65536).decode("utf-8", "replace")})


def follow(order):
    if "write" in order:
        os.write(terminal, order["write"].encode())
    elif "resize" in order:
        resize(*order["resize"])
    elif "attributes" in order:
        emit_attributes(order["attributes"])
    elif "hangup" in order:
        os.close(terminal)
        return False
    return True


# The inner end stays open here, so that its attributes can be read after the program's end.
terminal, inside = pty.openpty()
resize(80, 24)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(inside, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(inside, descriptor)
    os.close(inside)
    os.close(terminal)
    os.execv(sys.argv[1], sys.argv[1:])

pending = b""
is_open = has_orders = True
while True:
    watched = ([terminal] if is_open else []) + ([0] if has_orders else [])
    readable, _, _ = select.select(watched, [], [], 0.05)
    if is_open and terminal in readable:
        emit_data()
    if 0 in readable:
        chunk = os.read(0, 65536)
        has_orders = chunk != b""
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            is_open = follow(json.loads(line)) and is_open
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        while is_open and select.select([terminal], [], [], 0)[0]:
            emit_data()
        if is_open:
            emit_attributes("end")
        emit({"exit": os.waitstatus_to_exitcode(status)})
        sys.exit(0)
    if not has_orders:
        os.kill(pid, signal.SIGKILL)
