# Sourced by the scripts beside it: installs from the distribution what they need and this machine lacks.
# Knows Debian and Ubuntu (apt-get) and the RHEL family (dnf). Nothing is installed that is here already, nothing is
# started or stopped, and what will be installed is said first.
# shellcheck shell=bash

# Where Debian keeps servers, which the PATH of a person leaves out; where rustup keeps cargo.
PATH=$PATH:/usr/sbin:/sbin:${CARGO_HOME:-$HOME/.cargo}/bin
export PATH

missing_commands=()
missing_packages=()

# need COMMANDS DEB RPM: remembers the packages when none of the commands is here. Each is a list separated by blanks.
need() {
    local command names
    for command in $1; do
        if command -v "$command" >/dev/null; then return; fi
    done
    missing_commands+=("$1")
    if command -v apt-get >/dev/null; then names=$2; else names=$3; fi
    for command in $names; do missing_packages+=("$command"); done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "Installing packages needs root or sudo: ${missing_packages[*]}" >&2
        return 1
    fi
}

# The name that this release has for a package: Ubuntu before 23.04 has mariadb-server-core-10.6 and no plain name.
deb_name() {
    apt-cache search --names-only "^$1(-[0-9.]+)?\$" | cut -d ' ' -f 1 | sort | head -n 1
}

# Installs everything that `need` found missing, in one go.
install_missing() {
    local wanted package name names=() still=()
    [ ${#missing_packages[@]} -gt 0 ] || return 0
    echo "Missing: ${missing_commands[*]}. Installing: ${missing_packages[*]}"
    if command -v apt-get >/dev/null; then
        as_root apt-get update -q
        for package in "${missing_packages[@]}"; do
            name=$(deb_name "$package")
            names+=("${name:-$package}")
        done
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${names[@]}"
    elif command -v dnf >/dev/null; then
        # Chromium is in EPEL on RHEL, Rocky and Alma; Fedora has it at home, and no epel-release.
        [ -e /etc/fedora-release ] || as_root dnf install -q -y epel-release
        as_root dnf install -q -y "${missing_packages[@]}"
    else
        echo "Neither apt-get nor dnf is here: install what provides ${missing_commands[*]} and start again." >&2
        return 1
    fi
    for wanted in "${missing_commands[@]}"; do
        missing_packages=()
        need "$wanted" "$wanted" "$wanted"
        [ ${#missing_packages[@]} -eq 0 ] || still+=("$wanted")
    done
    if [ ${#still[@]} -gt 0 ]; then
        echo "Still missing after the installation: ${still[*]}" >&2
        return 1
    fi
    missing_commands=()
}

need_rust() {
    if command -v cargo >/dev/null; then return; fi
    echo "cargo is missing: install Rust 1.95 or newer, for example from https://rustup.rs" >&2
    return 1
}

# What the build and the lab's panels rest on: a C compiler (SQLite, ring) and the programs of a database server. On
# Debian these are the "core" packages; the full package would start a server that nobody here uses.
need_lab() {
    need cc "gcc libc6-dev" gcc
    need "mariadbd mysqld" mariadb-server-core mariadb-server
    need "my_print_defaults" mariadb-client-core mariadb
    need python3 python3 python3
    need openssl openssl openssl
}

# A browser for the panel's web page.
need_browser() {
    # Ubuntu has Chromium as a snap only, and its packages of that name are empty.
    if [ -e /etc/os-release ] && grep -q '^ID=ubuntu' /etc/os-release && ! command -v chromedriver >/dev/null; then
        echo "On Ubuntu the browser is a snap: put chromium and chromedriver in the PATH and start again." >&2
        return 1
    fi
    need "chromium chromium-browser" chromium chromium
    need chromedriver chromium-driver chromedriver
}
