# shellcheck shell=bash disable=SC2034,SC2154  # the rigs and this file use what the other one sets
# Sourced by the rigs: private namespaces (mounts, processes, network) with an ordinary user in them.
# /run is empty and belongs to the rig, so nothing of it is left on the machine.
# Exit status 77: this machine cannot do it, and the reason is on standard error.

cannot() { echo "${0##*/}: $*" >&2; exit 77; }

# enter PACKAGE... -- OPTION... -- COMMAND...: run the rig again, as process 1 of new namespaces
enter() {
    [ "$$ ${RIG-}" != "1 inside" ] || return 0
    [ "$(id -u)" = 0 ] || cannot "needs root"
    local wanted=()
    while [ "$1" != -- ]; do wanted+=("$1"); shift; done
    shift
    packages "${wanted[@]}"
    local spaces=(--mount --propagation private --pid --mount-proc --ipc --net --fork --kill-child)
    unshare "${spaces[@]}" true 2>/dev/null || cannot "this machine lets nobody make namespaces"
    RIG=inside exec unshare "${spaces[@]}" "$BASH" "$0" "$@"
}

# packages PACKAGE...: installs those that are missing
packages() {
    type dpkg-query apt-get >/dev/null 2>&1 || cannot "needs Debian"
    local package missing=()
    for package; do
        dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] || bring "${missing[@]}" || cannot "apt-get cannot install ${missing[*]}"
}

bring() (       # one at a time; at run level 1 Debian starts nothing of what it installs
    exec 9>/run/lock/bootstrap-tests && flock 9 && apt-get -qq update &&
        RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qqy -o DPkg::Lock::Timeout=300 \
            install --no-install-recommends "$@" 9>&-
) >/dev/null 2>&1

# options OPTION... -- COMMAND...: sets home, shares, manager (empty: none) and command
options() {
    home=tester shares=() manager=1
    while [ "$1" != -- ]; do
        case $1 in
            --home) home=$2; shift 2 ;;
            --share) shares+=("$2"); shift 2 ;;
            --no-manager) manager=''; shift ;;
            *) echo "${0##*/}: what is $1?" >&2; exit 2 ;;
        esac
    done
    shift
    command=("$@") home=/run/home/$home
}

# A machine with an empty /run, loopback and one user, `tester`, with a fresh home. Sets uid and user,
# the beginning of a command line that is to run as that user.
furnish() {
    mount -t tmpfs -o mode=755 rig /run
    mkdir -p /run/rig/bin /run/rig/shared /run/home /run/lock
    mkdir -m 1777 /run/rig/tmp
    ip link set lo up
    uid=6000
    while getent passwd "$uid" || getent group "$uid"; do uid=$((uid + 1)); done >/dev/null
    cp /etc/passwd /etc/group /etc/shadow /run/rig
    printf 'tester:x:%s:%s::%s:/bin/bash\n' "$uid" "$uid" "$home" >>/run/rig/passwd
    echo "tester:x:$uid:" >>/run/rig/group
    echo 'tester:*:19000:0:99999:7:::' >>/run/rig/shadow
    local file
    for file in passwd group shadow; do mount --bind "/run/rig/$file" "/etc/$file"; done
    install -d -o "$uid" -g "$uid" "$home"
    user=(setpriv "--reuid=$uid" "--regid=$uid" --init-groups --reset-env env "HOME=$home" USER=tester
        LOGNAME=tester SHELL=/bin/bash LANG=C.UTF-8 TMPDIR=/run/rig/tmp PATH=/run/rig/bin:/usr/bin:/bin)
    share "${shares[@]}"
    cd "$home" || exit
}

# Let the user reach these directories at their own paths, whatever is above them, such as /root.
share() {
    local directory number closed=() top
    for directory; do
        "${user[@]}" test -x "$directory/." && continue
        mkdir "/run/rig/shared/${#closed[@]}"
        mount --bind "$directory" "/run/rig/shared/${#closed[@]}"
        closed+=("$directory")
    done
    for number in "${!closed[@]}"; do
        directory=${closed[number]}
        top=$(closed_above "$directory")
        [ -z "$top" ] || mount -t tmpfs -o mode=755 rig "$top"
        mkdir -p "$directory"
        mount --bind "/run/rig/shared/$number" "$directory"
        "${user[@]}" test -x "$directory/." || cannot "$directory is closed to other users"
    done
}

closed_above() {    # the topmost directory on the way to this one that the user cannot enter
    local path='' rest=${1#/}
    while [ "$rest" != "${rest#*/}" ]; do
        path=$path/${rest%%/*} rest=${rest#*/}
        [ -e "$path" ] || return 0    # below one that was covered before
        "${user[@]}" test -x "$path" || { echo "$path"; return; }
    done
}

# attend NAME...: run the user's command to its end; when it runs the first NAME, call our function `again`,
# and for any other one the function of that name with one word, as root
attend() {
    mkfifo -m 666 /run/rig/ask /run/rig/answer
    local name
    for name; do
        cat >"/run/rig/bin/$name" <<'END'
#!/bin/sh
echo "${0##*/} ${1-}" >/run/rig/ask
read -r status </run/rig/answer
exit "$status"
END
        chmod 755 "/run/rig/bin/$name"
    done
    exec 3<>/run/rig/ask 4<>/run/rig/answer    # both ways: nobody ever finds an end there
    in_session 3>&- 4>&- &
    local what status
    while read -r what status <&3 && [ "$what" != end ]; do
        [ "$what" != "$1" ] || what=again
        if "$what" "$status" 4>&-; then status=0; else status=1; fi
        echo "$status" >&4
    done
    return "$status"
}

in_session() {
    local status=0
    [ -z "${cgroup-}" ] || echo "$BASHPID" >"$cgroup/session.scope/cgroup.procs"
    "${user[@]}" "${command[@]}" || status=$?
    echo "end $status" >/run/rig/ask
}
