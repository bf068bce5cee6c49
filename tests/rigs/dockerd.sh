# shellcheck shell=bash disable=SC2154  # systemd-user and this file use what the other one sets
# Sourced by systemd-user for the rig docker: a dockerd as Debian's, of which nothing is outside of the rig.
# In the user's PATH `docker-daemon up` and `down` start and end it, `closed` and `open` have its socket be
# root's only and the group's, and `moved` has it be another one, as docker's without root is.

daemon=''

docker-daemon() {
    case $1 in
        up) daemon_up ;;
        down) daemon_down ;;
        closed) chmod 600 /run/docker.sock ;;
        open) chmod 660 /run/docker.sock ;;
        moved) daemon_down && mkdir -p /run/moved && daemon_up unix:///run/moved/docker.sock ;;
    esac
}

daemon_up() {    # SOCKET: another one than docker's own
    local -x DOCKER_HOST=${1:-unix:///run/docker.sock}
    # the machine may lend no controllers to a rig, so systemd's own groups are not asked for
    dockerd --host "$DOCKER_HOST" --group docker --exec-opt native.cgroupdriver=cgroupfs \
        </dev/null >>/run/rig/dockerd.log 2>&1 3>&- &
    daemon=$!
    local _
    for _ in {1..400}; do
        ! docker info >/dev/null 2>&1 || return 0
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.05
    done
    return 1
}

daemon_down() {    # it ends its containers, too
    [ -n "$daemon" ] || return 0
    kill -TERM "$daemon" 2>/dev/null || true
    wait "$daemon" || true
    daemon=''
    local _ left=''
    for _ in {1..100}; do
        left=$(ps -e -o comm= | grep -E '^(dockerd|containerd|docker-proxy|runc)') || return 0
        sleep 0.05
    done
    echo "docker's processes have outlived it: $left" >&2
    return 1
}

begin_daemon() {
    # on a file system that can be the upper one of an overlay: the one below may be an overlay itself
    mkdir -p /var/lib/docker /var/lib/containerd
    mount -t tmpfs rig /var/lib/docker
    mount -t tmpfs rig /var/lib/containerd
    # its own network only: the user's registry has ghcr.io's port
    echo 80 >/proc/sys/net/ipv4/ip_unprivileged_port_start
    daemon_up || {
        tail -n 20 /run/rig/dockerd.log >&2
        cannot "dockerd does not start here"
    }
}
