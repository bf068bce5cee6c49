"""run.sh: keeps the server running where no service manager does."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from bootstrap.actions import CreateDirectory, RunCommand, Sweep, WriteFile
from bootstrap.autostart.service import START, STOP, Control

if TYPE_CHECKING:
    from bootstrap.actions import Action
    from bootstrap.autostart.service import Service

LITTER = ("server.log", "server.log.1", "server.pid", "keeper.*")  # what it leaves in the log directory


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
        "MARK": shlex.quote(service.mark),
        "ENDED": "''" if service.ended_by_others else "0 | 130 | 143",
        "TIDY": f"{shlex.join(service.tidy)} >/dev/null 2>&1 </dev/null" if service.tidy else ":",
    }
    # in one pass: a path may look like one of the marks
    return re.sub("@([A-Z]+)@", lambda mark: values[mark[1]], _SCRIPT)


def actions(service: Service) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
    """What writes the script, and what starts it."""
    script = text(service)
    files = (
        CreateDirectory(service.logs, mode=0o700),
        Sweep(service.logs, LITTER),
        WriteFile(service.run_script, script, 0o755),
    )
    by_hand = control(service)
    # whoever starts it, uninstall stops it
    stop = RunCommand(STOP, (), undo=by_hand.stop, check=by_hand.alive, generation="1")
    start = RunCommand(
        START,
        by_hand.restart,
        check=by_hand.alive,
        generation=service.generation,
        hint=f"see why: {service.logs / 'server.log'}",
    )
    return files, (stop, start) if service.now else (stop,)


def control(service: Service, enabled: tuple[str, ...] = ()) -> Control:
    """By the script's own verbs, whoever starts it; enabled: what tells whether anybody does."""
    script = ("/bin/sh", str(service.run_script))
    log = str(service.logs / "server.log")
    return Control(
        start=(*script, "start"),
        stop=(*script, "stop"),
        restart=(*script, "restart"),
        alive=(*script, "status"),
        enabled=enabled,
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
tidy() {
    @TIDY@
}

log=$logs/server.log
pid=$logs/server.pid
data=${self%/*}
ours=/${data##*/}/    # in every command line of ours: a number may be somebody else's after a reboot

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

keeper_lives() {    # the keeper is who made the link with the highest number; these only ever grow
    number=0
    for link in "$logs"/keeper.*; do
        case ${link##*.} in '' | *[!0-9]*) ;; *) [ "${link##*.}" -le "$number" ] || number=${link##*.} ;; esac
    done
    keeper=$(readlink "$logs/keeper.$number")
    is "$keeper" "run.sh run"
}

server_lives() {
    server=''
    [ -r "$pid" ] && read -r server <"$pid"
    is "$server" @MARK@
}

server_ended() {    # after server_lives: it was started since, and there is no such process any more
    [ -n "$server" ] && [ "$server" != "$earlier" ] && ! kill -0 "$server" 2>/dev/null
}

claim() {    # become the keeper: of all that try at once, after a reboot or a kill -9, only one can
    tries=0
    while ! keeper_lives || [ "$keeper" = "$$" ]; do    # a link from before a reboot may have our number
        tries=$((tries + 1)) before=$number mine=$((number + 1))
        [ "$tries" -lt 9 ] || return 1
        ln -s "$$" "$logs/keeper.$mine" 2>/dev/null || continue
        keeper_lives
        [ "$number" = "$mine" ] || return 1
        rm -f "$logs/keeper.$before"
        return 0
    done
    return 1
}

hold() {    # wait until the last child has ended; when we are asked to end, it has to
    child=$!
    [ -n "$asked" ] || wait "$child"
    code=$?
    # more than once: a child that is just being made may not hear it
    while [ -n "$asked" ] && kill -TERM "$child" 2>/dev/null; do nap; done
}

run() {    # the server, again after a crash: 5 s later, then 10, 20, 40; five crashes in a row are the end
    asked='' crashes=0 pause=5
    trap 'asked=1' TERM INT
    trap '' HUP
    claim || exit 0
    if server_lives; then quit "$server"; fi    # the keeper before us was killed
    while [ -z "$asked" ]; do
        if [ -f "$log" ] && [ "$(wc -c <"$log")" -gt 5000000 ]; then mv -f "$log" "$log.1"; fi
        began=$(date +%s)
        tidy
        serve >>"$log" 2>&1 </dev/null &
        echo "$!" >"$pid"
        hold
        case $code in @ENDED@) break ;; esac    # it was asked to end
        if [ $(($(date +%s) - began)) -gt 60 ]; then crashes=0 pause=5; fi
        crashes=$((crashes + 1))
        if [ "$crashes" -ge 5 ]; then
            echo "the server ended 5 times in a row, last with status $code: given up" >>"$log"
            break
        fi
        [ -n "$asked" ] || { sleep "$pause" & hold; }
        pause=$((pause * 2))
    done
    rm -f "$pid"
}

start() {    # and wait until it runs, or has ended already
    server_lives
    earlier=$server tries=0
    if ! keeper_lives; then nohup /bin/sh "$self" run >/dev/null 2>&1 </dev/null & fi
    until keeper_lives && { server_lives || server_ended; } || [ "$tries" -gt 50 ]; do
        nap
        tries=$((tries + 1))
    done
}

stop() {
    if keeper_lives; then quit "$keeper"; fi
    if server_lives; then quit "$server"; rm -f "$pid"; fi    # its keeper was killed
    tidy
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
