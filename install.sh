#!/bin/sh
# Puts resellguard into a BILLmanager and takes it out again.
#
#   ./install.sh [--root DIR] [--binary FILE] [--system-dir DIR] [--dry-run]
#   ./install.sh --uninstall [--purge] [--root DIR] [--system-dir DIR] [--dry-run]
#
# Everything is checked before the first change. Each file is written beside its place and renamed into it, so
# the panel never starts half a file; run it again after any interruption. What was installed, and with which
# content, is in <root>/var/resellguard/manifest: a file that somebody has edited since is copied to
# <root>/var/resellguard/backup before it is replaced or removed.

set -eu
umask 077
unset CDPATH

default_root=/usr/local/mgr5
changing=0

usage() {
    cat <<'TEXT'
Usage: ./install.sh [options]
  --root DIR        the panel's directory (/usr/local/mgr5)
  --binary FILE     the program to install (resellguard beside this script, or the newest one built here)
  --system-dir DIR  put what belongs under /etc and /usr/bin under DIR instead; root is then not needed
  --dry-run         say what would be done, change nothing
  --uninstall       remove what was installed; settings and state stay
  --purge           with --uninstall: settings, state, backups and logs go too
TEXT
}

say() {
    printf '%s\n' "$*"
}

# The last word of every failure is what it left behind.
fail() {
    printf 'install.sh: %s\n' "$*" >&2
    if [ "$changing" = 0 ]; then
        printf 'install.sh: nothing was changed.\n' >&2
    else
        printf 'install.sh: the lines above are done, the rest was not changed. It is safe to run this again.\n' >&2
    fi
    exit 1
}

wrong_argument() {
    printf 'install.sh: %s\n' "$*" >&2
    usage >&2
    exit 64
}

# A dry run takes the same path: only the commands that change something go through `run` and are not carried out.
run() {
    if [ "$dry" = 0 ]; then
        changing=1
        "$@" || fail "failed: $*"
    fi
}

# Says what was done, or would be.
report() {
    if [ "$dry" = 0 ]; then
        printf '%-9s %s\n' "$1" "$2"
    else
        printf 'would %-9s %s\n' "$1" "$2"
    fi
}

hash_of() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# Names that are written into a cron table, a logrotate file and a manifest by lines: nothing to quote there.
plain_directory() {
    [ -d "$2" ] || fail "$1 $2 is not a directory"
    case $2 in
        *[!A-Za-z0-9/._+-]*) fail "$1 $2: only letters, digits and / . _ + - are supported in this name" ;;
    esac
}

root=$default_root
binary=
system=
dry=0
uninstall=0
purge=0

while [ $# -gt 0 ]; do
    case $1 in
        --root | --binary | --system-dir)
            { [ $# -ge 2 ] && [ -n "$2" ]; } || wrong_argument "$1 needs a value"
            case $1 in
                --root) root=$2 ;;
                --binary) binary=$2 ;;
                --system-dir) system=$2 ;;
            esac
            shift
            ;;
        --dry-run) dry=1 ;;
        --uninstall) uninstall=1 ;;
        --purge) purge=1 ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) wrong_argument "unknown argument $1" ;;
    esac
    shift
done
[ "$purge" = 0 ] || [ "$uninstall" = 1 ] || wrong_argument "--purge goes with --uninstall"

here=$(cd "$(dirname "$0")" && pwd)

# ---------------------------------------------------------------------------------------------------------------
# Is this a panel, and may we?

plain_directory --root "$root"
root=$(cd "$root" && pwd)
{ [ -f "$root/sbin/mgrctl" ] && [ -x "$root/sbin/mgrctl" ]; } ||
    fail "$root is not a BILLmanager: it has no sbin/mgrctl. Name the panel's directory with --root"
for directory in etc/xml var; do
    [ -d "$root/$directory" ] || fail "$root is not a whole panel: it has no $directory directory"
done

if [ -n "$system" ]; then
    plain_directory --system-dir "$system"
    system=$(cd "$system" && pwd)
