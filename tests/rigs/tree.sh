# shellcheck shell=bash disable=SC2034,SC2154  # the rigs and this file use what the other one sets
# Sourced after namespaces.sh by the rigs that need another Debian than this machine's. A tree of it is
# made once, in a cache; every run lays a layer over it that is gone afterwards.

# tree NAME SUITE PACKAGE...: sets tree. The rig's function `furnish_tree DIRECTORY` has the last word.
tree() {
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
    local IFS=,
    mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
        --include="${*:3}" "$2" "$1" >&2
}

# layer: mount the tree with a fresh layer over it on /mnt/root; what is shared has places there, too
layer() {
    local directory
    mount -t tmpfs -o mode=755 rig /mnt
    mkdir /mnt/upper /mnt/work /mnt/root
    mount -t overlay -o "lowerdir=$tree,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
    for directory in "${shares[@]}"; do
        if [ -d "$directory" ]; then
            mkdir -p "/mnt/root/$directory"
        else
            mkdir -p "/mnt/root/${directory%/*}"
            : >>"/mnt/root/$directory"
        fi
    done
}
