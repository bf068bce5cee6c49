"""Where a program that carries itself begins, in an archive for any Python and in the frozen one."""

import sys

if sys.version_info < (3, 11):
    sys.exit("error: Python 3.11 or newer is needed, and this is %d.%d\n"
             "help: run this with a newer python3" % sys.version_info[:2])
if hasattr(sys, "_MEIPASS"):  # the executables of the frozen one share what they import
    sys.path.insert(0, sys._MEIPASS + "/modules.zip")

import signal

interrupt = signal.getsignal(signal.SIGINT)
if interrupt is signal.default_int_handler:  # while all is loaded, Ctrl-C ends us without a word
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from bootstrap.cli import entry

signal.signal(signal.SIGINT, interrupt)
entry()