elif [ "$(id -u)" != 0 ]; then
    fail "only root may do this; run it with sudo"
fi

# Outside the panel's own directory there is one place for each file, so only the panel in the usual place gets them.
if [ -n "$system" ] || [ "$root" = "$default_root" ]; then
    with_system=1
else
    with_system=0
fi

addon=$root/addon/resellguard
settings=$root/etc/resellguard.toml
state=$root/var/resellguard
manifest=$state/manifest
link=$system/usr/bin/resellguard

[ ! -L "$state" ] || fail "$state is a symbolic link; the state must be a directory of root's own"

# ---------------------------------------------------------------------------------------------------------------
# The manifest: "<sha256>  <path>" for a file, "link  <path>" for the link.

# It is in root's own directory, and still no line of it may lead to anything but a file of ours in the right places.
check_manifest() {
    [ -f "$manifest" ] || return 0
    awk -v root="$root/" -v system_dir="$system/" '
        NF != 2 || $2 ~ /\/\.\.\// || $2 !~ /resellguard[^\/]*$/ { exit 1 }
        index($2, root) != 1 && index($2, system_dir) != 1 { exit 1 }
    ' "$manifest" || fail "$manifest has a line that this script did not write, or that was written with another --system-dir"
}

recorded() {
    [ -f "$manifest" ] || return 0
    awk -v path="$1" '$2 == path { print $1 }' "$manifest"
}

# Copies a file that is not as it was installed to the backup directory, before it is replaced or removed.
back_up_if_edited() {
    [ -f "$1" ] || return 0
    [ "$(hash_of "$1")" != "$(recorded "$1")" ] || return 0
    copy=$state/backup/$(basename "$1").$(date +%Y%m%dT%H%M%S)
    while [ -e "$copy" ]; do copy=$copy+; done
    run mkdir -p "$state/backup"
    run cp -p "$1" "$copy"
    report "back up" "$1 -> $copy"
}

remove_recorded() {
    # $1 is the first column, $2 the path.
    if [ "$1" = link ]; then
        if [ "$(readlink "$2" || true)" = "$addon" ]; then
            run rm -f "$2"
            report remove "$2"
        fi
    elif [ -f "$2" ]; then
        [ "$purge" = 1 ] || back_up_if_edited "$2"
        run rm -f "$2"
        report remove "$2"
    fi
}

# ---------------------------------------------------------------------------------------------------------------
# The panel is told, and asked what it understood.

log=$root/var/billmgr.log

log_size() {
    if [ -f "$log" ]; then
        wc -c <"$log"
    else
        echo 0
    fi
}

# Restarts the panel gracefully. No process is killed here: the panel finishes what it is doing.
restart() {
    report restart "$root/sbin/mgrctl -m billmgr exit"
    [ "$dry" = 0 ] || return 0
    answer=$(timeout 60 "$root/sbin/mgrctl" -m billmgr exit 2>&1) || {
        say "$answer"
        fail "the panel did not restart. Restart it by hand: $root/sbin/mgrctl -m billmgr exit"
    }
}

# Looks for the line that the panel writes when it has read the descriptor, in what was written since byte $1.
look_for_registration() {
    if [ "$(log_size)" -lt "$1" ]; then
        from=1 # the log was rotated meanwhile
    else
        from=$(($1 + 1))
    fi
    [ -f "$log" ] && tail -c "+$from" "$log" | grep -F "Register event 'resellguard' for action 'checkevent'"
}

report_registration() {
    # The panel starts with the next call. This one reads nothing but our descriptor.
    answer=$(timeout 60 "$root/sbin/mgrctl" -m billmgr -i resellguard.check 2>&1) ||
        say "hint      mgrctl -m billmgr -i resellguard.check failed: $(printf '%s\n' "$answer" | head -n 1)"
    for second in 0 1 2 3 4; do
        [ "$second" = 0 ] || sleep 1
        if line=$(look_for_registration "$1"); then
            say "found     in $log: $(printf '%s\n' "$line" | tail -n 1)"
            return 0
        fi
    done
    say "hint      $log does not say (yet) that the event was registered. The panel writes this line on"
    say "          its first start after the change, and only with \"billmgr.action 6\" or more in $root/etc/debug.conf."
}

