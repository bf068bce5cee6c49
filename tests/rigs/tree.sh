# shellcheck shell=bash disable=SC2034,SC2154  # the rigs and this file use what the other one sets
# Sourced after namespaces.sh by the rigs that need another Debian than this machine's. A tree of it is
# made once, in a cache; every run lays a layer over it that is gone afterwards.

# tree NAME SUITE PACKAGE...: sets tree. The rig's function `furnish_tree DIRECTORY` has the last word; what
# the Python of this machine needs comes with it.
tree() {
    [ -z "${RIG_TREE-}" ] || return 0
    [ "$(id -u)" = 0 ] || cannot "needs root"
    local cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/bootstrap-rigs recipe new
    recipe=$(cat "$0" "${BASH_SOURCE[0]}" | sha256sum)
    tree=$cache/$1-$2-${recipe:0:12} new=$cache/$1-$2-unfinished
    mkdir -p "$cache"
    [ -d "$tree" ] || packages mmdebstrap
    (
        exec 9>"$cache/lock" && flock 9
        [ ! -d "$tree" ] || exit 0
        rm -rf "$cache/$1-$2"-*    # what an earlier recipe made, or left unfinished
        echo "${0##*/}: making a tree of Debian $2, once" >&2
        make_tree "$new" "${@:2}" 9>&- && furnish_tree "$new" && mv "$new" "$tree"
    ) || cannot "mmdebstrap cannot make a tree of Debian $2"
}

make_tree() {    # whoever keeps a mirror may keep an old one
    # shellcheck disable=SC2046  # words
    set -- "$@" git iproute2 procps util-linux $(libraries "$2")
    mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
        --include="$(IFS=,; echo "${*:3}")" "$2" "$1" >&2
}

# move_in OPTION... -- COMMAND...: go on as process 1 in the tree, with a fresh layer over it and all that is
# shared in its place
move_in() {
    [ -z "${RIG_TREE-}" ] || return 0
    options "$@"
    shares+=("$(realpath "$(dirname "$0")")")
    layer
    mount -t proc proc /mnt/root/proc
    mount -t tmpfs -o mode=1777 rig /mnt/root/tmp
    local directory
    for directory in "${shares[@]}" /dev; do    # which may be below /tmp
        mkdir -p "/mnt/root$directory"
        mount --rbind "$directory" "/mnt/root$directory"
    done
    RIG_TREE=1 exec chroot /mnt/root "$BASH" "$(realpath "$0")" "$@"
}

# layer: mount the tree with its layer on /mnt/root
layer() {
    mount -t tmpfs -o mode=755 rig /mnt
    mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
}

# what a Python of another machine may be linked with: bookworm's names and those of later ones differ
libraries() {
    local later=t64
    [ "$1" != bookworm ] || later=''
    echo libbz2-1.0 libexpat1 libffi8 libgomp1 liblzma5 libncursesw6 "libreadline8$later" libsqlite3-0 \
        "libssl3$later" zlib1g
}
