"""run.sh: keeps the server running where no service manager does."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from bootstrap.actions import CreateDirectory, RunCommand, WriteFile
from bootstrap.autostart.service import START, Control

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

LITTER = ("server.log", "server.log.1", "server.pid", "server.pid.new")  # what it leaves in the log directory


def text(service: Service) -> str:
    """The script, for any POSIX sh."""
    environment = "".join(
        f"{name}={shlex.quote(value)}; export {name}\n" for name, value in service.environment
    )
    values = {
        "SELF": shlex.quote(str(service.run_script)),
        "LOGS": shlex.quote(str(service.logs)),
        "ENVIRONMENT": environment,
        "ARGV": shlex.join(service.argv),
    }
    # in one pass: a path may look like one of the marks
    return re.sub("@([A-Z]+)@", lambda mark: values[mark[1]], _SCRIPT)


def actions(service: Service) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """What writes the script, and what starts it."""
    script = text(service)
    files = (
        CreateDirectory(service.logs, litter=LITTER, mode=0o700),
        WriteFile(service.run_script, script, 0o755),
    )
    by_hand = control(service)
    start = RunCommand(
        START,
        by_hand.restart,
        undo=by_hand.stop,
        check=by_hand.alive,
        generation=service.generation,
        hint=f"see why: {service.logs / 'server.log'}",
    )
    return files, (start,) if service.now else ()


def control(service: Service) -> Control:
    """By the script's own verbs."""
    script = ("/bin/sh", str(service.run_script))
    log = str(service.logs / "server.log")
    return Control(
        start=(*script, "start"),
        stop=(*script, "stop"),
        restart=(*script, "restart"),
        alive=(*script, "status"),
        pid=(*script, "pid"),
        logs=("tail", "-n", "100", log),
        follow=("tail", "-n", "100", "-f", log),
    )


_SCRIPT = """\
#!/bin/sh
# commit-polish: keeps the local model server running where no service manager does.
# usage: run.sh [run | start | stop | restart | status | pid]
# Written by bootstrap, which also removes it: what you change here is lost.

self=@SELF@
logs=@LOGS@
@ENVIRONMENT@
serve() {
    exec @ARGV@
}

log=$logs/server.log
pids=$logs/server.pid    # of this script and of the server
data=${self%/*}
ours=/${data##*/}/       # in the command line of both: a number may be somebody else's after a reboot

nap() { sleep 0.1 2>/dev/null || sleep 1; }

command_of() {
    if [ -r "/proc/$1/cmdline" ]; then
        tr '\\000' ' ' 2>/dev/null <"/proc/$1/cmdline"
    else
        ps -ww -o args= -p "$1" 2>/dev/null
    fi
}

is() {    # whether a process of ours has this number, and this in its command line
    case $1 in '' | *[!0-9]*) return 1 ;; esac
    case "$(command_of "$1") " in *"$ours"*"$2 "*) return 0 ;; *) return 1 ;; esac
}

keeper_lives() {
    keeper='' server=''
    [ -r "$pids" ] && read -r keeper server <"$pids"
    is "$keeper" "run.sh run"
}

server_lives() { is "$server" --server; }    # reads what keeper_lives has found

claim() {    # the pid file: however many keepers are started at once, one of them gets it
    tries=0
    until (set -C; echo "$$" >"$pids") 2>/dev/null; do
        nap    # who has just made it may not have written it yet
        ! keeper_lives && [ "$tries" -lt 9 ] || return 1
        rm -f "$pids"
        tries=$((tries + 1))
    done
    nap    # who took the old one for stale together with us has put another one in its place by now
}

claimed() { keeper_lives && [ "$keeper" = "$$" ]; }

hold() {    # wait until the last child has ended; if we are asked to end, it is too
    child=$!
    [ -z "$asked" ] || kill -TERM "$child" 2>/dev/null
    wait "$child"
    code=$?
    [ -z "$asked" ] || wait "$child"
    child=''
}

run() {    # the server, again after a crash: 5 s later, then 10, 20, 40; five crashes in a row are the end
    asked='' child=''
    trap 'asked=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
    trap '' HUP
    claim || exit 0
    crashes=0 pause=5
    while [ -z "$asked" ] && claimed; do
        if [ -f "$log" ] && [ "$(wc -c <"$log")" -gt 5000000 ]; then mv -f "$log" "$log.1"; fi
        began=$(date +%s)
        serve >>"$log" 2>&1 </dev/null &
        echo "$$ $!" >"$pids.new" && mv -f "$pids.new" "$pids"
        hold
        case $code in 0 | 130 | 143) break ;; esac    # it was asked to end
        if [ $(($(date +%s) - began)) -gt 60 ]; then crashes=0 pause=5; fi
        crashes=$((crashes + 1))
        if [ "$crashes" -ge 5 ]; then
            echo "the server ended 5 times in a row, last with status $code: given up" >>"$log"
            break
        fi
        [ -n "$asked" ] || { sleep "$pause" & hold; }
        pause=$((pause * 2))
    done
    if claimed; then rm -f "$pids"; fi
}

start() {
    if ! keeper_lives; then
        if server_lives; then quit "$server"; fi    # its keeper was killed
        nohup /bin/sh "$self" run >/dev/null 2>&1 </dev/null &
    fi
    tries=0
    until keeper_lives && server_lives || [ "$tries" -gt 50 ]; do nap; tries=$((tries + 1)); done
}

stop() {
    if keeper_lives; then quit "$keeper"; keeper_lives; fi
    if server_lives; then quit "$server"; fi    # its keeper was killed
    rm -f "$pids" "$pids.new"
}

quit() {    # end a process of ours, by force after 10 s
    kill -TERM "$1" 2>/dev/null
    tries=0
    while is "$1" '' && [ "$tries" -lt 100 ]; do nap; tries=$((tries + 1)); done
    if is "$1" ''; then kill -KILL "$1" 2>/dev/null; fi
}

umask 077
case ${1:-run} in
    run)    # others know us by our command line
        [ "$0 ${1-}" = "$self run" ] || exec /bin/sh "$self" run
        run ;;
    start) start ;;
    stop) stop ;;
    restart) stop; start ;;
    status) keeper_lives && server_lives ;;
    pid) keeper_lives && server_lives && echo "$server" ;;
    *) echo "usage: run.sh [run | start | stop | restart | status | pid]" >&2; exit 2 ;;
esac
"""