# ---------------------------------------------------------------------------------------------------------------

check_manifest

if [ "$uninstall" = 1 ]; then
    if [ ! -f "$manifest" ]; then
        if [ -e "$addon" ] || [ -e "$root/etc/xml/billmgr_mod_resellguard.xml" ]; then
            fail "there are files of resellguard but no $manifest to say which are ours: install again, then uninstall"
        fi
        if [ "$purge" = 0 ] || { [ ! -d "$state" ] && [ ! -f "$settings" ]; }; then
            say "resellguard is not installed in $root: nothing to do"
            exit 0
        fi
    else
        while read -r column path; do
            remove_recorded "$column" "$path"
        done <"$manifest"
        [ "$purge" = 1 ] || run rm -f "$manifest"
    fi
    if [ "$purge" = 1 ]; then
        for path in "$settings" "$root"/var/resellguard.log* "$state"; do
            if [ -e "$path" ]; then
                run rm -rf "$path"
                report remove "$path"
            fi
        done
    else
        for path in "$settings" "$state"; do
            [ ! -e "$path" ] || report keep "$path"
        done
    fi
    restart
    exit 0
fi

# ---------------------------------------------------------------------------------------------------------------
# What will be installed

case $binary in
    "" | /*) ;;
    *) binary=$(pwd)/$binary ;;
esac
if [ -z "$binary" ]; then
    binary=$here/resellguard
    if [ ! -f "$binary" ]; then
        binary=$here/target/release/resellguard
        static=$here/target/x86_64-unknown-linux-musl/release/resellguard
        # One of them may be an old build.
        { [ ! -f "$static" ] || [ -n "$(find "$binary" -newer "$static" 2>/dev/null)" ]; } || binary=$static
    fi
    if [ ! -f "$binary" ]; then
        command -v cargo >/dev/null ||
            fail "there is no program to install, and no cargo to build it. Build it with \"cargo build --release --locked\" or name it with --binary"
        report build "$binary"
        [ "$dry" = 1 ] ||
            cargo build --release --locked --manifest-path "$here/Cargo.toml" --target-dir "$here/target" ||
            fail "the build failed"
    fi
fi

work=$(mktemp -d) || fail "no temporary directory"
staged=
trap 'rm -rf "$work"; [ -z "$staged" ] || rm -f "$staged"' EXIT
trap 'exit 1' HUP INT TERM

for source in xml/billmgr_mod_resellguard.xml etc/resellguard.toml etc/resellguard.cron etc/resellguard.logrotate; do
    [ -f "$here/$source" ] || fail "$here/$source is missing: this is not a whole copy of resellguard"
done

if [ -f "$here/SHA256SUMS" ]; then
    (cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) >&2 || fail "a file is not what SHA256SUMS says"
    for source in xml/billmgr_mod_resellguard.xml etc/resellguard.toml etc/resellguard.cron etc/resellguard.logrotate \
        "${binary#"$here"/}"; do
        case $source in
            /*) continue ;; # named by hand
        esac
        awk -v name="$source" '{ sub(/^\*/, "", $2) } $2 == name || $2 == "./" name { found = 1 } END { exit !found }' \
            "$here/SHA256SUMS" || fail "SHA256SUMS does not speak for $source"
    done
fi

# A program built for another machine (a newer C library, another processor) must not reach the panel.
if [ -f "$binary" ]; then
    env -i PATH="$PATH" RESELLGUARD_ROOT="$root" "$binary" --version >"$work/version" 2>&1 </dev/null || {
        cat "$work/version" >&2
        fail "$binary does not start on this machine; it has to be built on it, or on an older system"
    }
elif [ "$dry" = 0 ]; then
    fail "$binary is not a file"
fi

for source in cron logrotate; do
    sed "s|$default_root|$root|g" "$here/etc/resellguard.$source" >"$work/$source"
done

