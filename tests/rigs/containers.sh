# shellcheck shell=bash disable=SC2154  # the rigs and this file use what the other one sets
# Sourced after tree.sh by the rigs that have containers: in them these are nothing that the machine sees.

# furnish_image TREE: make /srv/image there, a root directory with Python for an image of one's own
furnish_image() {
    mkdir -p "$1/srv/image"
    # shellcheck disable=SC2016  # for the shell in the tree
    chroot "$1" sh -c 'dpkg -L libc6 zlib1g libexpat1 libpython3.11-minimal libpython3.11-stdlib \
        python3.11-minimal python3-minimal | grep -v ^/usr/share |
        while read -r file; do [ -d "$file" ] || echo "${file#/}"; done |
        tar -c -C / -T - | tar -x -C /srv/image'
}

# move_all: as move_in, with devices that everybody may use as udev has it, and as the root of the mounts:
# below a chroot nobody can have a user namespace, and no container's root can be put in place
move_all() {
    if [ -n "${RIG_TREE-}" ]; then
        # as systemd has it, and podman wants it; but not what is below this root: runc could not leave it
        mount --make-rshared /
        return
    fi
    options "$@"
    shares+=("$(realpath "$(dirname "$0")")")
    layer
    mount -t proc proc /mnt/root/proc
    mount -t sysfs sysfs /mnt/root/sys
    mount -t tmpfs -o mode=1777 rig /mnt/root/tmp
    mount --rbind /dev /mnt/root/dev
    mount -t tmpfs -o mode=1777 rig /mnt/root/dev/shm
    mknod -m 666 /mnt/tun c 10 200
    mount --bind /mnt/tun /mnt/root/dev/net/tun
    local directory
    for directory in "${shares[@]}"; do
        mkdir -p "/mnt/root$directory"
        mount --rbind "$directory" "/mnt/root$directory"
    done
    local rig
    rig=$(realpath "$0")
    cd /mnt/root || exit
    mount --move . /
    RIG_TREE=1 exec chroot . "$BASH" "$rig" "$@"
}

# own_groups: go on in a control group that is the topmost one to all in it. podman asks whether it owns all
# groups that it is in, and on a machine with older hierarchies too it takes the topmost one for those.
own_groups() {
    [ -z "${RIG-}" ] || return 0
    local top group status=0
    top=$(findmnt -n -o TARGET -t cgroup2 | head -n 1)
    [ -n "$top" ] || cannot "no control groups of version 2"
    group=$(mktemp -d "$top/rig.XXXXXX")
    (
        echo "$BASHPID" >"$group/cgroup.procs"
        exec setpriv --pdeathsig KILL unshare --cgroup env RIG=grouped "$BASH" "$0" "$@"
    ) || status=$?
    find "$group" -depth -type d -exec rmdir {} +    # podman without a manager leaves empty ones
    exit "$status"
}
