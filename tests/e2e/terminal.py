#!/usr/bin/python3
"""Runs a program on a terminal of its own, as a person would.

terminal.py OUT PROMPT ANSWER ACTION -- COMMAND...

Everything that the terminal shows goes to OUT. When PROMPT has been shown, the shell command ACTION is run and ANSWER is
typed. Ends with the program's exit code.
"""
import os
import pty
import signal
import subprocess
import sys

out_path, prompt, answer, action = sys.argv[1:5]
command = sys.argv[sys.argv.index("--") + 1:]
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm"
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a script in the background has inherited that it is ignored
    os.execvp(command[0], command)
shown, asked = b"", False
with open(out_path, "wb") as out:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody has the other end open any more
            break
        if not data:
            break
        out.write(data)
        shown += data
        if not asked and prompt.encode() in shown:
            asked = True
            if action:
                subprocess.run(["bash", "-c", action], check=True)
            os.write(terminal, answer.encode() + b"\n")
status = os.waitpid(child, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) if asked or not prompt else 99)