# mode, place, source
files() {
    cat <<TABLE
750 $addon $binary
644 $root/etc/xml/billmgr_mod_resellguard.xml $here/xml/billmgr_mod_resellguard.xml
TABLE
    [ "$with_system" = 0 ] || cat <<TABLE
644 $system/etc/cron.d/resellguard $work/cron
644 $system/etc/logrotate.d/resellguard $work/logrotate
TABLE
}

{
    files
    echo "600 $settings -"
} | while read -r mode place source; do
    [ ! -L "$place" ] || fail "$place is a symbolic link; remove it first"
    [ ! -e "$place" ] || [ -f "$place" ] || fail "$place is not a file; remove it first"
done || exit 1
if [ "$with_system" = 1 ] && [ -e "$link" ] && [ ! -L "$link" ]; then
    fail "$link is a file of somebody else's; remove it first"
fi

# ---------------------------------------------------------------------------------------------------------------
# Installing

changed=0
entries=

# The owner, as stat says it; somebody who stages a package is not root and keeps his own.
owner="$(id -u):$(id -g)"

as_wanted() {
    # $1 mode, $2 place, $3 source
    [ -f "$2" ] && [ "$(stat -c '%a %u:%g' "$2")" = "$1 $owner" ] && cmp -s "$3" "$2"
}

directory() {
    # $1 mode, $2 path
    if [ ! -d "$2" ]; then
        run mkdir -p "$2"
        run chmod "$1" "$2"
        report create "$2"
    fi
}

put() {
    # $1 mode, $2 place, $3 source
    staged=$(dirname "$2")/.$(basename "$2").new
    run cp "$3" "$staged"
    run chown "$owner" "$staged"
    run chmod "$1" "$staged"
    run mv -f "$staged" "$2"
    staged=
}

directory 700 "$state"
if [ -d "$state" ] && [ "$(stat -c '%a %u:%g' "$state")" != "700 $owner" ]; then
    run chown "$owner" "$state"
    run chmod 700 "$state"
    report protect "$state"
fi

if [ -f "$settings" ]; then
    say "keep      $settings (yours)"
else
    put 600 "$settings" "$here/etc/resellguard.toml"
    report install "$settings"
    changed=1
fi

# (The table is read by this shell, not by a pipe's, so that `changed` and `entries` survive it.)
while read -r mode place source; do
    if as_wanted "$mode" "$place" "$source"; then
        say "same      $place"
    else
        verb=install
        if [ -f "$place" ]; then
            verb=replace
            cmp -s "$source" "$place" || back_up_if_edited "$place"
        fi
        directory 755 "$(dirname "$place")"
        put "$mode" "$place" "$source"
        report "$verb" "$place"
        changed=1
    fi
    [ ! -f "$source" ] || entries="$entries$(hash_of "$source")  $place
"
done <<TABLE
$(files)
TABLE

if [ "$with_system" = 1 ]; then
    if [ "$(readlink "$link" || true)" = "$addon" ]; then
        say "same      $link"
    else
        directory 755 "$(dirname "$link")"
        run ln -sfn "$addon" "$link.new"
        run mv -fT "$link.new" "$link"
        report link "$link -> $addon"
        changed=1
    fi
    entries="${entries}link  $link
"
else
    say "skip      the schedule, the log rotation and /usr/bin/resellguard: they serve the panel in $default_root"
fi

# What an earlier version installed and this one does not.
if [ -f "$manifest" ]; then
    cp "$manifest" "$work/before"
    while read -r column path; do
        case $entries in
            *"  $path
"*) ;;
            *) remove_recorded "$column" "$path" ;;
        esac
    done <"$work/before"
fi

printf '%s' "$entries" >"$work/manifest"
if ! cmp -s "$work/manifest" "$manifest"; then
    put 600 "$manifest" "$work/manifest"
fi

if [ "$changed" = 0 ]; then
    say "resellguard is installed in $root already: nothing was changed"
    exit 0
fi

size=$(log_size)
restart
[ "$dry" = 1 ] || report_registration "$size"
