#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes an apt repository, inside the build root:
#
#   packaging/repo.sh key                          print a new secret key
#   packaging/repo.sh make PACKAGES FOLDER URI SECONDS
#                                                  from all packages in PACKAGES, signed by the secret
#                                                  key on standard input; URI is the address of FOLDER
#                                                  for apt, which refuses it after SECONDS
set -eu
suite=trixie

work=$(mktemp -d)
export GNUPGHOME="$work/gnupg"
mkdir -m 700 "$GNUPGHOME"
trap 'gpgconf --kill all; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

new_key() {
    gpg --batch --quiet --passphrase '' --quick-generate-key 'sensord packages' ed25519 sign never
    gpg --batch --armor --export-secret-keys
}

# An apt source that contains the key, so that a board needs just this one file.
apt_source() {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By:\n' "$uri" $suite "$1"
    gpg --batch --armor --export | sed 's/^$/./; s/^/ /'
}

cp_packages() {
    mkdir -p "$2"
    find "$1" -maxdepth 1 \( -name '*.deb' -o -name '*.dsc' -o -name '*.tar.xz' \) \
        ! -name '*-dbgsym_*' -exec cp {} "$2/" \;
}

make_repository() {
    packages=$1 folder=$2 uri=$3 seconds=$4
    gpg --batch --quiet --import
    new=$folder.new
    rm -rf "$new"
    mkdir -p "$new"
    cp_packages "$packages" "$new/pool/main"
    # ARMv6 packages are armhf too, but for other boards: they get a component of their own.
    if [ -d "$packages/armv6" ]; then
        cp_packages "$packages/armv6" "$new/pool/armv6"
        cp "$packages"/*_all.deb "$new/pool/armv6/"
    fi
    # A board that has fetched the previous InRelease still finds the indices that it names.
    if [ -d "$folder/dists" ]; then
        (
            cd "$folder"
            find dists -path '*/by-hash/*' -type f | while read -r file; do
                if grep -q "${file##*/}" dists/$suite/InRelease; then cp --parents "$file" "$new/"; fi
            done
        )
    fi
    cd "$new"
    architectures=$(ls pool/*/*.deb | sed -n 's/.*_\(.*\)\.deb$/\1/p' | grep -vx all | sort -u | xargs)
    for component in $(ls pool); do
        for arch in $architectures; do
            index=dists/$suite/$component/binary-$arch
            mkdir -p "$index"
            apt-ftparchive --arch "$arch" packages "pool/$component" > "$index/Packages"
            xz -k "$index/Packages"
        done
        mkdir -p "dists/$suite/$component/source"
        apt-ftparchive sources "pool/$component" > "dists/$suite/$component/source/Sources"
        xz -k "dists/$suite/$component/source/Sources"
    done
    # Without an end of its validity, whoever sits between could give a board the state of today for
    # ever, with the faults of today. The hash in a file's name is that of its contents: an index
    # never belongs to another InRelease.
    # Written elsewhere, so that it does not list itself.
    apt-ftparchive -o APT::FTPArchive::Release::ValidTime="$seconds" \
        -o APT::FTPArchive::DoByHash=true \
        -o APT::FTPArchive::Release::Origin=sensord \
        -o APT::FTPArchive::Release::Label=sensord \
        -o APT::FTPArchive::Release::Suite=$suite -o APT::FTPArchive::Release::Codename=$suite \
        -o APT::FTPArchive::Release::Architectures="$architectures" \
        -o APT::FTPArchive::Release::Components="$(ls pool | xargs)" \
        release "dists/$suite" > "$work/Release"
    gpg --batch --clearsign -o "dists/$suite/InRelease" "$work/Release"
    for component in $(ls pool); do
        name=sensord-$component
        apt_source $component > "${name%-main}.sources"
    done
    rm -rf "$folder"
    mv "$new" "$folder"
}

case ${1:-} in
key) new_key ;;
make) make_repository "$2" "$3" "$4" "$5" ;;
*) sed -n '3,10s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
esac
